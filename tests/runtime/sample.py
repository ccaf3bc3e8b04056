"""A generated module as the templates write it, by hand: two entities and their stores."""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, NewType, TypedDict, Unpack

from convexgen.runtime import (
    BULK_REMOVAL,
    CLEARING,
    MISSING,
    NOTHING,
    REMOVAL,
    UNSET,
    AsyncStorage,
    AsyncStore,
    AsyncSubscription,
    BulkRemoval,
    Bytes,
    Call,
    Clearing,
    ConvexValue,
    Decoder,
    DocumentCreationTime,
    DocumentId,
    Encoder,
    Entity,
    Int64,
    Integer,
    Json,
    Number,
    Order,
    Page,
    PagedCall,
    Progress,
    Range,
    RecordKey,
    Removal,
    SetOnCreate,
    SetOnWrite,
    Shape,
    Storage,
    Store,
    Subscription,
    Timestamp,
    Wire,
    bounds_to_wire,
    timestamp_to_wire,
)

ThreadDocId = NewType("ThreadDocId", str)
MessageDocId = NewType("MessageDocId", str)


class ThreadStatus(StrEnum):
    """Whether a thread takes messages."""

    OPEN = "open"
    CLOSED = "closed"


class TokenUsage(Shape):
    """How much a thread used."""

    prompt_tokens: Integer
    completion_tokens: Integer | MISSING = MISSING


class Thread(Entity):
    """A conversation, owned by a resource."""

    doc_id: ThreadDocId = DocumentId()
    creation_time: Timestamp = DocumentCreationTime()
    thread_id: str
    resource_id: str
    title: str | MISSING = MISSING
    closed_by: str | None
    status: ThreadStatus
    kind: Literal["chat", "task"]
    metadata: Json | MISSING = MISSING
    url_for: Annotated[str | MISSING, Wire("URLFor")] = MISSING
    big: Int64 | MISSING = MISSING
    score: Number | MISSING | None = MISSING
    avatar: Bytes | MISSING = MISSING
    anything: ConvexValue | MISSING = MISSING
    labels: dict[RecordKey, str] | MISSING = MISSING
    usage: TokenUsage | MISSING = MISSING
    created_at: Timestamp = SetOnCreate()
    updated_at: Timestamp = SetOnWrite()


class ThreadChanges(TypedDict, total=False):
    """The fields that an update may change."""

    resource_id: str
    title: str | UNSET
    closed_by: str | None
    status: ThreadStatus
    metadata: Json | UNSET
    url_for: str | UNSET
    big: int | UNSET
    score: float | UNSET | None
    usage: TokenUsage | UNSET


class ThreadExpected(TypedDict, total=False):
    """What an update may expect."""

    title: str | UNSET
    closed_by: str | None
    updated_at: datetime


_THREAD: Decoder[Thread] = Decoder(Thread)
_THREAD_OR_NONE: Decoder[Thread | None] = Decoder(Thread | None)
_THREADS_OR_NONE: Decoder[list[Thread | None]] = Decoder(list[Thread | None])
_THREAD_PAGE: Decoder[Page[Thread]] = Decoder(Page[Thread])
_STATUS: Encoder[ThreadStatus] = Encoder(ThreadStatus)


def _get(thread_id: str) -> Call[Thread | None]:
    return Call.query(
        "threads:getById",
        {"threadId": thread_id},
        _THREAD_OR_NONE,
        f"get thread by ID {thread_id!r}",
    )


def _get_many(thread_ids: list[str]) -> Call[list[Thread | None]]:
    return Call.query(
        "threads:getByIds", {"keys": thread_ids}, _THREADS_OR_NONE, "get threads by ID"
    )


def _list(order: Order | None) -> PagedCall[Thread]:
    return PagedCall("threads:list", {"order": order}, _THREAD_PAGE, "list threads")


def _by_status(status: ThreadStatus, order: Order | None) -> PagedCall[Thread]:
    return PagedCall(
        "threads:byStatus",
        {"status": _STATUS.to_wire(status), "order": order},
        _THREAD_PAGE,
        f"list threads by status {status!r}",
    )


def _save(thread: Thread) -> Call[Thread]:
    return Call.mutation(
        "threads:save",
        {"thread": thread.to_wire()},
        _THREAD,
        f"save thread {thread.thread_id!r}",
        idempotent=True,
    )


