"""Random clients behind a proxy that breaks connections, and the laws that they hold.

What was acknowledged is there, once; what surely failed has left nothing; a write with `expected`
or an increment is made once, or told to be in doubt; a subscription and a stored file show what is
there; no call outlives its deadline; what a client has opened is closed with it, also in the
middle. `make soak` goes on with other seeds for as long as it is told, and `SOAK_SEED` repeats one.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from fault_proxy import FaultProxy, fault_proxy
from laws import Ledger, Step
from node_program import bundle
from project import ROOT, Project
from project import run as run_program
from random_clients import Run, run_tasks, run_threads
from waiting import wait_until

STEPS = 3_000
SHARE = 0.03
"""Of what the proxy passes on, that suffers a fault."""


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def program(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    client = project.root / "generated" / "typescript"
    return bundle("randomClient.mjs", tmp_path_factory.mktemp("program"), client)


def threads(run: Run, _: Path) -> list[Step]:
    return run_threads(importlib.import_module("soak_client"), run)


def tasks(run: Run, _: Path) -> list[Step]:
    return run_tasks(importlib.import_module("soak_client"), run)


def typescript(run: Run, program: Path) -> list[Step]:
    environment = {**os.environ, "PROXY_URL": run.url, "CONVEX_DEPLOY_KEY": run.deploy_key}
    done = run_program(["node", program, str(run.seed), str(run.steps)], ROOT, environment)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    steps = [json.loads(line) for line in done.stdout.splitlines()]
    return [Step(**{**one, "numbers": tuple(one["numbers"])}) for one in steps]


Client = Callable[[Run, Path], list[Step]]


def seeds() -> Iterator[int]:
    """One, and others until the time of `SOAK_SECONDS` is over."""
    seed = int(os.environ.get("SOAK_SEED") or random.randrange(2**32))
    end = time.monotonic() + float(os.environ.get("SOAK_SECONDS") or 0)
    while True:
        yield seed
        if time.monotonic() >= end:
            return
        seed += 1


@pytest.mark.parametrize("client", [threads, tasks, typescript])
def test_random_clients(backend: EmbeddedBackend, program: Path, client: Client) -> None:
    for seed in seeds():
        print(f"SOAK_SEED={seed}, {client.__name__}")
        with fault_proxy(backend.port, seed, SHARE) as proxy:
            ledger = soak(backend, program, client, proxy, seed)
        print(f"  {dict(proxy.suffered)}, {ledger.doubts} in doubt")
        assert ledger.violations == []
        assert proxy.suffered.total() > STEPS // 100


def soak(
    backend: EmbeddedBackend, program: Path, client: Client, proxy: FaultProxy, seed: int
) -> Ledger:
    """One run, and what came of it."""
    package: Any = importlib.import_module("soak_client")
    ledger = Ledger()
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        storage.items.clear()
        steps = client(Run(proxy.url, backend.admin_key, seed, STEPS), program)
        assert len(steps) == STEPS
        for step in steps:
            ledger.follow(step)
        # What was sent last may still run.
        wait_until(lambda: proxy.open_connections == 0)
        ledger.compare([(one.item_id, one.number) for one in storage.items.list()])
    left = [one.name for one in threading.enumerate() if is_of_client(one.name)]
    if left:
        ledger.violations.append(f"threads that are left: {left}")
    return ledger


def is_of_client(thread: str) -> bool:
    return thread.startswith(("subscriptions to", "resolve", "ThreadPoolExecutor"))
