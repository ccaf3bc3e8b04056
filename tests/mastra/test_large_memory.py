"""Observational memory near its limits: what is accepted is read, swapped and cleared."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import BufferedObservationChunkInput, LimitExceeded, ObservationalMemoryRecord
from mastra_convex.mastra import AsyncMastraStore, MastraStore
from node_program import bundle_text, run_node
from project import ROOT

MIB = 1 << 20
MOMENT = datetime(2026, 5, 1, 12, 30, 0, 250000, tzinfo=UTC)
BOUNDARY = "\n\n--- message boundary (2026-05-01T12:30:00.250Z) ---\n\n"

ALL: dict[str, Any] = {
    "activation_ratio": 1,
    "message_tokens_threshold": 1000,
    "current_pending_tokens": 10**6,
}
"""As one for whom all that waits is to become active."""


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


@pytest.fixture(scope="module", params=["sync", "async"])
def memory(request: pytest.FixtureRequest, backend: EmbeddedBackend) -> Iterator[Any]:
    if request.param == "sync":
        with MastraStore(backend.url, deploy_key=backend.admin_key) as store:
            yield store.memory
        return
    with asyncio.Runner() as runner:
        opened = AsyncMastraStore(backend.url, deploy_key=backend.admin_key)

        class Blocking:
            def __getattr__(self, name: str) -> Any:
                method = getattr(opened.memory, name)
                return lambda *values, **named: runner.run(method(*values, **named))

        yield Blocking()
        runner.run(opened.close())


def begin(memory: Any, config: Any = None) -> ObservationalMemoryRecord:
    record: ObservationalMemoryRecord = memory.initialize_observational_memory(
        thread_id=None,
        resource_id=f"resource-{uuid4()}",
        scope="resource",
        config={} if config is None else config,
    )
    return record


def current(memory: Any, record: ObservationalMemoryRecord) -> Any:
    return memory.get_observational_memory(None, record.resource_id)


def observe(memory: Any, record: ObservationalMemoryRecord, size: float) -> str:
    text = "a" * int(size * MIB)
    memory.update_active_observations(
        id=record.id, observations=text, token_count=1, last_observed_at=MOMENT
    )
    return text


def note(memory: Any, record: ObservationalMemoryRecord, size: float, messages: int = 1) -> str:
    text = f"{uuid4()}"[0] * int(size * MIB)
    chunk = BufferedObservationChunkInput(
        cycle_id=f"{uuid4()}",
        observations=text,
        token_count=1,
        message_ids=["m"] * messages,
        message_tokens=10,
        last_observed_at=MOMENT,
    )
    memory.update_buffered_observations(id=record.id, chunk=chunk)
    return text


ACCEPTED: dict[str, tuple[float, list[float], float]] = {
    "all in one chunk": (0, [6.99], 0),
    "two chunks": (0, [3.5, 3.49], 0),
    "in their documents": (0, [0.85] * 8, 0.85),
    "beside what is active in the document": (0.8, [0.8, 5.5, 0.6], 0),
    "beside what is active in chunks": (5.9, [0.85] * 7 + [0.9], 0.1),
    "beside much that is active": (12, [0.9], 0),
    "active alone": (12.99, [], 0),
}
"""What is active, what waits and how large the configuration is, in MiB."""


@pytest.mark.parametrize(
    # Each with one of the stores: what is large is large for the functions that both call.
    ("name", "memory"),
    list(zip(ACCEPTED, cycle(["sync", "async"]), strict=False)),
    indirect=["memory"],
)
def test_what_is_accepted_is_read_and_swapped_and_cleared(memory: Any, name: str) -> None:
    active, waiting, config = ACCEPTED[name]
    record = begin(memory, {"x": "c" * int(config * MIB)})
    before = observe(memory, record, active) if active else ""
    notes = [note(memory, record, size) for size in waiting]
    found = current(memory, record)
    assert found.active_observations == before
    if notes:
        assert [one.observations for one in found.buffered_observation_chunks] == notes
        # Weighed anew, one by one and all.
        known = [
            one.model_copy(update={"message_tokens": 20})
            for one in found.buffered_observation_chunks
        ]
        first = memory.swap_buffered_to_active(
            id=record.id,
            **ALL | {"current_pending_tokens": 1, "message_tokens_threshold": 0},
            buffered_chunks=known,
        )
        assert first.message_tokens_activated == 20
        assert memory.get_observational_memory_history(None, record.resource_id) == [
            current(memory, record)
        ]
        memory.swap_buffered_to_active(id=record.id, **ALL)
    joined = BOUNDARY.join([*([before] if before else []), *notes[:1]])
    if notes[1:]:
        joined += BOUNDARY + "\n\n".join(notes[1:])
    assert current(memory, record).active_observations == joined
    reflection = memory.create_reflection_generation(
        current_record=current(memory, record), reflection="short", token_count=1
    )
    assert current(memory, record) == reflection
    history = memory.get_observational_memory_history(None, record.resource_id)
    assert [one.active_observations for one in history] == ["short", joined]
    memory.clear_observational_memory(None, record.resource_id)
    assert current(memory, record) is None


def test_a_swap_of_all_at_once(memory: Any) -> None:
    for config, active in ((0.85, 0.0), (0, 5.5)):
        record = begin(memory, {"x": "c" * int(config * MIB)})
        before = observe(memory, record, active)
        notes = [note(memory, record, 0.85) for _ in range(8)]
        swapped = memory.swap_buffered_to_active(id=record.id, **ALL)
        assert [one.observations for one in swapped.per_chunk] == notes
        assert swapped.observations == "\n\n".join(notes)
        added = [note(memory, record, 0.1) for _ in range(3)]
        for text in added:
            assert (
                memory.swap_buffered_to_active(
                    id=record.id,
                    **ALL | {"current_pending_tokens": 1, "message_tokens_threshold": 0},
                ).observations
                == text
            )
        expected = [*([before] if before else []), "\n\n".join(notes), *added]
        assert current(memory, record).active_observations == BOUNDARY.join(expected)
        memory.clear_observational_memory(None, record.resource_id)


def test_what_waits_is_refused_where_it_is_too_much(memory: Any) -> None:
    for active, waiting, more in (
        (0, [], 7),
        (0, [], 13),
        (0, [3.5], 3.5),
        (0, [0.85] * 8, 0.3),
        (6.5, [5], 1.5),
        (12.9, [], 0.2),
    ):
        record = begin(memory)
        if active:
            observe(memory, record, active)
        for size in waiting:
            note(memory, record, size)
        before = current(memory, record)
        with pytest.raises(LimitExceeded, match=r"7 MiB may wait: make|may take 13 MiB: let"):
            note(memory, record, more)
        assert current(memory, record) == before
        memory.swap_buffered_to_active(id=record.id, **ALL)
        memory.clear_observational_memory(None, record.resource_id)


def test_what_is_active_is_refused_where_it_is_too_much(memory: Any) -> None:
    for waiting, more in (([], 15.9), ([6.9], 6.2)):
        record = begin(memory)
        observe(memory, record, 6)
        for size in waiting:
            note(memory, record, size)
        before = current(memory, record)
        with pytest.raises(LimitExceeded, match="may take 13 MiB: let shorter"):
            observe(memory, record, more)
        with pytest.raises(LimitExceeded, match="may take 13 MiB: let shorter"):
            memory.update_buffered_reflection(
                id=record.id,
                reflection="r" * 4 * MIB,
                token_count=1,
                input_token_count=1,
                reflected_observation_line_count=0,
            )
        assert current(memory, record) == before
        with pytest.raises(LimitExceeded, match="may take 13 MiB"):
            memory.create_reflection_generation(
                current_record=record,
                reflection="r" * 13 * MIB,
                token_count=1,
            )
        with pytest.raises(LimitExceeded, match="may take 13 MiB"):
            memory.update_observational_memory_config(id=record.id, config={"x": "c" * 7 * MIB})
        assert current(memory, record) == before
        memory.clear_observational_memory(None, record.resource_id)


def test_a_reflection_that_waits_beside_much_that_is_active(memory: Any) -> None:
    record = begin(memory)
    active = observe(memory, record, 8)
    memory.update_buffered_reflection(
        id=record.id,
        reflection="r" * int(2.4 * MIB),
        token_count=1,
        input_token_count=1,
        reflected_observation_line_count=0,
    )
    made = memory.swap_buffered_reflection_to_active(
        current_record=current(memory, record), token_count=1
    )
    assert made.active_observations == f"{'r' * int(2.4 * MIB)}\n\n{active}"
    assert current(memory, record) == made
    memory.clear_observational_memory(None, record.resource_id)


def test_a_history_of_generations_with_much_that_waits(memory: Any) -> None:
    record = begin(memory)
    made = [record]
    for _ in range(3):
        observe(memory, made[-1], 3)
        note(memory, made[-1], 6)
        made.append(
            memory.create_reflection_generation(
                current_record=made[-1], reflection="short", token_count=1
            )
        )
    history = memory.get_observational_memory_history(None, record.resource_id)
    assert [one.id for one in history] == [one.id for one in reversed(made)]
    assert [len(one.active_observations) for one in history] == [5, *[3 * MIB] * 3]
    memory.clear_observational_memory(None, record.resource_id)


def test_how_many_chunks_and_messages_wait(memory: Any) -> None:
    record = begin(memory)
    chunk: dict[str, Any] = {
        "observations": "o",
        "token_count": 1,
        "message_ids": ["m"] * 8,
        "message_tokens": 10,
        "last_observed_at": MOMENT,
        "created_at": MOMENT,
    }
    chunks = [{"id": f"c{number}", "cycle_id": f"{number}", **chunk} for number in range(1001)]
    given = {**record.model_dump(), "id": f"{uuid4()}", "generation_count": 1}

    def clone(waiting: Any) -> ObservationalMemoryRecord:
        return ObservationalMemoryRecord(**given, buffered_observation_chunks=waiting)

    with pytest.raises(LimitExceeded, match="1001 chunks wait, and 1000 may: make"):
        memory.insert_observational_memory_record(clone(chunks))
    assert current(memory, record) == record
    memory.insert_observational_memory_record(clone(chunks[:1000]))
    inserted = current(memory, record)
    assert len(inserted.buffered_observation_chunks) == 1000
    with pytest.raises(LimitExceeded, match="1001 chunks wait"):
        note(memory, inserted, 0)
    swapped = memory.swap_buffered_to_active(
        id=inserted.id,
        **ALL,
        buffered_chunks=[
            one.model_copy(update={"message_tokens": 20})
            for one in inserted.buffered_observation_chunks
        ],
    )
    assert (swapped.chunks_activated, len(swapped.activated_message_ids)) == (1000, 8000)
    note(memory, inserted, 0, messages=8000)
    with pytest.raises(LimitExceeded, match="of 8193 messages or more, and 8192 may be: make"):
        note(memory, inserted, 0, messages=193)
    note(memory, inserted, 0, messages=192)
    swapped = memory.swap_buffered_to_active(id=inserted.id, **ALL)
    assert len(swapped.activated_message_ids) == 8192
    memory.clear_observational_memory(None, record.resource_id)


TYPESCRIPT = """
import assert from "node:assert/strict";
import { LimitExceeded } from "./generated/typescript/index.js";
import { MastraConvexStore } from "./generated/typescript/mastra/index.js";

