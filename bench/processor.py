"""The processor time of a call, by part, against a server that gives a fixed answer."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import re
import socketserver
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing.connection import Connection
from time import process_time
from typing import Any

from convex.http_client import ConvexHttpClient
from mastra_convex import AsyncConvexStorage, CallEvent, ConvexStorage
from mastra_convex._runtime.async_http_transport import AsyncHttpTransport
from mastra_convex._runtime.http_transport import HttpTransport
from measure import PROCESS_TIMEOUT, Spread, interleave, print_table, ratio

ROUNDS = 15
ROUND_SECONDS = 0.1

_THREADS, _TASKS, _OFFICIAL = "threads", "asyncio", "convex.http_client.ConvexHttpClient"
_WHOLE, _HOOKED = "a call", "a call of which `on_call` is told"
_TRANSPORT, _REST = "of it, HTTP", "of it, all else"

_REMARKS = """
  A thread is read by its key. The server is a process of its own, whose time is not in it. HTTP is
  the same request through the transport alone; all else is the same call through a transport that
  sends nothing: arguments, JSON, types."""

_REQUEST = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_KEY = "key|of-nobody"
_DOCUMENT: dict[str, Any] = {
    "_id": f"{0:032x}",
    "_creationTime": 1772368215250.0,
    "threadId": "thread-0",
    "resourceId": "user-0",
    "title": "Trip no. 0 from Oslo to Bergen, by train",
    "createdAt": 1772368215250.0,
    "updatedAt": 1772368215250.0,
}
"""As a deployment answers, with the numbers that it writes."""


class _Fixed(socketserver.StreamRequestHandler):
    """Gives every request of a connection the same answer."""

    answer = b""

    def handle(self) -> None:
        while True:
            head = b"\r\n"
            while line := self.rfile.readline().strip():
                head += line + b"\r\n"
            length = _REQUEST.search(head)
            if length is None:
                return
            self.rfile.read(int(length[1]))
            self.wfile.write(self.answer)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def _serve(answer: bytes, told: Connection) -> None:
    _Fixed.answer = answer
    with _Server(("127.0.0.1", 0), _Fixed) as server:
        told.send(server.server_address[1])
        server.serve_forever()


@contextmanager
def _fixed_server(body: bytes) -> Generator[str]:
    """The URL of a process that gives this answer."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    # Spawned: nothing of this process is in it.
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    answer = head.encode() + b"\r\n" + body
    process = context.Process(target=_serve, args=(answer, sender), daemon=True)
    process.start()
    try:
        if not receiver.poll(PROCESS_TIMEOUT):
            raise TimeoutError("the server did not start")
        yield f"http://127.0.0.1:{receiver.recv()}"
    finally:
        process.kill()
        process.join()


class _Memory:
    """A transport that sends nothing, and keeps what it was to send."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self.sent: dict[str, Any] = {}

    def post(
        self, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> tuple[int, bytes]:
        self.sent = {"url": url, "headers": headers, "body": body, "timeout": timeout}
        return 200, self._answer

    def close(self) -> None:
        """There is nothing to close."""


class _AsyncMemory:
    """The same, awaited."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    async def post(
        self, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> tuple[int, bytes]:
        return 200, self._answer

    async def close(self) -> None:
        """There is nothing to close."""


def run() -> None:
    """Measure and print."""
    answer = json.dumps({"status": "success", "value": _DOCUMENT, "logLines": []}).encode()
    with _fixed_server(answer) as url, ExitStack() as stack:
        seconds = interleave(_cases(url, answer, stack), ROUNDS)
    peer = Spread.of(seconds[_OFFICIAL, _WHOLE]).median
    groups: dict[str, list[list[str]]] = {}
    for (heading, name), values in seconds.items():
        time = Spread.of(values)
        cells = [f"{1e6 * time.median:.0f} µs", f"{1e6 * time.least:.0f} µs"]
        groups.setdefault(heading, []).append([name, *cells, ratio(time.median, peer)])
    print_table(
        f"Processor time of a call, {ROUNDS} rounds",
        ["median", "min", "to ConvexHttpClient"],
        groups,
    )
    print(_REMARKS, flush=True)


def _cases(url: str, answer: bytes, stack: ExitStack) -> dict[tuple[str, str], Callable[[], float]]:
    memory = _Memory(answer)
    storages = {
        _WHOLE: ConvexStorage(url, deploy_key=_KEY),
        _HOOKED: ConvexStorage(url, deploy_key=_KEY, on_call=_told),
        _REST: ConvexStorage(url, deploy_key=_KEY, transport=memory),
    }
    for one in storages.values():
        stack.enter_context(one)
    storages[_REST].threads.get("t")
    request = memory.sent
    transport = HttpTransport()
    stack.callback(transport.close)
    official = ConvexHttpClient(url)
    official.set_admin_auth(_KEY)

    runner = stack.enter_context(asyncio.Runner())
    async_storages = {
        _WHOLE: AsyncConvexStorage(url, deploy_key=_KEY),
        _HOOKED: AsyncConvexStorage(url, deploy_key=_KEY, on_call=_told),
        _REST: AsyncConvexStorage(url, deploy_key=_KEY, transport=_AsyncMemory(answer)),
    }
    async_transport = AsyncHttpTransport()
    stack.callback(_close, runner, [*async_storages.values(), async_transport])

    def awaited(call: Callable[[], Awaitable[object]]) -> Callable[[], float]:
        return lambda: runner.run(_measured_async(call))

    return {
        **{(_THREADS, name): _measured(partial(_get, one)) for name, one in storages.items()},
        (_THREADS, _TRANSPORT): _measured(lambda: transport.post(**request)),
        **{
            (_TASKS, name): awaited(partial(_get_async, one))
            for name, one in async_storages.items()
        },
        (_TASKS, _TRANSPORT): awaited(lambda: async_transport.post(**request)),
        (_OFFICIAL, _WHOLE): _measured(
            lambda: official.query("threads:getById", {"threadId": "t"})
        ),
    }


def _told(event: CallEvent) -> None:
    """It does nothing with it."""


def _get(storage: ConvexStorage) -> object:
    return storage.threads.get("t")


async def _get_async(storage: AsyncConvexStorage) -> object:
    return await storage.threads.get("t")


def _close(
    runner: asyncio.Runner, opened: Sequence[AsyncConvexStorage | AsyncHttpTransport]
) -> None:
    for one in opened:
        runner.run(one.close())


def _measured(call: Callable[[], object]) -> Callable[[], float]:
    """The seconds of processor time that a call takes, from those that fit in a round."""

    def measure() -> float:
        calls, start = 0, process_time()
        while (elapsed := process_time() - start) < ROUND_SECONDS:
            call()
            calls += 1
        return elapsed / calls

    return measure


async def _measured_async(call: Callable[[], Awaitable[object]]) -> float:
    """The same, of calls that are awaited one after another."""
    calls, start = 0, process_time()
    while (elapsed := process_time() - start) < ROUND_SECONDS:
        await call()
        calls += 1
    return elapsed / calls
