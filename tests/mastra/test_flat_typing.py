"""Type checkers take what the methods of Mastra 0.10 to 0.13 take, and nothing else."""

from __future__ import annotations

import ast
import json
import re
import sys

from mastra_convex._runtime import Storage
from mastra_convex.mastra.legacy import Legacy
from project import ROOT, node_tool, run

CALLS = ROOT / "tests" / "mastra" / "typing" / "flat_methods.py"


def expected_lines() -> set[int]:
    lines = CALLS.read_text().splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# mistake")}


def test_all_of_them_are_called() -> None:
    called = {one.attr for one in ast.walk(ast.parse(CALLS.read_text())) if _is_call(one)}
    methods = {name for name in set(dir(Legacy)) - set(dir(Storage)) if not name.startswith("_")}
    assert methods - called == {"supports"}


def _is_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and ast.unparse(node.value) == "storage"


def test_mypy_takes_them() -> None:
    finished = run([sys.executable, "-m", "mypy", "--strict", CALLS], ROOT)
    found = re.findall(r"flat_methods\.py:(\d+): error", finished.stdout)
    assert {int(number) for number in found} == expected_lines(), finished.stdout


def test_pyright_takes_them() -> None:
    command = [node_tool("pyright"), "--project", CALLS.parent, "--pythonpath", sys.executable]
    finished = run([*command, "--outputjson"], ROOT)
    diagnostics = json.loads(finished.stdout)["generalDiagnostics"]
    found = {one["range"]["start"]["line"] + 1 for one in diagnostics if one["severity"] == "error"}
    assert found == expected_lines(), finished.stdout
