"""The faults that users found have numbers, which the names of their tests begin with."""

from __future__ import annotations

import ast
import re

from project import ROOT

FAULTS = 28
NUMBERED = re.compile(r"test_fault_(\d\d)_[a-z]")


def test_fault_28_every_fault_has_tests_by_its_number() -> None:
    """And `pytest -k test_fault_` runs them, and no other."""
    names = {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and "test_fault_" in node.name
    }
    numbers = {found[1] for name in names if (found := NUMBERED.match(name))}
    assert numbers == {f"{number:02}" for number in range(1, FAULTS + 1)}
    assert [name for name in names if not NUMBERED.match(name)] == []

    # A name of a file or a folder would select all that is in it.
    assert not list((ROOT / "tests").rglob("*test_fault_*"))
