"""Measuring in turns, so that a noisy machine disturbs all cases alike, and printing tables."""

from __future__ import annotations

import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

K = TypeVar("K")
T = TypeVar("T")

PROCESS_TIMEOUT = 300.0
"""Seconds after which a process that does not end is killed."""

# Elsewhere `getrusage` counts in kibibytes.
_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024


class ProcessFailed(Exception):
    """A process that was to be measured ended with an error, or not at all."""


@dataclass(frozen=True, slots=True)
class ProcessCost:
    """What one process took, from its start to its end."""

    seconds: float
    processor_seconds: float
    """Of it and those that it started."""
    peak_bytes: int
    """Of the largest among it and those that it started, but never less than the peak of this
    process: the system counts from there."""


def interleave(
    cases: Mapping[K, Callable[[], T]], rounds: int, *, warm_up: int = 1
) -> dict[K, list[T]]:
    """The results of each case, one a round.

    Every round runs every case, each time from another one on. Those of the first `warm_up` rounds
    are dropped.
    """
    names = list(cases)
    results: dict[K, list[T]] = {name: [] for name in names}
    for number in range(warm_up + rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            result = cases[name]()
            if number >= warm_up:
                results[name].append(result)
    return results


def run_process(
    command: Sequence[str | Path], *, cwd: Path, environment: Mapping[str, str]
) -> ProcessCost:
    """Run a process to its end. Raises ProcessFailed, with what it printed."""
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        # `Popen.wait` with a timeout looks only every 50 ms, and says nothing of memory.
        killer = threading.Timer(PROCESS_TIMEOUT, process.kill)
        killer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
        finally:
            killer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            printed = output.read().decode("utf-8", "replace")
            raise ProcessFailed(f"{command[0]} ended with {process.returncode}:\n{printed}")
    return ProcessCost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _PEAK_UNIT)


def processor_seconds(costs: Sequence[ProcessCost]) -> float:
    """The middle of the processor times."""
    return statistics.median(cost.processor_seconds for cost in costs)


def peak_memory(costs: Sequence[ProcessCost]) -> str:
    """The middle of the peaks, such as "48 MiB", or "< 20 MiB" where this process has more."""
    peak = statistics.median(cost.peak_bytes for cost in costs)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _PEAK_UNIT
    return f"{peak / 2**20:.0f} MiB" if peak > own else f"< {math.ceil(own / 2**20)} MiB"


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle and the least of some measurements, in the unit of these."""

    median: float
    least: float

    @staticmethod
    def of(values: Sequence[float]) -> Spread:
        """The spread of one value or more."""
        return Spread(statistics.median(values), min(values))


def milliseconds(seconds: float, places: int = 1) -> str:
    """Such as "12.3 ms"."""
    return f"{1000 * seconds:.{places}f} ms"


def ratio(value: float, peer: float) -> str:
    """How many times the peer's value it is, such as "0.52x"."""
    return f"{value / peer:.2f}x"


def print_table(
    title: str, columns: Sequence[str], groups: Mapping[str, Sequence[Sequence[str]]]
) -> None:
    """Print rows of text by their heading, the first column to the left, the others to the right.

    The heading "" is left out.
    """
    lines: list[list[str]] = [["", *columns]]
    for heading, rows in groups.items():
        if heading:
            lines.append([heading])
        indent = "  " if heading else ""
        lines += [[indent + row[0], *row[1:]] for row in rows]
    widths = [
        max(len(line[index]) for line in lines if len(line) > 1)
        for index in range(1 + len(columns))
    ]
    print(f"\n{title}\n")
    for line in lines:
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=False)]
        print(f"  {'   '.join(cells)}".rstrip())
    sys.stdout.flush()
