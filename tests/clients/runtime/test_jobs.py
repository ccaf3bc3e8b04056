"""Durable jobs: a process that is killed and run again does nothing twice."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator
from random import Random
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from convexgen.runtime import (
    AsyncStorage,
    Call,
    Conflict,
    InvalidArgument,
    Storage,
    Unavailable,
)
from convexgen.runtime.http_transport import HttpTransport
from cutting_proxy import cutting_proxy
from late_calls import late
from loopback import serving, success
from mastra_convex import ConvexStorage
from mastra_convex import Thread as MastraThread
from page_examples import blocks
from project import ROOT
from sample import SampleStorage, Thread, ThreadStatus
from small_project import SmallProject
from test_exactly_once import FUNCTIONS, NUMBER, count, increment
from test_sync_connection import in_child
from waiting import PATIENCE

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="forks"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning"),
]

SECRET = "a secret of the tests"
CHUNKS = 200


@pytest.fixture(scope="module")
def counters(tmp_path_factory: pytest.TempPathFactory) -> Generator[EmbeddedBackend, None, None]:
    project = SmallProject(tmp_path_factory.mktemp("jobs"))
    project.write("counters.js", FUNCTIONS)
    with EmbeddedBackend.start(project.root) as backend:
        yield backend


@pytest.fixture
def counting(counters: EmbeddedBackend) -> Generator[Storage, None, None]:
    with Storage(counters.url, deploy_key=counters.admin_key, timeout=PATIENCE) as storage:
        yield storage


def killed_after(lines: int, run: Callable[[int], None]) -> None:
    """Kill a child as soon as `run` has written so many lines to its descriptor."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            run(writing)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        for _ in range(lines):
            pipe.readline()
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_job_that_is_killed_fifty_times_does_all_once(counters: EmbeddedBackend) -> None:
    name, random = "killed", Random(14)

    def run(writing: int) -> list[float]:
        found: list[float] = []
        storage = Storage(counters.url, deploy_key=counters.admin_key, timeout=PATIENCE)
        with storage, storage.job("count", secret=SECRET) as job:
            for _ in range(CHUNKS):
                found.append(job.client.run(increment(name)))
                os.write(writing, b"done\n")
        return found

    for _ in range(50):
        killed_after(random.randrange(CHUNKS), lambda writing: [run(writing), None][1])
    nowhere = os.open(os.devnull, os.O_WRONLY)
    assert run(nowhere) == run(nowhere) == list(range(1, CHUNKS + 1))
    os.close(nowhere)
    with Storage(counters.url, deploy_key=counters.admin_key) as storage:
        assert count(storage.client, name) == CHUNKS


def thread(thread_id: str) -> Thread:
    return Thread(
        thread_id=thread_id,
        resource_id="jobs",
        closed_by=None,
        status=ThreadStatus.OPEN,
        kind="chat",
    )


def test_batches_of_a_job_that_is_killed_are_saved_once(
    storage: SampleStorage, backend: EmbeddedBackend
) -> None:
    """To save them twice would be harmless, but for what happened to them since."""

    def threads(writing: int) -> Generator[Thread, None, None]:
        for number in range(3000):
            os.write(writing, b"taken\n")
            yield thread(f"job-{number}")

    def run(writing: int) -> int:
        with (
            SampleStorage(backend.url, deploy_key=backend.admin_key, timeout=PATIENCE) as other,
            other.job("import", fingerprint="of the file") as job,
        ):
            return job.threads.save_many(threads(writing))

    killed_after(1700, lambda writing: [run(writing), None][1])
    assert None not in storage.threads.get_many(["job-0", "job-999"])
    storage.threads.delete("job-0")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    assert run(nowhere) == 3000
    os.close(nowhere)
    found = storage.threads.get_many(f"job-{number}" for number in range(3000))
    assert [number for number, one in enumerate(found) if one is None] == [0]


def test_answers_that_are_lost_on_the_way(counters: EmbeddedBackend) -> None:
    with cutting_proxy(counters.port) as proxy:
        random = Random(3)
        proxy.cut_answers = lambda _: random.random() < 0.3
        with Storage(proxy.url, deploy_key=counters.admin_key, timeout=PATIENCE) as storage:
            for _ in range(2):
                with storage.job("cut") as job:
                    found = [job.client.run(increment("cut")) for _ in range(40)]
                assert found == list(range(1, 41))
        assert proxy.cuts > 3


def test_a_job_from_asyncio(counters: EmbeddedBackend) -> None:
    async def run() -> list[float]:
        storage = AsyncStorage(counters.url, deploy_key=counters.admin_key, timeout=PATIENCE)
        async with storage, storage.job("async") as job:
            return [await job.client.run(increment("async")) for _ in range(20)]

    assert asyncio.run(run()) == asyncio.run(run()) == list(range(1, 21))


def test_jobs_are_told_by_name_secret_and_fingerprint(counting: Storage) -> None:
    def run(name: str, **told: Any) -> float:
        with counting.job(name, **told) as job:
            return job.client.run(increment("told"))

    assert run("one") == run("one") == 1
    assert run("two") == 2
    assert run("one", secret=SECRET) == run("one", secret=SECRET.encode()) == 3
    assert run("one", fingerprint="1") == 4
    assert run("on", fingerprint="e1") == 5
    # What is done otherwise is no part of it.
    assert counting.client.run(increment("told")) == 6
    assert run("one") == 1


def test_what_failed_is_tried_again_by_the_next_run(counting: Storage) -> None:
    for refused, expected in ((True, [1]), (False, [1, 2])):
        found: list[float] = []
        with counting.job("failing") as job:
            found.append(job.client.run(increment("failing")))
            try:
                found.append(job.client.run(increment("failing", refused=refused)))
            except Conflict:
                assert refused
        assert found == expected


