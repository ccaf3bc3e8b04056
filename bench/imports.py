"""Imports, and the way to a first answer, as whole processes above one that does nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from convexgen.embedded import EmbeddedBackend
from measure import (
    ProcessCost,
    Spread,
    interleave,
    milliseconds,
    peak_memory,
    print_table,
    processor_seconds,
    ratio,
    run_process,
)
from workspace import (
    PACKAGES,
    PEER_PACKAGE,
    PYTHON,
    ROOT,
    environment,
    write_peer_package,
)

ROUNDS = 15

_NOTHING = "an interpreter that does nothing"

_PEER_CLIENT = f"convex-to-pydantic: import {PEER_PACKAGE}._client"
_IMPORTS = {
    "import mastra_convex": "import mastra_convex",
    "from mastra_convex import ConvexStorage, Thread": (
        "from mastra_convex import ConvexStorage, Thread"
    ),
    "  and a Thread built": (
        "from mastra_convex import ConvexStorage, Thread;Thread(thread_id='t', resource_id='r')"
    ),
    _PEER_CLIENT: f"import {PEER_PACKAGE}._client",
    "  and a ThreadsTable built": (
        f"import {PEER_PACKAGE}._client;"
        f"from {PEER_PACKAGE}._types import ThreadsTable;"
        "ThreadsTable(thread_id='t', resource_id='r', created_at=0, updated_at=0)"
    ),
    "convex: import ConvexHttpClient": "from convex.http_client import ConvexHttpClient",
    "convex: import ConvexClient": "from convex import ConvexClient",
    "pydantic: import BaseModel": "from pydantic import BaseModel",
}

_OFFICIAL_ANSWER = "convex.http_client.ConvexHttpClient"
_ANSWERS = {
    "mastra_convex.ConvexStorage": (
        "from mastra_convex import ConvexStorage;"
        "storage = ConvexStorage(URL, deploy_key=KEY);"
        "assert storage.threads.get('t') is None"
    ),
    _OFFICIAL_ANSWER: (
        "from convex.http_client import ConvexHttpClient;"
        "client = ConvexHttpClient(URL);"
        "client.set_admin_auth(KEY);"
        "assert client.query('threads:getById', {'threadId': 't'}) is None"
    ),
    "convex.ConvexClient": (
        "from convex import ConvexClient;"
        "client = ConvexClient(URL);"
        "client.set_admin_auth(KEY);"
        "assert client.query('threads:getById', {'threadId': 't'}) is None"
    ),
}


def run() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        packages = environment(PACKAGES, write_peer_package(folder / "project"))
        _print_above_nothing(
            f"Imports: whole processes above {_NOTHING}, {ROUNDS} rounds",
            _measure(_IMPORTS, folder, packages),
            _PEER_CLIENT,
        )
        with EmbeddedBackend.start(ROOT) as backend:
            where = f"URL, KEY = {backend.url!r}, {backend.admin_key!r};"
            programs = {name: where + program for name, program in _ANSWERS.items()}
            _print_above_nothing(
                f"To the first answer: whole processes that read one thread, {ROUNDS} rounds",
                _measure(programs, folder, packages),
                _OFFICIAL_ANSWER,
            )


def _measure(
    programs: Mapping[str, str], folder: Path, variables: Mapping[str, str]
) -> dict[str, list[ProcessCost]]:
    def case(program: str) -> Callable[[], ProcessCost]:
        return lambda: run_process([PYTHON, "-c", program], cwd=folder, environment=variables)

    cases = {_NOTHING: "pass", **programs}
    return interleave({name: case(program) for name, program in cases.items()}, ROUNDS)


def _print_above_nothing(title: str, costs: dict[str, list[ProcessCost]], peer: str) -> None:
    times = {name: Spread.of([cost.seconds for cost in costs[name]]) for name in costs}
    bare = times[_NOTHING]
    rows = [
        [
            name,
            milliseconds(time.median - bare.median),
            milliseconds(time.least - bare.least),
            milliseconds(processor_seconds(costs[name]) - processor_seconds(costs[_NOTHING])),
            peak_memory(costs[name]),
            ratio(time.median - bare.median, times[peer].median - bare.median),
        ]
        for name, time in times.items()
        if name != _NOTHING
    ]
    print_table(title, ["median", "min", "processor", "peak memory", "to the peer"], {"": rows})
    print(
        f"\n  {_NOTHING}: {milliseconds(bare.median)}, {milliseconds(bare.least)}, "
        "left out of all times.",
        flush=True,
    )
