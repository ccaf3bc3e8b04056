"""Pairs of specs, and what `convexgen diff` says of what changes between them.

Each folder of `cases/` is called by the code that it shows, and holds `before.yaml`, `after.yaml`
and `stdout.txt`, with the places in both. After a change of a message, run with UPDATE_CASES=1 and
read the difference.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from convexgen.cli.group import cli
from convexgen.diagnostics.change_codes import CHANGES
from project import ROOT

CASES = ROOT / "tests" / "changes" / "cases"


def diff(*options: str) -> Result:
    command = ["diff", "after.yaml", "--against", "before.yaml", "--today", "2027-03-31", *options]
    return CliRunner().invoke(cli, command, catch_exceptions=False)


@pytest.fixture(params=sorted(CHANGES))
def code(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A code, in the folder of its specs."""
    for name in ("before.yaml", "after.yaml"):
        shutil.copy(CASES / request.param / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    return str(request.param)


def test_every_code_has_a_case() -> None:
    assert sorted(path.name for path in CASES.iterdir()) == sorted(CHANGES)


def test_case(code: str) -> None:
    said = diff()
    golden = CASES / code / "stdout.txt"
    if os.environ.get("UPDATE_CASES") == "1":
        golden.write_text(said.stdout, encoding="utf-8", newline="\n")
    assert said.stdout == golden.read_text(encoding="utf-8")
    assert said.stderr == ""
    found = json.loads(diff("--format", "json").stdout)
    assert code in {one["code"] for one in found}
    assert said.exit_code == int(any("data already stored" in one["breaks"] for one in found))


def _marked(span: dict[str, Any], file: str) -> str:
    """The text in a span, which is on one line."""
    line: str = Path(file).read_text(encoding="utf-8").splitlines()[span["start"]["line"] - 1]
    return line[span["start"]["column"] - 1 : span["end"]["column"] - 1]


def test_the_places_are_there(code: str) -> None:
    """Each stands in its own file, at words that are there."""
    for one in json.loads(diff("--format", "json").stdout):
        (before,) = one["related"]
        assert (one["file"], before["file"]) == ("after.yaml", "before.yaml")
        for place in (one, before):
            assert _marked(place["span"], place["file"]).strip()


def test_a_spec_has_not_changed_from_itself(code: str) -> None:
    """A spec has not changed from itself."""
    for name in ("before.yaml", "after.yaml"):
        said = CliRunner().invoke(cli, ["diff", name, "--against", name], catch_exceptions=False)
        assert (said.exit_code, said.stdout) == (0, f"Nothing has changed since {name}.\n")
