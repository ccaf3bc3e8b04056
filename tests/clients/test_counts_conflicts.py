"""Whether writers of counted indexes conflict, by what pairs of them read and write."""

from __future__ import annotations

import json

import pytest
from convexgen.embedded import find_node
from project import ROOT, make_project, run

FOLDER = ROOT / "tests" / "clients" / "conflicting"
ROWS = 2000
PAIRS = 250

Counts = dict[str, dict[str, int]]


@pytest.fixture(scope="module")
def conflicts(tmp_path_factory: pytest.TempPathFactory) -> Counts:
    """How many pairs conflict, by entity and kind."""
    project = make_project(tmp_path_factory.mktemp("conflicts") / "project", FOLDER / "spec.yaml")
    project.generate()
    script = [find_node(), str(FOLDER / "pairs.mjs"), str(project.root), str(ROWS), str(PAIRS)]
    done = run(script, ROOT)
    assert done.returncode == 0, done.stderr
    found: Counts = json.loads(done.stdout)
    return found


def test_writers_of_one_thread_seldom_conflict(conflicts: Counts) -> None:
    """At most a fifth of pairs, however many of their indexes are counted."""
    for entity in ("counted", "twice", "whole"):
        for kind, count in conflicts[entity].items():
            assert count <= PAIRS / 5, (entity, kind)
    # One that works the log in reads what the other one appends.
    assert conflicts["counted"]["appends to one thread"] > 0


def test_writers_of_different_threads_never_conflict(conflicts: Counts) -> None:
    for entity in ("counted", "twice"):
        for kind in ("appends to two threads", "first ones of two threads"):
            assert conflicts[entity][kind] == 0, (entity, kind)


def test_writers_of_what_is_not_counted_never_conflict(conflicts: Counts) -> None:
    assert set(conflicts["plain"].values()) == {0}
