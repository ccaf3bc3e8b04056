"""The generators while the data model grows: whole processes, time and peak memory.

From nothing, and after a change of one entity.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from measure import (
    ProcessCost,
    Spread,
    interleave,
    milliseconds,
    peak_memory,
    print_table,
    processor_seconds,
    ratio,
    run_process,
)
from workspace import CONVEXGEN, PEER_GENERATE, PEER_PACKAGE, ROOT, environment

ENTITIES = (5, 15, 100, 1_000)
ROUNDS = 3

_OUTPUTS = (".convexgen", "convex", "generated")

_REMARKS = """
  convex-to-pydantic reads the schema.ts that convexgen wrote, and no functions: it makes models of
  the tables. convexgen writes the functions and both clients besides."""


def run() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        cases: dict[tuple[int, str], Callable[[], ProcessCost]] = {}
        for number in ENTITIES:
            spec, tables = _projects(Path(folder) / str(number), number)
            written = Path(folder) / f"{number}-written"
            shutil.copytree(spec, written)
            cases[number, "convexgen generate"] = _fresh(spec, (CONVEXGEN, "generate"), _OUTPUTS)
            cases[number, "after a change of one"] = _changed(written)
            cases[number, "convex-to-pydantic generate"] = _fresh(
                tables, PEER_GENERATE, (PEER_PACKAGE,)
            )
        costs = interleave(cases, ROUNDS, warm_up=0)
    groups: dict[str, list[list[str]]] = {}
    for number in ENTITIES:
        of_number = {name: found for (size, name), found in costs.items() if size == number}
        peer = of_number["convex-to-pydantic generate"]
        of_peer = Spread.of([cost.seconds for cost in peer]).median
        groups[f"{number:,} entities"] = [
            [
                name,
                milliseconds(Spread.of([cost.seconds for cost in found]).median),
                milliseconds(processor_seconds(found)),
                peak_memory(found),
                ratio(Spread.of([cost.seconds for cost in found]).median, of_peer),
            ]
            for name, found in of_number.items()
        ]
    print_table(
        f"Generation from nothing: whole processes, {ROUNDS} rounds",
        ["median", "processor", "peak memory", "to the peer"],
        groups,
    )
    print(_REMARKS, flush=True)


def _fresh(
    folder: Path, command: tuple[str | Path, ...], outputs: tuple[str, ...]
) -> Callable[[], ProcessCost]:
    def generate() -> ProcessCost:
        for name in outputs:
            shutil.rmtree(folder / name, ignore_errors=True)
        return run_process(command, cwd=folder, environment=environment())

    return generate


def _changed(folder: Path) -> Callable[[], ProcessCost]:
    """Of a project that is written, each time with another type of a field of its first entity."""
    spec = folder / "schema" / "grown.yaml"

    def generate() -> ProcessCost:
        text = spec.read_text(encoding="utf-8")
        before, after = "title: string\n", "title: string?\n"
        if before not in text.partition("parentId: ref")[0]:
            before, after = after, before
        spec.write_text(text.replace(before, after, 1), encoding="utf-8")
        return run_process((CONVEXGEN, "generate"), cwd=folder, environment=environment())

    return generate


def _projects(folder: Path, number: int) -> tuple[Path, Path]:
    """A project of a spec, and one of the tables that it gives."""
    spec, tables = folder / "spec", folder / "tables"
    (spec / "schema").mkdir(parents=True)
    (spec / "schema" / "grown.yaml").write_text(_spec(number), encoding="utf-8")
    run_process((CONVEXGEN, "generate"), cwd=spec, environment=environment())
    shutil.copytree(spec / "convex" / "_generated", tables / "convex" / "_generated")
    shutil.copy(spec / "convex" / "schema.ts", tables / "convex")
    (tables / "node_modules").symlink_to(ROOT / "node_modules")
    return spec, tables


def _spec(number: int) -> str:
    """A spec of so many entities, each of which but the first refers to the one before."""
    lines = ["convexgen: 1", "name: grown", "enums:", "  State: [open, done]", "entities:"]
    for position in range(number):
        name = f"Entry{position}"
        lines += [
            f"  {name}:",
            f"    table: entries{position}",
            f"    key: entry{position}Id",
            "    fields:",
            f"      entry{position}Id: string",
            f"      parentId: ref<Entry{position - 1}>?" if position else "      parentId: string?",
            "      title: string",
            "      state: State",
            "      amount: integer | null",
            "      size: int64?",
            "      tags: {type: list<string>, maxItems: 20}",
            "      data: {type: json, optional: true, merge: shallow}",
            "      createdAt: {type: timestamp, set: on create}",
            "    indexes:",
            "      by_state_and_createdAt: [state, createdAt]",
        ]
    return "\n".join(lines) + "\n"
