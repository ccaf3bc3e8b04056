"""Clients and a deployment that are killed, behind a proxy that breaks connections.

Hypothesis draws what is killed when, and how often a connection suffers. What was acknowledged is
there, once, also after restarts; a call that had no end is done once or not at all. `make soak`
does 10,000 things for each of its examples.
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from children import child
from convexgen.embedded import EmbeddedBackend
from fault_proxy import FaultProxy, fault_proxy
from hypothesis import HealthCheck, Phase, example, given, settings
from killed_clients import steps_of
from laws import Ledger
from project import Project
from waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills by SIGKILL")

IS_LONG = "SOAK_SECONDS" in os.environ
STEPS = 10_000 if IS_LONG else 400
EXAMPLES = 3 if IS_LONG else 1
"""Besides that which is the same in each run."""
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Kill:
    """What is killed, when so many calls have ended since the one before."""

    whom: str
    after: int


@dataclass(frozen=True)
class Plan:
    way: str
    seed: int
    share: float
    """Of connections and of pieces, that suffer a fault."""
    kills: list[Kill]


KILLS = st.builds(
    Kill, st.sampled_from(["client", "server"]), st.integers(STEPS // 40, STEPS // 10)
)
PLANS = st.builds(
    Plan,
    st.sampled_from(["threads", "tasks"]),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.03, 0.01, 0.0]),
    st.lists(KILLS, min_size=4, max_size=8),
)


class Deployment:
    """One whose data outlives its process."""

    def __init__(self, project: Path, data: Path) -> None:
        self._project, self._data = project, data
        self.backend = EmbeddedBackend.start(project, data=data)

    def kill(self) -> None:
        """Kill it, and start it again at its place."""
        before = self.backend
        os.kill(before.pid, signal.SIGKILL)
        before.wait()
        self.backend = EmbeddedBackend.start(
            self._project, data=self._data, port=before.port, admin_key=before.admin_key
        )


@contextmanager
def deployment(project: Path, folder: Path) -> Iterator[Deployment]:
    started = Deployment(project, folder / "data")
    try:
        yield started
    finally:
        started.backend.stop()


SAME = [Kill(whom, STEPS // 10) for whom in ("server", "client", "client", "server") * 2]


@given(plan=PLANS)
@example(plan=Plan("tasks", 14, 0.03, SAME))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_what_is_killed(project: Project, plan: Plan) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        deployment(project.root, Path(folder)) as served,
        fault_proxy(served.backend.port, plan.seed, plan.share) as proxy,
    ):
        ledger = carry_out(plan, served, proxy, project, Path(folder))
        print(f"{plan}: {dict(proxy.suffered)}, {ledger.doubts} in doubt")
    assert ledger.violations == []


def carry_out(
    plan: Plan, served: Deployment, proxy: FaultProxy, project: Project, folder: Path
) -> Ledger:
    """Let clients do `STEPS` things, and kill as planned; what came of it."""
    ledger, kills, left = Ledger(), list(plan.kills), STEPS
    for generation in count():
        notes = folder / f"notes {generation}"
        notes.touch()
        command = [sys.executable, HERE / "killed_clients.py", plan.way, notes, proxy.url]
        arguments = [served.backend.admin_key, str(generation), str(left)]
        environment = {**os.environ, "PYTHONPATH": path_of(project)}
        with child([*command, *arguments], env=environment, stderr=subprocess.PIPE) as running:
            is_killed = follow(running, notes, kills, served)
            _, errors = running.communicate()
        done = list(steps_of(notes))
        for step in done:
            ledger.follow(step)
        left -= len(done)
        if not is_killed:
            assert running.returncode == 0, errors
            break
    # What was sent last may still run.
    wait_until(lambda: proxy.open_connections == 0)
    package: Any = importlib.import_module("soak_client")
    backend = served.backend
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        ledger.compare([(one.item_id, one.number) for one in storage.items.list()])
    return ledger


def follow(
    running: subprocess.Popen[str], notes: Path, kills: list[Kill], served: Deployment
) -> bool:
    """Kill what is planned while a client runs. Whether that was the client itself."""
    seen = 0
    while kills:
        kill = kills[0]
        await_calls(running, notes, seen + kill.after)
        if running.poll() is not None:
            return False
        del kills[0]
        seen = ended(notes)
        if kill.whom == "client":
            running.kill()
            return True
        served.kill()
    return False


def await_calls(running: subprocess.Popen[str], notes: Path, number: int) -> None:
    """Until so many calls have ended, or the process has."""
    wait_until(lambda: running.poll() is not None or ended(notes) >= number)


def ended(notes: Path) -> int:
    """How many calls have ended."""
    return notes.read_bytes().count(b'"ends"')


def path_of(project: Project) -> str:
    """Where the process of a client finds what it imports."""
    support = HERE.parents[1] / "support"
    return os.pathsep.join(map(str, (project.root / "generated" / "python", HERE, support)))
