"""The observational memory of Mastra's memory domain, against the functions that it comes with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import (
    MISSING,
    AlreadyExists,
    BufferedObservationChunk,
    BufferedObservationChunkInput,
    Conflict,
    InvalidArgument,
    LimitExceeded,
    NotFound,
    ObservationalMemoryHistoryOptions,
    ObservationalMemoryOriginType,
    ObservationalMemoryRecord,
    ObservationalMemoryScope,
)
from mastra_convex.mastra import AsyncMastraStore, MastraStore
from project import ROOT
from pydantic import TypeAdapter

KEYS = {"$ref": "#", "clé": {"": [1, None]}, "a.b": True, "__proto__": {"x": 1}}
"""JSON whose keys Convex refuses, or that JavaScript treats specially."""

MOMENT = datetime(2026, 5, 1, 12, 30, 0, 250000, tzinfo=UTC)
BOUNDARY = "\n\n--- message boundary (2026-05-01T12:30:00.250Z) ---\n\n"


class Blocking:
    """The methods of an asynchronous object, called one at a time."""

    def __init__(self, runner: asyncio.Runner, target: Any) -> None:
        self._runner = runner
        self._target = target

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._target, name)
        return lambda *values, **named: self._runner.run(method(*values, **named))


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


@pytest.fixture(scope="module")
def storage(backend: EmbeddedBackend) -> Iterator[MastraStore]:
    with MastraStore(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened


@pytest.fixture(scope="module", params=["sync", "async"])
def memory(
    request: pytest.FixtureRequest, backend: EmbeddedBackend, storage: MastraStore
) -> Iterator[Any]:
    if request.param == "sync":
        yield storage.memory
        return
    with asyncio.Runner() as runner:
        opened = AsyncMastraStore(backend.url, deploy_key=backend.admin_key)
        yield Blocking(runner, opened.memory)
        runner.run(opened.close())


def begin(memory: Any, thread_id: str | None = None, **more: Any) -> ObservationalMemoryRecord:
    """The first generation of a resource of its own, or of a thread."""
    record: ObservationalMemoryRecord = memory.initialize_observational_memory(
        **{
            "thread_id": thread_id,
            "resource_id": f"resource-{uuid4()}",
            "scope": "resource" if thread_id is None else "thread",
            "config": {},
            **more,
        }
    )
    return record


def current(memory: Any, record: ObservationalMemoryRecord) -> ObservationalMemoryRecord:
    found: ObservationalMemoryRecord = memory.get_observational_memory(
        record.thread_id, record.resource_id
    )
    return found


def noted(text: str, message_tokens: float = 500, **more: Any) -> BufferedObservationChunkInput:
    return BufferedObservationChunkInput(
        **{
            "cycle_id": f"cycle-{uuid4()}",
            "observations": text,
            "token_count": 10,
            "message_ids": [f"m-{text[:20]}"],
            "message_tokens": message_tokens,
            "last_observed_at": MOMENT,
            **more,
        }
    )


def buffer(memory: Any, record: ObservationalMemoryRecord, *texts: str) -> None:
    for text in texts:
        memory.update_buffered_observations(id=record.id, chunk=noted(text))


def texts(record: ObservationalMemoryRecord) -> list[str]:
    """The observations that wait."""
    waiting = record.buffered_observation_chunks
    return [] if waiting is MISSING else [one.observations for one in waiting]


def swap(memory: Any, record: ObservationalMemoryRecord, **more: Any) -> Any:
    """As one for whom all that waits is to become active, unless told otherwise."""
    return memory.swap_buffered_to_active(
        **{
            "id": record.id,
            "activation_ratio": 1,
            "message_tokens_threshold": 1000,
            "current_pending_tokens": 10**6,
            **more,
        }
    )


# Beginning, and reading.


@pytest.mark.parametrize(
    ("thread_id", "scope"), [(None, "resource"), ("", "resource"), ("Ünïcode 🚂", "thread")]
)
def test_a_memory_begins_empty(memory: Any, thread_id: str | None, scope: str) -> None:
    unique = thread_id and f"{thread_id}-{uuid4()}"
    record = begin(memory, unique, scope=scope, config=KEYS, observed_timezone="Europe/Oslo")
    assert record == ObservationalMemoryRecord(
        id=record.id,
        scope=ObservationalMemoryScope(scope),
        thread_id=unique,
        resource_id=record.resource_id,
        created_at=record.created_at,
        updated_at=record.created_at,
        origin_type=ObservationalMemoryOriginType.INITIAL,
        generation_count=0,
        active_observations="",
        observed_timezone="Europe/Oslo",
        total_tokens_observed=0,
        observation_token_count=0,
        pending_message_tokens=0,
        is_reflecting=False,
        is_observing=False,
        is_buffering_observation=False,
        is_buffering_reflection=False,
        last_buffered_at_tokens=0,
        last_buffered_at_time=None,
        config=KEYS,
        metadata={},
    )
    assert record.last_observed_at is MISSING
    assert current(memory, record) == record


def test_a_thread_and_a_resource_have_memories_of_their_own(memory: Any) -> None:
    name = f"a-{uuid4()}"
    of_resource = begin(memory, resource_id=name)
    of_thread = begin(memory, name, resource_id=name)
    assert memory.get_observational_memory(None, name).id == of_resource.id
    assert memory.get_observational_memory("", name).id == of_resource.id
    assert memory.get_observational_memory(name, name).id == of_thread.id
    # A thread may have moved to another resource.
    assert memory.get_observational_memory(name, "another").id == of_thread.id
    assert memory.get_observational_memory(None, f"{name}-") is None
    assert memory.get_observational_memory_history(f"{name}-", name) == []
    again = begin(memory, name, resource_id=name)
    assert memory.get_observational_memory(name, name).id == again.id


def test_a_history_has_the_latest_generation_first(memory: Any) -> None:
    made = [begin(memory)]
    for number in range(4):
        made.insert(0, reflect(memory, made[0], f"reflection {number}"))
    assert [one.generation_count for one in made] == [4, 3, 2, 1, 0]
    where = (made[0].thread_id, made[0].resource_id)

    def history(*given: Any) -> list[int]:
        return [
            one.generation_count for one in memory.get_observational_memory_history(*where, *given)
        ]

    def options(**named: Any) -> ObservationalMemoryHistoryOptions:
        return ObservationalMemoryHistoryOptions(**named)

    assert memory.get_observational_memory_history(*where) == made
    assert history(None, None) == [4, 3, 2, 1, 0]
    assert history(2) == [4, 3]
    assert history(0) == []
    assert history(9) == [4, 3, 2, 1, 0]
    assert history(2, options(offset=1)) == [3, 2]
    assert history(None, options(offset=3)) == [1, 0]
    assert history(None, options(offset=5)) == []
    third, first = made[1].created_at, made[3].created_at
    assert history(None, options(from_=first, to=third)) == [3, 2, 1]
    assert history(1, options(from_=first, to=third, offset=1)) == [2]
    assert history(None, options(from_=third + timedelta(milliseconds=1))) == [4]
    assert history(None, options(to=first - timedelta(milliseconds=1))) == [0]
    with pytest.raises(InvalidArgument, match="limit"):
        history(-1)
    with pytest.raises(InvalidArgument, match="offset"):
        history(1, options(offset=-1))


# Observations.


def test_active_observations_are_replaced_and_counted(memory: Any) -> None:
    record = begin(memory, observed_timezone="UTC")
    memory.set_pending_message_tokens(record.id, 70)
    memory.update_active_observations(
        id=record.id,
        observations='- "Hello" 🌍\n- 25°C',
        token_count=100,
        last_observed_at=MOMENT,
        observed_message_ids=["m1", "m2"],
    )
    memory.update_active_observations(
        id=record.id,
        observations="",
        token_count=0.5,
        last_observed_at=MOMENT + timedelta(milliseconds=1),
        observed_timezone="Europe/Oslo",
    )
    found = current(memory, record)
    assert found.active_observations == ""
    assert found.observation_token_count == 0.5
    assert found.total_tokens_observed == 100.5
    assert found.pending_message_tokens == 0
    assert found.last_observed_at == MOMENT + timedelta(milliseconds=1)
    assert found.observed_message_ids == ["m1", "m2"]
    assert found.observed_timezone == "Europe/Oslo"
    assert found.created_at == record.created_at
    assert found.updated_at > record.updated_at


def test_what_is_noted_in_a_cycle_waits_once(memory: Any) -> None:
    record = begin(memory)
    chunk = noted(
        "a",
        7.5,
        cycle_id="cycle",
        suggested_continuation="Go on.",
        current_task="Test",
        thread_title="Tests",
        extracted_values=KEYS,
        extraction_failures=[{"slug": "mood", "error": "none"}],
    )
    memory.update_buffered_observations(id=record.id, chunk=chunk, last_buffered_at_time=MOMENT)
    memory.update_buffered_observations(id=record.id, chunk=noted("b", cycle_id="other"))
    before = current(memory, record)
    for cycle in ("cycle", "other"):
        memory.update_buffered_observations(
            id=record.id,
            chunk=noted("again", cycle_id=cycle),
            last_buffered_at_time=MOMENT + timedelta(hours=1),
        )
    found = current(memory, record)
    assert found == before
    assert found.last_buffered_at_time == MOMENT
    assert texts(found) == ["a", "b"]
    waiting = found.buffered_observation_chunks
    assert waiting is not MISSING
    first = waiting[0]
    assert first == BufferedObservationChunk(
        id=first.id, created_at=first.created_at, **chunk.model_dump()
    )
    assert first.id.startswith("ombuf-")
    assert first.id != waiting[1].id
    # What another record has noted is another matter.
    another = begin(memory)
    memory.update_buffered_observations(id=another.id, chunk=chunk)
    assert texts(current(memory, another)) == ["a"]


@pytest.mark.parametrize(
    ("weights", "ratio", "threshold", "pending", "forced", "activated"),
    [
        # As many as reach the target.
        ([1500, 1500, 3000], 0, 1000, 4000, False, 2),
        ([700, 333.5, 100, 500], 0.5, 3000, 2500, False, 2),
        ([700, 700], 0, 1000, 1400, False, 1),
        ([600], 1, 1000, 600, False, 1),
        ([700], 1, 1000, 700, False, 1),
        # Those would leave too little: as many as do not reach it.
        ([0, 500, 3000], 1, 3000, 1400, False, 2),
        ([500, 500, 1500], 0.5, 1000, 2500, True, 2),
        ([600, 600], 0.5, 1000, 1200, False, 1),
        ([0, 500, 700], 0.2, 1000, 1400, False, 2),
        ([300, 700, 333.5], 0.95, 3000, 9000, True, 3),
        # They go too far below the target, unless that is asked for.
        ([5000, 34000], 0, 30000, 40000, False, 1),
        ([5000, 34000], 0, 30000, 40000, True, 2),
        ([100, 100, 1500], 0, 3000, 4000, True, 3),
        # There are no fewer.
        ([0, 3000, 500], 0.95, 100, 2500, True, 2),
        ([0, 0, 3000], 0, 1000, 1200, True, 3),
        ([333.5], 0.8, 3000, 0, True, 1),
        # None weighs anything.
        ([0, 0], 0.5, 3000, 4000, True, 1),
    ],
)
def test_how_many_become_active(
    memory: Any,
    weights: list[float],
    ratio: float,
    threshold: float,
    pending: float,
    forced: bool,
    activated: int,
) -> None:
    record = begin(memory)
    for number, weight in enumerate(weights):
        chunk = noted(f"{number}", weight)
        memory.update_buffered_observations(id=record.id, chunk=chunk)
    result = swap(
        memory,
        record,
        activation_ratio=ratio,
        message_tokens_threshold=threshold,
        current_pending_tokens=pending,
        force_max_activation=forced,
    )
    assert result.chunks_activated == activated
    names = [f"{number}" for number in range(len(weights))]
    found = current(memory, record)
    assert found.active_observations == "\n\n".join(names[:activated])
    assert texts(found) == names[activated:]


def test_what_a_swap_does(memory: Any) -> None:
    record = begin(memory)
    memory.set_pending_message_tokens(record.id, 1200)
    for number in (1, 2, 3):
        chunk = noted(
            f"{number}",
            100 * number,
            cycle_id=f"c{number}",
            token_count=number,
            message_ids=["m", f"m{number}"],
            last_observed_at=MOMENT + timedelta(seconds=number - 2),
            suggested_continuation=f"Go on with {number}.",
            **({"current_task": "Swap"} if number == 3 else {}),
        )
        memory.update_buffered_observations(id=record.id, chunk=chunk)
    result = swap(memory, record, current_pending_tokens=300, message_tokens_threshold=0)
    assert result.model_dump(exclude_unset=True) == {
        "chunks_activated": 2,
        "message_tokens_activated": 300,
        "observation_tokens_activated": 3,
        "messages_activated": 4,
        "activated_cycle_ids": ["c1", "c2"],
        "activated_message_ids": ["m", "m1", "m", "m2"],
        "observations": "1\n\n2",
        "per_chunk": [
            {
                "cycle_id": f"c{number}",
                "message_tokens": 100 * number,
                "observation_tokens": number,
                "message_count": 2,
                "observations": f"{number}",
            }
            for number in (1, 2)
        ],
        "suggested_continuation": "Go on with 2.",
    }
    found = current(memory, record)
    assert found.active_observations == "1\n\n2"
    assert (found.observation_token_count, found.pending_message_tokens) == (3, 900)
    assert (found.total_tokens_observed, found.last_observed_at) == (0, MOMENT)
    assert found.observed_message_ids is MISSING
    assert found.updated_at > record.updated_at

    memory.set_pending_message_tokens(record.id, 1)
    result = swap(memory, record, last_observed_at=MOMENT)
    assert (result.chunks_activated, result.current_task) == (1, "Swap")
    found = current(memory, record)
    assert found.active_observations == f"1\n\n2{BOUNDARY}3"
    assert (found.observation_token_count, found.pending_message_tokens) == (6, 0)
    assert (found.last_observed_at, found.buffered_observation_chunks) == (MOMENT, MISSING)

    result = swap(memory, record, last_observed_at=MOMENT + timedelta(days=1))
    assert result.model_dump(exclude_unset=True) == {
        "chunks_activated": 0,
        "message_tokens_activated": 0,
        "observation_tokens_activated": 0,
        "messages_activated": 0,
        "activated_cycle_ids": [],
        "activated_message_ids": [],
    }
    assert current(memory, record) == found


@pytest.mark.defect(21)
def test_what_came_since_stays(memory: Any) -> None:
    record = begin(memory)
    buffer(memory, record, "a", "b")
    known = current(memory, record).buffered_observation_chunks
    assert known is not MISSING
    buffer(memory, record, "c")

    # Weighed anew, the first one is enough; the other one keeps its new weight.
    lighter = [
        one.model_copy(update={"message_tokens": weight, "token_count": 1})
        for one, weight in zip(known, (900, 250), strict=True)
    ]
    result = swap(memory, record, buffered_chunks=lighter, current_pending_tokens=900)
    assert (result.observations, result.message_tokens_activated) == ("a", 900)
    found = current(memory, record)
    waiting = found.buffered_observation_chunks
    assert waiting is not MISSING
    assert [one.message_tokens for one in waiting] == [250, 500]
    assert texts(found) == ["b", "c"]
    assert (found.active_observations, found.observation_token_count) == ("a", 1)

    # Those that are active by now are so once; what the caller does not know, it makes not active.
    result = swap(memory, record, buffered_chunks=[*lighter, *lighter])
    assert (result.chunks_activated, result.observations) == (1, "b")
    for stale in (lighter, []):
        assert swap(memory, record, buffered_chunks=stale).chunks_activated == 0
    found = current(memory, record)
    assert found.active_observations == f"a{BOUNDARY}b"
    assert texts(found) == ["c"]
    assert swap(memory, record).observations == "c"


# Reflections.


def reflect(memory: Any, record: ObservationalMemoryRecord, text: str) -> ObservationalMemoryRecord:
    made: ObservationalMemoryRecord = memory.create_reflection_generation(
        current_record=record, reflection=text, token_count=5
    )
    return made


def test_a_reflection_begins_a_generation(memory: Any) -> None:
    record = begin(memory, config=KEYS, observed_timezone="UTC")
    buffer(memory, record, "a", "b")
    memory.set_pending_message_tokens(record.id, 9)
    memory.set_observing_flag(record.id, True)
    memory.update_active_observations(
        id=record.id,
        observations="long",
        token_count=100,
        last_observed_at=MOMENT,
        observed_message_ids=["m"],
    )
    # The caller has read the record before that.
    made = reflect(memory, record, "short")
    assert made == ObservationalMemoryRecord(
        **{
            **record.model_dump(),
            "id": made.id,
            "origin_type": "reflection",
            "generation_count": 1,
            "active_observations": "short",
            "observation_token_count": 5,
            "total_tokens_observed": 100,
            "last_observed_at": MOMENT,
            "created_at": made.created_at,
            "updated_at": made.created_at,
        }
    )
    assert made.id != record.id
    assert current(memory, record) == made
    _, before = memory.get_observational_memory_history(record.thread_id, record.resource_id)
    assert (before.id, before.active_observations) == (record.id, "long")
    assert (before.observation_token_count, before.is_observing) == (100, True)
    assert texts(before) == ["a", "b"]


def test_a_reflection_on_what_is_stored_nowhere(memory: Any) -> None:
    record = begin(memory)
    foreign = record.model_copy(
        update={
            "id": "none",
            "resource_id": f"r-{uuid4()}",
            "generation_count": 6,
            "metadata": {"kept": True},
        }
    )
    made = reflect(memory, foreign, "short")
    assert (made.generation_count, made.metadata) == (7, {"kept": True})
    assert made.last_observed_at == made.created_at
    assert current(memory, foreign) == made
    assert current(memory, record) == record


def test_a_waiting_reflection_begins_a_generation(memory: Any) -> None:
    record = begin(memory)
    memory.update_active_observations(
        id=record.id,
        observations="one\ntwo\n\n  three\nfour \n",
        token_count=100,
        last_observed_at=MOMENT,
    )
    for text, tokens, lines in (("first", 1, 1), ("second", 2.5, 2)):
        memory.update_buffered_reflection(
            id=record.id,
            reflection=text,
            token_count=tokens,
            input_token_count=10 * tokens,
            reflected_observation_line_count=lines,
        )
    found = current(memory, record)
    assert found.buffered_reflection == "first\n\nsecond"
    assert (found.buffered_reflection_tokens, found.buffered_reflection_input_tokens) == (3.5, 35)
    assert found.reflected_observation_line_count == 2

    made = memory.swap_buffered_reflection_to_active(current_record=record, token_count=42)
    assert made.active_observations == "first\n\nsecond\n\nthree\nfour"
    assert (made.generation_count, made.origin_type) == (1, "reflection")
    assert (made.observation_token_count, made.total_tokens_observed) == (42, 100)
    assert made.last_observed_at == MOMENT
    assert made.buffered_reflection is MISSING
    assert current(memory, record) == made
    _, before = memory.get_observational_memory_history(record.thread_id, record.resource_id)
    assert before.active_observations == found.active_observations
    for name in (
        "buffered_reflection",
        "buffered_reflection_tokens",
        "buffered_reflection_input_tokens",
        "reflected_observation_line_count",
    ):
        assert getattr(before, name) is MISSING

    with pytest.raises(Conflict, match="No buffered reflection to swap"):
        memory.swap_buffered_reflection_to_active(current_record=record, token_count=1)
    assert current(memory, record) == made


def test_a_waiting_reflection_on_all_that_is_active(memory: Any) -> None:
    record = begin(memory)
    memory.update_buffered_reflection(
        id=record.id,
        reflection="all",
        token_count=1,
        input_token_count=1,
        reflected_observation_line_count=9,
    )
    made = memory.swap_buffered_reflection_to_active(current_record=record, token_count=1)
    assert made.active_observations == "all"


# Flags, counters, and the configuration.


@pytest.mark.parametrize(
    ("method", "given", "field", "value"),
    [
        ("set_reflecting_flag", [True], "is_reflecting", True),
        ("set_observing_flag", [True], "is_observing", True),
        ("set_buffering_observation_flag", [True], "is_buffering_observation", True),
        ("set_buffering_observation_flag", [False, 12.5], "last_buffered_at_tokens", 12.5),
        ("set_buffering_observation_flag", [False, 0], "last_buffered_at_tokens", 0),
        ("set_buffering_observation_flag", [False, None], "last_buffered_at_tokens", 7),
        ("set_buffering_observation_flag", [True], "last_buffered_at_tokens", 7),
        ("set_buffering_reflection_flag", [True], "is_buffering_reflection", True),
        ("set_pending_message_tokens", [75], "pending_message_tokens", 75),
    ],
)
def test_flags_and_counters(
    memory: Any, method: str, given: list[Any], field: str, value: object
) -> None:
    record = begin(memory)
    memory.set_buffering_observation_flag(record.id, False, 7)
    getattr(memory, method)(record.id, *given)
    found = current(memory, record)
    assert getattr(found, field) == value
    assert found.updated_at > record.updated_at
    if value is True:
        getattr(memory, method)(record.id, False)
        assert getattr(current(memory, record), field) is False


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ({"a": 1}, {}, {"a": 1}),
        (
            {"observation": {"messageTokens": 1, "model": "x"}, "kept": True},
            {"observation": {"messageTokens": 2}},
            {"observation": {"messageTokens": 2, "model": "x"}, "kept": True},
        ),
        ({"a": {"b": 1}}, {"a": None}, {"a": None}),
        ({"a": {"b": 1}}, {"a": [1]}, {"a": [1]}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": 1}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        (
            KEYS,
            {"clé": {"": 2}, "__proto__": {"y": 2}},
            {**KEYS, "clé": {"": 2}, "__proto__": {"x": 1, "y": 2}},
        ),
    ],
)
def test_a_configuration_is_merged(memory: Any, before: Any, change: Any, after: Any) -> None:
    record = begin(memory, config=before)
    memory.update_observational_memory_config(id=record.id, config=change)
    assert current(memory, record).config == after


@pytest.mark.parametrize(
    "call",
    [
        lambda memory, none: memory.set_reflecting_flag(none.id, True),
        lambda memory, none: memory.set_observing_flag(none.id, True),
        lambda memory, none: memory.set_buffering_observation_flag(none.id, True, 1),
        lambda memory, none: memory.set_buffering_reflection_flag(none.id, False),
        lambda memory, none: memory.set_pending_message_tokens(none.id, 1),
        lambda memory, none: memory.update_observational_memory_config(id=none.id, config={}),
        lambda memory, none: memory.update_active_observations(
            id=none.id, observations="", token_count=0, last_observed_at=MOMENT
        ),
        lambda memory, none: memory.update_buffered_observations(id=none.id, chunk=noted("a")),
        swap,
        lambda memory, none: memory.update_buffered_reflection(
            id=none.id,
            reflection="",
            token_count=0,
            input_token_count=0,
            reflected_observation_line_count=0,
        ),
        lambda memory, none: memory.swap_buffered_reflection_to_active(
            current_record=none, token_count=0
        ),
    ],
)
def test_a_record_that_is_not_there(memory: Any, call: Callable[[Any, Any], None]) -> None:
    none = begin(memory).model_copy(update={"id": "not-there"})
    with pytest.raises(NotFound, match="Observational memory record not found: not-there"):
        call(memory, none)


# Whole records, and their end.


def full(record: ObservationalMemoryRecord, **more: Any) -> ObservationalMemoryRecord:
    """A record with all fields, as a caller has made it."""
    chunks = [
        BufferedObservationChunk(
            id=f"chunk-{number}",
            created_at=MOMENT - timedelta(hours=number),
            **noted(f"{number}", extracted_values=KEYS).model_dump(),
        )
        for number in range(3)
    ]
    return ObservationalMemoryRecord(
        **{
            **record.model_dump(),
            "id": f"clone-{uuid4()}",
            "created_at": MOMENT,
            "updated_at": MOMENT + timedelta(hours=1),
            "last_observed_at": MOMENT,
            "origin_type": "reflection",
            "generation_count": 3,
            "active_observations": "active",
            "buffered_observation_chunks": chunks,
            "buffered_observations": "legacy",
            "buffered_observation_tokens": 1,
            "buffered_message_ids": ["m1"],
            "buffered_reflection": "reflection",
            "buffered_reflection_tokens": 2,
            "buffered_reflection_input_tokens": 3,
            "reflected_observation_line_count": 4,
            "observed_message_ids": ["m2"],
            "observed_timezone": "UTC",
            "total_tokens_observed": 5,
            "observation_token_count": 6,
            "pending_message_tokens": 7,
            "is_reflecting": True,
            "is_observing": True,
            "is_buffering_observation": True,
            "is_buffering_reflection": True,
            "last_buffered_at_tokens": 8,
            "last_buffered_at_time": MOMENT,
            "config": KEYS,
            "metadata": KEYS,
            **more,
        }
    )


def test_a_record_is_inserted_as_it_is(memory: Any) -> None:
    clone = full(begin(memory), resource_id=f"r-{uuid4()}")
    for _ in range(2):  # a caller to whom no answer came repeats it
        memory.insert_observational_memory_record(clone)
        assert current(memory, clone) == clone
    with pytest.raises(AlreadyExists):
        memory.insert_observational_memory_record(clone.model_copy(update={"metadata": {}}))
    buffer(memory, clone, "new")
    assert texts(current(memory, clone)) == ["0", "1", "2", "new"]
    # To the chunks of another record with the same names, nothing happens.
    twin = full(clone, generation_count=9)
    memory.insert_observational_memory_record(twin)
    assert swap(memory, clone).chunks_activated == 4
    assert texts(current(memory, clone)) == ["0", "1", "2"]


def test_mastras_json(memory: Any) -> None:
    clone = full(begin(memory), resource_id=f"r-{uuid4()}")
    adapter: TypeAdapter[Any] = TypeAdapter(ObservationalMemoryRecord | None)
    given = adapter.dump_json(clone, by_alias=True)
    assert b'"lastBufferedAtTime":"2026-05-01T12:30:00.250' in given
    memory.insert_observational_memory_record(
        adapter.validate_json(given, by_alias=True, by_name=False)
    )
    assert adapter.dump_json(current(memory, clone), by_alias=True) == given
    options = TypeAdapter(ObservationalMemoryHistoryOptions).validate_json(
        '{"from": "2026-05-01T12:30:00.250Z", "offset": 0}', by_alias=True, by_name=False
    )
    history = memory.get_observational_memory_history(
        clone.thread_id, clone.resource_id, None, options
    )
    assert history == [clone]


def test_inserted_records_stand_by_their_generation(memory: Any) -> None:
    record = begin(memory)
    for name, count in (("late", 5), ("early", 1), ("between", 3), ("again", 3)):
        clone = full(record, generation_count=count, active_observations=name)
        memory.insert_observational_memory_record(clone)
    history = memory.get_observational_memory_history(record.thread_id, record.resource_id)
    names = [one.active_observations for one in history]
    assert names == ["late", "again", "between", "early", ""]
    assert current(memory, record).active_observations == "late"


def test_a_memory_is_cleared(memory: Any, storage: MastraStore) -> None:
    name = f"a-{uuid4()}"
    records = [begin(memory, resource_id=name), begin(memory, name, resource_id=name)]
    for record in records:
        buffer(memory, record, "a")
        reflect(memory, record, "short")
    memory.clear_observational_memory(None, name)
    memory.clear_observational_memory(None, name)
    assert memory.get_observational_memory_history(None, name) == []
    assert len(memory.get_observational_memory_history(name, name)) == 2
    memory.clear_observational_memory(name, "another")
    assert memory.get_observational_memory(name, name) is None
    left = {one.record_id for one in storage.observation_chunks.list()}
    assert left.isdisjoint({one.id for one in records})


# Large ones, and many at once.


def test_observations_of_many_mebibytes(memory: Any) -> None:
    record = begin(memory)
    texts_of_many = [letter * (400 * 1024) + "🌍" for letter in "abc"] + ["d" * 3 * 2**20]
    buffer(memory, record, *texts_of_many)
    assert texts(current(memory, record)) == texts_of_many
    for _ in texts_of_many:
        swap(memory, record, current_pending_tokens=1, message_tokens_threshold=0)
    found = current(memory, record)
    assert found.active_observations == BOUNDARY.join(texts_of_many)
    memory.set_observing_flag(record.id, True)
    made = reflect(memory, found, found.active_observations)
    assert made.active_observations == found.active_observations
    memory.clear_observational_memory(record.thread_id, record.resource_id)
    assert current(memory, record) is None


def test_a_history_of_many_mebibytes(memory: Any, storage: MastraStore) -> None:
    made = [begin(memory)]
    for number in range(14):  # of 21 MiB, in chunks and without
        size = (1 if number % 2 else 2**21) + 700 * 1024
        made.insert(0, reflect(memory, made[0], f"{number % 10}" * size))
    where = (made[0].thread_id, made[0].resource_id)
    found = memory.get_observational_memory_history(*where)
    assert found == made
    options = ObservationalMemoryHistoryOptions(offset=9, from_=made[-2].created_at)
    assert memory.get_observational_memory_history(*where, 5, options) == made[9:-1]
    with pytest.raises(LimitExceeded, match="readGenerations"):
        storage.functions.mastra_observational_memory.get_observational_memory_history(*where)
    memory.clear_observational_memory(*where)
    assert memory.get_observational_memory_history(*where) == []
