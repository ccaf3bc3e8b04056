"""The connection of subscriptions: what it takes, what it outlives, and how it ends."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from convexgen.runtime import (
    AccessDenied,
    Call,
    Client,
    InvalidArgument,
    Timeout,
    Unavailable,
)
from convexgen.runtime.auth import TokenSource
from convexgen.runtime.calls import NOTHING
from convexgen.runtime.keeping import MAX_IDLE_CONNECTIONS
from convexgen.runtime.sync_connection import Endpoint, SyncConnection
from convexgen.runtime.sync_credentials import Credentials
from cutting_proxy import CuttingProxy, cutting_proxy
from loopback import closed_port_url, silent
from page_examples import blocks
from sample import AsyncSampleStorage, SampleStorage
from test_runtime_client import thread
from test_runtime_subscriptions import CALL, titles
from waiting import MOMENT, PATIENCE, wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="counts descriptors, and forks")

MANY = 1000


def descriptors() -> int:
    gc.collect()
    return len(list(Path("/dev/fd").iterdir()))


def connection_of(storage: SampleStorage) -> Any:
    """What serves its subscriptions."""
    watcher: Any = storage.client.watcher("watch")
    return watcher._background.connection


@pytest.fixture
def proxy(backend: EmbeddedBackend) -> Generator[CuttingProxy, None, None]:
    with cutting_proxy(backend.port) as proxy:
        yield proxy


@contextmanager
def nothing_left() -> Generator[None, None, None]:
    """No thread and no descriptor is there afterwards that was not there before."""
    threads, files = set(threading.enumerate()), descriptors()
    yield
    wait_until(lambda: set(threading.enumerate()) <= threads)
    wait_until(lambda: descriptors() <= files)


def test_a_thousand_subscriptions_take_one_connection_and_one_thread(
    backend: EmbeddedBackend,
) -> None:
    with SampleStorage(backend.url, deploy_key=backend.admin_key) as storage, nothing_left():
        storage.threads.get("warm")
        threads, files = threading.active_count(), descriptors()
        with ExitStack() as stack:
            many = [
                stack.enter_context(storage.threads.watch(f"many {index}")) for index in range(MANY)
            ]
            assert [one.next(PATIENCE) for one in many] == [None] * MANY
            assert threading.active_count() == threads + 1
            assert descriptors() <= files + 5
            storage.threads.save(thread("many 7", title="seven"))
            assert titles(many[7].next(PATIENCE)) == "seven"
        storage.close()


def test_a_thousand_subscriptions_of_one_loop_take_no_thread(backend: EmbeddedBackend) -> None:
    async def main() -> None:
        threads, files = threading.active_count(), descriptors()
        async with AsyncSampleStorage(backend.url, deploy_key=backend.admin_key) as storage:
            many = [storage.threads.watch(f"loop {index}") for index in range(MANY)]
            found = await asyncio.gather(*(one.next(PATIENCE) for one in many))
            assert found == [None] * MANY
            assert threading.active_count() == threads
            assert descriptors() <= files + 5
        assert len(asyncio.all_tasks()) == 1

    with nothing_left():
        asyncio.run(main())


MANY_WATCHES = """
import gc, os, resource, sys, threading
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from sample import SampleStorage, Thread, ThreadStatus

MANY = 1000
with SampleStorage(sys.argv[2], deploy_key=sys.argv[3]) as first:
    first.threads.watch("of none").next()  # what is imported for the first one stays
storage = SampleStorage(sys.argv[2], deploy_key=sys.argv[3])

def save(number, title):
    given = dict(resource_id="r", closed_by=None, status=ThreadStatus.OPEN, kind="chat")
    storage.threads.save(Thread(thread_id=f"of {number}", title=title, **given))

def taken():
    gc.collect()
    memory = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    return memory, threading.active_count(), len(os.listdir("/dev/fd"))

save(-1, "")
before = taken()
many = [storage.threads.watch(f"of {number}") for number in range(MANY)]
assert [one.next() for one in many] == [None] * MANY
for number in range(MANY):
    save(number, str(number))
