"""The view of `schema.ts`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from convexgen.model.entities import Entity, Index, SearchIndex, Variant, VectorIndex
from convexgen.model.system import System
from convexgen.model.types import Field
from convexgen.naming import camel_case
from convexgen.views.convex.typescript import (
    array,
    assignment,
    call,
    call_with_array,
    call_with_object,
    comment,
    comment_lines,
    documentation,
    entry,
    member_chain,
    object_literal,
    render,
    statement,
    string,
)
from convexgen.views.convex.validators import (
    field_validator,
    literals,
    object_validator,
    shape_constant,
)
from convexgen.views.layout import SOFT_LINE, Document, hard


@dataclass(frozen=True, slots=True)
class SchemaView:
    """What `schema.ts` prints."""

    shapes: tuple[str, ...]
    """The validators of the named enums and objects, and fields that several validators share."""
    tables: tuple[str, ...]


def view_schema(system: System) -> SchemaView:
    """The view of the schema of a system."""
    enums = [
        _shape(shape.name, shape.description, literals(shape.values, is_open=shape.is_open))
        for shape in system.enums
    ]
    objects = [
        _shape(shape.name, shape.description, object_validator(shape.fields, system))
        for shape in system.objects
    ]
    shared = [_shared(entity, system) for entity in system.entities if entity.variants]
    tables = [_table(entity, system) for entity in system.entities]
    if system.has_large_fields:
        tables.append(_CHUNKS)
    return SchemaView((*enums, *objects, *shared), tuple(tables))


_CHUNKS = (
    comment("The text of JSON values with which documents would be too large, in parts.", 1)
    + "  jsonChunks: defineTable({ text: v.string() }),"
)


def _shape(name: str, description: str | None, validator: Document) -> str:
    declaration = statement(0, assignment(f"export const {shape_constant(name)}", validator))
    return comment(description) + declaration


def _shared(entity: Entity, system: System) -> str:
    """The fields that the variants of an entity share."""
    fields = object_literal(_properties(entity.shared_fields, system, 1), broken=True)
    declaration = statement(0, assignment(f"const {_shared_constant(entity)}", fields))
    return comment(f"The fields of every document of `{entity.table}`.") + declaration


def _shared_constant(entity: Entity) -> str:
    return f"{camel_case(entity.name)}Fields"


def _properties(fields: Iterable[Field], system: System, level: int) -> list[Document]:
    return [
        (
            *(hard((line, SOFT_LINE)) for line in comment_lines(documentation(field), level)),
            entry(field.name, field_validator(field, system)),
        )
        for field in fields
    ]


def _variant(variant: Variant, entity: Entity, system: System) -> Document:
    own = _properties(variant.fields, system, 4)
    fields = object_literal([f"...{_shared_constant(entity)}", *own], broken=True)
    return ("v.object(", fields, ")")


def _table(entity: Entity, system: System) -> str:
    table: Document
    if entity.variants:
        variants = [_variant(variant, entity, system) for variant in entity.variants]
        table = call("defineTable", [call("v.union", variants)])
    else:
        properties = _properties(entity.fields, system, 2)
        table = ("defineTable(", object_literal(properties, broken=True), ")")
    indexes = [
        *(_index(index) for index in entity.indexes),
        *(_search_index(index) for index in entity.search_indexes),
        *(_vector_index(index) for index in entity.vector_indexes),
    ]
    if len(indexes) == 1:
        table = (table, indexes[0])
    elif indexes:
        table = member_chain(table, indexes)
    declaration = render((entry(entity.table, table), ","), 1)
    return comment(documentation(entity), 1) + declaration


def _index(index: Index) -> Document:
    return call_with_array(".index", string(index.name), [string(field) for field in index.fields])


def _search_index(index: SearchIndex) -> Document:
    properties: list[Document] = [f"searchField: {string(index.field)}"]
    return _with_filters(".searchIndex", index, properties)


def _vector_index(index: VectorIndex) -> Document:
    properties: list[Document] = [
        f"vectorField: {string(index.field)}",
        f"dimensions: {index.dimensions}",
    ]
    return _with_filters(".vectorIndex", index, properties)


def _with_filters(
    method: str, index: SearchIndex | VectorIndex, properties: list[Document]
) -> Document:
    if index.filters:
        filters = array([string(field) for field in index.filters])
        properties.append(entry("filterFields", filters))
    # prettier keeps an object on lines of its own where its first property is on one.
    return call_with_object(method, [string(index.name)], properties, broken=True)
