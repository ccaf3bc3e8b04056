"""The engine beside unmodified convex-test, whose known faults are in `known_faults.json`."""

import json
from pathlib import Path
from typing import Any

import pytest
from node_scripts import run_script

FAULTS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "known_faults.json").read_text(encoding="utf-8")
)
SEQUENCES = 1000
PARTS = 2


@pytest.mark.parametrize("part", range(PARTS))
def test_random_sequences_give_the_same_results(part: int) -> None:
    """1,000 sequences of about ten steps, each with all its results."""
    count = SEQUENCES // PARTS
    done = run_script("differential.mjs", str(1 + part * count), str(count))
    assert done["sequences"] == count
    assert done["steps"] > 8 * count


@pytest.fixture(scope="module")
def results() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = run_script("knownFaults.mjs")
    return found


@pytest.mark.parametrize("fault", FAULTS, ids=[fault["name"] for fault in FAULTS])
def test_known_faults(results: dict[str, dict[str, Any]], fault: dict[str, Any]) -> None:
    """The fault is still there, or sequences need not avoid it; this backend does not have it."""
    assert results[fault["name"]] == {name: fault[name] for name in ("convex_test", "embedded")}
    assert fault["convex_test"] != fault["embedded"]
    assert fault["why"]
    assert fault["excluded_by"]
