"""The view of `schema.ts`."""

from __future__ import annotations

from dataclasses import dataclass

from convexgen.model.system import Entity, Index, SearchIndex, System, VectorIndex
from convexgen.views.convex.typescript import (
    array,
    assignment,
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

    header: str
    shapes: tuple[str, ...]
    """The validators of the named enums and objects."""
    tables: tuple[str, ...]


def view_schema(system: System, header: str) -> SchemaView:
    """The view of the schema of a system."""
    enums = [
        _shape(shape.name, shape.description, literals(shape.values)) for shape in system.enums
    ]
    objects = [
        _shape(shape.name, shape.description, object_validator(shape.fields, system))
        for shape in system.objects
    ]
    tables = [_table(entity, system) for entity in system.entities]
    if system.has_large_fields:
        tables.append(_CHUNKS)
    return SchemaView(header, (*enums, *objects), tuple(tables))


_CHUNKS = (
    comment("The text of JSON values with which documents would be too large, in parts.", 1)
    + "  jsonChunks: defineTable({ text: v.string() }),"
)


def _shape(name: str, description: str | None, validator: Document) -> str:
    declaration = statement(0, assignment(f"export const {shape_constant(name)}", validator))
    return comment(description) + declaration


def _table(entity: Entity, system: System) -> str:
    properties: list[Document] = [
        (
            *(hard((line, SOFT_LINE)) for line in comment_lines(documentation(field), 2)),
            entry(field.name, field_validator(field, system)),
        )
        for field in entity.fields
    ]
    table: Document = ("defineTable(", object_literal(properties, broken=True), ")")
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
