"""The facts of `schema.ts`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from convexgen.facts.code import Code, column, identifier
from convexgen.facts.convex.fields import columns_of
from convexgen.facts.convex.rows import EntriesFacts, entries_facts, value_type
from convexgen.facts.convex.validators import (
    is_chunked,
    literals,
    object_validator,
    present,
    shape_constant,
    stored_validator,
)
from convexgen.model.entities import Entity
from convexgen.model.fields import EntityField
from convexgen.model.system import System
from convexgen.model.types import Field, JsonType
from convexgen.naming import camel_case


@dataclass(frozen=True, slots=True)
class ShapeFacts:
    """A named enum or object."""

    constant: Code
    validator: Code
    description: str | None


@dataclass(frozen=True, slots=True)
class PropertyFacts:
    """A field of the documents of a table."""

    name: Code
    validator: Code
    description: str | None


@dataclass(frozen=True, slots=True)
class IndexFacts:
    """A database index."""

    name: Code
    fields: tuple[Code, ...]
    is_staged: bool


@dataclass(frozen=True, slots=True)
class SearchIndexFacts:
    """An index for searches: of text, or of vectors with so many dimensions."""

    name: Code
    field: Code
    dimensions: int | None
    filters: tuple[Code, ...]
    is_staged: bool


@dataclass(frozen=True, slots=True)
class TableFacts:
    """A table and its indexes."""

    name: Code
    description: str | None
    has_any_fields: bool
    shared: Code
    """The constant with the fields that all variants have."""
    fields: tuple[PropertyFacts, ...]
    """Those that all documents have."""
    variants: tuple[tuple[PropertyFacts, ...], ...]
    indexes: tuple[IndexFacts, ...]
    search_indexes: tuple[SearchIndexFacts, ...]
    vector_indexes: tuple[SearchIndexFacts, ...]
    entries: tuple[EntriesFacts, ...]
    """The records whose entries are in tables of their own."""


@dataclass(frozen=True, slots=True)
class SchemaFacts:
    """What `schema.ts` says."""

    shapes: tuple[ShapeFacts, ...]
    tables: tuple[TableFacts, ...]
    has_large_fields: bool
    is_counted: bool
    writes: bool
    """Whether functions write tables."""
    has_chunks: bool
    """Whether some of these are of other types than JSON."""
    has_validation: bool
    """Whether Convex refuses documents that are not as it says."""


def schema_facts(system: System) -> SchemaFacts:
    """The facts of the schema of a system."""
    enums = [
        ShapeFacts(
            shape_constant(shape.name),
            literals(shape.values, is_open=shape.is_open),
            shape.description,
        )
        for shape in system.enums
    ]
    objects = [
        ShapeFacts(
            shape_constant(shape.name), object_validator(shape.fields, system), shape.description
        )
        for shape in system.objects
    ]
    return SchemaFacts(
        (*enums, *objects),
        tuple(_table(entity, system) for entity in system.entities),
        system.has_large_fields,
        system.counted,
        system.writes,
        any(_has_chunks(field) for one in system.entities for _, field in one.declared_fields),
        system.convex.has_validation,
    )


def _has_chunks(field: EntityField) -> bool:
    if field.large and field.rows:
        return not isinstance(value_type(field), JsonType)
    return is_chunked(field)


def _table(entity: Entity, system: System) -> TableFacts:
    return TableFacts(
        name=identifier(entity.table),
        description=_description(entity),
        has_any_fields=entity.has_any_fields,
        shared=identifier(f"{camel_case(entity.name)}Fields"),
        fields=(
            *_properties((one for one in entity.shared_fields if not one.rows), system),
            *_columns(entity, system),
        ),
        variants=tuple(_properties(variant.fields, system) for variant in entity.variants),
        indexes=tuple(
            IndexFacts(
                identifier(index.name),
                columns_of(index.fields, entity),
                index in entity.staged_indexes,
            )
            for index in entity.all_indexes
        ),
        search_indexes=tuple(
            SearchIndexFacts(
                identifier(index.name),
                column(index.field),
                None,
                tuple(map(column, index.filters)),
                index in entity.staged_search_indexes,
            )
            for index in entity.all_search_indexes
        ),
        vector_indexes=tuple(
            SearchIndexFacts(
                identifier(index.name),
                column(index.field),
                index.dimensions,
                tuple(map(column, index.filters)),
                index in entity.staged_vector_indexes,
            )
            for index in entity.all_vector_indexes
        ),
        entries=entries_facts(entity, system),
    )


def _columns(entity: Entity, system: System) -> tuple[PropertyFacts, ...]:
    """Where a field is absent, an empty array: Convex orders arrays after all plain values."""
    return tuple(
        PropertyFacts(
            identifier(field.index_column),
            Code(f"v.optional(v.union({present(field, system)}, v.array(v.null())))"),
            f"What indexes have for `{field.name}`: an empty array where it is absent.",
        )
        for field in entity.fields
        if field.absent_last
    )


def _properties(fields: Iterable[Field], system: System) -> tuple[PropertyFacts, ...]:
    return tuple(
        PropertyFacts(identifier(field.name), stored_validator(field, system), _description(field))
        for field in fields
    )


def _description(documented: Field | Entity) -> str | None:
    """What something is, and that it is deprecated."""
    if documented.deprecated is None:
        return documented.description
    return f"{documented.description or ''}\n@deprecated {documented.deprecated}".strip()
