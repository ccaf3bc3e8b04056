"""Facts of the queries over indexes, and of searches."""

from __future__ import annotations

from dataclasses import dataclass

from convexgen.facts.code import Code, column, identifier
from convexgen.facts.convex.fields import FieldFacts, columns_of, compared_fields
from convexgen.facts.convex.filters import FilterFacts, filter_facts
from convexgen.model.arguments import query_arguments, search_arguments
from convexgen.model.entities import Direction, Entity, Query, SearchIndex, VectorIndex
from convexgen.model.system import System


@dataclass(frozen=True, slots=True)
class WindowsFacts:
    """Where windows around documents lie."""

    required: tuple[FieldFacts, ...]
    """The fields in which a document has the value of the query, or is not found."""
    ordered: tuple[Code, ...]
    """The columns of the order."""
    is_descending: bool


@dataclass(frozen=True, slots=True)
class QueryFacts:
    """A query that an index serves."""

    function: Code
    description: str | None
    index: Code
    equal: tuple[FieldFacts, ...]
    range: FieldFacts | None
    order: str
    counts: str | None
    """What the counted indexes call its index; None where it has no counts."""
    where: FilterFacts | None
    """None where callers compare nothing besides."""
    windows: WindowsFacts | None
    """None where there are none."""


@dataclass(frozen=True, slots=True)
class SearchFacts:
    """The query over a full-text index."""

    function: Code
    index: Code
    field: Code
    filters: tuple[FieldFacts, ...]


@dataclass(frozen=True, slots=True)
class NearestFacts:
    """The action over an index of vectors."""

    function: Code
    index: Code
    field: Code
    dimensions: int
    filters: tuple[FieldFacts, ...]


def query_facts(query: Query, entity: Entity, system: System) -> QueryFacts:
    """The facts of a query that an index serves."""
    is_descending = query.order is Direction.DESCENDING
    arguments = query_arguments(query, entity)
    compared = compared_fields(arguments, query.compared, entity, system)
    number = len(query.equal)
    return QueryFacts(
        function=identifier(query.name),
        description=query.description
        or ("Descending where no order is given." if is_descending else None),
        index=identifier(query.index),
        equal=compared[:number],
        range=next(iter(compared[number:]), None),
        order=query.order.value,
        counts=counts_name(entity, query.index) if query.counted else None,
        where=filter_facts(query, entity, system),
        windows=_windows(query, compared[:number], entity),
    )


def _windows(query: Query, equal: tuple[FieldFacts, ...], entity: Entity) -> WindowsFacts | None:
    windows = query.windows
    if windows is None:
        return None
    return WindowsFacts(
        tuple(one for one in equal if one.name not in windows.across),
        columns_of(windows.ordered, entity),
        query.order is Direction.DESCENDING,
    )


def counts_name(entity: Entity, index: str) -> str:
    """What a counted index is called: `messages.by_threadId`."""
    return f"{entity.table}.{index}"


def search_facts(index: SearchIndex, entity: Entity, system: System) -> SearchFacts:
    """The facts of the query over a full-text index."""
    return SearchFacts(
        identifier(index.function),
        identifier(index.name),
        column(index.field),
        compared_fields(search_arguments(index, entity), index.filters, entity, system),
    )


def nearest_facts(index: VectorIndex, entity: Entity, system: System) -> NearestFacts:
    """The facts of the action over an index of vectors."""
    return NearestFacts(
        identifier(index.function),
        identifier(index.name),
        column(index.field),
        index.dimensions,
        compared_fields(search_arguments(index, entity), index.filters, entity, system),
    )
