"""Clients that do at random what stores do, each on items of its own."""

from __future__ import annotations

import asyncio
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import Any

from laws import Step

WORKERS = 12
TIMEOUT = 1.0
"""Seconds of each call: a proxy withholds answers for longer."""


_PULSE = 0.01


class Pulse:
    """Tells how long the machine itself keeps a program from going on."""

    def __init__(self) -> None:
        self._delays: list[tuple[float, float]] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _beat(self) -> None:
        before = monotonic()
        while not self._is_over.wait(_PULSE):
            now = monotonic()
            if now - before > 2 * _PULSE:
                self._delays.append((now, now - before - _PULSE))
            before = now

    def lateness(self, began: float) -> float:
        """By how much a call that began then is behind its deadline, but for such delays."""
        delays = sum(delay for moment, delay in list(self._delays) if moment > began)
        return max(monotonic() - began - TIMEOUT - delays, 0.0)


@dataclass(frozen=True, slots=True)
class Run:
    """What a client is to do."""

    url: str
    deploy_key: str
    seed: int
    steps: int


@dataclass(frozen=True, slots=True)
class Choice:
    """An operation that was drawn."""

    item: str
    operation: str
    numbers: tuple[float, ...]


class Chooser:
    """Draws operations. An item whose state is in doubt is left alone, as what was sent may still
    be on its way."""

    def __init__(self, seed: int, worker: int) -> None:
        self._random = random.Random(f"{seed} {worker}")
        self._worker = worker
        self._generation = 0
        self._items: list[str] = []
        while len(self._items) < 3:
            self.renew(None)

    def renew(self, item: str | None) -> None:
        """Another item, in the place of one."""
        if item is not None:
            self._items.remove(item)
        self._generation += 1
        self._items.append(f"{self._worker} {self._generation}")

    def draw(self) -> Choice:
        """The next operation."""
        operation = self._random.choice(
            ["create", "save", "save", "get", "delete", "increment", "increment", "exchange"]
        )
        count = {"create": 1, "save": 1, "increment": 1, "exchange": 2}.get(operation, 0)
        numbers = tuple(float(self._random.randrange(3)) for _ in range(count))
        return Choice(self._random.choice(self._items), operation, numbers)


def perform(package: Any, store: Any, choice: Choice) -> Any:
    """What the store is asked for, maybe to be awaited."""
    item, numbers = choice.item, choice.numbers
    match choice.operation:
        case "create":
            return store.create(package.Item(item_id=item, number=numbers[0]))
        case "save":
            return store.save(package.Item(item_id=item, number=numbers[0]))
        case "get":
            return store.get(item)
        case "delete":
            return store.delete(item)
        case "increment":
            return store.update(item, number=package.Increment(numbers[0]))
        case _:
            return store.update(item, number=numbers[1], expected={"number": numbers[0]})


def told(choice: Choice, result: Any, late: float) -> Step:
    """The step of what was done."""
    number = getattr(result, "number", result)
    return Step(choice.item, choice.operation, choice.numbers, "done", number, False, late)


def failed(choice: Choice, error: Any, late: float) -> Step:
    """The step of what was not."""
    kind, doubt = type(error).__name__, bool(error.may_have_run)
    return Step(choice.item, choice.operation, choice.numbers, kind, None, doubt, late)


def run_threads(package: Any, run: Run) -> list[Step]:
    """Threads that share a client."""
    options: dict[str, Any] = {"deploy_key": run.deploy_key, "timeout": TIMEOUT}
    with package.ConvexStorage(run.url, **options) as storage, Pulse() as pulse:

        def work(worker: int) -> list[Step]:
            chooser = Chooser(run.seed, worker)
            done: list[Step] = []
            for _ in range(run.steps // WORKERS):
                choice, began = chooser.draw(), monotonic()
                try:
                    result = perform(package, storage.items, choice)
                    step = told(choice, result, pulse.lateness(began))
                except package.ConvexgenError as error:
                    step = failed(choice, error, pulse.lateness(began))
                if step.may_have_run:
                    chooser.renew(choice.item)
                done.append(step)
            return done

        with ThreadPoolExecutor(WORKERS) as pool:
            return [step for steps in pool.map(work, range(WORKERS)) for step in steps]


def run_tasks(package: Any, run: Run) -> list[Step]:
    """Tasks that share a client."""

    async def main() -> list[Step]:
        options: dict[str, Any] = {"deploy_key": run.deploy_key, "timeout": TIMEOUT}
        async with package.AsyncConvexStorage(run.url, **options) as storage:
            store = storage.items

            async def work(worker: int) -> list[Step]:
                chooser = Chooser(run.seed, worker)
                done: list[Step] = []
                for _ in range(run.steps // WORKERS):
                    choice, began = chooser.draw(), monotonic()
                    try:
                        result = await perform(package, store, choice)
                        step = told(choice, result, pulse.lateness(began))
                    except package.ConvexgenError as error:
                        step = failed(choice, error, pulse.lateness(began))
                    if step.may_have_run:
                        chooser.renew(choice.item)
                    done.append(step)
                return done

            found = await asyncio.gather(*(work(worker) for worker in range(WORKERS)))
            return [step for steps in found for step in steps]

    with Pulse() as pulse:
        return asyncio.run(main())
