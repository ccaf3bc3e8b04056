"""Type checkers find the mistakes that users make with a generated client, and nothing else."""

from __future__ import annotations

import json
import re
import sys

from project import ROOT, node_tool, run

MISTAKES = ROOT / "tests" / "clients" / "typing" / "mistakes.py"


def expected_lines() -> set[int]:
    lines = MISTAKES.read_text().splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# mistake")}


def test_mypy() -> None:
    finished = run([sys.executable, "-m", "mypy", "--strict", MISTAKES], ROOT)
    found = re.findall(r"mistakes\.py:(\d+): error", finished.stdout)
    assert {int(number) for number in found} == expected_lines(), finished.stdout


def test_pyright() -> None:
    command = [node_tool("pyright"), "--project", MISTAKES.parent, "--pythonpath", sys.executable]
    finished = run([*command, "--outputjson"], ROOT)
    diagnostics = json.loads(finished.stdout)["generalDiagnostics"]
    found = {one["range"]["start"]["line"] + 1 for one in diagnostics if one["severity"] == "error"}
    assert found == expected_lines(), finished.stdout
