"""Specs and what `convexgen lint` says to them, through the command line.

Each folder of `cases/` holds `spec.yaml`, the files that it names, and `stderr.txt`, the exact
text on standard error. Those whose names start with `good-` (at most notes) or `warned-` are fine;
all others are errors. After a change of a message, run with UPDATE_CASES=1 and read the difference.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from convexgen.cli.group import cli
from project import ROOT

CASES = ROOT / "tests" / "cases"
FINE_PREFIXES = ("good-", "warned-")


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.iterdir()))
def test_case(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = sorted(path.name for path in (CASES / name).iterdir() if path.suffix != ".txt")
    no_results = shutil.ignore_patterns("*.txt")
    shutil.copytree(CASES / name, tmp_path, ignore=no_results, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)

    result = CliRunner().invoke(cli, ["lint", "spec.yaml"], catch_exceptions=False)

    golden = CASES / name / "stderr.txt"
    if os.environ.get("UPDATE_CASES") == "1":
        golden.write_text(result.stderr, encoding="utf-8", newline="\n")
    assert result.stderr == golden.read_text(encoding="utf-8")
    assert result.exit_code == (0 if name.startswith(FINE_PREFIXES) else 1)
    is_clean = re.search(r": (?:error|warning)\[", result.stderr) is None
    assert is_clean == name.startswith("good-")
    assert result.stdout == ""
    if result.exit_code == 1:
        refused = CliRunner().invoke(cli, ["generate", "spec.yaml"], catch_exceptions=False)
        assert (refused.exit_code, refused.stderr) == (1, result.stderr)
    assert sorted(path.name for path in tmp_path.iterdir()) == given
