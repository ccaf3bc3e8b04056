"""The views of the functions over search and vector indexes."""

from __future__ import annotations

from dataclasses import dataclass

from convexgen.model.entities import Entity, SearchIndex, VectorIndex
from convexgen.model.system import System
from convexgen.views.convex import storing
from convexgen.views.convex.comparing import argument_value, filters
from convexgen.views.convex.declarations import opening, requirement
from convexgen.views.convex.typescript import (
    assignment,
    call,
    call_with_arrow,
    call_with_block,
    call_with_object,
    comment,
    conditional,
    is_not,
    member_chain,
    object_literal,
    statement,
    string,
)
from convexgen.views.layout import LINE, Document, Indent, bracketed, hard


@dataclass(frozen=True, slots=True)
class SearchView:
    """The query over a full-text index."""

    comment: str
    opening: str
    margin: str
    filters: tuple[str, ...]
    require_read: str
    body: str


@dataclass(frozen=True, slots=True)
class NearestView:
    """The action over an index of vectors."""

    comment: str
    opening: str
    margin: str
    filters: tuple[str, ...]
    require_read: str
    check: str
    filter: str | None
    find: str
    load: str


def view_search(index: SearchIndex, entity: Entity, system: System) -> SearchView:
    """The view of the query over a full-text index."""
    start = opening(index.function, "query", entity.access.read)
    found: Document = call("q.search", [string(index.field), "args.search"])
    if index.filters:
        filtered = call_with_block(
            ".withSearchIndex",
            string(index.name),
            "q",
            [
                assignment("let found", found),
                *(_narrowing(entity, name) for name in index.filters),
                "return found;",
            ],
        )
    else:
        filtered = call_with_arrow(".withSearchIndex", string(index.name), "q", found)
    chain = member_chain(
        "ctx.db",
        [storing.query_on(entity), filtered, ".take(searchLimit(args.limit))"],
    )
    return SearchView(
        comment(f"Those whose `{index.field}` has the words of `search`, the best match first."),
        start.text,
        start.margin,
        filters(index, entity, system, start.level),
        requirement(entity, "read", entity.access.read, start.level),
        storing.read_all(entity, start.level, chain),
    )


def _narrowing(entity: Entity, name: str) -> Document:
    compared = call("found.eq", [string(name), argument_value(entity, name)])
    narrowed = assignment("found", compared)
    return conditional(is_not(f"args.{name}", "undefined"), narrowed)


def view_nearest(index: VectorIndex, entity: Entity, system: System) -> NearestView:
    """The view of the action over an index of vectors."""
    start = opening(index.function, "action", entity.access.read)
    level = start.level
    module = ".".join(["internal", *system.convex.path, entity.table])
    documents = call_with_object(
        "ctx.runQuery",
        [f"{module}.getByDocumentIds"],
        ["ids: found.map((one) => one._id)"],
        broken=True,
    )
    return NearestView(
        comment(
            f"Those whose `{index.field}` is nearest to the vector, the nearest first."
            + (" Takes one filter: Convex cannot combine them." if len(index.filters) > 1 else "")
        ),
        start.text,
        start.margin,
        filters(index, entity, system, level),
        requirement(entity, "read", entity.access.read, level),
        statement(level, call("checkDimensions", ["args.vector", str(index.dimensions)]), ";"),
        _only_filter(index, level),
        _find(index, entity, level),
        statement(level, assignment("const documents", ("await ", documents))),
    )


def _only_filter(index: VectorIndex, level: int) -> str | None:
    if not index.filters:
        return None
    given = object_literal([f"{name}: args.{name}" for name in index.filters])
    return statement(level, assignment("const filter", ("onlyFilter(", given, ")")))


def _find(index: VectorIndex, entity: Entity, level: int) -> str:
    properties = ["vector: args.vector", "limit: nearestLimit(args.limit)"]
    names = [string(entity.table), string(index.name)]
    if not index.filters:
        found = call_with_object("ctx.vectorSearch", names, properties, broken=True)
        return statement(level, assignment("const found", ("await ", found)))
    # A property that is there and undefined is none under `exactOptionalPropertyTypes`.
    search = statement(level, assignment("const search", object_literal(properties)))
    filtered = "{ ...search, filter: (q) => q.eq(filter.field, filter.value) }"
    condition = hard(("filter === undefined", Indent((LINE, "? search", LINE, f": {filtered}"))))
    found = bracketed("ctx.vectorSearch(", [*names, condition], ")", broken=True)
    return f"{search}\n{statement(level, assignment('const found', ('await ', found)))}"


def get_documents(entity: Entity) -> str:
    """The statement that gives the documents of some IDs."""
    get = call("ctx.db.get", [string(entity.table), "id"])
    found = call_with_arrow("findEvery", "args.ids", "id", get)
    return storing.read_all(entity, 2, found)


def search_imports(entity: Entity) -> set[str]:
    """What the functions over these indexes need of `lib/search.ts`."""
    names: set[str] = set()
    if entity.search_indexes:
        names |= {"limit", "searchLimit"}
    if entity.vector_indexes:
        names |= {"checkDimensions", "limit", "nearestLimit", "withScores"}
    if any(index.filters for index in entity.vector_indexes):
        names |= {"onlyFilter"}
    return names
