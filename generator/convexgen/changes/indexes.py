"""How the indexes and queries of an entity change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from convexgen.changes.change import CALLERS, TYPES_ONLY, Audience, Change, Place
from convexgen.changes.pairs import pairs
from convexgen.changes.types import renamed_to
from convexgen.model.arguments import query_arguments
from convexgen.model.entities import Entity, Query, SearchIndex, VectorIndex


@dataclass(frozen=True, slots=True)
class _Declared:
    """An index of any kind."""

    name: str
    over: tuple[str, ...]
    filters: frozenset[str]
    function: str | None
    """Its query, if it has one of its own."""
    counted: bool
    renamed_from: str | None
    dimensions: int = 0


def index_changes(old: Entity, new: Entity, at: Place) -> Iterator[Change]:
    """How indexes of all kinds change, but for those that the spec does not declare."""
    for key, before, after in (
        ("indexes", _indexes(old), _indexes(new)),
        ("searchIndexes", _search_indexes(old), _search_indexes(new)),
        ("vectorIndexes", _vector_indexes(old), _vector_indexes(new)),
    ):
        yield from _changes(before, after, at.inside(key), new.name)


def _changes(
    before: Mapping[str, _Declared], after: Mapping[str, _Declared], at: Place, entity: str
) -> Iterator[Change]:
    found = pairs(before, after, lambda one: one.renamed_from)
    for one in found.removed:
        alike = [
            new.name
            for new in found.added
            if (new.over, new.filters, new.dimensions) == (one.over, one.filters, one.dimensions)
        ]
        yield at.inside(one.name).change(
            "index-removed",
            f"{entity} has no index {one.name}",
            TYPES_ONLY,
            advice=renamed_to(alike, one.name),
        )
    for one in found.added:
        yield at.inside(one.name).change("index-added", f"{entity} has an index {one.name}")
    for old, new in found.both:
        place = at.entry(old.name, new.name)
        if old.name != new.name:
            is_called = old.function is not None and old.function != new.function
            yield place.change(
                "index-renamed",
                f"the index {old.name} of {entity} is called {new.name}",
                CALLERS if is_called else TYPES_ONLY,
            )
        changed = (old.over, old.dimensions) != (new.over, new.dimensions)
        if changed or old.filters != new.filters:
            counted = old.counted and new.counted and changed
            yield place.change(
                "index-changed",
                f"the index {new.name} of {entity} is over {', '.join(new.over)}"
                + (f", filtered by {', '.join(sorted(new.filters))}" if new.filters else "")
                + (": its counts are of what it was over" if counted else ""),
                (Audience.STORED,) if counted else TYPES_ONLY,
                advice="count it anew, by refill_counts" if counted else None,
            )


def _indexes(entity: Entity) -> Mapping[str, _Declared]:
    queries = {query.index: query.name for query in entity.query_functions if query.implicit}
    return {
        one.name: _Declared(
            one.name,
            one.fields,
            frozenset(),
            queries.get(one.name),
            one.counted,
            one.renamed_from,
        )
        for one in entity.all_indexes
        if not one.implicit
    }


def _search_indexes(entity: Entity) -> Mapping[str, _Declared]:
    return {
        one.name: _searched(one, one in entity.search_functions)
        for one in entity.all_search_indexes
    }


def _vector_indexes(entity: Entity) -> Mapping[str, _Declared]:
    return {
        one.name: _searched(one, one in entity.vector_functions)
        for one in entity.all_vector_indexes
    }


def _searched(one: SearchIndex | VectorIndex, is_called: bool) -> _Declared:
    dimensions = one.dimensions if isinstance(one, VectorIndex) else 0
    function = one.function if is_called else None
    filters = frozenset(one.filters)
    return _Declared(one.name, (one.field,), filters, function, False, one.renamed_from, dimensions)


def query_changes(old: Entity, new: Entity, at: Place) -> Iterator[Change]:
    """How the queries change that clients call: those of indexes and the declared ones."""
    before, after = _queries(old), _queries(new)
    renamed = _renamed_queries(old, new)
    for name, query in before.items():
        if name in after or name in renamed:
            continue
        place = Place(_path(query, old, at.before), _path(query, old, at.after))
        yield place.change("query-removed", f"{new.name} has no query {name}", CALLERS, name=name)
    for name, query in after.items():
        place = Place(_path(query, new, at.before), _path(query, new, at.after))
        if name not in before:
            if name not in renamed.values():
                yield place.change("query-added", f"{new.name} has a query {name}", name=name)
            continue
        lost = tuple(_lost(before[name], query))
        if lost:
            earlier = _path(before[name], old, at.before)
            message = f"the query {name} of {new.name} {' and '.join(lost)}"
            change = Place(earlier, place.after).change
            yield change("query-changed", message, CALLERS, name=name)


@dataclass(frozen=True, slots=True)
class _Called:
    """What callers know of a query."""

    key: str
    """Under which it stands in the spec."""
    entry: str
    takes: tuple[str, ...]
    order: str
    conditions: frozenset[str]
    others: frozenset[str]
    """The functions besides its own."""


def _queries(entity: Entity) -> Mapping[str, _Called]:
    return {
        **{query.name: _query(query, entity) for query in entity.query_functions},
        **{one.function: _search("searchIndexes", one) for one in entity.search_functions},
        **{one.function: _search("vectorIndexes", one) for one in entity.vector_functions},
    }


def _query(query: Query, entity: Entity) -> _Called:
    arguments = query_arguments(query, entity)
    ranged = () if query.range is None else (f"bounds of {arguments[query.range]}",)
    indexes = {index.name: index for index in entity.indexes}
    index = indexes.get(query.index)
    ordered = () if index is None else index.fields[len(query.equal) :]
    if query.where is not None:
        ordered = query.where.ordered
    conditions = () if query.where is None else query.where.conditions
    return _Called(
        "indexes" if query.implicit else "queries",
        query.index if query.implicit else query.name,
        (*(arguments[name] for name in query.equal), *ranged),
        f"{', '.join(ordered)} {query.order.value}",
        frozenset(path for one in conditions for path in _paths(one.field, one.paths)),
        frozenset(query.further_functions),
    )


def _paths(field: str, paths: Sequence[str]) -> Iterator[str]:
    yield from (f"{field}.{path}" for path in paths) if paths else (field,)


def _search(key: str, one: SearchIndex | VectorIndex) -> _Called:
    return _Called(key, one.name, (one.field,), "", frozenset(one.filters), frozenset())


def _lost(old: _Called, new: _Called) -> Iterator[str]:
    if old.takes != new.takes:
        took, takes = (", ".join(one.takes) or "nothing" for one in (old, new))
        yield f"takes {takes}, and took {took}"
    elif old.order != new.order:
        yield "has another order"
    if gone := sorted(old.conditions - new.conditions):
        yield f"no longer compares {', '.join(gone)}"
    if gone := sorted(old.others - new.others):
        yield f"has no {', '.join(gone)}"


def _path(query: _Called, entity: Entity, at: tuple[str | int, ...]) -> tuple[str | int, ...]:
    declared = {index.name for index in entity.all_indexes if not index.implicit}
    if query.key == "indexes" and query.entry not in declared:
        return (*at, "unique" if entity.unique else "key")
    return (*at, query.key, query.entry)


def _renamed_queries(old: Entity, new: Entity) -> Mapping[str, str]:
    """The queries that are called otherwise as their index is, each with its new name."""
    found: dict[str, str] = {}
    for before, after in (
        (_indexes(old), _indexes(new)),
        (_search_indexes(old), _search_indexes(new)),
        (_vector_indexes(old), _vector_indexes(new)),
    ):
        for one, other in pairs(before, after, lambda index: index.renamed_from).both:
            if one.function and other.function and one.function != other.function:
                found[one.function] = other.function
    return found
