"""Subscriptions against a backend, and against servers that do not answer."""

from __future__ import annotations

import asyncio
import gc
import signal
import subprocess
import sys
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from children import child
from convexgen.embedded import EmbeddedBackend
from convexgen.runtime import (
    AccessDenied,
    AsyncClient,
    Call,
    Client,
    Conflict,
    ServerError,
    Timeout,
    Unavailable,
)
from convexgen.runtime.calls import NOTHING
from convexgen.runtime.slots import Slot
from convexgen.runtime.sync_outcomes import Result
from loopback import closed_port_url, serving, silent, success
from sample import AsyncSampleStorage, Message, SampleStorage, Thread
from test_runtime_client import thread
from waiting import MOMENT, PATIENCE

CALL = Call.query("m:f", {}, NOTHING, "watch f")


def titles(found: Thread | None) -> Any:
    return None if found is None else found.title


def test_results_come_when_they_change(storage: SampleStorage) -> None:
    with storage.threads.watch("watched") as snapshots:
        assert snapshots.next(PATIENCE) is None
        storage.threads.save(thread("watched", title="one"))
        assert titles(snapshots.next(PATIENCE)) == "one"
        storage.threads.save(thread("watched", title="two"))
        for found in snapshots:
            assert titles(found) == "two"
            break
    assert list(snapshots) == []


def numbers(messages: list[Message]) -> list[Any]:
    return [message.content for message in messages]


def test_pages_are_watched(storage: SampleStorage) -> None:
    with storage.messages.by_thread_id("paged", order="desc").watch(limit=2) as snapshots:
        assert snapshots.next(PATIENCE) == []
        for index in range(9):
            save_numbered(storage, "paged", index)
        while numbers(snapshots.next(PATIENCE)) != [8, 7]:
            pass


def test_a_watched_page_is_filled_up_after_deletions(storage: SampleStorage) -> None:
    for index in range(5):
        save_numbered(storage, "deleted", index)
    with storage.messages.by_thread_id("deleted").watch(limit=2) as snapshots:
        assert numbers(snapshots.next(PATIENCE)) == [0, 1]
        delete_message(storage, "deleted 0")
        assert numbers(snapshots.next(PATIENCE)) == [1, 2]
        delete_message(storage, "deleted 2")
        assert numbers(snapshots.next(PATIENCE)) == [1, 3]
        delete_message(storage, "deleted 4")
        delete_message(storage, "deleted 3")
        while numbers(snapshots.next(PATIENCE)) != [1]:
            pass


def save_numbered(storage: SampleStorage, thread_id: str, number: int) -> None:
    message_id = f"{thread_id} {number}"
    storage.messages.save(Message(message_id=message_id, thread_id=thread_id, content=number))


def delete_message(storage: SampleStorage, message_id: str) -> None:
    arguments = {"messageId": message_id}
    storage.client.run(
        Call.mutation("messages:remove", arguments, NOTHING, "delete", idempotent=True)
    )


def test_a_result_that_does_not_come_in_time(storage: SampleStorage) -> None:
    with storage.threads.watch("late") as snapshots:
        assert snapshots.next(PATIENCE) is None
        with pytest.raises(Timeout, match=r"get thread by ID 'late': no new result within 0\.05"):
            snapshots.next(0.05)
        storage.threads.save(thread("late", title="came"))
        assert titles(snapshots.next(PATIENCE)) == "came"


def test_a_failing_query_raises_and_goes_on(storage: SampleStorage) -> None:
    with storage.threads.watch("failing") as snapshots:
        assert snapshots.next(PATIENCE) is None
        storage.threads.save(thread("failing", title="broken"))
        with pytest.raises(Conflict, match="by ID 'failing': the thread is broken") as caught:
            snapshots.next(PATIENCE)
        assert caught.value.data["code"] == "Conflict"
        assert caught.value.request_id is not None
        with pytest.raises(Conflict) as called:
            storage.threads.get("failing")
        assert called.value.request_id not in (None, caught.value.request_id)
        storage.threads.save(thread("failing", title="crash"))
        with pytest.raises(ServerError, match="crash"):
            snapshots.next(PATIENCE)
        storage.threads.save(thread("failing", title="well"))
        assert titles(snapshots.next(PATIENCE)) == "well"


