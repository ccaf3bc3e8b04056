"""The runtime as a part of another package: copied, light to import, typed for its users."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import convexgen.runtime
import pytest
from mypy import api

RUNTIME = Path(convexgen.runtime.__file__).parent
HERE = Path(__file__).parent

LIGHT = """
import sys
import other._runtime
heavy = {"asyncio", "convex", "convexgen", "httpcore2", "httpx2", "websockets"}
print(sorted(heavy & set(sys.modules)))
print(all(hasattr(other._runtime, name) for name in other._runtime.__all__))
"""


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A package with a copy of the runtime."""
    package = tmp_path / "other"
    shutil.copytree(RUNTIME, package / "_runtime", ignore=shutil.ignore_patterns("__pycache__"))
    (package / "__init__.py").touch()
    return package


def test_a_copy_needs_nothing_of_the_tool_and_is_light_to_import(other: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", LIGHT], cwd=other.parent, check=True, capture_output=True, text=True
    )
    assert found.stdout == "[]\nTrue\n"


def test_a_copy_is_clean_for_the_linter(other: Path) -> None:
    for arguments in (
        ["format", "--check", "--line-length", "100"],
        ["check", "--select", "E,F,I,UP,B", "--line-length", "100", "--target-version", "py311"],
    ):
        command = [sys.executable, "-m", "ruff", *arguments, "--isolated", str(other)]
        checked = subprocess.run(command, capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout


def test_users_see_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYPYPATH", str(HERE))
    output, errors, status = api.run(
        ["--strict", "--follow-imports=silent", "--no-incremental", str(HERE / "typed_usage.py")]
    )
    assert (output.splitlines()[-1:], errors, status) == (
        ["Success: no issues found in 1 source file"],
        "",
        0,
    ), output
