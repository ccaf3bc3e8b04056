"""What type checkers know of a program that uses a generated package. It is checked, not run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import assert_type

from convexgen.runtime import (
    MISSING,
    UNSET,
    AsyncListSubscription,
    AsyncQuery,
    AsyncSearchQuery,
    AsyncSubscription,
    ListChange,
    ListSubscription,
    Page,
    Query,
    Range,
    SearchQuery,
    Subscription,
)
from pydantic import JsonValue
from sample import (
    AsyncSampleStorage,
    Message,
    SampleStorage,
    Thread,
    ThreadChanges,
    ThreadDocId,
    ThreadStatus,
)


def synchronous(storage: SampleStorage) -> None:
    """Every operation has the types of its entity."""
    thread = Thread(
        thread_id="t1",
        resource_id="r1",
        closed_by=None,
        status=ThreadStatus.OPEN,
        kind="chat",
        metadata={"a": [1, None, {"b": "c"}]},
    )
    saved = storage.threads.save(thread)
    assert_type(saved, Thread)
    assert_type(saved.doc_id, ThreadDocId)
    assert_type(saved.created_at, datetime)
    assert_type(storage.threads.get("t1"), Thread | None)
    assert_type(storage.threads.get_many(["t1"]), list[Thread | None])
    assert_type(storage.threads.list(order="desc"), Query[Thread, ThreadChanges])
    assert_type(storage.threads.list().update(set={"score": None}, unset=["title"]), int)
    assert_type(storage.threads.list().delete(), int)
    assert_type(iter(storage.threads.list()), Iterator[Thread])
    assert_type(storage.threads.list().iterate(page_size=2), Iterator[Thread])
    assert_type(storage.threads.list().all(), list[Thread])
    assert_type(storage.threads.save_many([thread]), int)
    assert_type(storage.threads.list().page(), Page[Thread])
    assert_type(storage.threads.list().page().items, list[Thread])
    assert_type(storage.threads.watch("t1"), Subscription[Thread | None])
    assert_type(storage.threads.delete("t1"), bool)
    assert_type(storage.messages.by_thread_id("t1").first(), Message | None)
    assert_type(storage.messages.by_thread_id("t1").watch(), ListSubscription[Message])
    messages = storage.messages.by_thread_id("t1").watch()
    assert_type(next(messages), list[Message])
    assert_type(messages.latest(), list[Message])
    assert_type(next(messages.changes()), ListChange[Message])
    assert_type(next(messages.changes()).changed[0].before, Message)
    assert_type(storage.messages.search_content("x"), SearchQuery[Message])
    assert_type(iter(storage.messages.search_content("x")), Iterator[Message])
    assert_type(storage.messages.search_content("x").first(), Message | None)
    assert_type(storage.messages.search_content("x").all(), list[Message])
    assert_type(storage.messages.search_content("x").watch(), Subscription[list[Message]])
    storage.messages.by_thread_id("t1", created_at=Range(gte=datetime(2026, 1, 1, tzinfo=UTC)))
    storage.messages.by_thread_id("t1", created_at=datetime(2026, 1, 1, tzinfo=UTC))
    storage.threads.update("t1", title="x", metadata=UNSET, expected={"title": UNSET})
    for found in storage.threads.watch("t1"):
        assert_type(found, Thread | None)


def three_states(thread: Thread) -> str:
    """Absent, null and value are narrowed one from the other."""
    if thread.title is MISSING:
        return "absent"
    assert_type(thread.title, str)
    if thread.score is not MISSING and thread.score is not None:
        assert_type(thread.score, float)
    if thread.metadata is not MISSING:
        metadata: JsonValue = thread.metadata
        return str(metadata)
    return thread.title


async def asynchronous(storage: AsyncSampleStorage) -> None:
    """Every operation has the types of its entity."""
    assert_type(await storage.threads.get("t1"), Thread | None)
    assert_type(storage.threads.list(), AsyncQuery[Thread, ThreadChanges])
    assert_type(aiter(storage.threads.list()), AsyncIterator[Thread])
    assert_type(await storage.threads.list().all(), list[Thread])
    assert_type(await storage.threads.list().page(), Page[Thread])
    assert_type(await storage.threads.get_many(["t1"]), list[Thread | None])
    assert_type(await storage.messages.by_thread_id("t1").first(), Message | None)
    assert_type(storage.messages.by_thread_id("t1").watch(), AsyncListSubscription[Message])
    found_messages = storage.messages.search_content("x")
    assert_type(found_messages, AsyncSearchQuery[Message])
    assert_type(await found_messages.first(), Message | None)
    assert_type(await found_messages.all(), list[Message])
    assert_type(found_messages.watch(), AsyncSubscription[list[Message]])
    assert_type(storage.threads.watch("t1"), AsyncSubscription[Thread | None])
    async with storage.threads.watch("t1") as snapshots:
        async for found in snapshots:
            assert_type(found, Thread | None)