const MIB = 1024 * 1024;
const store = new MastraConvexStore({
  url: process.env.CONVEX_URL ?? "",
  deployKey: process.env.CONVEX_DEPLOY_KEY,
});
const { memory } = store.stores;
const lastObservedAt = new Date();
const note = async (id: string, cycleId: string, size: number) => {
  await memory.updateBufferedObservations({
    id,
    chunk: {
      cycleId,
      observations: "x".repeat(size * MIB),
      tokenCount: 1,
      messageIds: ["m"],
      messageTokens: 10,
      lastObservedAt,
    },
  });
};
const record = await memory.initializeObservationalMemory({
  threadId: null,
  resourceId: "typescript",
  scope: "resource",
  config: {},
});
const { id } = record;
const observe = async (size: number) => {
  const observations = "a".repeat(size * MIB);
  await memory.updateActiveObservations({ id, observations, tokenCount: 1, lastObservedAt });
};
await observe(5);
await note(id, "first", 6.9);
await assert.rejects(note(id, "second", 1), LimitExceeded);
await assert.rejects(observe(6.2), LimitExceeded);
const current = () => memory.getObservationalMemory(null, "typescript");
assert.equal((await current())?.bufferedObservationChunks?.length, 1);
const swapped = await memory.swapBufferedToActive({
  id,
  activationRatio: 1,
  messageTokensThreshold: 1000,
  currentPendingTokens: 1_000_000,
});
assert.equal(swapped.chunksActivated, 1);
const length = (await current())?.activeObservations.length ?? 0;
assert.ok(length > 11.8 * MIB && length < 12 * MIB);
const history = await memory.getObservationalMemoryHistory(null, "typescript");
assert.equal(history.length, 1);
await memory.clearObservationalMemory(null, "typescript");
assert.equal(await current(), null);
await store.close();
"""


def test_it_is_so_in_typescript(backend: EmbeddedBackend, tmp_path: Path) -> None:
    run_node([bundle_text(TYPESCRIPT, tmp_path)], backend)
