"""The facts of `system.ts`: what concerns tables as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from convexgen.facts.code import Code, column, identifier
from convexgen.facts.convex.fields import names_of
from convexgen.facts.convex.modules import generated_folder
from convexgen.facts.convex.queries import counts_name
from convexgen.facts.convex.validators import literals
from convexgen.model.entities import Access, Entity, Visibility
from convexgen.model.system import System


@dataclass(frozen=True, slots=True)
class DescribedTable:
    """What is said of a table."""

    name: Code
    entity: Code
    key: tuple[Code, ...]
    fields: tuple[Code, ...]
    indexes: tuple[tuple[Code, tuple[Code, ...]], ...]


@dataclass(frozen=True, slots=True)
class FilesFacts:
    """What makes functions: `query`, `internalMutation`."""

    query: Code
    mutation: Code


@dataclass(frozen=True, slots=True)
class SystemFacts:
    """What `system.ts` says."""

    generated: str
    tables: tuple[DescribedTable, ...]
    table: Code
    """The validator of the name of a table."""
    removable: Code | None
    """That of one whose documents are deleted by their IDs; None where there is none."""
    clearable: Code | None
    """That of one of which all documents are; None where there is none."""
    writes: bool
    """Whether functions write tables."""
    has_retention: bool
    """Whether documents are deleted by themselves."""
    has_large_fields: bool
    has_rows: bool
    """Whether entries of records are documents of tables of their own."""
    counted: bool
    """Whether there are counted indexes."""
    files: FilesFacts | None
    """How the functions of stored files are made; None where there are none."""
    counted_index: Code | None
    """The validator of one of these names."""


def system_facts(system: System) -> SystemFacts:
    """The facts of the tables of a system."""
    counted = [
        counts_name(entity, index.name)
        for entity in system.entities
        for index in entity.counted_indexes
    ]
    return SystemFacts(
        generated_folder(system.convex),
        tuple(_table(entity) for entity in system.entities),
        literals([entity.table for entity in system.entities]),
        _tables(one.table for one in system.entities if one.functions.delete),
        _tables(one.table for one in system.entities if one.functions.clear),
        system.writes,
        system.has_retention,
        system.has_large_fields,
        system.has_rows,
        system.counted,
        None if system.files is None else _files(system.files),
        literals(counted) if counted else None,
    )


def _tables(names: Iterable[str]) -> Code | None:
    given = list(names)
    return literals(given) if given else None


def _files(access: Access) -> FilesFacts:
    return FilesFacts(
        Code("query" if access.read is Visibility.PUBLIC else "internalQuery"),
        Code("mutation" if access.write is Visibility.PUBLIC else "internalMutation"),
    )


def _table(entity: Entity) -> DescribedTable:
    return DescribedTable(
        identifier(entity.table),
        identifier(entity.name),
        names_of(entity.key),
        names_of(field.name for field in entity.fields),
        tuple(
            (identifier(index.name), tuple(map(column, index.fields))) for index in entity.indexes
        ),
    )
