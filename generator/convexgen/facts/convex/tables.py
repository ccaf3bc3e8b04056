"""The facts of `lib/tables.ts`: what writes of many documents ask of each table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from convexgen.facts.code import Code, column, identifier
from convexgen.facts.convex.derived import derived_facts
from convexgen.facts.convex.fields import FieldFacts, columns_of, field_of, names_of
from convexgen.facts.convex.modules import model_alias
from convexgen.facts.convex.queries import query_facts
from convexgen.facts.convex.references import touching
from convexgen.model.entities import Entity
from convexgen.model.fields import OnDelete, Setter
from convexgen.model.system import System

EXPIRED = Code("_expired")
"""What the deletion of what is kept no longer calls its query: as no function is called."""

_SET_BY_WRITES = (Setter.ON_WRITE, Setter.ON_WRITE_UNLESS_GIVEN, Setter.REVISION)


@dataclass(frozen=True, slots=True)
class FoundFacts:
    """What a query finds, as writes of all of it walk it."""

    function: Code
    index: Code
    equal: tuple[FieldFacts, ...]
    range: FieldFacts | None
    order: tuple[Code, ...]
    """The columns of the index that have no one value: documents are in their order."""


@dataclass(frozen=True, slots=True)
class WrittenTable:
    """A table, its module in `model/`, and its queries."""

    name: Code
    module: Code
    model: Code
    key: tuple[Code, ...]
    cascades: bool
    """Whether a deletion concerns others."""
    queries: tuple[FoundFacts, ...]
    follows: tuple[tuple[Code, tuple[Code, ...]], ...]
    """The columns that follow from a field."""
    touched: tuple[Code, ...]
    """The columns that a write of one document changes in another one of the same table."""
    moved: tuple[Code, ...]
    """The columns that a deletion changes in others of the same table: it touches or frees them."""
    revisions: tuple[Code, ...]
    """The columns that count the writes of a document."""


@dataclass(frozen=True, slots=True)
class TablesFacts:
    """What `lib/tables.ts` says."""

    tables: tuple[WrittenTable, ...]


def tables_facts(system: System) -> TablesFacts:
    """The facts of what writes of many documents ask of each table."""
    return TablesFacts(
        tuple(_table(entity, system) for entity in system.entities if entity.is_written)
    )


def _table(entity: Entity, system: System) -> WrittenTable:
    follows = _follows(entity, system)
    touched = [
        link.reference.touch for link in touching(entity) if link.reference.entity == entity.name
    ]
    freed = _freed(entity, system)
    return WrittenTable(
        identifier(entity.table),
        identifier(entity.module),
        model_alias(entity.module),
        names_of(entity.key),
        system.has_cascade(entity),
        (
            *(_queries(entity, system) if entity.functions.write_found else ()),
            *_expired(entity, system),
        ),
        tuple((identifier(name), columns) for name, columns in follows.items()),
        _with_columns(touched, follows),
        _with_columns([*touched, *freed], follows),
        names_of(field.name for field in entity.fields if field.setter is Setter.REVISION),
    )


def _follows(entity: Entity, system: System) -> Mapping[str, tuple[Code, ...]]:
    """The columns that follow from each field, also by way of others."""
    direct: dict[str, list[Code]] = {}
    for one in derived_facts(entity, system):
        direct.setdefault(one.source[0], []).append(one.name)
    for field in entity.inner_fields:
        direct.setdefault(field.name.partition(".")[0], []).append(column(field.name))
    # A derived field follows from no other one, so its own columns are the last.
    return {
        name: tuple(found for one in columns for found in (one, *direct.get(one, ())))
        for name, columns in direct.items()
    }


def _freed(entity: Entity, system: System) -> list[str]:
    """The fields that a deletion writes in those that it lets refer to nothing."""
    deleted = system.deleted_with(entity)
    freed = [
        name
        for link in entity.links
        if link.reference.on_delete is OnDelete.SET_NULL and link.reference.entity in deleted
        for name in link.fields
    ]
    if not freed:
        return []
    return [*freed, *(field.name for field in entity.fields if field.setter in _SET_BY_WRITES)]


def _with_columns(
    names: Iterable[str | None], follows: Mapping[str, tuple[Code, ...]]
) -> tuple[Code, ...]:
    found = (column for name in names if name for column in (name, *follows.get(name, ())))
    return names_of(dict.fromkeys(found))


def _queries(entity: Entity, system: System) -> tuple[FoundFacts, ...]:
    indexes = {index.name: index for index in entity.indexes}
    return tuple(
        FoundFacts(
            one.function,
            one.index,
            one.equal,
            one.range,
            columns_of(indexes[query.index].fields[len(query.equal) :], entity),
        )
        for query in entity.query_functions
        if query.where is None
        for one in [query_facts(query, entity, system)]
    )


def _expired(entity: Entity, system: System) -> tuple[FoundFacts, ...]:
    """What is kept no longer, by an index that starts with the time from which on it is kept."""
    retention, index = entity.retention, entity.retention_index
    if retention is None or index is None:
        return ()
    return (
        FoundFacts(
            EXPIRED,
            identifier(index.name),
            (),
            field_of(retention.field, entity, system),
            columns_of(index.fields, entity),
        ),
    )