def test_closing_from_another_thread_ends_the_iteration(storage: SampleStorage) -> None:
    snapshots = storage.threads.watch("closed elsewhere")
    assert snapshots.next(PATIENCE) is None
    waiting = threading.Event()
    seen: list[Thread | None] = []

    def consume() -> None:
        waiting.set()
        seen.extend(snapshots)

    consumer = threading.Thread(target=consume)
    consumer.start()
    waiting.wait()
    snapshots.close()
    snapshots.close()
    consumer.join(PATIENCE)
    assert not consumer.is_alive()
    assert seen == []


def test_closing_the_client_ends_its_subscriptions(backend: EmbeddedBackend) -> None:
    storage = SampleStorage(backend.url, deploy_key=backend.admin_key)
    first, second = storage.threads.watch("a"), storage.threads.watch("b")
    assert (first.next(PATIENCE), second.next(PATIENCE)) == (None, None)
    storage.close()
    assert (list(first), list(second)) == ([], [])


def test_many_threads_watch_with_one_client(storage: SampleStorage) -> None:
    started = threading.Barrier(6, timeout=PATIENCE)
    seen: dict[int, Any] = {}

    def consume(number: int) -> None:
        with storage.threads.watch(f"many{number}") as snapshots:
            assert snapshots.next(PATIENCE) is None
            started.wait()
            seen[number] = titles(snapshots.next(PATIENCE))

    consumers = [threading.Thread(target=consume, args=(number,)) for number in range(5)]
    for consumer in consumers:
        consumer.start()
    started.wait()
    for number in range(5):
        storage.threads.save(thread(f"many{number}", title=str(number)))
    for consumer in consumers:
        consumer.join(PATIENCE)
    assert seen == {number: str(number) for number in range(5)}


def test_a_slow_consumer_sees_the_newest() -> None:
    slot = Slot()
    for number in range(1000):
        slot.put(Result(number))
    assert slot.take(0) == Result(999)
    with pytest.raises(TimeoutError):
        slot.take(0)


def test_a_subscription_that_nobody_holds_ends(storage: SampleStorage) -> None:
    snapshots = storage.threads.watch("forgotten")
    assert snapshots.next(PATIENCE) is None
    reference = weakref.ref(snapshots)
    del snapshots
    gc.collect()
    assert reference() is None


def test_without_access(backend: EmbeddedBackend) -> None:
    with SampleStorage(backend.url) as storage, pytest.raises(AccessDenied):
        storage.threads.watch("t1").next()
    with (
        SampleStorage(backend.url, deploy_key="dev:x|wrong") as storage,
        pytest.raises(AccessDenied),
    ):
        next(storage.threads.watch("t1"))


def test_a_closed_port() -> None:
    with Client(closed_port_url()) as client, pytest.raises(Unavailable, match="cannot connect"):
        client.watch(CALL).next()


def test_a_server_that_never_answers() -> None:
    with (
        silent() as url,
        Client(url, timeout=MOMENT) as client,
        pytest.raises(Timeout, match="no answer"),
    ):
        client.watch(CALL).next()


def test_a_server_that_has_no_websockets() -> None:
    with (
        serving(lambda _: success(None)) as server,
        Client(server.url) as client,
        pytest.raises(Unavailable, match=r"does not accept WebSockets at /api/sync \(HTTP 501\)"),
    ):
        client.watch(CALL).next()


def test_a_server_that_never_answers_a_websocket() -> None:
    release = threading.Event()
    with (
        serving(lambda _: success(None), on_get=release.wait) as server,
        Client(server.url, timeout=MOMENT) as client,
    ):
        with pytest.raises(Timeout):
            client.watch(CALL).next()
        release.set()


def test_other_threads_go_on_while_a_websocket_is_not_answered() -> None:
    """It is answered only when another thread has counted, for which it needs the interpreter."""

    def count() -> None:
        for _ in range(5):
            time.sleep(0.005)

    with (
        ThreadPoolExecutor(1) as pool,
        serving(lambda _: success(None), on_get=lambda: pool.submit(count).result()) as server,
        Client(server.url, timeout=PATIENCE) as client,
        pytest.raises(Unavailable, match="HTTP 501"),
    ):
        client.watch(CALL).next()


# asyncio


def test_asynchronous_results_come_while_the_loop_goes_on(backend: EmbeddedBackend) -> None:
    async def main() -> list[Any]:
        async with AsyncSampleStorage(backend.url, deploy_key=backend.admin_key) as storage:
            seen: list[Any] = []
            async with storage.threads.watch("async") as snapshots:
                async for found in snapshots:
                    seen.append(titles(found))
                    if len(seen) == 3:
                        break
                    await storage.threads.save(thread("async", title=f"title {len(seen)}"))
            assert [item async for item in snapshots] == []
            return seen

    assert asyncio.run(main()) == [None, "title 1", "title 2"]


