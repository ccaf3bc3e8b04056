"""The calling convention that every domain of Mastra's storage keeps, by its methods alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, get_type_hints

import pytest
from mastra_convex import ConvexStorage
from mastra_convex.mastra import AsyncMastraStore, MastraStore
from pydantic import TypeAdapter

STORES = {store.__name__: store for store in (MastraStore, AsyncMastraStore)}
DOMAINS = {"memory", "workflows", "scores", "observability"}


def domains(store: type[Any]) -> dict[str, type[Any]]:
    """The classes of the domains, by their attributes."""
    found = {name: one for name, one in vars(store).items() if isinstance(one, cached_property)}
    return {name: get_type_hints(one.func)["return"] for name, one in found.items()}


def methods(owner: type[Any]) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, method in inspect.getmembers(owner, inspect.isfunction):
        if not name.startswith("_"):
            yield name, method


def parameters(method: Callable[..., Any]) -> list[tuple[object, ...]]:
    found = inspect.signature(method).parameters.values()
    return [(one.name, one.kind, one.default) for one in found]


CASES = [
    pytest.param(method, id=f"{owner.__name__}.{name}")
    for store in STORES.values()
    for owner in domains(store).values()
    for name, method in methods(owner)
]


def test_domains_are_those_of_mastra() -> None:
    for store in STORES.values():
        assert {*domains(store)} <= DOMAINS
    assert {*domains(MastraStore)} == {*domains(AsyncMastraStore)}


@pytest.mark.parametrize("domain", sorted(domains(MastraStore)))
def test_both_stores_have_the_same_methods(domain: str) -> None:
    sync, from_asyncio = (domains(store)[domain] for store in STORES.values())
    signatures = [
        {name: parameters(method) for name, method in methods(one)} for one in (sync, from_asyncio)
    ]
    assert signatures[0] == signatures[1]
    assert "dangerously_clear_all" in signatures[0]


@pytest.mark.defect(20)
@pytest.mark.parametrize("method", CASES)
def test_annotations_are_there_and_are_read_as_json(method: Callable[..., Any]) -> None:
    hints = get_type_hints(method, include_extras=True)
    parameters = [*inspect.signature(method).parameters.values()][1:]
    assert {one.name for one in parameters} | {"return"} == {*hints}
    kinds = {one.kind for one in parameters}
    assert kinds <= {inspect.Parameter.KEYWORD_ONLY} or kinds <= {
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.POSITIONAL_ONLY,
    }
    for name, annotation in hints.items():
        if not (name == "return" and method.__name__.startswith("watch_")):
            TypeAdapter(annotation)


def test_what_a_store_has_hides_no_table() -> None:
    tables = {name for name, one in vars(ConvexStorage).items() if isinstance(one, cached_property)}
    assert not tables & {*domains(MastraStore)}