def _save_many(threads: list[dict[str, Any]]) -> Call[None]:
    return Call.mutation(
        "threads:saveMany",
        {"threads": threads},
        NOTHING,
        f"save {len(threads)} threads",
        idempotent=True,
    )


def _update(
    thread_id: str, changes: ThreadChanges, expected: ThreadExpected | None
) -> Call[Thread]:
    return Call.mutation(
        "threads:update",
        {
            "threadId": thread_id,
            **Thread.changes_to_wire(changes),
            **Thread.expected_to_wire(expected),
        },
        _THREAD,
        f"update thread {thread_id!r}",
        idempotent=expected is None,
    )


def _remove(thread_id: str) -> Call[Removal]:
    return Call.mutation(
        "threads:remove",
        {"threadId": thread_id},
        REMOVAL,
        f"delete thread {thread_id!r}",
        idempotent=True,
    )


def _remove_many(thread_ids: list[str]) -> Call[BulkRemoval]:
    return Call.mutation(
        "threads:removeMany", {"keys": thread_ids}, BULK_REMOVAL, "delete threads", idempotent=True
    )


def _clear() -> Call[Clearing]:
    return Call.mutation("threads:clear", {}, CLEARING, "clear threads", idempotent=True)


class ThreadStore(Store):
    """The operations on threads."""

    def get(self, thread_id: str) -> Thread | None:
        """The thread, or None."""
        return self._client.run(_get(thread_id))

    def get_many(self, thread_ids: Iterable[str]) -> builtins.list[Thread | None]:
        """The threads in the order asked, None for those that are not there."""
        return self._client.run_chunked(_get_many, thread_ids)

    def list(self, *, order: Order | None = None, page_size: int = 100) -> Iterator[Thread]:
        """All threads, lazily."""
        return self._client.iterate(_list(order), page_size)

    def page(
        self, *, cursor: str | None = None, limit: int = 100, order: Order | None = None
    ) -> Page[Thread]:
        """One page of threads."""
        return self._client.page(_list(order), cursor, limit)

    def by_status(
        self, status: ThreadStatus, *, order: Order | None = None, page_size: int = 100
    ) -> Iterator[Thread]:
        """The threads of a status."""
        return self._client.iterate(_by_status(status, order), page_size)

    def save(self, thread: Thread) -> Thread:
        """Insert or replace."""
        return self._client.run(_save(thread))

    def save_many(self, threads: Iterable[Thread], *, progress: Progress | None = None) -> int:
        """Insert or replace many."""
        return self._client.save_many(
            _save_many, (thread.to_wire() for thread in threads), progress
        )

    def update(
        self,
        thread_id: str,
        *,
        expected: ThreadExpected | None = None,
        **changes: Unpack[ThreadChanges],
    ) -> Thread:
        """Change the named fields."""
        return self._client.run(_update(thread_id, changes, expected))

    def delete(self, thread_id: str) -> bool:
        """Delete with what depends on it."""
        return self._client.run_until_done(_remove(thread_id))

    def delete_many(self, thread_ids: Iterable[str], *, progress: Progress | None = None) -> int:
        """Delete many."""
        return self._client.remove_many(_remove_many, thread_ids, progress)

    def clear(self, *, progress: Progress | None = None) -> int:
        """Delete all."""
        return self._client.clear(_clear(), progress)

    def watch(self, thread_id: str) -> Subscription[Thread | None]:
        """The thread, now and whenever it changes."""
        return self._client.watch(_get(thread_id))


