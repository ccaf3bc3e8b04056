"""Facts of records whose entries are documents of a table of their own."""

from __future__ import annotations

from dataclasses import dataclass

from convexgen.facts.code import Code, identifier
from convexgen.facts.convex.modules import generated_folder
from convexgen.facts.convex.validators import validator
from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField
from convexgen.model.system import System
from convexgen.model.traversal import bare
from convexgen.model.types import JsonType, RecordType, Type


@dataclass(frozen=True, slots=True)
class EntriesFacts:
    """A record, and the table of its entries."""

    field: Code
    record: Code
    """The validator of the record."""
    table: Code
    name: Code
    """The validator of the names of entries."""
    value: Code
    """The validator of their values, as documents have them."""
    parent: Code
    """The table of the documents that have the record."""
    is_kept: bool
    """Whether it stays where a save does not give it."""


@dataclass(frozen=True, slots=True)
class RowsFacts:
    """What `lib/rows.ts` says."""

    generated: str
    tables: tuple[tuple[Code, tuple[EntriesFacts, ...]], ...]
    """The tables of the documents, with their records."""
    has_large_fields: bool
    has_large_entries: bool


def entries_facts(entity: Entity, system: System) -> tuple[EntriesFacts, ...]:
    """The records of an entity whose entries are documents."""
    return tuple(_entries(field, entity, system) for field in entity.row_fields)


def rows_facts(system: System) -> RowsFacts | None:
    """The facts of all such records; None where there are none."""
    if not system.has_rows:
        return None
    return RowsFacts(
        generated_folder(system.convex, below=1),
        tuple(
            (identifier(entity.table), entries_facts(entity, system))
            for entity in system.entities
            if entity.row_fields
        ),
        has_large_fields=system.has_large_fields,
        has_large_entries=any(field.large for one in system.entities for field in one.row_fields),
    )


def value_type(field: EntityField) -> Type:
    """The type of the entries of a record. Raises ValueError where the field is none."""
    if not isinstance(field.type, RecordType):
        raise ValueError(f"{field.name} is no record")
    return bare(field.type.value)


def _entries(field: EntityField, entity: Entity, system: System) -> EntriesFacts:
    if not isinstance(field.type, RecordType):
        raise ValueError(f"{field.name} is no record")
    value = validator(field.type.value, system)
    if field.large and not isinstance(value_type(field), JsonType):
        value = Code(f"v.union({value}, chunksValidator)")
    return EntriesFacts(
        field=identifier(field.name),
        record=validator(field.type, system),
        table=identifier(entity.rows_table(field)),
        name=validator(field.type.key, system),
        value=value,
        parent=identifier(entity.table),
        is_kept=field.kept,
    )
