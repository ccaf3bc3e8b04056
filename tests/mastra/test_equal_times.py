"""Lists of several parts, whose documents nothing but their IDs tells apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import (
    CreateSpanRecord,
    MastraDBMessage,
    MessageRole,
    ObservationalMemoryOriginType,
    ObservationalMemoryRecord,
    ObservationalMemoryScope,
    StorageMessageSelection,
    StorageThreadType,
)
from mastra_convex.mastra import MastraStore
from project import ROOT

START = datetime(2026, 5, 1, tzinfo=UTC)

STANDING = datetime(2255, 1, 1, tzinfo=UTC)
"""When numbers of milliseconds are farther apart than creation times: many of these are equal.

They may be equal at any time. Convex takes them from the clock when a transaction begins.
"""

COUNT = 12
LARGE = "x" * 900_000
"""So many of them are two parts, the second of which reads those of the first again."""


def _messages(store: MastraStore) -> None:
    for number in range(COUNT):
        message = MastraDBMessage(
            id=f"m{number}",
            thread_id="t",
            resource_id="r",
            role=MessageRole.USER,
            content={"format": 2, "parts": [], "content": LARGE},
            created_at=START,
        )
        store.memory.save_messages(messages=[message])


def _threads(store: MastraStore) -> None:
    for number in range(COUNT):
        thread = StorageThreadType(
            id=f"t{number}",
            resource_id="r",
            metadata={"text": LARGE},
            created_at=START,
            updated_at=START,
        )
        store.memory.save_thread(thread=thread)


def _spans(store: MastraStore) -> None:
    for number in range(COUNT):
        span = CreateSpanRecord(
            trace_id="s",
            span_id=f"{number}",
            parent_span_id="none",
            name="span",
            span_type="agent_run",
            is_event=False,
            started_at=START,
            error=LARGE,
        )
        store.observability.create_span(span=span)


def _generations(store: MastraStore) -> None:
    for number in range(COUNT):
        record = ObservationalMemoryRecord(
            id=f"o{number}",
            scope=ObservationalMemoryScope.THREAD,
            thread_id="t",
            resource_id="r",
            origin_type=ObservationalMemoryOriginType.REFLECTION,
            generation_count=1,
            active_observations=LARGE,
            config={},
            created_at=START,
            updated_at=START,
            total_tokens_observed=0,
            observation_token_count=0,
            pending_message_tokens=0,
            is_observing=False,
            is_reflecting=False,
            is_buffering_observation=False,
            is_buffering_reflection=False,
            last_buffered_at_tokens=0,
            last_buffered_at_time=None,
        )
        store.memory.insert_observational_memory_record(record)


Case = tuple[Callable[[MastraStore], None], Callable[[MastraStore], Any]]

CASES: dict[str, Case] = {
    "list_messages": (
        _messages,
        lambda store: store.memory.list_messages(thread_id="t", per_page=False).messages,
    ),
    "get_messages": (
        _messages,
        lambda store: store.get_messages(
            thread_id="t", select_by=StorageMessageSelection(last=100), format="v2"
        ),
    ),
    "list_threads": (
        _threads,
        lambda store: store.memory.list_threads(per_page=False).threads,
    ),
    "get_trace": (_spans, lambda store: store.observability.get_trace(trace_id="s").spans),
    "get_structure": (_spans, lambda store: store.observability.get_structure(trace_id="s").spans),
    "get_observational_memory_history": (
        _generations,
        lambda store: store.memory.get_observational_memory_history("t", "r"),
    ),
}


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT, is_controlled=True) as started:
        time = STANDING.timestamp() * 1000
        started.control("clock.set", {"time": time, "isRunning": False})
        yield started


@pytest.fixture
def store(backend: EmbeddedBackend) -> Iterator[MastraStore]:
    with MastraStore(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened
        opened.memory.dangerously_clear_all()
        opened.observability.dangerously_clear_all()


@pytest.mark.parametrize("name", CASES)
def test_what_is_of_one_time_is_in_a_list_once(store: MastraStore, name: str) -> None:
    fill, read = CASES[name]
    fill(store)
    found = read(store)
    ids = [one.span_id if name in ("get_trace", "get_structure") else one.id for one in found]
    assert len(ids) == len(set(ids)) == COUNT
