"""No test judges by time: a machine that has much to do is slow, and nothing is wrong with it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from project import ROOT
from waiting import PATIENCE

TESTS = ROOT / "tests"
CLOCKS = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "time"}
WAITING = {"communicate", "join", "run", "wait", "wait_for", "wait_until"}
"""Calls that end what hangs; other ones with a `timeout` are what is tested."""


def clocks_in(node: ast.AST) -> list[int]:
    """The lines of an assertion that look at a clock."""
    return [
        call.lineno
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and (
            (isinstance(call.func, ast.Attribute) and call.func.attr in CLOCKS)
            or (isinstance(call.func, ast.Name) and call.func.id in CLOCKS)
        )
    ]


@pytest.mark.parametrize(
    "path", sorted(TESTS.rglob("*.py")), ids=lambda path: path.relative_to(TESTS).as_posix()
)
def test_fault_28_no_assertion_looks_at_a_clock(path: Path) -> None:
    if path.name == "waiting.py":
        return  # which waits for as long as it takes, and not for ever
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assert):
            assert clocks_in(node) == []
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            given = {one.arg: one.value for one in node.keywords}.get("timeout")
            if node.func.attr in WAITING and isinstance(given, ast.Constant):
                assert isinstance(given.value, int | float)
                assert given.value >= PATIENCE, f"{path.name}:{node.lineno}"


@pytest.mark.parametrize("pattern", ["*.ts", "*.mjs"])
def test_fault_28_no_expectation_in_typescript_looks_at_a_clock(pattern: str) -> None:
    clock = re.compile(r"(?:expect|assert)\b.*(?:performance\.now|Date\.now)\(")
    programs = [path for path in TESTS.rglob(pattern) if "node_modules" not in path.parts]
    assert programs
    for path in programs:
        assert not clock.search(path.read_text(encoding="utf-8")), path


def test_fault_28_limits_are_for_what_hangs(pytestconfig: pytest.Config) -> None:
    assert float(pytestconfig.getini("timeout")) >= PATIENCE
