"""Lists that are more than one call reads, while others write: they are of one moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import mastra_convex._functions as functions
import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import (
    CreateSpanRecord,
    MastraDBMessage,
    MessageRole,
    StorageOrderBy,
    StorageThreadType,
    TracesOrder,
    TracesPage,
    UpdateSpanRecord,
)
from mastra_convex.mastra import AsyncMastraStore, MastraStore
from project import ROOT

START = datetime(2026, 5, 1, tzinfo=UTC)
COUNT = 12
LARGE = "x" * 900_000
"""So many of them are more than a call reads of any list."""


def _threads(store: MastraStore) -> None:
    for number in range(COUNT):
        at = START + timedelta(seconds=number)
        thread = StorageThreadType(
            id=f"t{number}",
            resource_id="r",
            metadata={"text": LARGE},
            created_at=at,
            updated_at=at,
        )
        store.memory.save_thread(thread=thread)


def _messages(store: MastraStore) -> None:
    for number in range(COUNT):
        message = MastraDBMessage(
            id=f"m{number}",
            thread_id="t",
            resource_id="r",
            role=MessageRole.USER,
            content={"format": 2, "parts": [], "content": LARGE},
            created_at=START + timedelta(seconds=number),
        )
        store.memory.save_messages(messages=[message])


def _spans(store: MastraStore) -> None:
    for number in range(COUNT):
        span = CreateSpanRecord(
            trace_id=f"s{number}",
            span_id="root",
            name="root",
            span_type="agent_run",
            is_event=False,
            started_at=START,
            ended_at=START + timedelta(seconds=number),
            metadata={"text": LARGE},
        )
        store.observability.create_span(span=span)


def _touch(store: MastraStore) -> None:
    store.memory.update_thread(id="t0", title="later")


def _remove(store: MastraStore) -> None:
    store.memory.delete_messages(["m0"])


def _end(store: MastraStore) -> None:
    later = UpdateSpanRecord(ended_at=START + timedelta(days=1))
    store.observability.update_span(trace_id="s0", span_id="root", updates=later)


LAST_WRITTEN = StorageOrderBy(field="updatedAt", direction="DESC")
NEWEST = StorageOrderBy(field="createdAt", direction="DESC")


@dataclass(frozen=True)
class Case:
    """A list, what it is of, the function that reads a part of it, and what moves the last one."""

    fill: Callable[[MastraStore], None]
    function: str
    write: Callable[[MastraStore], None]
    read: Callable[[Any], Any]
    ids: Callable[[Any], list[str]]
    total: Callable[[Any], int]


CASES = {
    "list_threads": Case(
        _threads,
        "MastraMemoryFunctions.find_threads",
        _touch,
        lambda store: store.memory.list_threads(per_page=False, order_by=LAST_WRITTEN),
        lambda found: [one.id for one in found.threads],
        lambda found: found.total,
    ),
    "list_messages": Case(
        _messages,
        "MastraMemoryFunctions.find_messages",
        _remove,
        lambda store: store.memory.list_messages(thread_id="t", per_page=False, order_by=NEWEST),
        lambda found: [one.id for one in found.messages],
        lambda found: found.total,
    ),
    "list_messages_by_resource_id": Case(
        _messages,
        "MastraMemoryFunctions.find_messages",
        _remove,
        lambda store: store.memory.list_messages_by_resource_id(
            resource_id="r", per_page=False, order_by=NEWEST
        ),
        lambda found: [one.id for one in found.messages],
        lambda found: found.total,
    ),
    "list_traces": Case(
        _spans,
        "MastraObservabilityFunctions.find_traces",
        _end,
        lambda store: store.observability.list_traces(
            order_by=TracesOrder(field="endedAt", direction="DESC"),
            pagination=TracesPage(per_page=100),
        ),
        lambda found: [one.trace_id for one in found.spans],
        lambda found: found.pagination.total,
    ),
    "list_traces_light": Case(
        _spans,
        "MastraObservabilityFunctions.find_light_traces",
        _end,
        lambda store: store.observability.list_traces_light(
            order_by=TracesOrder(field="endedAt", direction="DESC"),
            pagination=TracesPage(per_page=100),
        ),
        lambda found: [one.trace_id for one in found.spans],
        lambda found: found.pagination.total,
    ),
    "get_threads_by_resource_id": Case(
        _threads,
        "MastraMemoryFunctions.find_threads",
        _touch,
        lambda store: store.get_threads_by_resource_id(resource_id="r", order_by="updatedAt"),
        lambda found: [one.id for one in found],
        len,
    ),
}


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


@pytest.fixture
def store(backend: EmbeddedBackend) -> Iterator[MastraStore]:
    with MastraStore(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened
        opened.memory.dangerously_clear_all()
        opened.observability.dangerously_clear_all()


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_list_in_parts_is_of_one_moment(
    backend: EmbeddedBackend,
    store: MastraStore,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    *,
    is_async: bool,
) -> None:
    """What comes last changes after each call: it is there, once, or neither it nor its count."""
    case = CASES[name]
    case.fill(store)
    class_name, method = case.function.split(".")
    bound = getattr(functions, f"Async{class_name}" if is_async else class_name)
    original = getattr(bound, method)
    calls: list[None] = []

    def read_then_write(seen: Any, **arguments: Any) -> Any:
        part = original(seen, **arguments)
        calls.append(None)
        case.write(store)
        return part

    async def read_then_write_async(seen: Any, **arguments: Any) -> Any:
        part = await original(seen, **arguments)
        calls.append(None)
        await asyncio.to_thread(case.write, store)
        return part

    monkeypatch.setattr(bound, method, read_then_write_async if is_async else read_then_write)
    found = asyncio.run(_asynchronous(backend, case)) if is_async else case.read(store)
    monkeypatch.undo()
    ids = case.ids(found)
    assert len(calls) > 1
    assert len(ids) == len(set(ids)) == case.total(found)
    assert len(ids) in (COUNT - 1, COUNT)
    assert case.write is _remove or len(ids) == COUNT


async def _asynchronous(backend: EmbeddedBackend, case: Case) -> Any:
    async with AsyncMastraStore(backend.url, deploy_key=backend.admin_key) as opened:
        return await case.read(opened)
