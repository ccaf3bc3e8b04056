"""Commands whose output nobody takes: a full disk, a pipe that was closed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from project import ROOT

FULL = Path("/dev/full")
COMMAND = [sys.executable, "-m", "convexgen"]
INIT_FILES = {
    ".gitattributes",
    ".gitignore",
    ".prettierignore",
    "convex/tsconfig.json",
    "package.json",
    "schema/convexgen.schema.json",
    "schema/notes.yaml",
}
needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no full device")


def to_closed_pipe(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command whose output nobody reads any more, as behind `| head -0`."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=cwd,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writing)


def to_full_disk(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    with FULL.open("w") as full:
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=cwd,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_fault_23_init_writes_all_to_a_closed_pipe(tmp_path: Path) -> None:
    finished = to_closed_pipe("init", "--name", "notes", cwd=tmp_path)
    assert (finished.returncode, finished.stderr) == (2, "")
    assert files_in(tmp_path) == INIT_FILES


@needs_full
def test_fault_23_init_writes_all_with_a_full_disk_for_its_words(tmp_path: Path) -> None:
    finished = to_full_disk("init", "--name", "notes", cwd=tmp_path)
    assert finished.returncode == 2
    assert finished.stderr == "Error: The output cannot be written: No space left on device\n"
    assert files_in(tmp_path) == INIT_FILES


def test_fault_23_init_writes_the_rest_where_it_failed(tmp_path: Path) -> None:
    (tmp_path / "convex").write_text("no folder")
    first = subprocess.run(
        [*COMMAND, "init", "--name", "notes"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert first.returncode == 2
    assert "schema/notes.yaml" not in files_in(tmp_path)
    (tmp_path / "convex").unlink()
    assert to_closed_pipe("init", "--name", "notes", cwd=tmp_path).returncode == 2
    assert files_in(tmp_path) == INIT_FILES


@needs_full
@pytest.mark.parametrize(
    "arguments",
    [("check",), ("json-schema",), ("--help",), ("dev", "--help"), ("explain", "--list")],
)
def test_words_that_cannot_be_written_are_no_finding(arguments: tuple[str, ...]) -> None:
    finished = to_full_disk(*arguments, cwd=ROOT)
    assert finished.returncode == 2
    assert finished.stderr == "Error: The output cannot be written: No space left on device\n"
    closed = to_closed_pipe(*arguments, cwd=ROOT)
    assert (closed.returncode, closed.stderr) == (2, "")


@needs_full
def test_errors_that_cannot_be_written_are_no_finding() -> None:
    with FULL.open("w") as full:
        finished = subprocess.run([*COMMAND, "nothing"], cwd=ROOT, stderr=full, check=False)
    assert finished.returncode == 2
