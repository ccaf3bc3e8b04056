"""The transports against real sockets: connections, deadlines, threads, forks, and what is left."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from children import child
from convexgen.runtime import ConnectFailed
from convexgen.runtime.async_http_transport import AsyncHttpTransport
from convexgen.runtime.http_connections import HttpConnection
from convexgen.runtime.http_transport import HttpTransport
from loopback import closed_port_url, silent
from raw_server import Raw, RawServer, answer_of, answering, listening
from test_sync_connection import in_child
from waiting import MOMENT, PATIENCE, wait_until
from ways import WAYS

GOOD = answer_of(b"5")
every_way = pytest.mark.parametrize("way", WAYS)
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux what is open")


@pytest.fixture
def server() -> Generator[RawServer, None, None]:
    with answering(GOOD) as server:
        yield server


@contextmanager
def full(family: socket.AddressFamily = socket.AF_INET) -> Generator[int, None, None]:
    """The port of a server that takes no more connections, and does not refuse them either."""
    host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
    with ExitStack() as stack:
        listener = socket.socket(family)
        stack.enter_context(listener)
        listener.bind((host, 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        for _ in range(8):
            waiting = stack.enter_context(socket.socket(family))
            waiting.setblocking(False)
            waiting.connect_ex((host, port))
        yield port


def resolving_to(monkeypatch: pytest.MonkeyPatch, *addresses: tuple[str, int]) -> None:
    """Let every name have these addresses, and those of IPv6 come first."""
    original = socket.getaddrinfo

    def found(host: Any, port: Any, *arguments: Any, **named: Any) -> list[Any]:
        if host != "deployment.invalid":
            return original(host, port, *arguments, **named)
        if named.get("flags"):
            raise socket.gaierror("no address")
        kinds = [socket.AF_INET6 if ":" in one[0] else socket.AF_INET for one in addresses]
        return [(kind, 1, 6, "", one) for kind, one in zip(kinds, addresses, strict=True)]

    monkeypatch.setattr(socket, "getaddrinfo", found)


# Connections


@every_way
def test_a_connection_is_kept(way: str, server: RawServer) -> None:
    with WAYS[way]() as post:
        for _ in range(5):
            assert post(server.url) == (200, b"5")
    assert len(server.connections) == 1
    assert (
        server.requests[0]
        == (
            b"POST /api/query HTTP/1.1\r\nHost: %s\r\nAccept: application/json\r\n"
            b"Accept-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}"
        )
        % server.url.split("/")[2].encode()
    )


@every_way
@pytest.mark.parametrize("header", [b"Connection: close", b"Keep-Alive: timeout=5"])
def test_a_connection_is_not_kept_where_the_answer_says_so(way: str, header: bytes) -> None:
    with answering(answer_of(b"5", header)) as server, WAYS[way]() as post:
        assert [post(server.url) for _ in range(3)] == [(200, b"5")] * 3
        assert len(server.connections) == (3 if b"close" in header else 1)


@every_way
@pytest.mark.parametrize("resets", [False, True])
def test_a_connection_that_was_ended_is_not_used_again(way: str, resets: bool) -> None:
    """Nothing is sent on it, so nothing is lost: not even what may not be sent twice."""
    with answering(Raw(GOOD, closes=True, resets=resets)) as server, WAYS[way]() as post:
        for _ in range(3):
            assert post(server.url) == (200, b"5")
            wait_until(lambda: server.ended == len(server.connections))
        assert len(server.requests) == 3


@pytest.mark.parametrize("resets", [False, True])
def test_a_connection_that_was_ended_while_the_loop_was_busy(resets: bool) -> None:
    """What came meanwhile was not told by the loop yet."""

    async def main(url: str) -> None:
        transport = AsyncHttpTransport()
        for _ in range(20):
            answer = await transport.post(url, headers={}, body=b"{}", timeout=PATIENCE)
            assert answer == (200, b"5")
            # It blocks the loop, as what computes for long does.
            wait_until(lambda: server.ended == len(server.connections))
        await transport.close()

    with answering(Raw(GOOD, closes=True, resets=resets)) as server:
        asyncio.run(main(server.url))
        assert len(server.requests) == 20


@every_way
def test_what_nobody_asked_for_is_no_answer_to_the_next_request(way: str) -> None:
    surplus = answer_of(b"another's")
    with answering(Raw(GOOD + surplus), GOOD) as server, WAYS[way]() as post:
        assert [post(server.url) for _ in range(3)] == [(200, b"5")] * 3
        assert len(server.connections) == 2


def test_a_request_of_which_nothing_was_sent_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a connection that ends between the look at it and the request."""
    monkeypatch.setattr(HttpConnection, "is_stale", lambda _: False)
    with answering(Raw(GOOD, resets=True)) as server, WAYS["threads"]() as post:
        post(server.url)
        wait_until(lambda: server.ended == 1)
        with pytest.raises(ConnectFailed, match=r"reset|[Bb]roken"):
            post(server.url)
        assert len(server.requests) == 1


