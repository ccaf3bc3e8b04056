"""What is as large as a call reads, beside others: lists, copies and deletions come past it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex.mastra import MastraStore
from project import ROOT

NOW = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)

SIZES = [600_000, 15_900_000, 870_000, 900_000, 100, 870_000, 15_900_000, 880_000]
"""Those that lie in their documents beside those that lie in chunks."""
COUNT = len(SIZES)


@pytest.fixture(scope="module")
def store() -> Iterator[MastraStore]:
    with (
        EmbeddedBackend.start(ROOT) as backend,
        MastraStore(backend.url, deploy_key=backend.admin_key) as opened,
    ):
        yield opened


def content(size: int) -> dict[str, Any]:
    return {"format": 2, "parts": [], "content": "x" * size, "metadata": {"a": 1}}


@pytest.fixture(scope="module")
def messages(store: MastraStore) -> MastraStore:
    given: Any = [
        {
            "id": f"m{number}",
            "threadId": "t",
            "resourceId": "r",
            "role": "user",
            "content": content(size),
            "createdAt": NOW + timedelta(seconds=number),
        }
        for number, size in enumerate(SIZES)
    ]
    thread: Any = {"id": "t", "resourceId": "r", "createdAt": NOW, "updatedAt": NOW}
    store.memory.save_thread(thread=thread)
    store.memory.save_messages(messages=given)
    return store


LISTS: dict[str, Callable[[Any], Any]] = {
    "all": lambda of: of.memory.list_messages(thread_id="t", per_page=False),
    "descending": lambda of: of.memory.list_messages(
        thread_id="t", per_page=False, order_by={"direction": "DESC"}
    ),
    "of several threads": lambda of: of.memory.list_messages(
        thread_id=["t", "none"], per_page=False
    ),
    "of a resource": lambda of: of.memory.list_messages_by_resource_id(
        resource_id="r", per_page=False
    ),
    "by metadata": lambda of: of.memory.list_messages(
        thread_id="t", per_page=False, filter={"metadata": {"a": 1}}
    ),
    "around one": lambda of: of.memory.list_messages(
        thread_id="t",
        per_page=0,
        include=[{"id": "m5", "withPreviousMessages": 9, "withNextMessages": 9}],
    ),
    "by ID": lambda of: of.memory.list_messages_by_id(
        message_ids=[f"m{number}" for number in range(COUNT)]
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_messages_are_listed(name: str, messages: MastraStore) -> None:
    found = LISTS[name](messages).messages
    ids = [f"m{number}" for number in range(COUNT)]
    assert [one.id for one in found] == (ids[::-1] if name == "descending" else ids)
    assert {one.id: len(one.content["content"]) for one in found} == dict(
        zip(ids, SIZES, strict=True)
    )


@pytest.mark.parametrize("size", [1, 2, 3])
def test_messages_are_listed_by_pages(size: int, messages: MastraStore) -> None:
    pages = [
        messages.memory.list_messages(thread_id="t", per_page=size, page=page).messages
        for page in range(-(-COUNT // size))
    ]
    assert [one.id for page in pages for one in page] == [f"m{number}" for number in range(COUNT)]


def test_messages_are_listed_by_the_old_methods(messages: MastraStore) -> None:
    ids = [f"m{number}" for number in range(COUNT)]
    assert [one.id for one in messages.get_messages(thread_id="t", format="v2")] == ids
    select_by: Any = {"pagination": {"page": 0, "perPage": COUNT}}
    page = messages.get_messages_paginated(thread_id="t", select_by=select_by)
    assert [one.id for one in page.messages] == ids


def test_messages_are_changed_and_copied_and_deleted(messages: MastraStore) -> None:
    changes: Any = [{"id": f"m{number}", "type": "changed"} for number in range(COUNT)]
    for update in (messages.memory.update_messages, messages.update_messages):
        assert [(one.id, one.type) for one in update(messages=changes)] == [
            (f"m{number}", "changed") for number in range(COUNT)
        ]
    copy = messages.memory.clone_thread(source_thread_id="t", new_thread_id="copy")
    assert [len(one.content["content"]) for one in copy.cloned_messages] == SIZES  # type: ignore[call-overload, arg-type, index]
    messages.memory.delete_thread(thread_id="copy")
    assert messages.memory.list_messages(thread_id="copy").messages == []


def test_spans_are_read_and_deleted(store: MastraStore) -> None:
    spans: Any = [
        {
            "traceId": "trace",
            "spanId": f"s{number}",
            "parentSpanId": "s0" if number else None,
            "name": "s",
            "spanType": "agent_run",
            "isEvent": False,
            "startedAt": NOW + timedelta(seconds=number),
            "input": "x" * size,
            "organizationId": "o",
        }
        for number, size in enumerate(SIZES)
    ]
    ids = [f"s{number}" for number in range(COUNT)]
    for tenant in ({}, {"organization_id": "o"}):
        store.observability.batch_create_spans(records=spans)
        trace = store.observability.get_trace(trace_id="trace")
        assert trace is not None
        assert [one.span_id for one in trace.spans] == ids
        found = store.observability.get_spans(trace_id="trace", span_ids=ids).spans
        assert [one.span_id for one in found] == ids
        store.observability.batch_delete_traces(trace_ids=["trace"], **tenant)
        assert store.observability.get_trace(trace_id="trace") is None


def test_runs_of_many_steps_are_listed(store: MastraStore) -> None:
    context: Any = {f"s{number}": {"output": "x" * 5000} for number in range(1790)}
    for name in ("a", "b", "c"):
        store.workflows.persist_workflow_snapshot(
            workflow_name="w", run_id=name, snapshot={"context": context}
        )
    found = store.workflows.list_workflow_runs(workflow_name="w")
    assert [one.run_id for one in found.runs] == ["c", "b", "a"]
    assert all(one.snapshot == {"context": context} for one in found.runs)
    assert store.get_workflow_runs(workflow_name="w").total == 3


THREADS = [f"thread-{number}" for number in range(18)]


@pytest.fixture(scope="module")
def threads(store: MastraStore) -> list[str]:
    """Threads whose first messages are more than a call reads; the IDs of all in their order."""
    sizes = {0: 870_000, 1: 100, 2: 870_000}
    given: Any = [
        {
            "id": f"{thread}-{turn}",
            "threadId": thread,
            "resourceId": "r2",
            "role": "user",
            "content": content(15_900_000 if (turn, number) == (1, 3) else sizes[turn]),
            "createdAt": NOW + timedelta(seconds=100 * turn + number),
        }
        for turn in sizes
        for number, thread in enumerate(THREADS)
    ]
    store.memory.save_messages(messages=given)
    return [one["id"] for one in given]


def test_messages_of_threads_that_begin_with_large_ones_are_listed(
    store: MastraStore, threads: list[str]
) -> None:
    def listed(**given: Any) -> list[str]:
        found = store.memory.list_messages(thread_id=[*THREADS, "none"], **given)
        assert found.total == len(threads)
        return [one.id for one in found.messages]

    assert listed(per_page=False) == threads
    assert listed(per_page=False, order_by={"direction": "DESC"}) == threads[::-1]
    assert listed(per_page=5) == threads[:5]
    assert listed(per_page=20, page=2) == threads[40:]
    assert listed(per_page=False, filter={"metadata": {"a": 1}}) == threads
    include: Any = [{"id": threads[30], "withPreviousMessages": 1}]
    assert listed(per_page=3, include=include) == [*threads[:3], threads[12], threads[30]]
