"""A generated module as the templates write it, by hand: two entities and their stores."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, NewType, TypedDict, Unpack

from convexgen.runtime import (
    MISSING,
    UNSET,
    AsyncKeyedStore,
    AsyncQuery,
    AsyncSearchQuery,
    AsyncStorage,
    AsyncSubscription,
    AsyncUpdatableStore,
    Bounds,
    Bytes,
    ConvexValue,
    DocumentCreationTime,
    DocumentId,
    Encoder,
    Entity,
    EntityDescription,
    Equal,
    Filter,
    IndexDescription,
    Int64,
    Integer,
    Json,
    KeyedStore,
    Number,
    Order,
    Query,
    Range,
    RecordKey,
    SearchQuery,
    SetOnCreate,
    SetOnWrite,
    Shape,
    Storage,
    Subscription,
    Timestamp,
    UpdatableStore,
    Wire,
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


_THREAD: EntityDescription[Thread, str] = EntityDescription(
    Thread,
    module="threads",
    argument="thread",
    words="thread",
    key=(Equal("thread_id", "threadId"),),
)
_STATUS_ENCODER: Encoder[Any] = Encoder(ThreadStatus)
_BY_STATUS_QUERY = IndexDescription(
    "by_status", "byStatus", (Equal("status", "status", _STATUS_ENCODER.to_wire),)
)


class ThreadStore(UpdatableStore[Thread, str, ThreadChanges, ThreadExpected]):
    """The operations on threads."""

    _entity = _THREAD

    def get(self, thread_id: str) -> Thread | None:
        """The thread, or None."""
        return self._get(thread_id)

    def watch(self, thread_id: str) -> Subscription[Thread | None]:
        """The thread, now and whenever it changes."""
        return self._watch(thread_id)

    def update(
        self,
        thread_id: str,
        *,
        expected: ThreadExpected | None = None,
        **changes: Unpack[ThreadChanges],
    ) -> Thread:
        """Change the named fields."""
        return self._update(thread_id, changes, expected)

    def delete(self, thread_id: str) -> bool:
        """Delete with what depends on it."""
        return self._delete(thread_id)

    def by_status(self, status: ThreadStatus, *, order: Order | None = None) -> Query[Thread]:
        """The threads of a status."""
        return self._query(_BY_STATUS_QUERY, order, status)


class AsyncThreadStore(AsyncUpdatableStore[Thread, str, ThreadChanges, ThreadExpected]):
    """The operations on threads, awaited."""

    _entity = _THREAD

    async def get(self, thread_id: str) -> Thread | None:
        """The thread, or None."""
        return await self._get(thread_id)

    def watch(self, thread_id: str) -> AsyncSubscription[Thread | None]:
        """The thread, now and whenever it changes."""
        return self._watch(thread_id)

    async def update(
        self,
        thread_id: str,
        *,
        expected: ThreadExpected | None = None,
        **changes: Unpack[ThreadChanges],
    ) -> Thread:
        """Change the named fields."""
        return await self._update(thread_id, changes, expected)

    async def delete(self, thread_id: str) -> bool:
        """Delete with what depends on it."""
        return await self._delete(thread_id)

    def by_status(self, status: ThreadStatus, *, order: Order | None = None) -> AsyncQuery[Thread]:
        """The threads of a status."""
        return self._query(_BY_STATUS_QUERY, order, status)


class Message(Entity):
    """A message of a thread."""

    doc_id: MessageDocId = DocumentId()
    creation_time: Timestamp = DocumentCreationTime()
    message_id: str
    thread_id: str
    content: Json
    created_at: Timestamp = SetOnCreate()


_MESSAGE: EntityDescription[Message, str] = EntityDescription(
    Message,
    module="messages",
    argument="message",
    words="message",
    key=(Equal("message_id", "messageId"),),
)
_BY_THREAD_ID_QUERY = IndexDescription(
    "by_thread_id",
    "byThreadId",
    (Equal("thread_id", "threadId"), Bounds("created_at", "createdAt", timestamp_to_wire)),
)
_SEARCH_CONTENT_SEARCH = IndexDescription(
    "search_content", "searchContent", (Filter("thread_id", "threadId", sensitive=True),)
)


class MessageStore(KeyedStore[Message, str]):
    """The operations on messages."""

    _entity = _MESSAGE

    def by_thread_id(
        self,
        thread_id: str,
        *,
        created_at: datetime | Range[datetime] | MISSING = MISSING,
        order: Order | None = None,
    ) -> Query[Message]:
        """The messages of a thread."""
        return self._query(_BY_THREAD_ID_QUERY, order, thread_id, created_at)

    def search_content(
        self, search: str, *, thread_id: str | MISSING = MISSING, limit: int = 100
    ) -> SearchQuery[Message]:
        """Those with the words of `search`, the best match first."""
        return self._search(_SEARCH_CONTENT_SEARCH, search, limit, thread_id)


class AsyncMessageStore(AsyncKeyedStore[Message, str]):
    """The operations on messages, awaited."""

    _entity = _MESSAGE

    def by_thread_id(
        self,
        thread_id: str,
        *,
        created_at: datetime | Range[datetime] | MISSING = MISSING,
        order: Order | None = None,
    ) -> AsyncQuery[Message]:
        """The messages of a thread."""
        return self._query(_BY_THREAD_ID_QUERY, order, thread_id, created_at)

    def search_content(
        self, search: str, *, thread_id: str | MISSING = MISSING, limit: int = 100
    ) -> AsyncSearchQuery[Message]:
        """Those with the words of `search`, the best match first."""
        return self._search(_SEARCH_CONTENT_SEARCH, search, limit, thread_id)


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
