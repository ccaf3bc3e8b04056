"""Calls per second of one embedded backend, through the typed clients and the official ones."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Awaitable, Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from convex.http_client import ConvexHttpClient
from convexgen.embedded import EmbeddedBackend
from mastra_convex import AsyncConvexStorage, ConvexStorage, Thread
from measure import interleave, milliseconds, print_table, ratio
from workspace import ROOT

from convex import ConvexClient

ROUNDS = 5
ROUND_SECONDS = 0.25
AT_ONCE = 16

_REMARKS = """
  Ratios are of calls per second: above 1x is more than the peer makes. Sixteen calls are sixteen
  threads, or tasks of one event loop. ConvexClient keeps Python from running while it waits for an
  answer, so its calls run one after another, and waiting for the turn is not in its p50."""

_RESOURCES = AT_ONCE
_THREADS_PER_RESOURCE = 5
# Worker w of n calls with the indices w, w + n, w + 2n, ...: no two share a thread or a resource,
# so no client can answer two calls at once, and no mutation waits for another.
_THREADS = _RESOURCES * _THREADS_PER_RESOURCE

_TITLE = "A conversation about trains"
_METADATA: dict[str, Any] = {"topic": "travel", "turns": 12, "tags": ["train", "oslo"]}

_HTTP = "convex.http_client.ConvexHttpClient"
_WEB_SOCKET = "convex.ConvexClient"


@dataclass(frozen=True, slots=True)
class _Round:
    """What one client did in one round: its calls a second, and the seconds of each call."""

    rate: float
    latencies: tuple[float, ...]


_Measure = Callable[[str, int], _Round]
"""Measures an operation, by its name, with so many calls at once."""

_GET, _PAGE, _SAVE = "a thread by its key", "five threads by an index", "a thread saved"
_OPERATIONS = (_GET, _PAGE, _SAVE)


def run() -> None:
    """Measure and print."""
    with EmbeddedBackend.start(ROOT) as backend, _clients(backend) as clients:
        for at_once in (1, AT_ONCE):
            print_table(
                f"{'One call' if at_once == 1 else f'{at_once} calls'} at a time: "
                f"{ROUNDS} rounds of {ROUND_SECONDS} s",
                ["calls/s", "p50", "p95", "to ConvexHttpClient", "to ConvexClient"],
                {name: _rows(_measure(clients, name, at_once)) for name in _OPERATIONS},
            )
    print(_REMARKS, flush=True)


def _measure(
    clients: Mapping[str, _Measure], operation: str, at_once: int
) -> dict[str, list[_Round]]:
    def case(measure: _Measure) -> Callable[[], _Round]:
        return lambda: measure(operation, at_once)

    return interleave({name: case(measure) for name, measure in clients.items()}, ROUNDS)


def _rows(rounds: Mapping[str, list[_Round]]) -> list[list[str]]:
    rates = {name: statistics.median(one.rate for one in rounds[name]) for name in rounds}
    return [
        [
            name,
            f"{rate:.0f}",
            *(milliseconds(second) for second in _percentiles(rounds[name], 50, 95)),
            ratio(rate, rates[_HTTP]),
            ratio(rate, rates[_WEB_SOCKET]),
        ]
        for name, rate in rates.items()
    ]


def _percentiles(rounds: list[_Round], *wanted: int) -> list[float]:
    """The latencies that so many percent of all calls do not exceed."""
    latencies = [second for one in rounds for second in one.latencies]
    hundredths = statistics.quantiles(latencies, n=100, method="inclusive")
    return [hundredths[percent - 1] for percent in wanted]


@contextmanager
def _clients(backend: EmbeddedBackend) -> Generator[Mapping[str, _Measure]]:
    """All clients, connected, of a backend with the threads that they read."""
    url, key = backend.url, backend.admin_key
    http, web_socket = ConvexHttpClient(url), ConvexClient(url)
    http.set_admin_auth(key)
    web_socket.set_admin_auth(key)
    with ExitStack() as stack:
        storage = stack.enter_context(ConvexStorage(url, deploy_key=key))
        storage.threads.save_many(_thread(index) for index in range(_THREADS))
        _require_threads(storage, http, web_socket)
        runner = stack.enter_context(asyncio.Runner())
        async_storage = AsyncConvexStorage(url, deploy_key=key)
        stack.callback(lambda: runner.run(async_storage.close()))
        yield {
            "mastra_convex.ConvexStorage": _in_threads(_typed(storage)),
            "mastra_convex.AsyncConvexStorage": _in_tasks(_typed_async(async_storage), runner),
            _HTTP: _in_threads(_official(http)),
            _WEB_SOCKET: _in_threads(_official(web_socket)),
        }


def _require_threads(storage: ConvexStorage, *official: ConvexHttpClient | ConvexClient) -> None:
    """Fail if a client does not read what was saved: its calls would count for nothing."""
    thread = storage.threads.get(_key(0))
    page = storage.threads.by_resource_id(_resource(0)).page(limit=_THREADS_PER_RESOURCE)
    read = [(thread and thread.thread_id, len(page))]
    for client in official:
        operations = _official(client)
        read.append((operations[_GET](0)["threadId"], len(operations[_PAGE](0)["page"])))
    if set(read) != {(_key(0), _THREADS_PER_RESOURCE)}:
        raise AssertionError(f"the clients do not read what was saved, but {read}")


# What each operation is, by the index of a thread


def _typed(storage: ConvexStorage) -> Mapping[str, Callable[[int], object]]:
    threads = storage.threads
    return {
        _GET: lambda index: threads.get(_key(index)),
        _PAGE: lambda index: threads.by_resource_id(_resource(index)).page(
            limit=_THREADS_PER_RESOURCE
        ),
        _SAVE: lambda index: threads.save(_thread(index)),
    }


def _typed_async(storage: AsyncConvexStorage) -> Mapping[str, Callable[[int], Awaitable[object]]]:
    threads = storage.threads
    return {
        _GET: lambda index: threads.get(_key(index)),
        _PAGE: lambda index: threads.by_resource_id(_resource(index)).page(
            limit=_THREADS_PER_RESOURCE
        ),
        _SAVE: lambda index: threads.save(_thread(index)),
    }


def _official(
    client: ConvexHttpClient | ConvexClient,
) -> Mapping[str, Callable[[int], Any]]:
    def get(index: int) -> Any:
        return client.query("threads:getById", {"threadId": _key(index)})

    def page(index: int) -> Any:
        options: dict[str, Any] = {"numItems": _THREADS_PER_RESOURCE, "cursor": None}
        return client.query(
            "threads:getThreadsByResourceId",
            {"resourceId": _resource(index), "paginationOpts": options},
        )

    def save(index: int) -> Any:
        thread: dict[str, Any] = {
            "threadId": _key(index),
            "resourceId": _resource(index),
            "title": _TITLE,
            "metadata": _METADATA,
        }
        return client.mutation("threads:save", {"thread": thread})

    return {_GET: get, _PAGE: page, _SAVE: save}


def _key(index: int) -> str:
    return f"thread-{index}"


def _resource(index: int) -> str:
    return f"resource-{index % _RESOURCES}"


def _thread(index: int) -> Thread:
    return Thread(
        thread_id=_key(index), resource_id=_resource(index), title=_TITLE, metadata=_METADATA
    )


# Rounds


def _in_threads(operations: Mapping[str, Callable[[int], object]]) -> _Measure:
    def measure(name: str, at_once: int) -> _Round:
        operation = operations[name]
        start = perf_counter()

        def work(worker: int) -> list[float]:
            latencies: list[float] = []
            index, before = worker, perf_counter()
            while before - start < ROUND_SECONDS:
                operation(index % _THREADS)
                index, after = index + at_once, perf_counter()
                latencies.append(after - before)
                before = after
            return latencies

        with ThreadPoolExecutor(at_once) as pool:
            worked = list(pool.map(work, range(at_once)))
        return _round(worked, perf_counter() - start)

    return measure


def _in_tasks(
    operations: Mapping[str, Callable[[int], Awaitable[object]]], runner: asyncio.Runner
) -> _Measure:
    async def measure(name: str, at_once: int) -> _Round:
        operation = operations[name]
        start = perf_counter()

        async def work(worker: int) -> list[float]:
            latencies: list[float] = []
            index, before = worker, perf_counter()
            while before - start < ROUND_SECONDS:
                await operation(index % _THREADS)
                index, after = index + at_once, perf_counter()
                latencies.append(after - before)
                before = after
            return latencies

        worked = await asyncio.gather(*(work(worker) for worker in range(at_once)))
        return _round(worked, perf_counter() - start)

    return lambda name, at_once: runner.run(measure(name, at_once))


def _round(worked: list[list[float]], seconds: float) -> _Round:
    latencies = tuple(second for latencies in worked for second in latencies)
    return _Round(len(latencies) / seconds, latencies)