def test_a_job_reads_and_watches_as_its_storage_does(storage: SampleStorage) -> None:
    with storage.job("reading") as job:
        job.threads.save(thread("read"))
        assert job.threads.get("read") is not None
        with job.threads.watch("read") as snapshots:
            assert snapshots.next(PATIENCE) is not None
    assert storage.threads.delete("read")
    with storage.job("reading") as job:
        # It is the answer of the first run.
        assert job.threads.save(thread("read")).thread_id == "read"
        assert job.threads.get("read") is None


def test_a_late_call_of_a_job_has_its_answer_later(counters: EmbeddedBackend) -> None:
    with cutting_proxy(counters.port) as proxy:

        def cut_off(_: int) -> bool:
            proxy.is_closed = True
            return True

        proxy.cut_answers = cut_off
        with (
            Storage(proxy.url, deploy_key=counters.admin_key, timeout=PATIENCE) as storage,
            storage.job("late") as job,
        ):
            error = late(job.client, increment("late job"))
            proxy.is_closed, proxy.cut_answers = False, lambda _: False
            assert job.client.resume(error) == 1
            assert job.client.run(increment("late job")) == 2


def test_what_a_job_cannot_be(counters: EmbeddedBackend, counting: Storage) -> None:
    def refuse(storage: Storage, message: str, name: str = "refused", **told: Any) -> None:
        with pytest.raises(InvalidArgument, match=message), storage.job(name, **told):
            pytest.fail("it began")

    refuse(counting, "a job has a name", "")
    for secret in ("", "fifteen letters", b"x"):
        refuse(counting, "at least 16 bytes", secret=secret)
    with counting.job("outer") as job, counting.snapshot() as at:
        refuse(job, "not in a snapshot or a job")
        refuse(at, "not in a snapshot or a job")
    with Storage(counters.url) as storage:
        refuse(storage, "without a deploy key has a secret")
    transport = HttpTransport()
    with Storage(counters.url, deploy_key="key", transport=transport) as storage:
        refuse(storage, "`transport`", secret=SECRET)
    transport.close()
    with serving(lambda _: success(1.0)) as server, Storage(server.url) as storage:
        with storage.job("http", secret=SECRET) as job, pytest.raises(Unavailable, match="accepts"):
            job.client.run(increment("http"))
        assert server.requests == []


def test_what_no_job_does(counting: Storage) -> None:
    action = Call.action("counters:act", {}, NUMBER, "act", idempotent=False)
    with counting.job("refusing") as job:
        with pytest.raises(InvalidArgument, match="no answers of actions"):
            job.client.run(action)
        assert job.client.run(increment("refusing")) == 1
        said = in_child(lambda: job.client.run(increment("refusing")))
        assert b"in the process and in the event loop" in said
    with pytest.raises(InvalidArgument, match="the job has ended"):
        job.client.run(increment("refusing"))
    assert count(counting.client, "refusing") == 1


def test_a_job_makes_one_call_after_another(counters: EmbeddedBackend) -> None:
    with cutting_proxy(counters.port) as proxy:
        proxy.is_closed = True
        with (
            Storage(proxy.url, deploy_key=counters.admin_key, timeout=PATIENCE) as storage,
            storage.job("turns") as job,
        ):
            first: list[float] = []
            thread = threading.Thread(
                target=lambda: first.append(job.client.run(increment("turns")))
            )

            def refuse(_: int) -> bool:
                with pytest.raises(InvalidArgument, match="one call after another"):
                    job.client.run(increment("turns"))
                return False

            proxy.cut_answers = refuse
            proxy.is_closed = False
            thread.start()
            thread.join(PATIENCE)
            assert first == [1]

    async def at_once() -> None:
        storage = AsyncStorage(counters.url, deploy_key=counters.admin_key, timeout=PATIENCE)
        async with storage, storage.job("turns of tasks") as job:
            with pytest.raises(InvalidArgument, match="one call after another"):
                await asyncio.gather(*(job.client.run(increment("tasks")) for _ in range(2)))

    asyncio.run(at_once())


def test_an_async_job_stays_in_its_loop(counters: EmbeddedBackend) -> None:
    storage = AsyncStorage(counters.url, deploy_key=counters.admin_key, timeout=PATIENCE)
    block = storage.job("loops")

    async def begin() -> AsyncStorage:
        job = await block.__aenter__()
        assert await job.client.run(increment("loops")) == 1
        return job

    job = asyncio.run(begin())
    with pytest.raises(InvalidArgument, match="in the event loop in which it began"):
        asyncio.run(job.client.run(increment("loops")))


def test_neither_secret_nor_session_is_shown(counting: Storage) -> None:
    block = counting.job("hidden", secret=SECRET)
    with block as job:
        job.client.run(increment("hidden"))
        client: Any = job.client
        session = client._requests._background.connection._state._session_id
        shown = f"{block!r} {vars(block)!r} {job!r} {client!r}"
        assert SECRET not in shown
        assert session not in shown


def test_the_example_of_the_page() -> None:
    (program,) = blocks("docs/python.md", "py job")
    text = '{"thread_id": "t1", "resource_id": "u"}'
    names = {"sha256": hashlib.sha256, "text": text, "Thread": MastraThread}
    with EmbeddedBackend.start(ROOT) as backend:
        for is_first in (True, False):
            with ConvexStorage(backend.url, deploy_key=backend.admin_key) as mastra:
                exec(program, {**names, "storage": mastra})
                assert mastra.threads.delete("t1") is is_first
