"""Sixteen writers at once: of claims one wins, and merges and swaps lose nothing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import (
    MISSING,
    BufferedObservationChunkInput,
    MastraDBMessage,
    MastraDBMessageUpdate,
    MessageRole,
    StorageThreadType,
)
from mastra_convex.mastra import AsyncMastraStore, MastraStore
from project import ROOT

ROUNDS = 200
WRITERS = 16
NOW = datetime(2026, 5, 1, tzinfo=UTC)
RUN = {"workflow_name": "w", "run_id": "r"}
CLAIMS = (
    {"status": "running", "expectedStatus": "suspended"},
    {"status": "suspended", "expectedStatus": ["paused", "running"]},
)
"""What is claimed in a round, and in the next one, so that a run is claimed in each."""


@dataclass(frozen=True)
class Call:
    """Of a method of a domain."""

    kind: str
    domain: str
    method: str
    given: dict[str, Any] = field(default_factory=dict)
    positional: tuple[Any, ...] = ()

    def of(self, store: Any) -> Any:
        method = getattr(getattr(store, self.domain), self.method)
        return method(*self.positional, **self.given)


AtOnce = Callable[[list[Call]], list[Any]]


@pytest.fixture(params=["from threads", "from a loop"])
def at_once(request: pytest.FixtureRequest) -> Iterator[AtOnce]:
    with EmbeddedBackend.start(ROOT) as backend:
        if request.param == "from threads":
            with (
                MastraStore(backend.url, deploy_key=backend.admin_key) as store,
                ThreadPoolExecutor(WRITERS) as threads,
            ):
                yield lambda calls: list(threads.map(lambda call: call.of(store), calls))
            return
        with asyncio.Runner() as runner:
            opened = AsyncMastraStore(backend.url, deploy_key=backend.admin_key)

            async def gathered(calls: list[Call]) -> list[Any]:
                return await asyncio.gather(*(call.of(opened) for call in calls))

            yield lambda calls: runner.run(gathered(calls))
            runner.run(opened.close())


def begun(at_once: AtOnce) -> str:
    """The ID of an observational memory, beside a run, a thread and a message."""
    content: Any = {"format": 2, "parts": [], "metadata": {}}
    named = {"thread_id": "t", "resource_id": "r"}
    message = MastraDBMessage(
        id="m", role=MessageRole.USER, content=content, created_at=NOW, **named
    )
    thread = StorageThreadType(id="t", resource_id="r", created_at=NOW, updated_at=NOW)
    snapshot = {"status": "suspended", "context": {"loop": {"output": []}}}
    calls = [
        Call("run", "workflows", "persist_workflow_snapshot", {**RUN, "snapshot": snapshot}),
        Call("thread", "memory", "save_thread", {"thread": thread}),
        Call("message", "memory", "save_messages", {"messages": [message]}),
        Call(
            "memory",
            "memory",
            "initialize_observational_memory",
            {**named, "scope": "thread", "config": {}},
        ),
    ]
    return str(at_once(calls)[-1].id)


def chunk(name: str) -> BufferedObservationChunkInput:
    return BufferedObservationChunkInput(
        cycle_id=name,
        observations=f"<{name}>",
        token_count=10,
        message_ids=[name],
        message_tokens=500,
        last_observed_at=NOW,
    )


def writes(number: int, memory_id: str, known: Any) -> list[Call]:
    """Those of a round, in some order."""

    def result(step_id: str, result: Any) -> Call:
        given = {**RUN, "step_id": step_id, "result": result, "request_context": {}}
        return Call("result", "workflows", "update_workflow_results", given)

    def message(writer: int) -> Call:
        changed: Any = {"metadata": {f"${writer}": number}}
        given = {"messages": [MastraDBMessageUpdate(id="m", content=changed)]}
        return Call("message", "memory", "update_messages", given)

    def thread(writer: int) -> Call:
        given = {"id": "t", "metadata": {f"${writer}": number}}
        return Call("thread", "memory", "update_thread", given)

    def append(writer: int) -> Call:
        given = {"id": memory_id, "chunk": chunk(f"{number}-{writer}")}
        return Call("append", "memory", "update_buffered_observations", given)

    opts = CLAIMS[number % len(CLAIMS)]
    swap = {
        "id": memory_id,
        "activation_ratio": 1,
        "message_tokens_threshold": 0,
        "current_pending_tokens": 1000,
        # Every second one names what it has weighed, which was read before this round.
        **({} if number % 2 else {"buffered_chunks": known}),
    }
    made = [
        *[Call("claim", "workflows", "update_workflow_state", {**RUN, "opts": opts})] * 5,
        *(result(f"${writer}", {"n": number}) for writer in range(2)),
        *(result("loop", {"output": [None] * writer + [number]}) for writer in range(2)),
        *(message(writer) for writer in range(2)),
        *(thread(writer) for writer in range(2)),
        *(append(writer) for writer in range(2)),
        Call("swap", "memory", "swap_buffered_to_active", swap),
    ]
    assert len(made) == WRITERS
    random.Random(number).shuffle(made)
    return made


@pytest.mark.defect(5, 12, 21)
def test_200_rounds_of_claims_merges_and_swaps(at_once: AtOnce) -> None:
    memory_id = begun(at_once)
    counted = (memory_id, 2 * ROUNDS * 500)
    at_once([Call("memory", "memory", "set_pending_message_tokens", positional=counted)])
    read = Call("memory", "memory", "get_observational_memory", positional=("t", "r"))
    active: list[str] = []
    known: Any = MISSING
    for number in range(ROUNDS):
        if number % 2 == 0:
            known = at_once([read])[0].buffered_observation_chunks
            known = [] if known is MISSING else known
        made: dict[str, list[Any]] = {}
        calls = writes(number, memory_id, known)
        for call, answer in zip(calls, at_once(calls), strict=True):
            made.setdefault(call.kind, []).append(answer)
        # Exactly one claim wins.
        assert sum(one is not None for one in made["claim"]) == 1
        # Of writers who merge, exactly one sees what all of this round have written.
        both = {"$0": number, "$1": number}
        steps = {**{f"${n}": {"n": number} for n in range(2)}, "loop": {"output": [number] * 2}}
        assert [one == steps for one in made["result"]].count(True) == 1
        messages = [one.content["metadata"] for (one,) in made["message"]]
        assert [one == both for one in messages].count(True) == 1
        assert [one.metadata == both for one in made["thread"]].count(True) == 1
        active += [one for swapped in made["swap"] for one in swapped.activated_message_ids]
    # Each chunk is active once, or waits; no chunk that came before a swap is lost.
    (memory,) = at_once([read])
    waiting = memory.buffered_observation_chunks
    names = [] if waiting is MISSING else [one.cycle_id for one in waiting]
    assert sorted(active + names) == sorted(f"{n}-{w}" for n in range(ROUNDS) for w in range(2))
    assert memory.observation_token_count == 10 * len(active) > 0
    assert memory.pending_message_tokens == 500 * len(names)
    assert all(memory.active_observations.count(f"<{name}>") == 1 for name in active)
    claimed = CLAIMS[(ROUNDS - 1) % len(CLAIMS)]["status"]
    (run,) = at_once([Call("run", "workflows", "load_workflow_snapshot", RUN)])
    assert run["status"] == claimed