@every_way
def test_an_answer_to_a_part_of_a_request(way: str) -> None:
    refusal = b"HTTP/1.1 413 Too large\r\nContent-Length: 3\r\n\r\nbig"

    def serve(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(refusal)
        connection.shutdown(socket.SHUT_WR)
        with suppress(OSError):
            while connection.recv(1 << 20):
                pass

    with listening(serve) as port, WAYS[way]() as post:
        url = f"http://127.0.0.1:{port}/"
        for _ in range(2):
            assert post(url, b"x" * (8 << 20)) == (413, b"big")


@every_way
def test_large_requests_and_answers(way: str) -> None:
    body = bytes(range(256)) * (64 << 10)
    with answering(answer_of(body)) as server, WAYS[way]() as post:
        assert post(server.url, body) == (200, body)
        assert server.requests[0].endswith(body)


@every_way
def test_headers_that_would_be_others_are_refused(way: str, server: RawServer) -> None:
    with WAYS[way]() as post:
        for name, value in (("A", "b\r\nC: d"), ("A\n", "b"), ("A", "b\0"), ("A", "ü")):
            with pytest.raises(ValueError, match="has characters that no header has"):
                post(server.url, headers={name: value})
        assert server.requests == []
        post(server.url, headers={"A": "b"})
    assert b"\r\nA: b\r\n" in server.requests[0]


@every_way
def test_ipv6(way: str) -> None:
    if not socket.has_ipv6:
        pytest.skip("there is no IPv6 here")
    with answering(GOOD, host="::1", family=socket.AF_INET6) as server, WAYS[way]() as post:
        assert post(server.url) == (200, b"5")
        assert b"\r\nHost: [::1]:" in server.requests[0]


@every_way
def test_addresses_take_turns_and_none_holds_up_the_others(
    way: str, server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = int(server.url.split(":")[2].split("/")[0])
    dead = int(closed_port_url().rpartition(":")[2])
    with full() as silent_port:
        for others in ([silent_port], [dead], [dead, silent_port], [silent_port] * 3, []):
            resolving_to(
                monkeypatch,
                ("::1", dead),
                *(("127.0.0.1", port) for port in others),
                ("127.0.0.1", good),
            )
            with WAYS[way]() as post:
                assert post("http://deployment.invalid/") == (200, b"5")


@every_way
def test_all_addresses_in_vain(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dead = int(closed_port_url().rpartition(":")[2])
    resolving_to(monkeypatch, ("127.0.0.1", dead), ("127.0.0.2", dead))
    with WAYS[way]() as post, pytest.raises(ConnectFailed, match=r"^Connection refused$"):
        post("http://deployment.invalid/")
    # Nothing connects to all machines.
    resolving_to(monkeypatch, ("127.0.0.1", dead), ("255.255.255.255", dead))
    with WAYS[way]() as post, pytest.raises(ConnectFailed, match=r"^127\.0\.0\.1: .*; 255\."):
        post("http://deployment.invalid/")


@every_way
def test_names_that_are_none(way: str) -> None:
    with WAYS[way]() as post:
        for host in ("no-such-host.invalid", "x" * 70, "a..b"):
            with pytest.raises(ConnectFailed, match=f"cannot resolve {host}: "):
                post(f"http://{host}/")


# Deadlines


@on_linux
@every_way
def test_connecting_ends_at_the_deadline(way: str) -> None:
    with full() as port, WAYS[way]() as post:
        with pytest.raises(ConnectFailed, match="no connection in time"):
            post(f"http://127.0.0.1:{port}/", timeout=MOMENT)
        with silent() as url, pytest.raises(ConnectFailed, match="no connection in time"):
            post(url.replace("http", "https") + "/", timeout=MOMENT)


@every_way
def test_resolving_ends_at_the_deadline(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()

    def found(*_: Any, flags: int, **__: Any) -> list[Any]:
        if not flags:
            done.wait(PATIENCE)
        raise socket.gaierror("no address")

    with WAYS[way]() as post:
        # A loop may resolve something of its own when it starts.
        with monkeypatch.context() as patched:
            patched.setattr(socket, "getaddrinfo", found)
            with pytest.raises(ConnectFailed, match="no connection in time"):
                post("http://deployment.invalid/", timeout=MOMENT)
        done.set()


@every_way
def test_sending_and_waiting_end_at_the_deadline(way: str) -> None:
    with silent() as url, WAYS[way]() as post:
        for body in (b"{}", b"x" * (64 << 20)):
            # A machine that has much to do may not even connect in time.
            with pytest.raises((TimeoutError, ConnectFailed), match="time"):
                post(f"{url}/", body, timeout=MOMENT)


@every_way
def test_deadlines_in_the_far_future(way: str, server: RawServer) -> None:
    with WAYS[way]() as post:
        for timeout in (1e7, 1e300):
            assert post(server.url, timeout=timeout) == (200, b"5")


# Many at once


def test_more_threads_than_connections(server: RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convexgen.runtime.http_connections.MAX_CONNECTIONS", 3)
    with WAYS["threads"]() as post, ThreadPoolExecutor(20) as pool:
        assert set(pool.map(post, [server.url] * 200)) == {(200, b"5")}
    assert len(server.connections) <= 3
    with WAYS["threads"]() as post, ThreadPoolExecutor(3) as pool:
        with answering(b"") as silent_one:
            waiting = [pool.submit(post, silent_one.url, timeout=PATIENCE) for _ in range(3)]
            wait_until(lambda: len(silent_one.requests) == 3)
            with pytest.raises(ConnectFailed, match="all connections were in use"):
                post(silent_one.url, timeout=MOMENT)
        for one in waiting:
            with pytest.raises(OSError, match="closed"):
                one.result(PATIENCE)


def test_idle_connections_are_few_and_young(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("convexgen.runtime.http_connections.MAX_IDLE_CONNECTIONS", 2)
    together = threading.Barrier(8, timeout=PATIENCE)

    def run(_: int) -> None:
        together.wait()
        post(server.url)
        together.wait()

    with WAYS["threads"]() as post, ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(8)))
        opened = len(server.connections)
        wait_until(lambda: server.ended >= opened - 2)
        monkeypatch.setattr("convexgen.runtime.http_connections.IDLE_SECONDS", 0.0)
        post(server.url)
        assert len(server.connections) == opened + 1
        wait_until(lambda: server.ended == opened + 1)


def test_more_tasks_than_connections(monkeypatch: pytest.MonkeyPatch, server: RawServer) -> None:
    monkeypatch.setattr("convexgen.runtime.async_http_connections.MAX_CONNECTIONS", 3)

    async def main(url: str) -> None:
        transport = AsyncHttpTransport()

        def post(timeout: float = PATIENCE) -> Awaitable[tuple[int, bytes]]:
            return transport.post(url, headers={}, body=b"", timeout=timeout)

        try:
            # Those that are cancelled, at any moment, give up their turn.
            tasks = [asyncio.ensure_future(post()) for _ in range(200)]
            for number, task in enumerate(tasks):
                if number % 3:
                    task.cancel()
                if not number % 5:
                    await asyncio.sleep(0)
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
            assert outcomes[::3] == [(200, b"5")] * 67
            assert await asyncio.gather(*(post() for _ in range(20))) == [(200, b"5")] * 20
        finally:
            await transport.close()

    asyncio.run(main(server.url))

    async def wait(url: str) -> None:
        transport = AsyncHttpTransport()

        async def post(timeout: float) -> object:
            return await transport.post(url, headers={}, body=b"", timeout=timeout)

        waiting = [asyncio.ensure_future(post(PATIENCE)) for _ in range(3)]
        with pytest.raises(ConnectFailed, match="all connections were in use"):
            await asyncio.gather(*(post(0.05) for _ in range(3)))
        # Closing ends what tasks wait for.
        await transport.close()
        for one in waiting:
            with pytest.raises(ConnectionError):
                await one

    with silent() as url:
        asyncio.run(wait(f"{url}/"))


@pytest.mark.parametrize("way", [way for way in WAYS if way != "threads"])
def test_idle_connections_in_asyncio_are_few_and_young(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "convexgen.runtime.async_http_connections"
    monkeypatch.setattr(f"{module}.MAX_IDLE_CONNECTIONS", 0)
    with answering(GOOD) as server, WAYS[way]() as post:
        for count in range(1, 4):
            assert post(server.url) == (200, b"5")
            assert len(server.connections) == count
        monkeypatch.setattr(f"{module}.MAX_IDLE_CONNECTIONS", 2)
        monkeypatch.setattr(f"{module}.IDLE_SECONDS", 0.0)
        for count in range(4, 7):
            assert post(server.url) == (200, b"5")
            assert len(server.connections) == count


# What is left


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@on_linux
@every_way
def test_nothing_is_left_open(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dead = int(closed_port_url().rpartition(":")[2])
    with answering(GOOD) as server, silent() as nobody, full() as port:
        good = int(server.url.split(":")[2].split("/")[0])
        before, running = open_descriptors(), threading.active_count()
        with WAYS[way]() as post:
            resolving_to(monkeypatch, ("127.0.0.1", dead), ("127.0.0.1", port), ("127.0.0.1", good))
            post("http://deployment.invalid/")
            post(server.url)
            for url in (f"{nobody}/", f"http://127.0.0.1:{port}/", f"http://127.0.0.1:{dead}/"):
                with pytest.raises((ConnectFailed, TimeoutError)):
                    post(url, timeout=MOMENT)
        # The ends of the server.
        wait_until(lambda: server.ended == len(server.connections))
        wait_until(lambda: open_descriptors() == before)
        wait_until(lambda: threading.active_count() <= running + len(server.connections))


def test_closing_ends_what_threads_wait_for(server: RawServer) -> None:
    transport = HttpTransport()
    got = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.recv(1000)
        got.set()
        connection.recv(1000)

    with listening(serve) as port, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(
            transport.post, f"http://127.0.0.1:{port}/", headers={}, body=b"", timeout=PATIENCE
        )
        assert got.wait(PATIENCE)
        transport.close()
        with pytest.raises(ConnectionError):
            waiting.result(PATIENCE)
    # It may be used again.
    assert transport.post(server.url, headers={}, body=b"", timeout=PATIENCE) == (200, b"5")
    transport.close()
    wait_until(lambda: server.ended == 1)


@contextmanager
def standing_still(where: str, monkeypatch: pytest.MonkeyPatch) -> Generator[str, None, None]:
    """A URL to which nobody is ever connected."""
    done = threading.Event()
    original = socket.getaddrinfo

    def found(host: Any, *arguments: Any, **named: Any) -> Any:
        if host != "deployment.invalid":
            return original(host, *arguments, **named)
        if not named.get("flags"):
            done.wait(PATIENCE)
        raise socket.gaierror("no address")

    with silent() as url, full() as port, monkeypatch.context() as patched:
        urls = {
            "resolving": "http://deployment.invalid/",
            "connecting": f"http://127.0.0.1:{port}/",
            "shaking hands": url.replace("http", "https") + "/",
            "asking a proxy": "https://other.invalid/",
        }
        patched.setattr(socket, "getaddrinfo", found)
        if where == "asking a proxy":
            patched.setenv("HTTPS_PROXY", url)
        yield urls[where]
        done.set()


def is_connecting(transport: Any) -> bool:
    return any(one._connecting._cuts for one in list(transport._origins.values()))


STILL = ["resolving", "connecting", "shaking hands", "asking a proxy"]


@on_linux
@pytest.mark.parametrize("where", STILL)
def test_closing_ends_connecting_in_threads(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    transport = HttpTransport()
    before = open_descriptors()
    with standing_still(where, monkeypatch) as url, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(transport.post, url, headers={}, body=b"", timeout=PATIENCE)
        wait_until(lambda: is_connecting(transport))
        transport.close()
        with pytest.raises(ConnectFailed, match=r"^the client was closed$"):
            waiting.result(PATIENCE)
    wait_until(lambda: open_descriptors() == before)


@on_linux
@pytest.mark.parametrize("where", STILL)
def test_closing_ends_connecting_in_tasks(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(url: str) -> None:
        transport = AsyncHttpTransport()
        waiting = asyncio.create_task(transport.post(url, headers={}, body=b"", timeout=PATIENCE))
        while not is_connecting(transport):
            await asyncio.sleep(0.01)
        await transport.close()
        with pytest.raises(ConnectFailed, match=r"^the client was closed$"):
            await waiting

    with standing_still(where, monkeypatch) as url:
        asyncio.run(main(url))


@on_linux
@pytest.mark.parametrize("where", STILL)
def test_closing_as_the_time_of_connecting_is_over(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the turn of the event loop in which the limit has come, and the task does not know yet."""

    async def main(url: str) -> None:
        loop = asyncio.get_running_loop()
        transport = AsyncHttpTransport()
        call = transport.post(url, headers={}, body=b"", timeout=MOMENT)
        waiting = asyncio.create_task(call)
        while not is_connecting(transport):
            await asyncio.sleep(0)
        closed = loop.create_future()

        def close() -> None:
            try:
                for connections in transport._origins.values():
                    connections._connecting.end()
            except RuntimeError as error:
                closed.set_exception(error)
            else:
                closed.set_result(None)

        loop.call_later(MOMENT, close)
        time.sleep(2 * MOMENT)  # so that both come in one turn, the limit before
        await closed
        await transport.close()
        with pytest.raises(ConnectFailed):
            await waiting

    with standing_still(where, monkeypatch) as url:
        asyncio.run(main(url))


def _post_in_child(
    transport: HttpTransport, url: str, results: multiprocessing.SimpleQueue[Any]
) -> None:
    before = open_descriptors()
    answers = [transport.post(url, headers={}, body=b"", timeout=PATIENCE) for _ in range(2)]
    transport.close()
    results.put((answers, open_descriptors() - before))


@on_linux
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_child_has_connections_of_its_own(server: RawServer) -> None:
    fork = multiprocessing.get_context("fork")
    transport = HttpTransport()
    transport.post(server.url, headers={}, body=b"", timeout=PATIENCE)
    results: multiprocessing.SimpleQueue[Any] = fork.SimpleQueue()
    child = fork.Process(target=_post_in_child, args=(transport, server.url, results))
    child.start()
    assert results.get() == ([(200, b"5")] * 2, 0)
    child.join()
    transport.post(server.url, headers={}, body=b"", timeout=PATIENCE)
    transport.close()
    # The parent's one lived on, and the child had one.
    assert len(server.connections) == 2


@on_linux
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_child_has_a_loop_and_connections_of_its_own(server: RawServer) -> None:
    """Of a transport that its parent goes on to use."""
    transport = AsyncHttpTransport()

    async def post() -> list[tuple[int, bytes]]:
        return [
            await transport.post(server.url, headers={}, body=b"", timeout=PATIENCE)
            for _ in range(2)
        ]

    async def post_and_close() -> list[tuple[int, bytes]]:
        try:
            return await post()
        finally:
            await transport.close()

    with asyncio.Runner() as runner:
        answers = runner.run(post())
        assert in_child(lambda: asyncio.run(post_and_close())) == repr(answers).encode()
        assert runner.run(post_and_close()) == answers
    # The parent's one lived on, and the child had one.
    assert len(server.connections) == 2


# Ctrl-C

INTERRUPTED = """
import asyncio, signal, socket, sys, uvloop
from convexgen.runtime import AsyncClient, Client, async_connecting, connecting
from test_runtime_client import READ
if sys.argv[2] == "resolving":
    import threading
    found = socket.getaddrinfo
    def wait(*arguments, flags=0, **named):
        if not flags:
            print("waits", flush=True)
            threading.Event().wait()
        return found(*arguments, flags=flags, **named)
    socket.getaddrinfo = wait
else:
    start, connect_to = connecting._Attempts._start, async_connecting._connect_to
    def told(*arguments):
        print("waits", flush=True)
        return start(*arguments)
    async def told_too(*arguments):
        print("waits", flush=True)
        return await connect_to(*arguments)
    connecting._Attempts._start, async_connecting._connect_to = told, told_too
async def run():
    await AsyncClient(sys.argv[1], timeout=1e6).run(READ)
try:
    match sys.argv[3]:
        case "threads":
            Client(sys.argv[1], timeout=1e6).run(READ)
        case "asyncio":
            asyncio.run(run())
        case "uvloop":
            uvloop.run(run())
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@on_linux
@every_way
@pytest.mark.parametrize("where", ["resolving", "connecting", "receiving"])
def test_ctrl_c_is_noticed_at_once(where: str, way: str) -> None:
    with full() as port, silent() as nobody:
        url = {
            "resolving": "http://deployment.invalid",
            "connecting": f"http://127.0.0.1:{port}",
            "receiving": nobody,
        }[where]
        path = os.pathsep.join([*sys.path, str(Path(__file__).parent)])
        with child(
            [sys.executable, "-c", INTERRUPTED, url, where, way],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "waits\n"
            process.send_signal(signal.SIGINT)
            assert process.stdout.readline() == "interrupted\n"
            assert process.wait(PATIENCE) == 0