assert [one.next().title for one in many] == [str(number) for number in range(MANY)]
after = taken()
print(*(later - earlier for earlier, later in zip(before, after)))
storage.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_thousand_subscriptions_and_their_updates_take_little(backend: EmbeddedBackend) -> None:
    arguments = [str(Path(__file__).parent), backend.url, backend.admin_key]
    ended = subprocess.run(
        [sys.executable, "-c", MANY_WATCHES, *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    memory, threads, files = map(int, ended.stdout.split())
    assert memory < 20 * 1024 * 1024
    assert threads <= 1
    assert files <= 5


def test_many_threads_watch_the_same(backend: EmbeddedBackend, storage: SampleStorage) -> None:
    """They call in turns, too, by the client that they share."""
    many = 200
    started = threading.Barrier(many + 1, timeout=PATIENCE)
    seen: list[Any] = []
    files = descriptors()

    def consume(number: int) -> None:
        with storage.threads.watch("shared") as snapshots:
            assert snapshots.next(PATIENCE) is None
            started.wait()
            found = titles(snapshots.next(PATIENCE))
            own = storage.threads.save(thread(f"shared {number}", title=f"{found} {number}"))
            seen.append(titles(storage.threads.get(own.thread_id)))

    consumers = [threading.Thread(target=consume, args=(number,)) for number in range(many)]
    for consumer in consumers:
        consumer.start()
    started.wait()
    storage.threads.save(thread("shared", title="one"))
    for consumer in consumers:
        consumer.join(PATIENCE)
    assert sorted(seen) == sorted(f"one {number}" for number in range(many))
    # Connections that are idle are few.
    assert descriptors() <= files + 5 + MAX_IDLE_CONNECTIONS


def test_what_changed_meanwhile_comes_after_a_break(
    backend: EmbeddedBackend, storage: SampleStorage, proxy: CuttingProxy
) -> None:
    with (
        SampleStorage(proxy.url, deploy_key=backend.admin_key) as other,
        other.threads.watch("cut") as snapshots,
    ):
        assert snapshots.next(PATIENCE) is None
        for number in range(3):
            proxy.cut_all()
            storage.threads.save(thread("cut", title=str(number)))
            assert titles(snapshots.next(PATIENCE)) == str(number)
        # The same result on another connection is no news.
        before = proxy.accepted
        proxy.cut_all()
        wait_until(lambda: proxy.accepted > before)
        with pytest.raises(Timeout, match="no new result"):
            snapshots.next(0.3)


def test_a_page_keeps_its_range_over_a_break(
    backend: EmbeddedBackend, storage: SampleStorage, proxy: CuttingProxy
) -> None:
    for index in range(4):
        storage.threads.save(thread(f"range {index}", title=f"range {index}"))
    with (
        SampleStorage(proxy.url, deploy_key=backend.admin_key) as other,
        other.threads.list(order="desc").watch(limit=2) as snapshots,
    ):
        assert [one.title for one in snapshots.next(PATIENCE)] == ["range 3", "range 2"]
        proxy.cut_all()
        storage.threads.save(thread("range 4", title="range 4"))
        while [one.title for one in snapshots.next(PATIENCE)] != ["range 4", "range 3"]:
            pass


def test_a_backend_that_is_killed_and_started_again(tmp_path: Path) -> None:
    project = Path(__file__).parent / "project"
    data = tmp_path / "data"
    backend = EmbeddedBackend.start(project, data=data)
    again = None
    try:
        with (
            SampleStorage(backend.url, deploy_key=backend.admin_key) as storage,
            storage.threads.watch("killed") as snapshots,
        ):
            assert snapshots.next(PATIENCE) is None
            storage.threads.save(thread("killed", title="before"))
            assert titles(snapshots.next(PATIENCE)) == "before"
            backend.stop()
            again = EmbeddedBackend.start(
                project, data=data, port=backend.port, admin_key=backend.admin_key
            )
            storage.threads.save(thread("killed", title="after"))
            assert titles(snapshots.next(PATIENCE)) == "after"
    finally:
        backend.stop()
        if again is not None:
            again.stop()


def test_connections_that_are_reset_end_in_an_error(proxy: CuttingProxy) -> None:
    proxy.is_closed = True
    with Client(proxy.url) as client, pytest.raises(Unavailable, match="cannot connect"):
        client.watch(CALL).next()


def test_asking_again_after_the_end_begins_anew(
    backend: EmbeddedBackend, proxy: CuttingProxy
) -> None:
    proxy.is_closed = True
    with SampleStorage(proxy.url, deploy_key=backend.admin_key) as storage:
        snapshots = storage.threads.watch("again")
        with pytest.raises(Unavailable):
            snapshots.next()
        proxy.is_closed = False
        assert snapshots.next(PATIENCE) is None


def test_a_silent_server_leaves_everybody_else_alone(backend: EmbeddedBackend) -> None:
    """Neither the process waits nor the subscriptions of other clients."""
    with silent() as url, Client(url, timeout=MOMENT) as client:
        failures: list[BaseException] = []

        def wait() -> None:
            try:
                client.watch(CALL).next()
            except Timeout as error:
                failures.append(error)

        waiting = threading.Thread(target=wait)
        waiting.start()
        with SampleStorage(backend.url, deploy_key=backend.admin_key) as storage:
            assert storage.threads.watch("others").next(PATIENCE) is None
        waiting.join(PATIENCE)
        assert "no answer" in str(failures[0])


def test_an_idle_connection_is_closed_and_opened_again(
    backend: EmbeddedBackend, proxy: CuttingProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("convexgen.runtime.sync_connection.IDLE_SECONDS", 0.05)
    with SampleStorage(proxy.url, deploy_key=backend.admin_key) as storage:
        for number in range(3):
            with storage.threads.watch(f"idle {number}") as snapshots:
                assert snapshots.next(PATIENCE) is None
                accepted = proxy.accepted
            wait_until(connection_of(storage)._running.done)
            assert proxy.accepted == accepted


def test_a_client_that_nobody_holds_leaves_nothing(backend: EmbeddedBackend) -> None:
    with nothing_left():
        storage = SampleStorage(backend.url, deploy_key=backend.admin_key)
        snapshots = storage.threads.watch("forgotten client")
        assert snapshots.next(PATIENCE) is None
        del storage, snapshots
        gc.collect()


def test_a_deployment_that_is_away_for_days_is_asked_again() -> None:
    """The delay has an end, whatever power of two the failures would make it."""

    async def main() -> None:
        tokens = TokenSource(None)
        endpoint = Endpoint(closed_port_url(), "test-1.0.0", 1.0)
        connection: Any = SyncConnection(endpoint, Credentials("key", tokens, 1.0), "session")
        connection._lost = 100_000
        pausing = asyncio.create_task(connection._pause())
        while not pausing.done():
            connection._wanted.set()
            await asyncio.sleep(0.01)
        pausing.result()

    asyncio.run(main())


def test_one_bad_subscription_does_not_end_the_others(storage: SampleStorage) -> None:
    """A deployment ends the connection for a path that is none, and for arguments too large."""
    with storage.threads.watch("good") as snapshots:
        assert snapshots.next(PATIENCE) is None
        for path in ("messages:none", "nothing:f"):
            bad = storage.client.watch(Call.query(path, {}, NOTHING, "watch"))
            with pytest.raises(AccessDenied):
                bad.next(PATIENCE)
        for path in ("", "no path", "a:b:c", "a\n:b"):
            bad = storage.client.watch(Call.query(path, {}, NOTHING, "watch"))
            with pytest.raises(InvalidArgument, match="path"):
                bad.next(PATIENCE)
        storage.threads.save(thread("good", title="still"))
        assert titles(snapshots.next(PATIENCE)) == "still"


def test_a_proxy_of_the_environment_is_used(
    backend: EmbeddedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            for _ in range(3):
                connection, _ = listener.accept()
                with connection:
                    asked.append(connection.recv(4096).split(b"\r\n")[0])
                    connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

        refusing = threading.Thread(target=refuse, daemon=True)
        refusing.start()
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{listener.getsockname()[1]}")
        monkeypatch.setenv("no_proxy", "")
        with (
            SampleStorage("http://deployment.test", deploy_key="key") as storage,
            pytest.raises(Unavailable, match="cannot connect"),
        ):
            storage.threads.watch("proxied").next()
        refusing.join(PATIENCE)
    assert set(asked) == {b"CONNECT deployment.test:80 HTTP/1.1"}
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with SampleStorage(backend.url, deploy_key=backend.admin_key) as storage:
        assert storage.threads.watch("direct").next(PATIENCE) is None


def test_logs_show_neither_keys_nor_sessions(
    backend: EmbeddedBackend, proxy: CuttingProxy, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.DEBUG),
        SampleStorage(proxy.url, deploy_key=backend.admin_key) as storage,
        storage.threads.watch("logged") as snapshots,
    ):
        assert snapshots.next(PATIENCE) is None
        connection = connection_of(storage)
        session = connection._state._session_id
        watcher: Any = storage.client.watcher("watch")
        shown = f"{watcher.__dict__} {watcher._background.__dict__} {connection.__dict__}"
        proxy.cut_all()
        storage.threads.save(thread("logged", title="after"))
        assert titles(snapshots.next(PATIENCE)) == "after"
        assert len(session) == 36
    for text in (caplog.text, shown):
        assert session not in text
        assert backend.admin_key not in text


def test_the_example_of_the_page(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (program,) = blocks("docs/python.md", "py subscription")
    monkeypatch.setenv("CONVEX_URL", closed_port_url())
    exec(program, {})
    assert "Failed to get thread by ID 't1': cannot connect to" in capsys.readouterr().out


def in_child(run: Callable[[], object]) -> bytes:
    """What the function gives in a forked child, as text, or its error."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = repr(run())
        except BaseException as error:
            said = repr(error)
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        result = pipe.read()
    os.waitpid(child, 0)
    return result


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_child_watches_with_a_connection_of_its_own(storage: SampleStorage) -> None:
    with storage.threads.watch("forked") as snapshots:
        assert snapshots.next(PATIENCE) is None
        session = connection_of(storage)._state._session_id

        def run() -> object:
            # What the parent has begun, and what begins here.
            found = [
                titles(snapshots.next(PATIENCE)),
                storage.threads.watch("child").next(PATIENCE),
            ]
            own = connection_of(storage)._state._session_id
            storage.close()
            return [*found, own != session]

        assert in_child(run) == b"[None, None, True]"
        # The end of the child is not that of its parent's connection.
        storage.threads.save(thread("forked", title="parent"))
        assert titles(snapshots.next(PATIENCE)) == "parent"


FORKED = """
import os, sys
sys.path.insert(0, sys.argv[1])
from sample import SampleStorage, Thread, ThreadStatus
thread = lambda thread_id, **fields: Thread(
    thread_id=thread_id, resource_id="r", closed_by=None, status=ThreadStatus.OPEN, kind="chat",
    **fields,
)
storage = SampleStorage(sys.argv[2], deploy_key=sys.argv[3])
snapshots = storage.threads.watch("exit")
snapshots.next()
child = os.fork()
if child == 0:
    print(storage.threads.watch("exit").next(), flush=True)
    sys.exit()  # as a program ends, with all its `atexit`
print(os.waitpid(child, 0)[1], flush=True)
storage.threads.save(thread("exit", title="t"))
print(snapshots.next().title)
"""


def test_parents_and_children_end_as_programs_do(backend: EmbeddedBackend) -> None:
    arguments = [str(Path(__file__).parent), backend.url, backend.admin_key]
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORKED, *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (ended.stdout, ended.stderr, ended.returncode) == ("None\n0\nt\n", "", 0)
