"""A thousand subscriptions of one client, beside those of one official client."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from convexgen.embedded import EmbeddedBackend
from mastra_convex import AsyncConvexStorage, ConvexStorage, Thread
from measure import milliseconds, print_table, ratio
from workspace import ROOT

from convex import ConvexClient

WATCHES = 1_000

_TYPED, _TASKS = "mastra_convex.ConvexStorage", "mastra_convex.AsyncConvexStorage"
_OFFICIAL = "convex.ConvexClient"

_BEFORE, _AFTER = "A conversation", "A conversation about trains"

_REMARKS = f"""
  Each client is a process that watches {WATCHES:,} threads by their keys. Another one changes
  these, one after the other, each when the update before has been taken. CPU is that of the
  process that watches; its ratios are of CPU: below 1x is less than the peer takes."""


def run() -> None:
    """Measure and print."""
    measured: dict[str, dict[str, float]] = {}
    with (
        EmbeddedBackend.start(ROOT) as backend,
        ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage,
    ):
        for name in (_TYPED, _TASKS, _OFFICIAL):
            storage.threads.save_many(_thread(number, _BEFORE) for number in range(WATCHES))
            measured[name] = _measure(name, backend, storage)
    rows = [
        [
            name,
            milliseconds(found["first"], 0),
            milliseconds(found["latency"]),
            milliseconds(found["processor"] / WATCHES, 2),
            ratio(found["processor"], measured[_OFFICIAL]["processor"]),
            f"{found['threads']}",
            f"{found['descriptors']}",
        ]
        for name, found in measured.items()
    ]
    print_table(
        f"{WATCHES:,} subscriptions of one client, {WATCHES:,} updates",
        [
            "all first results",
            "a write until it is taken",
            "CPU an update",
            "to ConvexClient",
            "threads",
            "files",
        ],
        {"Watching": rows},
    )
    print(_REMARKS, flush=True)


def _measure(name: str, backend: EmbeddedBackend, storage: ConvexStorage) -> dict[str, float]:
    """What a process says of itself that watches while this one writes."""
    command = [sys.executable, __file__, name, backend.url, backend.admin_key]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "RUST_LOG": "off"}
    ) as process:
        assert process.stdout is not None
        found: dict[str, float] = json.loads(_line(process.stdout))
        start = perf_counter()
        for number in range(WATCHES):
            storage.threads.save(_thread(number, _AFTER))
            _line(process.stdout)
        found["latency"] = (perf_counter() - start) / WATCHES
        found |= json.loads(_line(process.stdout))
    if process.returncode != 0:
        raise AssertionError(f"{name} ended with {process.returncode}")
    return found


def _line(output: Any) -> str:
    line: str = output.readline()
    if not line:
        raise AssertionError("the process that watches has ended")
    return line


def _thread(number: int, title: str) -> Thread:
    return Thread(thread_id=_key(number), resource_id="r", title=title)


def _key(number: int) -> str:
    return f"thread-{number}"


# The processes that watch


def _is_after(thread: Thread | None) -> bool:
    return thread is not None and thread.title == _AFTER


def _taken() -> dict[str, int]:
    """The threads and descriptors of this process."""
    threads = Path("/proc/self/task")
    return {
        "threads": len(list(threads.iterdir())) if threads.exists() else 0,
        "descriptors": len(list(Path("/dev/fd").iterdir())),
    }


def _begun(start: float) -> float:
    """Say how long the first results took, and what is open; the processor time up to here."""
    print(json.dumps({"first": perf_counter() - start, **_taken()}), flush=True)
    return process_time()


def _ended(processor: float) -> None:
    print(json.dumps({"processor": process_time() - processor}), flush=True)


def _watch_typed(url: str, key: str) -> None:
    with ConvexStorage(url, deploy_key=key) as storage:
        start = perf_counter()
        many = [storage.threads.watch(_key(number)) for number in range(WATCHES)]
        for one in many:
            one.next()
        processor = _begun(start)
        for one in many:
            while not _is_after(one.next()):
                pass
            print(flush=True)
        _ended(processor)


def _watch_in_tasks(url: str, key: str) -> None:
    import asyncio

    async def watch() -> None:
        async with AsyncConvexStorage(url, deploy_key=key) as storage:
            start = perf_counter()
            many = [storage.threads.watch(_key(number)) for number in range(WATCHES)]
            await asyncio.gather(*(one.next() for one in many))
            processor = _begun(start)
            for one in many:
                while not _is_after(await one.next()):
                    pass
                print(flush=True)
            _ended(processor)

    asyncio.run(watch())


def _watch_official(url: str, key: str) -> None:
    client: Any = ConvexClient(url)
    client.set_admin_auth(key)
    start = perf_counter()
    many = [
        client.subscribe("threads:getById", {"threadId": _key(number)}) for number in range(WATCHES)
    ]
    for one in many:
        next(one)
    processor = _begun(start)
    for one in many:
        while next(one)["title"] != _AFTER:
            pass  # it may give a result twice
        print(flush=True)
    _ended(processor)
    # It may crash at the exit of the interpreter.
    os._exit(0)


if __name__ == "__main__":
    watches = {_TYPED: _watch_typed, _TASKS: _watch_in_tasks, _OFFICIAL: _watch_official}
    watches[sys.argv[1]](*sys.argv[2:])
