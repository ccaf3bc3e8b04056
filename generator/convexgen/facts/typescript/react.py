"""The facts of the hooks of React: of the entities that browsers may read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from convexgen.facts.code import Code, identifier
from convexgen.facts.typescript.entity import Compared, Search, compared_by, word_search
from convexgen.facts.typescript.names import Names
from convexgen.facts.typescript.types import Types
from convexgen.model.classes import class_names, related_class, where_class
from convexgen.model.entities import Entity, Visibility
from convexgen.model.system import System
from convexgen.naming import client_query_method, pascal_case, snake_case

_OF_PAGES = ("ofPages", "ofQuery", "usePages")
_OF_RESULTS = ("useResult",)
_OF_ANY = ("SKIP", "useStorage")
_CALLED = (*_OF_PAGES, *_OF_RESULTS, *_OF_ANY)
"""What hooks call that is no entity's: those of pages, those of results, and any."""
_HOOKS = "react/hooks"
"""What the hooks of entities call."""


@dataclass(frozen=True, slots=True)
class QueryHook:
    """A hook of what a query of an index finds."""

    name: Code
    method: Code
    """Of the store."""
    description: str | None
    equal: Sequence[Compared]
    bound: Compared | None
    where: Code | None
    """The type of the conditions, where callers compare something besides."""
    has_windows: bool


@dataclass(frozen=True, slots=True)
class SearchHook:
    """A hook of what a search of words finds."""

    name: Code
    search: Search


@dataclass(frozen=True, slots=True)
class EntityHooks:
    """The hooks of an entity."""

    words: str
    store: Code
    """What the storage calls its store."""
    type: Code
    key: Code | None
    """None where nothing is found by it."""
    is_related: bool
    """Whether one may come with others."""
    related: Code | None
    """These; None where nothing is found by the key."""
    one: Code | None
    """The hook of the one with a key; None where there is none."""
    all: Code | None
    """That of all; None where there is none."""
    queries: Sequence[QueryHook]
    searches: Sequence[SearchHook]


@dataclass(frozen=True, slots=True)
class ReactFacts:
    """What the template of the hooks asks."""

    names: Names
    skip: Code
    pages: Code
    pages_options: Code
    """The types of what hooks take and give."""
    entities: Sequence[EntityHooks]


def react_facts(system: System, taken: frozenset[str]) -> ReactFacts:
    """The facts of the hooks."""
    names = Names("../", taken)
    types = Types(names, system)
    given: set[str] = set(_CALLED)
    readable = [
        one
        for one in system.entities
        if one.access.read is Visibility.PUBLIC and one.functions.read
    ]
    has_pages = any(one.functions.list or one.query_functions for one in readable)
    has_results = any(one.functions.get or one.search_functions for one in readable)
    called = (*_OF_PAGES * has_pages, *_OF_RESULTS * has_results)
    for name in (*called, *_OF_ANY) if called else ():
        names.value_of(_HOOKS, name)

    def of_hooks(name: str, *, is_named: bool) -> Code:
        return _type(name, names, system) if is_named else identifier(name)

    return ReactFacts(
        names,
        skip=of_hooks("Skip", is_named=has_pages or has_results),
        pages=of_hooks("Pages", is_named=has_pages),
        pages_options=of_hooks("PagesOptions", is_named=has_pages),
        entities=[_hooks(one, names, types, given) for one in readable],
    )


def _type(name: str, names: Names, system: System) -> Code:
    local = f"{name}_" if name in class_names(system) else None
    return names.type_of(_HOOKS, name, local)


def _hooks(entity: Entity, names: Names, types: Types, given: set[str]) -> EntityHooks:
    module = f"entities/{entity.module}"
    table = pascal_case(entity.module)
    related = related_class(entity.name) if entity.relations and entity.functions.get else None
    return EntityHooks(
        words=snake_case(entity.name).replace("_", " "),
        store=identifier(entity.module),
        type=names.type_of(module, entity.name),
        key=names.type_of(module, f"{entity.name}Key") if entity.functions.get else None,
        is_related=bool(entity.relations),
        related=names.type_of(module, related) if related else None,
        one=_hook(entity.name, given) if entity.functions.get else None,
        all=_hook(f"All{table}", given) if entity.functions.list else None,
        queries=list(_query_hooks(entity, module, table, names, types, given)),
        searches=[
            SearchHook(_hook(f"{table}{pascal_case(one.function)}", given), one)
            for one in (word_search(index, entity, types) for index in entity.search_functions)
        ],
    )


def _query_hooks(
    entity: Entity, module: str, table: str, names: Names, types: Types, given: set[str]
) -> Iterator[QueryHook]:
    for query in entity.query_functions:
        method = client_query_method(query.name)
        compared, bound = compared_by(query, entity, types)
        equal = [replace(one, parameter=_parameter(one.parameter)) for one in compared]
        yield QueryHook(
            _hook(f"{table}{pascal_case(method)}", given),
            identifier(method),
            query.description,
            equal,
            bound,
            None
            if query.where is None
            else names.type_of(module, where_class(entity.name, query.name)),
            query.windows is not None,
        )


def _parameter(name: Code) -> Code:
    """With an underscore after what a hook calls itself."""
    return identifier(f"{name}_" if name in (*_CALLED, "storage") else name)


def _hook(name: str, given: set[str]) -> Code:
    """The name of a hook, with an underscore where another one is called so."""
    found = f"use{name}"
    while found in given:
        found += "_"
    given.add(found)
    return identifier(found)
