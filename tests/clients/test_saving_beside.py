"""Batches that are saved at the same time, and pages that are fetched before they are needed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from typing import Any, cast

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import AsyncConvexStorage, ConvexStorage, InvalidArgument, Resource
from project import ROOT
from waiting import PATIENCE, wait_until


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


@pytest.fixture
def storage(backend: EmbeddedBackend) -> Iterator[ConvexStorage]:
    with ConvexStorage(backend.url, deploy_key=backend.admin_key, timeout=PATIENCE) as opened:
        yield opened
    with ConvexStorage(backend.url, deploy_key=backend.admin_key, timeout=PATIENCE) as opened:
        opened.resources.clear()


def resource(number: int, memory: str = "") -> Resource:
    return Resource(resource_id=f"r{number:06}", working_memory=memory)


class Gate:
    """Through which the calls of a client go, in parties of which all are there."""

    def __init__(self, client: Any, party: int = 1) -> None:
        self._run = client.run
        self._lock = threading.Lock()
        self._barrier = threading.Barrier(party, timeout=PATIENCE)
        self.calls = self.under_way = self.most = 0
        client.run = self.run

    def run(self, call: Any) -> Any:
        with self._lock:
            self.calls += 1
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        try:
            self._barrier.wait()
            return self._run(call)
        finally:
            with self._lock:
                self.under_way -= 1


class AsyncGate:
    """The same for tasks."""

    def __init__(self, client: Any, party: int = 1) -> None:
        self._run = client.run
        self._barrier = asyncio.Barrier(party)
        self.calls = self.under_way = self.most = 0
        client.run = self.run

    async def run(self, call: Any) -> Any:
        self.calls += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self._barrier.wait()
            return await self._run(call)
        finally:
            self.under_way -= 1


def test_so_many_batches_are_saved_at_the_same_time(storage: ConvexStorage) -> None:
    gate = Gate(storage.client, 4)
    reported: list[int] = []
    resources = (resource(number) for number in range(4000))
    assert storage.resources.save_many(resources, concurrency=4, progress=reported.append) == 4000
    assert (gate.calls, gate.most) == (8, 4)
    assert reported == list(range(500, 4001, 500))


def test_so_many_batches_of_tasks(backend: EmbeddedBackend, storage: ConvexStorage) -> None:
    async def main() -> None:
        opened = AsyncConvexStorage(backend.url, deploy_key=backend.admin_key, timeout=PATIENCE)
        async with opened:
            gate = AsyncGate(opened.client, 4)
            resources = (resource(number) for number in range(4000))
            assert await opened.resources.save_many(resources, concurrency=4) == 4000
            assert (gate.calls, gate.most) == (8, 4)

    asyncio.run(main())
    assert storage.resources.clear() == 4000


def test_a_batch_is_made_while_the_one_before_is_saved(storage: ConvexStorage) -> None:
    client: Any = storage.client
    run, is_made = client.run, threading.Event()

    def run_when_made(call: Any) -> Any:
        assert is_made.wait(PATIENCE)
        return run(call)

    def resources() -> Iterator[Resource]:
        yield from (resource(number) for number in range(1000))
        is_made.set()

    client.run = run_when_made
    assert storage.resources.save_many(resources()) == 1000


def test_of_two_with_one_key_the_later_one_stays(storage: ConvexStorage) -> None:
    gate = Gate(storage.client)
    resources = [resource(number % 500, str(number)) for number in range(2000)]
    assert storage.resources.save_many(resources, concurrency=8) == 2000
    assert (gate.calls, gate.most) == (4, 1)
    memories = {one.resource_id: one.working_memory for one in storage.resources.list()}
    assert memories == {one.resource_id: one.working_memory for one in resources}


def test_nothing_goes_on_after_an_error(storage: ConvexStorage) -> None:
    def resources() -> Iterator[Resource]:
        yield from (resource(number) for number in range(1700))
        raise KeyError("own")

    gate = Gate(storage.client)
    with pytest.raises(KeyError, match="own") as raised:
        storage.resources.save_many(resources(), concurrency=4)
    assert raised.value.__notes__ == ["where item 1700 was asked for, after 1500 were done"]
    assert (gate.calls, gate.under_way) == (3, 0)
    assert storage.resources.clear() == 1500


def test_tasks_are_cancelled_with_who_waits_for_them(
    backend: EmbeddedBackend, storage: ConvexStorage
) -> None:
    async def main() -> None:
        opened = AsyncConvexStorage(backend.url, deploy_key=backend.admin_key, timeout=PATIENCE)
        async with opened:
            gate = AsyncGate(opened.client, 5)
            resources = (resource(number) for number in range(4000))
            saving = asyncio.create_task(opened.resources.save_many(resources, concurrency=4))
            while gate.under_way < 4:
                await asyncio.sleep(0)
            saving.cancel()
            with suppress(asyncio.CancelledError):
                await saving
            assert gate.under_way == 0

    asyncio.run(main())
    assert storage.resources.list().all() == []


@pytest.mark.parametrize("concurrency", [0, -1, 17, True, 2.5, "2", None])
def test_what_is_no_number_of_requests(storage: ConvexStorage, concurrency: Any) -> None:
    with pytest.raises(InvalidArgument, match="`concurrency` is from 1 to 16"):
        storage.resources.save_many([resource(1)], concurrency=concurrency)
    assert storage.resources.list().all() == []


def test_a_job_saves_one_batch_after_another(storage: ConvexStorage) -> None:
    with storage.job("in order") as job:
        gate = Gate(job.client)
        saved = job.resources.save_many((resource(number) for number in range(2000)), concurrency=4)
    assert (saved, gate.calls, gate.most) == (2000, 4, 1)


def test_pages_are_fetched_before_they_are_needed(storage: ConvexStorage) -> None:
    storage.resources.save_many(resource(number) for number in range(45))
    gate = Gate(storage.client)
    found = storage.resources.list().iterate(page_size=10)
    next(found)
    assert gate.calls == 1
    # Whoever wants no second page pays for none.
    for _ in range(9):
        next(found)
    assert gate.calls == 1
    next(found)
    wait_until(lambda: gate.calls == 3)
    rest = [one.resource_id for one in found]
    assert len(rest) == 34
    assert rest[-1] == "r000044"
    calls = gate.calls
    assert len(storage.resources.list().all()) == 45
    assert gate.calls == calls + 1


def test_pages_of_tasks_are_given_up_with_who_goes_through_them(
    backend: EmbeddedBackend, storage: ConvexStorage
) -> None:
    storage.resources.save_many(resource(number) for number in range(45))

    async def main() -> None:
        opened = AsyncConvexStorage(backend.url, deploy_key=backend.admin_key, timeout=PATIENCE)
        async with opened:
            gate = AsyncGate(opened.client)
            found = opened.resources.list().iterate(page_size=10)
            ids = [(await anext(found)).resource_id for _ in range(11)]
            while gate.calls < 3:
                await asyncio.sleep(0)
            await cast("AsyncGenerator[Resource]", found).aclose()
            while gate.under_way:
                await asyncio.sleep(0)
            assert ids == [f"r{number:06}" for number in range(11)]
            assert len([one async for one in opened.resources.list().iterate(page_size=7)]) == 45

    asyncio.run(main())