def test_asynchronous_subscriptions_end_when_closed_elsewhere(backend: EmbeddedBackend) -> None:
    async def main() -> list[Any]:
        storage = AsyncSampleStorage(backend.url, deploy_key=backend.admin_key)
        first = storage.threads.watch("async a")
        second = storage.threads.watch("async b")
        assert await first.next(PATIENCE) is None
        assert await second.next(PATIENCE) is None

        async def consume() -> list[Any]:
            return [item async for item in first]

        consumer = asyncio.create_task(consume())
        await asyncio.sleep(0)
        await first.close()
        seen = await consumer
        await storage.close()
        return seen + [item async for item in second]

    assert asyncio.run(main()) == []


def test_asynchronous_timeouts_and_failures(backend: EmbeddedBackend) -> None:
    async def main() -> None:
        async with AsyncSampleStorage(backend.url, deploy_key=backend.admin_key) as storage:
            async with storage.threads.watch("async failing") as snapshots:
                assert await snapshots.next(PATIENCE) is None
                with pytest.raises(Timeout, match="no new result"):
                    await snapshots.next(0.05)
                await storage.threads.save(thread("async failing", title="broken"))
                with pytest.raises(Conflict, match="the thread is broken"):
                    await snapshots.next(PATIENCE)
                await storage.threads.save(thread("async failing", title="well"))
                assert titles(await snapshots.next(PATIENCE)) == "well"
            async with storage.messages.by_thread_id("async none").watch() as pages:
                assert await pages.next(PATIENCE) == []

    asyncio.run(main())


def test_asynchronous_subscriptions_to_dead_servers() -> None:
    async def watch(url: str, timeout: float = 0.3) -> None:
        async with AsyncClient(url, timeout=timeout) as client:
            await client.watch(CALL).next()

    async def main() -> None:
        with pytest.raises(Unavailable):
            await watch(closed_port_url(), PATIENCE)
        with silent() as url, pytest.raises(Timeout):
            await watch(url)
        release = threading.Event()
        with (
            serving(lambda _: success(None), on_get=release.wait) as server,
            pytest.raises(Timeout),
        ):
            await watch(server.url)
        release.set()
        # It is answered only when the loop has gone on for a while.
        has_gone_on = threading.Event()

        async def go_on() -> None:
            for _ in range(5):
                await asyncio.sleep(0.005)
            has_gone_on.set()

        going_on = asyncio.create_task(go_on())
        with (
            serving(lambda _: success(None), on_get=has_gone_on.wait) as server,
            pytest.raises(Unavailable, match="HTTP 501"),
        ):
            await watch(server.url, PATIENCE)
        await going_on

    asyncio.run(main())


# Processes


WATCHING = """
import sys
sys.path.insert(0, sys.argv[1])
from sample import SampleStorage
storage = SampleStorage(sys.argv[2], deploy_key=sys.argv[3])
snapshots = storage.threads.watch("process")
print(snapshots.next(), flush=True)
"""
INTERRUPTED = """
import sys
sys.path.insert(0, sys.argv[1])
from sample import SampleStorage
storage = SampleStorage(sys.argv[2], deploy_key=sys.argv[3])
snapshots = storage.threads.watch("process")
try:
    for snapshot in snapshots:
        print(snapshot, flush=True)
except KeyboardInterrupt:
    print("interrupted")
"""


def process(
    backend: EmbeddedBackend, program: str
) -> AbstractContextManager[subprocess.Popen[str]]:
    arguments = [str(Path(__file__).parent), backend.url, backend.admin_key]
    return child(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_interrupting_a_waiting_iteration(backend: EmbeddedBackend) -> None:
    with process(backend, INTERRUPTED) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "None\n"
        running.send_signal(signal.SIGINT)
        output, errors = running.communicate(timeout=PATIENCE)
    assert (output, errors, running.returncode) == ("interrupted\n", "", 0)


def test_a_program_may_end_with_open_subscriptions(backend: EmbeddedBackend) -> None:
    with process(backend, WATCHING) as running:
        output, errors = running.communicate(timeout=PATIENCE)
    assert (output, errors, running.returncode) == ("None\n", "", 0)
