"""Queries as values: what they send, when, and how they are shown."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from convexgen.runtime import (
    MISSING,
    UNSET,
    AsyncSearchQuery,
    Bounds,
    EntityDescription,
    Equal,
    Filter,
    IndexDescription,
    InvalidArgument,
    Page,
    Query,
    Range,
    SearchQuery,
)
from loopback import Reply, Request, serving, success
from sample import AsyncSampleStorage, Message, SampleStorage, ThreadStatus

NOWHERE = "http://127.0.0.1:1"
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def document(message_id: str) -> dict[str, Any]:
    return {
        "_id": message_id,
        "_creationTime": 1.5,
        "messageId": message_id,
        "threadId": "t1",
        "content": message_id,
        "createdAt": 1.5,
    }


def pages(request: Request) -> Reply:
    """Three messages, of which a page has as many as are asked for."""
    options = request.body["args"]["paginationOpts"]
    start = int(options["cursor"] or 0)
    end = start + int(options["numItems"])
    page = [document(name) for name in "abc"[start:end]]
    return success({"page": page, "isDone": end >= 3, "continueCursor": str(end)})


def matches(request: Request) -> Reply:
    """Messages, of which a search finds as many as it may."""
    return success([document(name) for name in "abc"[: int(request.body["args"]["limit"])]])


def ids(messages: Any) -> list[str]:
    return [message.message_id for message in messages]


def test_nothing_is_sent_until_it_is_asked_for_and_then_each_time_anew() -> None:
    with serving(pages) as server, SampleStorage(server.url) as storage:
        query = storage.messages.by_thread_id("t1")
        assert server.requests == []
        assert ids(query) == ids(query) == ["a", "b", "c"]
        assert len(server.requests) == 2
        assert ids(query.all()) == ["a", "b", "c"]
        one_by_one = query.iterate(page_size=1)
        assert next(one_by_one).message_id == "a"
        assert ids(one_by_one) == ["b", "c"]
        first = query.first()
        assert first is not None
        assert first.message_id == "a"
        page = query.page(limit=2)
        assert isinstance(page, Page)
        assert ids(page) == ["a", "b"]
        assert ids(query.page(cursor=page.cursor, limit=2)) == ["c"]


def test_nothing_is_sent_until_it_is_awaited() -> None:
    async def main(url: str) -> None:
        async with AsyncSampleStorage(url) as storage:
            query = storage.messages.by_thread_id("t1")
            assert server.requests == []
            for _ in range(2):
                assert ids([message async for message in query]) == ["a", "b", "c"]
            assert ids(await query.all()) == ["a", "b", "c"]
            assert ids([one async for one in query.iterate(page_size=2)]) == ["a", "b", "c"]
            first = await query.first()
            assert first is not None
            assert first.message_id == "a"
            page = await query.page(limit=2)
            assert ids(page) == ["a", "b"]
            assert ids(await query.page(cursor=page.cursor, limit=2)) == ["c"]

    with serving(pages) as server:
        asyncio.run(main(server.url))


def test_a_search_is_a_query_of_one_call() -> None:
    with serving(matches) as server, SampleStorage(server.url) as storage:
        query = storage.messages.search_content("hello", limit=2)
        assert isinstance(query, SearchQuery)
        assert server.requests == []
        assert ids(query) == ids(query) == ids(query.all()) == ["a", "b"]
        first = query.first()
        assert first is not None
        assert first.message_id == "a"
        assert [request.body["args"] for request in server.requests] == [
            {"search": "hello", "limit": 2}
        ] * 3 + [{"search": "hello", "limit": 1}]
    with serving(lambda _: success([])) as server, SampleStorage(server.url) as storage:
        assert storage.messages.search_content("hello").first() is None


def test_a_search_is_awaited() -> None:
    async def main(url: str) -> None:
        async with AsyncSampleStorage(url) as storage:
            query = storage.messages.search_content("hello", limit=2)
            assert isinstance(query, AsyncSearchQuery)
            assert ids([message async for message in query]) == ["a", "b"]
            assert ids(await query.all()) == ["a", "b"]
            first = await query.first()
            assert first is not None
            assert first.message_id == "a"

    with serving(matches) as server:
        asyncio.run(main(server.url))


def test_arguments_are_checked_where_the_query_is_made() -> None:
    with SampleStorage(NOWHERE) as storage:
        anything: Any = storage
        with pytest.raises(InvalidArgument, match="`thread_id`: UNSET finds nothing"):
            anything.messages.by_thread_id(UNSET)
        with pytest.raises(InvalidArgument, match="UNSET finds nothing"):
            anything.messages.by_thread_id("t", created_at=UNSET)
        with pytest.raises(InvalidArgument, match=r"`created_at`: .* time zone"):
            storage.messages.by_thread_id("t", created_at=Range(gte=datetime(2026, 1, 1)))
        with pytest.raises(InvalidArgument, match="'open' or 'closed'"):
            anything.threads.by_status("done")
        with pytest.raises(InvalidArgument, match="UNSET finds nothing"):
            anything.messages.search_content("x", thread_id=UNSET)


def test_queries_show_what_they_ask_for() -> None:
    with SampleStorage(NOWHERE) as storage:
        assert repr(storage.threads.list()) == "<Query threads.list()>"
        assert repr(storage.threads.by_status(ThreadStatus.OPEN, order="desc")) == (
            f"<Query threads.by_status(status={ThreadStatus.OPEN!r}, order='desc')>"
        )
        assert repr(storage.messages.by_thread_id("t1", created_at=Range(gte=MONDAY))) == (
            f"<Query messages.by_thread_id(thread_id='t1', created_at=Range(gte={MONDAY!r}))>"
        )
        found = storage.messages.search_content("hello", thread_id="secret", limit=3)
        assert repr(found) == "<SearchQuery messages.search_content(search='hello', limit=3)>"
    asynchronous = AsyncSampleStorage(NOWHERE)
    assert repr(asynchronous.threads.list()) == "<AsyncQuery threads.list()>"
    asyncio.run(asynchronous.close())


def test_queries_are_values() -> None:
    with SampleStorage(NOWHERE) as storage:
        query: Query[Message] = storage.messages.by_thread_id("t1")
        assert query == storage.messages.by_thread_id("t1")
        assert query != storage.messages.by_thread_id("t2")
        changed: Any = query
        with pytest.raises(AttributeError):
            changed._call = None


@pytest.mark.parametrize(
    ("words", "several"),
    [("tally", "tallies"), ("day", "days"), ("branch", "branches"), ("log entry", "log entries")],
)
def test_several_are_told_by_their_plural(words: str, several: str) -> None:
    one: EntityDescription[Message, str] = EntityDescription(
        Message, module="messages", argument="message", words=words, key=(Equal("a", "a"),)
    )
    assert one.get_many([]).operation == f"get {several}"


def test_a_description_makes_each_decoder_once() -> None:
    message: EntityDescription[Message, str] = EntityDescription(
        Message, module="messages", argument="message", words="message", key=(Equal("a", "a"),)
    )
    index = IndexDescription("by_a", "byA", (Equal("a", "a"),))
    assert message.get("x").decoder is message.get("y").decoder
    assert message.get_many([]).decoder is message.get_many([]).decoder
    assert message.query(index, None, "x").decoder is message.query(index, "asc", "y").decoder
    assert message.search(index, "s", 1, "x").decoder is message.search(index, "t", 1, "x").decoder
    assert message.nearest(index, [], 1, "x").decoder is message.nearest(index, [], 1, "x").decoder


def test_comparisons() -> None:
    assert Equal("a", "a", nullable=True).to_wire(None) is None
    with pytest.raises(InvalidArgument, match=r"never null$"):
        Equal("a", "a").to_wire(None)
    assert Equal("a", "a", optional=True).to_wire(UNSET) == {"absent": True}
    assert Filter("a", "a").to_wire(MISSING) is MISSING
    assert Bounds("a", "a").to_wire("b") == {"gte": "b", "lte": "b"}
    assert Equal("parent_thread_id_", "parentThreadId").words == "parent thread ID"
    assert repr(Range(gte=1, lt=2)) == "Range(gte=1, lt=2)"
    assert repr(Range[int]()) == "Range()"
