"""The methods of a store over search and vector indexes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from convexgen.model.entities import Entity, SearchIndex, VectorIndex
from convexgen.model.system import System
from convexgen.views.convex.typescript import (
    call_with_object,
    comment,
    entry,
    statement,
    string,
)
from convexgen.views.layout import Document
from convexgen.views.typescript.imports import Imports
from convexgen.views.typescript.source import MethodView, object_type, option_name, signature
from convexgen.views.typescript.types import compared, left_out


def search_methods(entity: Entity, imports: Imports, system: System) -> Iterator[MethodView]:
    """The methods over the search and vector indexes of an entity."""
    for index in entity.search_indexes:
        yield from _search(index, entity, imports, system)
    for nearest in entity.vector_indexes:
        yield _nearest(nearest, entity, imports, system)


def _search(
    index: SearchIndex, entity: Entity, imports: Imports, system: System
) -> Iterator[MethodView]:
    parameters: list[Document] = ["search: string", _options(index, entity, imports, system)]
    capitalized = index.function[:1].upper() + index.function[1:]
    text = f"Those whose `{index.field}` has the words of `search`, the best match first."
    yield MethodView(
        comment(text, 1),
        signature(index.function, parameters, f"Promise<{entity.name}[]>"),
        _body("_search", index, "search"),
    )
    subscription = imports.runtime("Subscription")
    yield MethodView(
        comment(f"What `{index.function}` finds, now and whenever that changes.", 1),
        signature(f"watch{capitalized}", parameters, f"{subscription}<{entity.name}[]>"),
        _body("_watchSearch", index, "search"),
    )


def _nearest(index: VectorIndex, entity: Entity, imports: Imports, system: System) -> MethodView:
    parameters: list[Document] = ["vector: number[]", _options(index, entity, imports, system)]
    one_filter = " Takes one filter: Convex cannot combine them." if len(index.filters) > 1 else ""
    text = f"Those whose `{index.field}` is nearest to the vector, the nearest first.{one_filter}"
    scored = imports.runtime("Scored")
    return MethodView(
        comment(text, 1),
        signature(index.function, parameters, f"Promise<{scored}<{entity.name}>[]>"),
        _body("_nearest", index, "vector"),
    )


def _options(
    index: SearchIndex | VectorIndex, entity: Entity, imports: Imports, system: System
) -> Document:
    options = imports.runtime("SearchOptions")
    if not index.filters:
        return f"options: {options} = {{}}"
    filters: list[Document] = []
    for name in index.filters:
        text = left_out(compared(name, entity, imports, system))
        filters.append(text.after(f"{option_name(name)}?:"))
    return (f"options: {options} & ", object_type(filters), " = {}")


def _body(helper: str, index: SearchIndex | VectorIndex, wanted: str) -> str:
    filters: Sequence[Document] = [
        entry(name, f"options.{option_name(name)}") for name in index.filters
    ]
    properties: list[Document] = [wanted, *filters, "limit: options.limit"]
    made = call_with_object(f"this.{helper}", [string(index.function)], properties)
    return statement(2, "return ", made, ";")
