"""Counted indexes beside no counts, and beside those of `@convex-dev/aggregate`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from measure import milliseconds, print_table, ratio
from workspace import generate, run_node_script

_HERE = Path(__file__).parent
_ROUNDS = 7
_LENGTH = 5_000
"""The messages of the thread that is written to and read."""
_MANY = 500

_OPERATIONS = {
    "insert": "insert, one a mutation",
    "insertMany": f"insert, {_MANY} in a mutation, of one thread",
    "insertApart": f"insert, {_MANY} in a mutation, of {_MANY} threads",
    "count": "count",
    "page": "page of 40 from the middle, with its total",
}

_REMARKS = """
  Times are of the processor, of the embedded backend's engine in process, without HTTP, and like
  what is read and written for each document that is inserted, and each call that reads. Of threads,
  each has counts of its own, in either way."""

_TABLES = ("plain", "counted", "aggregated")
_PEERS = ("plain", "aggregated")

Costs = Mapping[str, Mapping[str, float]]
"""Of an operation, by table and measure."""


def run() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        generate(_HERE / "counting.yaml", project)
        shutil.copytree(_HERE / "aggregate", project / "convex", dirs_exist_ok=True)
        measured: Mapping[str, Costs] = run_node_script(
            "counting.mjs", str(project), *map(str, (_ROUNDS, _LENGTH, _MANY))
        )
    named = {words: measured[operation] for operation, words in _OPERATIONS.items()}
    print_table(
        f"Counts of a thread of {_LENGTH:,} messages, medians of {_ROUNDS} rounds",
        ["without counts", "counted", "aggregate", "counted to without", "counted to aggregate"],
        {
            "Time": [[words, *_times(costs)] for words, costs in named.items()],
            "Documents read": [
                [words, *_documents(costs, "read")] for words, costs in named.items()
            ],
            "Documents written": [
                [words, *_documents(costs, "written")]
                for words, costs in named.items()
                if "plain" in costs
            ],
        },
    )
    print(_REMARKS, flush=True)


def _times(costs: Costs) -> list[str]:
    seconds = {table: costs[table]["milliseconds"] / 1000 for table in costs}
    counted = seconds["counted"]
    ratios = [ratio(counted, seconds[peer]) if peer in seconds else "" for peer in _PEERS]
    times = [milliseconds(seconds[table], 2) if table in seconds else "" for table in _TABLES]
    return times + ratios


def _documents(costs: Costs, measure: str) -> list[str]:
    found = [f"{costs[table][measure]:.1f}" if table in costs else "" for table in _TABLES]
    return [*found, "", ""]
