"""Clients that do at random what stores do, each on items of its own."""

from __future__ import annotations

import asyncio
import random
import re
import threading
from collections.abc import Sequence
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

    def lateness(self, choice: Choice, began: float) -> float:
        """By how much a call that began then is behind its deadline, but for such delays."""
        if not choice.has_deadline:
            return 0.0
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
    """Or several of them, with commas."""
    operation: str
    numbers: tuple[float, ...]

    @property
    def has_deadline(self) -> bool:
        """Whether all of it has to be done within `TIMEOUT`."""
        return self.operation not in {"file", "watch", "close"}


ONE_BY_ONE = ["create", "save", "save", "get", "delete", "increment", "increment", "exchange"]
ALL = [*ONE_BY_ONE * 2, "save many", "delete many", "watch", "file"]


class Chooser:
    """Draws operations. An item whose state is in doubt is left alone, as what was sent may still
    be on its way."""

    def __init__(self, seed: int, worker: int, operations: Sequence[str] = ONE_BY_ONE) -> None:
        self._operations = operations
        self._random = random.Random(f"{seed} {worker}")
        self._worker = worker
        self._generation = 0
        self._items: list[str] = []
        while len(self._items) < 3:
            self.renew(None)

    def renew(self, item: str | None) -> None:
        """Others, in the place of an item or several."""
        for one in [None] if item is None else item.split(","):
            if one is not None:
                self._items.remove(one)
            self._generation += 1
            self._items.append(f"{self._worker} {self._generation}")

    def draw(self) -> Choice:
        """The next operation."""
        operation = self._random.choice(self._operations)
        count = {"create": 1, "save": 1, "save many": 1, "increment": 1, "exchange": 2}
        numbers = tuple(float(self._random.randrange(3)) for _ in range(count.get(operation, 0)))
        item = self._random.choice(self._items)
        return Choice(",".join(self._items) if "many" in operation else item, operation, numbers)


def chooser_of(run: Run, worker: int) -> Chooser:
    """One of them closes the client of all, again and again."""
    return Chooser(run.seed, worker, [*ALL, "close"] if worker == 0 else ALL)


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
        case "save many":
            items = item.split(",")
            return store.save_many(package.Item(item_id=one, number=numbers[0]) for one in items)
        case "delete many":
            return store.delete_many(item.split(","))
        case _:
            return store.update(item, number=numbers[1], expected={"number": numbers[0]})


CLOSED = "closed before"
"""What came of an operation that had done nothing when its client was closed."""


def told(choice: Choice, result: Any, late: float) -> Step:
    """The step of what was done."""
    if result == CLOSED:
        return Step(choice.item, choice.operation, choice.numbers, CLOSED, None, False, late)
    number = "unknown" if "many" in choice.operation else getattr(result, "number", result)
    return Step(choice.item, choice.operation, choice.numbers, "done", number, False, late)


def failed(choice: Choice, error: Any, late: float) -> Step:
    """The step of what was not."""
    kind, doubt = type(error).__name__, bool(error.may_have_run)
    if re.search("the (client|subscription) is closed", str(error)):
        kind = CLOSED
    return Step(choice.item, choice.operation, choice.numbers, kind, None, doubt, late)


def opened(client: Any, run: Run) -> Any:
    """A client of the deployment."""
    options: dict[str, Any] = {"deploy_key": run.deploy_key, "timeout": TIMEOUT}
    return client(run.url, **options)


class Threads:
    """A client that threads share, of which one puts another in its place."""

    def __init__(self, package: Any, run: Run) -> None:
        self._package, self._run = package, run
        self.storage = self._open()

    def _open(self) -> Any:
        return opened(self._package.ConvexStorage, self._run)

    def perform(self, choice: Choice) -> Any:
        storage = self.storage
        match choice.operation:
            case "close":
                self.storage = self._open()
                storage.close()
                return None
            case "watch":
                try:
                    with storage.items.watch(choice.item) as snapshots:
                        return snapshots.latest()
                except StopIteration:
                    return "ended" if storage is self.storage else CLOSED
            case "file":
                content = choice.item.encode() * 1000
                found = storage.files.read(storage.files.upload(content))
                return None if found == content else "another content"
            case _:
                return perform(self._package, storage.items, choice)


def run_threads(package: Any, run: Run) -> list[Step]:
    """Threads that share a client."""
    client = Threads(package, run)

    def work(worker: int) -> list[Step]:
        chooser = chooser_of(run, worker)
        done: list[Step] = []
        for _ in range(run.steps // WORKERS):
            choice, began = chooser.draw(), monotonic()
            try:
                result = client.perform(choice)
                step = told(choice, result, pulse.lateness(choice, began))
            except package.ConvexgenError as error:
                step = failed(choice, error, pulse.lateness(choice, began))
            if step.may_have_run:
                chooser.renew(choice.item)
            done.append(step)
        return done

    with Pulse() as pulse, ThreadPoolExecutor(WORKERS) as pool:
        steps = [step for steps in pool.map(work, range(WORKERS)) for step in steps]
    client.storage.close()
    return steps


class Tasks:
    """A client that tasks share, of which one puts another in its place."""

    def __init__(self, package: Any, run: Run) -> None:
        self._package, self._run = package, run
        self.storage = self._open()

    def _open(self) -> Any:
        return opened(self._package.AsyncConvexStorage, self._run)

    async def perform(self, choice: Choice) -> Any:
        storage = self.storage
        match choice.operation:
            case "close":
                self.storage = self._open()
                await storage.close()
                return None
            case "watch":
                try:
                    async with storage.items.watch(choice.item) as snapshots:
                        return await snapshots.latest()
                except StopAsyncIteration:
                    return "ended" if storage is self.storage else CLOSED
            case "file":
                content = choice.item.encode() * 1000
                found = await storage.files.read(await storage.files.upload(content))
                return None if found == content else "another content"
            case _:
                return await perform(self._package, storage.items, choice)


def run_tasks(package: Any, run: Run) -> list[Step]:
    """Tasks that share a client."""

    async def main() -> list[Step]:
        client = Tasks(package, run)

        async def work(worker: int) -> list[Step]:
            chooser = chooser_of(run, worker)
            done: list[Step] = []
            for _ in range(run.steps // WORKERS):
                choice, began = chooser.draw(), monotonic()
                try:
                    result = await client.perform(choice)
                    step = told(choice, result, pulse.lateness(choice, began))
                except package.ConvexgenError as error:
                    step = failed(choice, error, pulse.lateness(choice, began))
                if step.may_have_run:
                    chooser.renew(choice.item)
                done.append(step)
            return done

        found = await asyncio.gather(*(work(worker) for worker in range(WORKERS)))
        await client.storage.close()
        return [step for steps in found for step in steps]

    with Pulse() as pulse:
        return asyncio.run(main())