class AsyncThreadStore(AsyncStore):
    """The operations on threads, awaited."""

    async def get(self, thread_id: str) -> Thread | None:
        """The thread, or None."""
        return await self._client.run(_get(thread_id))

    async def get_many(self, thread_ids: Iterable[str]) -> builtins.list[Thread | None]:
        """The threads in the order asked, None for those that are not there."""
        return await self._client.run_chunked(_get_many, thread_ids)

    def list(self, *, order: Order | None = None, page_size: int = 100) -> AsyncIterator[Thread]:
        """All threads, lazily."""
        return self._client.iterate(_list(order), page_size)

    async def save(self, thread: Thread) -> Thread:
        """Insert or replace."""
        return await self._client.run(_save(thread))

    async def save_many(
        self, threads: Iterable[Thread], *, progress: Progress | None = None
    ) -> int:
        """Insert or replace many."""
        return await self._client.save_many(
            _save_many, (thread.to_wire() for thread in threads), progress
        )

    async def update(
        self,
        thread_id: str,
        *,
        expected: ThreadExpected | None = None,
        **changes: Unpack[ThreadChanges],
    ) -> Thread:
        """Change the named fields."""
        return await self._client.run(_update(thread_id, changes, expected))

    async def delete(self, thread_id: str) -> bool:
        """Delete with what depends on it."""
        return await self._client.run_until_done(_remove(thread_id))

    async def delete_many(
        self, thread_ids: Iterable[str], *, progress: Progress | None = None
    ) -> int:
        """Delete many."""
        return await self._client.remove_many(_remove_many, thread_ids, progress)

    async def clear(self, *, progress: Progress | None = None) -> int:
        """Delete all."""
        return await self._client.clear(_clear(), progress)

    def watch(self, thread_id: str) -> AsyncSubscription[Thread | None]:
        """The thread, now and whenever it changes."""
        return self._client.watch(_get(thread_id))


class Message(Entity):
    """A message of a thread."""

    doc_id: MessageDocId = DocumentId()
    creation_time: Timestamp = DocumentCreationTime()
    message_id: str
    thread_id: str
    content: Json
    created_at: Timestamp = SetOnCreate()


_MESSAGE: Decoder[Message] = Decoder(Message)
_MESSAGE_PAGE: Decoder[Page[Message]] = Decoder(Page[Message])


def _save_message(message: Message) -> Call[Message]:
    return Call.mutation(
        "messages:save",
        {"message": message.to_wire()},
        _MESSAGE,
        f"save message {message.message_id!r}",
        idempotent=True,
    )


def _by_thread_id(
    thread_id: str, created_at: datetime | Range[datetime] | MISSING, order: Order | None
) -> PagedCall[Message]:
    return PagedCall(
        "messages:byThreadId",
        {
            "threadId": thread_id,
            "createdAt": bounds_to_wire(created_at, timestamp_to_wire),
            "order": order,
        },
        _MESSAGE_PAGE,
        f"list messages by thread ID {thread_id!r}",
    )


class MessageStore(Store):
    """The operations on messages."""

    def save(self, message: Message) -> Message:
        """Insert or replace."""
        return self._client.run(_save_message(message))

    def by_thread_id(
        self,
        thread_id: str,
        *,
        created_at: datetime | Range[datetime] | MISSING = MISSING,
        order: Order | None = None,
        page_size: int = 100,
    ) -> Iterator[Message]:
        """The messages of a thread."""
        return self._client.iterate(_by_thread_id(thread_id, created_at, order), page_size)

    def first_by_thread_id(
        self,
        thread_id: str,
        *,
        created_at: datetime | Range[datetime] | MISSING = MISSING,
        order: Order | None = None,
    ) -> Message | None:
        """The first message of a thread."""
        return self._client.first(_by_thread_id(thread_id, created_at, order))

    def watch_by_thread_id(
        self,
        thread_id: str,
        *,
        created_at: datetime | Range[datetime] | MISSING = MISSING,
        order: Order | None = None,
        limit: int = 100,
    ) -> Subscription[list[Message]]:
        """The first messages of a thread, now and whenever they change."""
        return self._client.watch_page(_by_thread_id(thread_id, created_at, order), limit)


class AsyncMessageStore(AsyncStore):
    """The operations on messages, awaited."""

    async def save(self, message: Message) -> Message:
        """Insert or replace."""
        return await self._client.run(_save_message(message))

    def watch_by_thread_id(
        self, thread_id: str, *, order: Order | None = None, limit: int = 100
    ) -> AsyncSubscription[list[Message]]:
        """The first messages of a thread, now and whenever they change."""
        return self._client.watch_page(_by_thread_id(thread_id, MISSING, order), limit)


class SampleStorage(Storage):
    """The stores of the sample."""

    @property
    def threads(self) -> ThreadStore:
        """The threads."""
        return ThreadStore(self.client)

    @property
    def messages(self) -> MessageStore:
        """The messages."""
        return MessageStore(self.client)


class AsyncSampleStorage(AsyncStorage):
    """The stores of the sample, awaited."""

    @property
    def threads(self) -> AsyncThreadStore:
        """The threads."""
        return AsyncThreadStore(self.client)

    @property
    def messages(self) -> AsyncMessageStore:
        """The messages."""
        return AsyncMessageStore(self.client)
