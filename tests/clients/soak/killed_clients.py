"""Random clients in processes that are killed, and what they said of each call before and after.

A call without an end was under way when its process was killed.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

from laws import Step
from random_clients import Choice, Chooser, Run, failed, perform, told
from waiting import PATIENCE

WORKERS = 8


class Notes:
    """A file of lines. What the system has of it outlives the process."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._numbers = count()

    def begin(self, choice: Choice) -> int:
        number = next(self._numbers)
        self._write({"number": number, "begins": asdict(choice)})
        return number

    def end(self, number: int, step: Step) -> None:
        self._write({"number": number, "ends": asdict(step)})

    def _write(self, line: dict[str, Any]) -> None:
        os.write(self._file, json.dumps(line).encode() + b"\n")


def steps_of(path: Path) -> Iterator[Step]:
    """What a process has done, and what it was doing when it ended."""
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    ends = {line["number"]: line["ends"] for line in lines if "ends" in line}
    for line in lines:
        begun = line.get("begins")
        if begun is None:
            continue
        ended = ends.get(line["number"])
        numbers = tuple(begun["numbers"])
        if ended is None:
            item, operation = begun["item"], begun["operation"]
            yield Step(item, operation, numbers, "killed", may_have_run=True)
        else:
            yield Step(**{**ended, "numbers": numbers})


def work_in_threads(package: Any, run: Run, notes: Notes) -> None:
    options: dict[str, Any] = {"deploy_key": run.deploy_key, "timeout": PATIENCE}
    with package.ConvexStorage(run.url, **options) as storage:

        def work(worker: int) -> None:
            chooser = Chooser(run.seed, worker)
            for _ in range(run.steps // WORKERS):
                choice = chooser.draw()
                number = notes.begin(choice)
                try:
                    step = told(choice, perform(package, storage.items, choice), 0.0)
                except package.ConvexgenError as error:
                    step = failed(choice, error, 0.0)
                notes.end(number, step)
                if step.may_have_run:
                    chooser.renew(choice.item)

        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(work, workers_of(run)))


def work_in_tasks(package: Any, run: Run, notes: Notes) -> None:
    async def main() -> None:
        options: dict[str, Any] = {"deploy_key": run.deploy_key, "timeout": PATIENCE}
        async with package.AsyncConvexStorage(run.url, **options) as storage:

            async def work(worker: int) -> None:
                chooser = Chooser(run.seed, worker)
                for _ in range(run.steps // WORKERS):
                    choice = chooser.draw()
                    number = notes.begin(choice)
                    try:
                        step = told(choice, await perform(package, storage.items, choice), 0.0)
                    except package.ConvexgenError as error:
                        step = failed(choice, error, 0.0)
                    notes.end(number, step)
                    if step.may_have_run:
                        chooser.renew(choice.item)

            await asyncio.gather(*(work(worker) for worker in workers_of(run)))

    asyncio.run(main())


def workers_of(run: Run) -> range:
    """Their numbers, by which they know their items: another run has others."""
    return range(run.seed * WORKERS, (run.seed + 1) * WORKERS)


if __name__ == "__main__":
    way, notes, url, key, seed, steps = sys.argv[1:]
    {"threads": work_in_threads, "tasks": work_in_tasks}[way](
        importlib.import_module("soak_client"),
        Run(url, key, int(seed), int(steps)),
        Notes(Path(notes)),
    )
