"""Mastra's storage beside the store that there is for it on Convex, `@mastra/convex`."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from convexgen.embedded import EmbeddedBackend, find_node
from mastra_convex import (
    MastraDBMessage,
    MastraDBMessageUpdate,
    MessageRole,
    SaveScorePayload,
    StorageMessageInclude,
    StoragePagination,
    StorageThreadFilter,
    StorageThreadType,
)
from mastra_convex._runtime.http_transport import HttpTransport
from mastra_convex.mastra import MastraStore
from measure import milliseconds, print_table
from workspace import ROOT, environment

ROUNDS = 7
_LENGTH = 1_000
"""The messages of the thread that is read."""
_MANY = 30
_LONGEST_SCRIPT = 300.0
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_PEER = Path(__file__).parent / "mastra_peer"
_NONE = "none"

_REMARKS = f"""
  Medians of {ROUNDS} rounds on the embedded backend, which says nothing of Convex's own speed. Ours
  is called from Python, @mastra/convex 1.5.2 from Node.js, with requests counted on their way.
  Several messages are {_MANY}, and lists are of a thread of {_LENGTH:,}."""


@dataclass
class _Cost:
    """What an operation took in each round: the same number of requests, and some seconds."""

    calls: int = 0
    seconds: list[float] = field(default_factory=list[float])

    @property
    def cells(self) -> list[str]:
        return [f"{self.calls}", milliseconds(statistics.median(self.seconds))]


class _Counted(HttpTransport):
    """A transport that counts requests."""

    calls = 0

    def post(
        self, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> tuple[int, bytes]:
        self.calls += 1
        return super().post(url, headers=headers, body=body, timeout=timeout)


def run() -> None:
    """Measure and print."""
    ours = _ours()
    peers = _peers()
    print_table(
        "Mastra's storage: function calls and time of an operation",
        ["calls", "time", "@mastra/convex", "time"],
        {"": [[name, *cost.cells, *peers.get(name, [_NONE, ""])] for name, cost in ours.items()]},
    )
    print(_REMARKS, flush=True)


def _peers() -> Mapping[str, list[str]]:
    """What the peer takes, installed for this into a folder of its own.

    It has some 190 MB of dependencies, so it is none of this project.
    """
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "peer"
        shutil.copytree(_PEER, project)
        command = ["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=project, check=True, timeout=_LONGEST_SCRIPT)
        with EmbeddedBackend.start(project) as backend:
            finished = subprocess.run(
                [find_node(), "operations.mjs", str(ROUNDS), str(_LENGTH), str(_MANY)],
                cwd=project,
                env={
                    **environment(),
                    "CONVEX_URL": backend.url,
                    "CONVEX_DEPLOY_KEY": backend.admin_key,
                },
                capture_output=True,
                text=True,
                timeout=_LONGEST_SCRIPT,
                check=True,
            )
    measured: Mapping[str, Any] = json.loads(finished.stdout)
    return {
        name: _Cost(**cost).cells if "calls" in cost else [_NONE, ""]
        for name, cost in measured.items()
    }


def _ours() -> Mapping[str, _Cost]:
    transport = _Counted()
    with (
        EmbeddedBackend.start(ROOT) as backend,
        MastraStore(backend.url, deploy_key=backend.admin_key, transport=transport) as store,
    ):
        _fill(store)
        operations = _operations(store)
        costs = {name: _Cost() for name in operations}
        for number in range(ROUNDS):
            for name, operation in operations.items():
                transport.calls = 0
                start = perf_counter()
                operation(number)
                costs[name].seconds.append(perf_counter() - start)
                costs[name].calls = transport.calls
    return costs


def _thread(name: str) -> StorageThreadType:
    return StorageThreadType(
        id=name,
        resource_id="r",
        title="Trip",
        created_at=_NOW,
        updated_at=_NOW,
        metadata={"topic": "travel"},
    )


def _messages(thread_id: str, count: int) -> list[MastraDBMessage]:
    return [
        MastraDBMessage(
            id=f"{thread_id}-{number}",
            thread_id=thread_id,
            resource_id="r",
            role=MessageRole.USER,
            type="v2",
            created_at=_NOW + timedelta(seconds=number),
            content={"format": 2, "parts": [{"type": "text", "text": "When does it leave?"}]},
        )
        for number in range(count)
    ]


def _ids(thread_id: str) -> list[str]:
    return [f"{thread_id}-{number}" for number in range(_MANY)]


def _snapshot() -> dict[str, Any]:
    steps = {f"s{number}": {"status": "success", "output": "x" * 1000} for number in range(10)}
    return {"status": "suspended", "value": {}, "context": steps, "timestamp": 1}


def _score() -> SaveScorePayload:
    return SaveScorePayload(
        scorer_id="s",
        entity_id="e",
        entity_type="AGENT",
        run_id="r",
        input={},
        output={},
        score=0.5,
        scorer={"id": "s"},
        source="LIVE",
        entity={"id": "e"},
    )


def _fill(store: MastraStore) -> None:
    store.memory.save_thread(thread=_thread("long"))
    store.memory.save_messages(messages=_messages("long", _LENGTH))
    for number in range(20):
        store.memory.save_thread(thread=_thread(f"t{number}"))
        store.workflows.persist_workflow_snapshot(
            workflow_name="other", run_id=f"r{number}", snapshot=_snapshot()
        )


def _operations(store: MastraStore) -> Mapping[str, Callable[[int], object]]:
    """Twenty operations, in this order in each round, by their names in Mastra."""
    memory, workflows, scores = store.memory, store.workflows, store.scores
    of_resource = StorageThreadFilter(resource_id="r")
    around = StorageMessageInclude(id="long-500", with_previous_messages=5, with_next_messages=5)

    def changes(number: int) -> list[MastraDBMessageUpdate]:
        return [
            MastraDBMessageUpdate(id=one, content={"metadata": {"round": number}})
            for one in _ids(f"new{number}")
        ]

    def named(number: int) -> Any:
        return {"workflow_name": "w", "run_id": f"run{number}"}

    return {
        "saveThread": lambda n: memory.save_thread(thread=_thread(f"new{n}")),
        "getThreadById": lambda _: memory.get_thread_by_id(thread_id="t1"),
        "updateThread": lambda n: memory.update_thread(
            id="t1", title="Trip", metadata={"round": n}
        ),
        "listThreads": lambda _: memory.list_threads(filter=of_resource, per_page=10, page=0),
        "saveMessages": lambda n: memory.save_messages(messages=_messages(f"new{n}", _MANY)),
        "listMessages": lambda _: memory.list_messages(thread_id="long", page=10),
        "listMessages, with include": lambda _: memory.list_messages(
            thread_id="long", per_page=10, include=[around]
        ),
        "listMessagesById": lambda _: memory.list_messages_by_id(message_ids=_ids("long")),
        "updateMessages": lambda n: memory.update_messages(messages=changes(n)),
        "cloneThread": lambda n: memory.clone_thread(source_thread_id=f"new{n}"),
        "deleteMessages": lambda n: memory.delete_messages(_ids(f"new{n}")[_MANY // 2 :]),
        "deleteThread": lambda n: memory.delete_thread(thread_id=f"new{n}"),
        "updateResource": lambda n: memory.update_resource(resource_id="r", metadata={"round": n}),
        "persistWorkflowSnapshot": lambda n: workflows.persist_workflow_snapshot(
            **named(n), snapshot=_snapshot()
        ),
        "loadWorkflowSnapshot": lambda n: workflows.load_workflow_snapshot(**named(n)),
        "updateWorkflowResults": lambda n: workflows.update_workflow_results(
            **named(n), step_id="s1", result={"status": "success"}, request_context={}
        ),
        "updateWorkflowState": lambda n: workflows.update_workflow_state(
            **named(n), opts={"status": "running", "expectedStatus": "suspended"}
        ),
        "listWorkflowRuns": lambda _: workflows.list_workflow_runs(
            status="suspended", per_page=10, page=0
        ),
        "saveScore": lambda _: scores.save_score(_score()),
        "listScoresByScorerId": lambda _: scores.list_scores_by_scorer_id(
            scorer_id="s", pagination=StoragePagination(page=0, per_page=10)
        ),
    }
