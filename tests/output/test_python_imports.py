"""What a generated module in Python imports: what its template and its facts have named."""

from __future__ import annotations

import pytest
from convexgen.facts.code import Code, UnescapedText
from convexgen.facts.python.imports import Imports, module_of, sort_names, statements


def shown(imports: Imports) -> list[list[str]]:
    """The statements, as they are written."""
    return [
        [
            f"from {one.module} import "
            + ", ".join(
                f"{name.name} as {name.alias}" if name.alias else name.name for name in one.names
            )
            for one in group
        ]
        for group in imports.groups()
    ]


def test_naming_something_imports_it() -> None:
    module = module_of()
    assert module.imports.groups() == ()
    assert module.rt.Page == module.rt.Page == Code("Page")
    assert module.std.Sequence == "Sequence"
    assert module.lib.Field == "Field"
    assert module.imports.name(".threads", "Thread") == "Thread"
    assert module.rt.UNSET == "UNSET"
    assert module.rt.bytes_to_wire == "bytes_to_wire"
    assert shown(module.imports) == [
        ["from collections.abc import Sequence"],
        ["from pydantic import Field"],
        ["from ._runtime import UNSET, Page, bytes_to_wire", "from .threads import Thread"],
    ]


def test_what_the_spec_takes_gets_an_alias() -> None:
    module = module_of(frozenset({"Page", "Annotated", "Thread"}))
    assert module.rt.Page == "Page_"
    assert module.rt.Call == "Call"
    assert module.std.Annotated == "Annotated_"
    assert module.std.cached_property == "_cached_property"
    assert module.imports.name("._enums", "Thread") == "Thread"
    assert shown(module.imports) == [
        [
            "from functools import cached_property as _cached_property",
            "from typing import Annotated as Annotated_",
        ],
        [
            "from ._enums import Thread",
            "from ._runtime import Call",
            "from ._runtime import Page as Page_",
        ],
    ]


def test_a_module_imports_nothing_of_itself() -> None:
    module = module_of(own="._objects")
    assert module.imports.name("._objects", "Address") == "Address"
    assert module.imports.groups() == ()


def test_what_nothing_has_cannot_be_named() -> None:
    module = module_of()
    for names, unknown in ((module.std, "Page"), (module.lib, "Any"), (module.rt, "_private")):
        with pytest.raises(AttributeError):
            getattr(names, unknown)
    with pytest.raises(UnescapedText):
        getattr(module.rt, "Page]; evil()")
    with pytest.raises(UnescapedText):
        statements("os; evil()", {"a": "a"})


def test_names_are_sorted_as_isort_sorts_them() -> None:
    assert sort_names(["b", "UNSET", "Page", "A", "a"]) == ["UNSET", "A", "Page", "a", "b"]
