"""Each class has one for asyncio with the same methods, and these with the same parameters."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from types import FunctionType, ModuleType
from typing import Any

import pytest
from project import ROOT, make_project

CALLED_OTHERWISE = {
    "__enter__": "__aenter__",
    "__exit__": "__aexit__",
    "__iter__": "__aiter__",
    "__next__": "__anext__",
}
"""The methods of Python's protocols, and those of the protocols that are awaited."""

WITHOUT_TWIN = {"AsyncClient": "Client", "AsyncHttpTransport": "HttpTransport"}
"""What is in another module than its twin, by the name of that."""

INTERNAL = {"AsyncHttpConnection", "AsyncHttpConnections"}
"""What the transports alone use: a protocol of asyncio is no socket that threads wait at."""

PACKAGES = {
    "mastra_convex": ROOT / "schema" / "mastra.yaml",
    "everything": ROOT / "tests" / "cases" / "good-everything" / "spec.yaml",
}


@pytest.fixture(scope="module", params=PACKAGES)
def modules(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[ModuleType]:
    """All modules of a package, among them those that come with a spec."""
    name = request.param
    if name == "mastra_convex":  # which other tests have imported
        package = importlib.import_module(name)
    else:
        folder = tmp_path_factory.mktemp("parity") / "project"
        project = make_project(folder, PACKAGES[name])
        project.generate()
        sys.path.insert(0, str(project.root / "generated" / "python"))
        package = importlib.import_module(name)
    names = [one.name for one in pkgutil.walk_packages(package.__path__, f"{name}.")]
    return [package, *map(importlib.import_module, names)]


def classes(modules: list[ModuleType]) -> Mapping[tuple[str, str], type[Any]]:
    """All classes, by their module and name."""
    return {
        (module.__name__, name): found
        for module in modules
        for name, found in vars(module).items()
        if inspect.isclass(found) and found.__module__ == module.__name__
    }


def pairs(modules: list[ModuleType]) -> Iterator[tuple[type[Any], type[Any]]]:
    """Each class with the one for asyncio."""
    found = classes(modules)
    by_name = {name: one for (_, name), one in found.items()}
    for (module, name), one in found.items():
        if name.startswith("Async") and name not in INTERNAL:
            twin = found.get((module, name.removeprefix("Async")))
            yield twin or by_name[WITHOUT_TWIN[name]], one


def members(found: type[Any]) -> Mapping[str, Any]:
    """What callers use of a class."""
    protocols = {*CALLED_OTHERWISE, *CALLED_OTHERWISE.values(), "__init__"}
    return {
        name: one
        for name, one in inspect.getmembers_static(found)
        if not name.startswith("_") or (name in protocols and isinstance(one, FunctionType))
    }


def function_of(member: Any) -> Callable[..., object] | None:
    """The function that a member is made of."""
    if isinstance(member, staticmethod | classmethod):
        return member.__func__
    if isinstance(member, property):
        return member.fget
    if isinstance(member, cached_property):
        return member.func
    return member if isinstance(member, FunctionType) else None


def shown(function: Callable[..., object]) -> str:
    """The parameters and the result, of which a name says for which of the two they are."""
    text = str(inspect.signature(function))
    without_addresses = re.sub(r" at 0x[0-9a-f]+", "", text)
    return re.sub(r"\b(_?)Async(?=[A-Z])", r"\1", without_addresses)


def test_each_has_the_methods_of_the_other(modules: list[ModuleType]) -> None:
    compared = 0
    for plain, awaited in pairs(modules):
        wanted = {CALLED_OTHERWISE.get(name, name) for name in members(plain)}
        assert wanted == set(members(awaited)), awaited
        compared += len(wanted)
    assert compared > 100


def test_methods_have_the_parameters_of_the_others(modules: list[ModuleType]) -> None:
    different = []
    for plain, awaited in pairs(modules):
        others = members(awaited)
        for name, member in members(plain).items():
            function = function_of(member)
            other = function_of(others[CALLED_OTHERWISE.get(name, name)])
            assert (function is None) == (other is None), (awaited, name)
            if function is None or other is None:
                continue
            if shown(function) != shown(other):
                different.append((awaited.__name__, name, shown(function), shown(other)))
    assert different == []
