"""The generators as whole processes: from nothing, and when nothing has changed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from workspace import (
    CONVEXGEN,
    PEER_GENERATE,
    PEER_PACKAGE,
    SPEC,
    copy_functions,
    copy_spec,
    environment,
)

ROUNDS = 10

_GENERATE = (CONVEXGEN, "generate")
_OUTPUTS = (".convexgen", "convex", "generated")

_REMARKS = """
  convexgen writes the Convex functions and two clients; convex-to-pydantic reads the functions
  and writes a client. It leaves out internal functions, as these are: all but "tables alone" is
  from a copy in which they are public."""


@dataclass(frozen=True, slots=True)
class _Case:
    name: str
    command: Sequence[str | Path]
    folder: Path
    deleted: Sequence[str] = ()
    """What earlier runs wrote, to be rendered again."""

    def run(self) -> ProcessCost:
        for name in self.deleted:
            shutil.rmtree(self.folder / name, ignore_errors=True)
        return run_process(self.command, cwd=self.folder, environment=environment())


def run() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        groups = _groups(Path(folder))
        costs = interleave(
            {(heading, case.name): case.run for heading, group in groups.items() for case in group},
            ROUNDS,
        )
    print_table(
        f"Generation from {SPEC}: whole processes, {ROUNDS} rounds",
        ["median", "min", "processor", "peak memory", "to the peer"],
        {
            heading: _rows({case.name: costs[heading, case.name] for case in group})
            for heading, group in groups.items()
        },
    )
    print(_REMARKS, flush=True)


def _groups(folder: Path) -> dict[str, list[_Case]]:
    fresh, written = copy_spec(folder / "fresh"), copy_spec(folder / "written")
    tables = copy_functions(folder / "tables", public=False)
    functions = copy_functions(folder / "functions", public=True)
    peer_written = copy_functions(folder / "peer-written", public=True)
    _Case("", _GENERATE, written).run()
    _Case("", PEER_GENERATE, peer_written).run()
    deleted = [PEER_PACKAGE]
    # The last case of each group is the peer's, with which the others are compared.
    return {
        "everything rendered": [
            _Case("convexgen generate", _GENERATE, fresh, _OUTPUTS),
            _Case("convex-to-pydantic generate, tables alone", PEER_GENERATE, tables, deleted),
            _Case("convex-to-pydantic generate, with functions", PEER_GENERATE, functions, deleted),
        ],
        "nothing changed": [
            _Case("convexgen generate", _GENERATE, written),
            _Case("convex-to-pydantic generate", PEER_GENERATE, peer_written),
        ],
        "nothing changed, checked": [
            _Case("convexgen check", (CONVEXGEN, "check"), written),
            _Case("convex-to-pydantic generate --check", (*PEER_GENERATE, "--check"), peer_written),
        ],
    }


def _rows(costs: Mapping[str, Sequence[ProcessCost]]) -> list[list[str]]:
    """One row for each case, compared with the last."""
    times = {name: Spread.of([cost.seconds for cost in costs[name]]) for name in costs}
    *_, peer = times.values()
    return [
        [
            name,
            milliseconds(time.median),
            milliseconds(time.least),
            milliseconds(processor_seconds(costs[name])),
            peak_memory(costs[name]),
            ratio(time.median, peer.median),
        ]
        for name, time in times.items()
    ]
