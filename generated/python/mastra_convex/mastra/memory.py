# Copied by convexgen from schema/mastra/python/memory.py. Do not edit.
# fmt: off
# isort: skip_file

"""Threads, messages and resources, as Mastra's memory domain stores and lists them.

Each method is one call of a function, but for what is more than one transaction reads or writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, TypedDict, Unpack
from uuid import uuid4

from .._functions import AsyncMastraMemoryFunctions, MastraMemoryFunctions
from .._objects import (
    CopiedPart,
    FoundMessages,
    MastraDBMessage,
    MastraDBMessageUpdate,
    MessagePlace,
    MessagesToCopy,
    StorageCloneFilter,
    StorageCloneOptions,
    StorageMessageFilter,
    StorageMessageInclude,
    StorageMessagesPart,
    StorageOrderBy,
    StorageThreadFilter,
    StorageThreadsPart,
    StorageThreadType,
)
from .._runtime import (
    MISSING,
    AsyncSubscription,
    ConvexgenError,
    InvalidArgument,
    Json,
    LimitExceeded,
    Shape,
    Subscription,
)
from ..messages import AsyncMessageStore, MessageStore
from ..observation_chunks import AsyncObservationChunkStore, ObservationChunkStore
from ..observational_memory import AsyncObservationalMemoryStore, ObservationalMemoryStore
from ..resources import AsyncResourceStore, ResourceStore
from ..threads import AsyncThreadStore, ThreadStore
from .batches import MAX_MESSAGES, change_batches, ids_sent, message_batches
from .going_on import parts, parts_async
from .observational_memory import AsyncMastraObservationalMemory, MastraObservationalMemory
from .pages import page_number, per_page_number
from .reading import reads

_MAX_IDS = 1000
"""How many messages a call is asked for by their IDs."""


class StorageListThreadsOutput(Shape, validate_by_name=True):
    """A page of threads, and how many there are in all."""

    threads: list[StorageThreadType]
    total: int
    page: int
    per_page: int | Literal[False]
    has_more: bool


class StorageListMessagesOutput(Shape, validate_by_name=True):
    """A page of messages with those that are included, and how many there are in all."""

    messages: list[MastraDBMessage]
    total: int
    page: int
    per_page: int | Literal[False]
    has_more: bool


class StorageMessages(Shape, validate_by_name=True):
    """Messages."""

    messages: list[MastraDBMessage]


class StorageCopyThreadOutput(Shape, validate_by_name=True):
    """A copy of a thread, and the IDs of the copies of its messages by theirs."""

    thread: StorageThreadType
    message_id_map: dict[str, str]


class StorageCloneThreadOutput(StorageCopyThreadOutput):
    """A copy of a thread with its messages."""

    cloned_messages: list[MastraDBMessage]


def _require_owned(messages: Iterable[MastraDBMessage]) -> None:
    """Raise `InvalidArgument` before the first of several transactions."""
    for message in messages:
        for field, value in (
            ("threadId", message.thread_id),
            ("resourceId", message.resource_id),
        ):
            if value is MISSING or value == "":
                raise InvalidArgument(
                    f"Expected to find a {field} for message, but couldn't find one. "
                    "An unexpected error has occurred."
                )


class _Places:
    """Messages with their places in time, where those of one time are as they were inserted."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[datetime, float, str]] = {}

    def add(self, messages: Iterable[MastraDBMessage], places: Iterable[MessagePlace]) -> None:
        """The places of some messages."""
        for message, place in zip(messages, places, strict=True):
            self._places[message.id] = (message.created_at, place.inserted_at, place.document)

    def sort(self, messages: list[MastraDBMessage], *, reverse: bool = False) -> None:
        """Puts messages whose places are known in their order."""
        messages.sort(key=lambda one: self._places[one.id], reverse=reverse)


class _Messages:
    """Messages of a list that is read in several parts."""

    def __init__(
        self,
        thread_id: str | list[str] | MISSING,
        include: Sequence[StorageMessageInclude] | MISSING,
        order_by: StorageOrderBy | MISSING,
        message_filter: StorageMessageFilter | MISSING,
    ) -> None:
        ids = [] if thread_id is MISSING else thread_id
        self._thread_ids = {ids} if isinstance(ids, str) else set(ids)
        self._includes = include is not MISSING and len(include) > 0
        self._is_filtered = message_filter is not MISSING and bool(message_filter.metadata or None)
        self._is_descending = order_by is not MISSING and order_by.direction == "DESC"

    def whole(self, parts: list[StorageMessagesPart]) -> StorageListMessagesOutput:
        """All of the list."""
        last = parts[-1]
        found: dict[str, MastraDBMessage] = {}
        places = _Places()
        for part in parts:
            for message in part.messages:
                found.setdefault(message.id, message)
            if part.places is not MISSING:
                places.add(part.messages, part.places)
        messages = list(found.values())
        has_more = last.has_more
        if len(parts) > 1 and self._includes:
            places.sort(messages, reverse=self._is_descending)
            if last.per_page is not False and self._thread_ids and not self._is_filtered:
                own = sum(one.thread_id in self._thread_ids for one in messages)
                has_more = own < last.total
        return StorageListMessagesOutput(
            messages=messages,
            total=last.total,
            page=last.page,
            per_page=last.per_page,
            has_more=has_more,
        )


def _threads(parts: list[StorageThreadsPart]) -> StorageListThreadsOutput:
    last = parts[-1]
    return StorageListThreadsOutput(
        threads=[thread for part in parts for thread in part.threads],
        total=last.total,
        page=last.page,
        per_page=last.per_page,
        has_more=last.has_more,
    )


def _is_last(part: StorageThreadsPart | StorageMessagesPart) -> bool:
    return part.cursor is MISSING


def _after(before: StorageThreadsPart | StorageMessagesPart | None) -> str | MISSING:
    return MISSING if before is None else before.cursor


class _NewThread(TypedDict):
    """What a copy of a thread is made of."""

    source_thread_id: str
    new_thread_id: str
    resource_id: str | MISSING
    title: str | MISSING
    metadata: Json | MISSING
    copy_id: str


def _id_of_copy(given: str | MISSING) -> str:
    return str(uuid4()) if given is MISSING or given == "" else given


def _may_have_run(error: BaseException) -> bool:
    """Whether a call may have written all the same: it was interrupted, or its answer was lost."""
    if isinstance(error, ConvexgenError):
        return error.may_have_run
    return not isinstance(error, Exception)


async def _finished(call: Coroutine[None, None, CopiedPart]) -> CopiedPart:
    """What a call gives. Where it is cancelled, it is over before: what it writes is there."""
    task = asyncio.ensure_future(call)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _filter_of(options: StorageCloneOptions | MISSING) -> StorageCloneFilter:
    if options is MISSING or options.message_filter is MISSING:
        return StorageCloneFilter()
    return options.message_filter


def _message_ids_of(chosen: StorageCloneFilter) -> list[str]:
    return [] if chosen.message_ids is MISSING else list(dict.fromkeys(chosen.message_ids))


def _is_found(part: FoundMessages | MessagesToCopy) -> bool:
    return not part.remaining


def _messages_of(parts: list[FoundMessages]) -> StorageMessages:
    messages = [message for part in parts for message in part.messages]
    places = _Places()
    for part in parts:
        places.add(part.messages, part.places)
    places.sort(messages)
    return StorageMessages(messages=messages)


def _latest(found: Iterable[MessagesToCopy], options: StorageCloneOptions | MISSING) -> list[str]:
    """The IDs of the messages to copy, the oldest first."""
    messages = [message for part in found for message in part.messages]
    messages.sort(key=lambda one: (one.created_at, one.inserted_at, one.document))
    limit = 0 if options is MISSING else options.message_limit
    latest = messages if limit is MISSING or limit <= 0 else messages[-limit:]
    return [one.id for one in latest]


def _ids_of(value: Json) -> dict[str, str]:
    """The IDs of copies by those of messages, as a function gives them."""
    return {key: str(one) for key, one in value.items()} if isinstance(value, Mapping) else {}


def _require_object(given: object, name: str) -> None:
    if not isinstance(given, Mapping):
        raise InvalidArgument(f"{name} must be an object")


class MastraMemory(MastraMemoryFunctions, MastraObservationalMemory):
    """What Mastra's agents remember: threads, messages, resources, observations."""

    supports_partial_thread_update = True

    def patch_thread(
        self, *, id: str, title: str | MISSING = MISSING, metadata: Json | MISSING = MISSING
    ) -> StorageThreadType:
        """As `update_thread`."""
        return self.update_thread(id=id, title=title, metadata=metadata)

    def update_thread_metadata(
        self,
        *,
        id: str,
        update: Callable[[StorageThreadType], dict[str, Json] | None],
        resource_id: str | MISSING = MISSING,
    ) -> StorageThreadType | None:
        """Changes the metadata by what `update` makes of the thread, again if others were faster.

        None where there is no such thread of the resource. Where `update` gives None, nothing is
        written.
        """
        while True:
            found = self.find_thread(thread_id=id, resource_id=resource_id)
            if found is None:
                return None
            metadata = update(found.thread.model_copy(deep=True))
            if metadata is None:
                return found.thread
            _require_object(metadata, "metadata")
            changed = self.merge_metadata(thread_id=id, state=found.state, metadata=metadata)
            if changed is not None:
                return changed

    def delete_thread(self, *, thread_id: str) -> None:
        """Deletes a thread with its messages."""
        is_done = False
        while not is_done:
            is_done = self.remove_thread(thread_id=thread_id)

    def list_threads(
        self,
        *,
        page: int | MISSING = MISSING,
        per_page: int | Literal[False] | MISSING = MISSING,
        order_by: StorageOrderBy | MISSING = MISSING,
        filter: StorageThreadFilter | MISSING = MISSING,
    ) -> StorageListThreadsOutput:
        """A page of the threads, of a resource or with some metadata, the newest first."""

        def read(
            seen: MastraMemoryFunctions, before: StorageThreadsPart | None
        ) -> StorageThreadsPart:
            return seen.find_threads(
                page=page_number(page),
                per_page=per_page_number(per_page),
                order_by=order_by,
                filter=filter,
                cursor=_after(before),
            )

        return _threads(parts(self._client, MastraMemoryFunctions, read, _is_last))

    @reads("thread_id", "include", "order_by", "filter")
    def list_messages(
        self,
        *,
        thread_id: str | list[str],
        resource_id: str | MISSING = MISSING,
        include: list[StorageMessageInclude] | MISSING = MISSING,
        page: int | MISSING = MISSING,
        per_page: int | Literal[False] | MISSING = MISSING,
        order_by: StorageOrderBy | MISSING = MISSING,
        filter: StorageMessageFilter | MISSING = MISSING,
        include_total: bool | MISSING = MISSING,
    ) -> StorageListMessagesOutput:
        """A page of the messages of threads, the oldest first, and those that are included.

        With a resource, all of them are messages of it.
        """

        def read(
            seen: MastraMemoryFunctions, before: StorageMessagesPart | None
        ) -> StorageMessagesPart:
            return seen.find_messages(
                thread_id=thread_id,
                resource_id=resource_id,
                include=include,
                page=page_number(page),
                per_page=per_page_number(per_page),
                order_by=order_by,
                filter=filter,
                include_total=include_total,
                cursor=_after(before),
            )

        found = _Messages(thread_id, include, order_by, filter)
        return found.whole(parts(self._client, MastraMemoryFunctions, read, _is_last))

    @reads("include", "order_by", "filter")
    def list_messages_by_resource_id(
        self,
        *,
        resource_id: str,
        include: list[StorageMessageInclude] | MISSING = MISSING,
        page: int | MISSING = MISSING,
        per_page: int | Literal[False] | MISSING = MISSING,
        order_by: StorageOrderBy | MISSING = MISSING,
        filter: StorageMessageFilter | MISSING = MISSING,
        include_total: bool | MISSING = MISSING,
    ) -> StorageListMessagesOutput:
        """A page of the messages of a resource in all threads, the oldest first."""

        def read(
            seen: MastraMemoryFunctions, before: StorageMessagesPart | None
        ) -> StorageMessagesPart:
            return seen.find_messages(
                resource_id=resource_id,
                include=include,
                page=page_number(page),
                per_page=per_page_number(per_page),
                order_by=order_by,
                filter=filter,
                include_total=include_total,
                cursor=_after(before),
            )

        found = _Messages(MISSING, include, order_by, filter)
        return found.whole(parts(self._client, MastraMemoryFunctions, read, _is_last))

    @reads("message_ids")
    def list_messages_by_id(self, *, message_ids: list[str]) -> StorageMessages:
        """Messages by their IDs, the oldest first; those that are not there are left out."""
        ids = list(dict.fromkeys(message_ids))

        def read(seen: MastraMemoryFunctions, before: FoundMessages | None) -> FoundMessages:
            wanted = ids if before is None else before.remaining
            part = seen.find_messages_by_id(message_ids=wanted[:_MAX_IDS])
            return part.model_copy(update={"remaining": part.remaining + wanted[_MAX_IDS:]})

        found = parts(self._client, MastraMemoryFunctions, read, _is_found) if ids else []
        return _messages_of(found)

    @reads("messages")
    def save_messages(self, *, messages: list[MastraDBMessage]) -> StorageMessages:
        """Inserts messages, or replaces those with their IDs, which stay where they are in time.

        All or none; more than a transaction writes are several: what is wrong is found before.
        """
        _require_owned(messages)
        for step in message_batches(messages):
            with step:
                if step.is_written:
                    self.store_messages(messages=step.records)
                else:
                    self.check_messages(messages=step.records)
        return StorageMessages(messages=messages)

    @reads("messages")
    def update_messages(self, *, messages: list[MastraDBMessageUpdate]) -> list[MastraDBMessage]:
        """Changes messages, of their contents the entries that are given.

        Those that are not there are passed over. All or none; more than a transaction writes are
        several: what is wrong is found before.
        """
        updated: dict[str, MastraDBMessage] = {}
        for step in change_batches(messages):
            with step:
                if step.is_written:
                    changed = self.change_messages(messages=step.records)
                    updated.update((one.id, one) for one in changed)
                else:
                    self.check_changes(messages=step.records)
        return list(updated.values())

    @reads("message_ids")
    def delete_messages(self, message_ids: list[str]) -> None:
        """Deletes messages; those that are not there are passed over."""
        remaining = ids_sent(message_ids, "message_ids")
        while remaining:
            left = self.remove_messages(message_ids=remaining[:MAX_MESSAGES])
            remaining = left + remaining[MAX_MESSAGES:]

    @reads("options")
    def copy_thread(
        self,
        *,
        source_thread_id: str,
        new_thread_id: str | MISSING = MISSING,
        resource_id: str | MISSING = MISSING,
        title: str | MISSING = MISSING,
        metadata: Json | MISSING = MISSING,
        options: StorageCloneOptions | MISSING = MISSING,
    ) -> StorageCopyThreadOutput:
        """Copies a thread with its messages, or the latest of them, or those within bounds.

        Raises `NotFound`, `AlreadyExists`. Where it fails or is interrupted, no part of it stays.
        """
        thread_id = _id_of_copy(new_thread_id)
        copy_id = str(uuid4())
        part: CopiedPart | None = None
        try:
            part = self._begin_copy(
                options,
                source_thread_id=source_thread_id,
                new_thread_id=thread_id,
                resource_id=resource_id,
                title=title,
                metadata=metadata,
                copy_id=copy_id,
            )
            ids = _ids_of(part.message_id_map)
            remaining = part.remaining
            while remaining or part.cursor is not MISSING:
                if remaining:
                    part = self.copy_messages(
                        source_thread_id=source_thread_id,
                        thread_id=thread_id,
                        resource_id=resource_id,
                        message_ids=remaining[:_MAX_IDS],
                        copy_id=copy_id,
                        is_last=len(remaining) <= _MAX_IDS,
                    )
                    remaining = part.remaining + remaining[_MAX_IDS:]
                else:
                    part = self.copy_part(
                        source_thread_id=source_thread_id,
                        new_thread_id=thread_id,
                        resource_id=resource_id,
                        options=options,
                        cursor=part.cursor,
                        copy_id=copy_id,
                    )
                ids |= _ids_of(part.message_id_map)
        except BaseException as error:
            is_done = part is None and not _may_have_run(error)
            try:
                while not is_done:
                    is_done = self.drop_copy(thread_id=thread_id, copy_id=copy_id)
            except ConvexgenError:
                if isinstance(error, ConvexgenError):
                    error.doubt("a part of the copy may be there")
            raise
        return StorageCopyThreadOutput(thread=part.thread, message_id_map=ids)

    def _begin_copy(
        self, options: StorageCloneOptions | MISSING, **given: Unpack[_NewThread]
    ) -> CopiedPart:
        """Copies the thread, and gives what is left of its messages."""
        chosen = _filter_of(options)
        message_ids = _message_ids_of(chosen)
        if len(message_ids) <= _MAX_IDS:
            try:
                return self.copy_part(options=options, **given)
            except LimitExceeded:
                if not message_ids:
                    raise

        def read(seen: MastraMemoryFunctions, before: MessagesToCopy | None) -> MessagesToCopy:
            ids = message_ids if before is None else before.remaining
            part = seen.find_messages_to_copy(
                source_thread_id=given["source_thread_id"],
                message_ids=ids[:_MAX_IDS],
                start_date=chosen.start_date,
                end_date=chosen.end_date,
            )
            return part.model_copy(update={"remaining": part.remaining + ids[_MAX_IDS:]})

        found = parts(self._client, MastraMemoryFunctions, read, _is_found)
        remaining = _latest(found, options)
        last_message_id = remaining[-1] if remaining else ""
        begun = self.copy_part(last_message_id=last_message_id, **given)
        return begun.model_copy(update={"remaining": remaining})

    def clone_thread(
        self,
        *,
        source_thread_id: str,
        new_thread_id: str | MISSING = MISSING,
        resource_id: str | MISSING = MISSING,
        title: str | MISSING = MISSING,
        metadata: Json | MISSING = MISSING,
        options: StorageCloneOptions | MISSING = MISSING,
    ) -> StorageCloneThreadOutput:
        """Copies a thread as `copy_thread` does, and gives the messages of the copy."""
        copy = self.copy_thread(
            source_thread_id=source_thread_id,
            new_thread_id=new_thread_id,
            resource_id=resource_id,
            title=title,
            metadata=metadata,
            options=options,
        )
        found = self.list_messages(thread_id=copy.thread.id, per_page=False)
        return StorageCloneThreadOutput(
            thread=copy.thread,
            message_id_map=copy.message_id_map,
            cloned_messages=found.messages,
        )

    def update_thread_resource_id(self, *, thread_id: str, resource_id: str) -> StorageThreadType:
        """Moves a thread with its messages to another resource. Raises `NotFound`."""
        while True:
            moved = self.move_thread(thread_id=thread_id, resource_id=resource_id)
            if moved.is_done:
                return moved.thread

    def dangerously_clear_all(self) -> None:
        """Deletes all threads, messages, resources and observations."""
        MessageStore(self._client).clear()
        ThreadStore(self._client).clear()
        ResourceStore(self._client).clear()
        ObservationChunkStore(self._client).clear()
        ObservationalMemoryStore(self._client).clear()

    def watch_thread(
        self, *, thread_id: str, resource_id: str | MISSING = MISSING
    ) -> Subscription[StorageThreadType | None]:
        """The thread, now and whenever it changes."""
        return self.watch_get_thread_by_id(thread_id=thread_id, resource_id=resource_id)

    def watch_messages(
        self,
        *,
        thread_id: str,
        resource_id: str | MISSING = MISSING,
        limit: int | MISSING = MISSING,
    ) -> Subscription[list[MastraDBMessage]]:
        """The latest messages, the oldest of them first, now and whenever they change."""
        return self.watch_latest_messages(thread_id=thread_id, resource_id=resource_id, limit=limit)


class AsyncMastraMemory(AsyncMastraMemoryFunctions, AsyncMastraObservationalMemory):
    """What Mastra's agents remember: threads, messages, resources, observations, from asyncio."""

    supports_partial_thread_update = True

    async def patch_thread(
        self, *, id: str, title: str | MISSING = MISSING, metadata: Json | MISSING = MISSING
    ) -> StorageThreadType:
        """As `update_thread`."""
        return await self.update_thread(id=id, title=title, metadata=metadata)

    async def update_thread_metadata(
        self,
        *,
        id: str,
        update: Callable[[StorageThreadType], dict[str, Json] | None],
        resource_id: str | MISSING = MISSING,
    ) -> StorageThreadType | None:
        """Changes the metadata by what `update` makes of the thread, again if others were faster.

        None where there is no such thread of the resource. Where `update` gives None, nothing is
        written.
        """
        while True:
            found = await self.find_thread(thread_id=id, resource_id=resource_id)
            if found is None:
                return None
            metadata = update(found.thread.model_copy(deep=True))
            if metadata is None:
                return found.thread
            _require_object(metadata, "metadata")
            changed = await self.merge_metadata(thread_id=id, state=found.state, metadata=metadata)
            if changed is not None:
                return changed

    async def delete_thread(self, *, thread_id: str) -> None:
        """Deletes a thread with its messages."""
        is_done = False
        while not is_done:
            is_done = await self.remove_thread(thread_id=thread_id)

    async def list_threads(
        self,
        *,
        page: int | MISSING = MISSING,
        per_page: int | Literal[False] | MISSING = MISSING,
        order_by: StorageOrderBy | MISSING = MISSING,
        filter: StorageThreadFilter | MISSING = MISSING,
    ) -> StorageListThreadsOutput:
        """A page of the threads, of a resource or with some metadata, the newest first."""

        async def read(
            seen: AsyncMastraMemoryFunctions, before: StorageThreadsPart | None
        ) -> StorageThreadsPart:
            return await seen.find_threads(
                page=page_number(page),
                per_page=per_page_number(per_page),
                order_by=order_by,
                filter=filter,
                cursor=_after(before),
            )

        return _threads(await parts_async(self._client, AsyncMastraMemoryFunctions, read, _is_last))

    @reads("thread_id", "include", "order_by", "filter")
    async def list_messages(
        self,
        *,
        thread_id: str | list[str],
        resource_id: str | MISSING = MISSING,
        include: list[StorageMessageInclude] | MISSING = MISSING,
        page: int | MISSING = MISSING,
        per_page: int | Literal[False] | MISSING = MISSING,
        order_by: StorageOrderBy | MISSING = MISSING,
        filter: StorageMessageFilter | MISSING = MISSING,
        include_total: bool | MISSING = MISSING,
    ) -> StorageListMessagesOutput:
        """A page of the messages of threads, the oldest first, and those that are included.

        With a resource, all of them are messages of it.
        """

        async def read(
            seen: AsyncMastraMemoryFunctions, before: StorageMessagesPart | None
        ) -> StorageMessagesPart:
            return await seen.find_messages(
                thread_id=thread_id,
                resource_id=resource_id,
                include=include,
                page=page_number(page),
                per_page=per_page_number(per_page),
                order_by=order_by,
                filter=filter,
                include_total=include_total,
                cursor=_after(before),
            )

        found = _Messages(thread_id, include, order_by, filter)
        return found.whole(
            await parts_async(self._client, AsyncMastraMemoryFunctions, read, _is_last)
        )

    @reads("include", "order_by", "filter")
    async def list_messages_by_resource_id(
        self,
        *,
        resource_id: str,
        include: list[StorageMessageInclude] | MISSING = MISSING,
        page: int | MISSING = MISSING,
        per_page: int | Literal[False] | MISSING = MISSING,
        order_by: StorageOrderBy | MISSING = MISSING,
        filter: StorageMessageFilter | MISSING = MISSING,
        include_total: bool | MISSING = MISSING,
    ) -> StorageListMessagesOutput:
        """A page of the messages of a resource in all threads, the oldest first."""

        async def read(
            seen: AsyncMastraMemoryFunctions, before: StorageMessagesPart | None
        ) -> StorageMessagesPart:
            return await seen.find_messages(
                resource_id=resource_id,
                include=include,
                page=page_number(page),
                per_page=per_page_number(per_page),
                order_by=order_by,
                filter=filter,
                include_total=include_total,
                cursor=_after(before),
            )

        found = _Messages(MISSING, include, order_by, filter)
        return found.whole(
            await parts_async(self._client, AsyncMastraMemoryFunctions, read, _is_last)
        )

    @reads("message_ids")
    async def list_messages_by_id(self, *, message_ids: list[str]) -> StorageMessages:
        """Messages by their IDs, the oldest first; those that are not there are left out."""
        ids = list(dict.fromkeys(message_ids))

        async def read(
            seen: AsyncMastraMemoryFunctions, before: FoundMessages | None
        ) -> FoundMessages:
            wanted = ids if before is None else before.remaining
            part = await seen.find_messages_by_id(message_ids=wanted[:_MAX_IDS])
            return part.model_copy(update={"remaining": part.remaining + wanted[_MAX_IDS:]})

        found = (
            await parts_async(self._client, AsyncMastraMemoryFunctions, read, _is_found)
            if ids
            else []
        )
        return _messages_of(found)

    @reads("messages")
    async def save_messages(self, *, messages: list[MastraDBMessage]) -> StorageMessages:
        """Inserts messages, or replaces those with their IDs, which stay where they are in time.

        All or none; more than a transaction writes are several: what is wrong is found before.
        """
        _require_owned(messages)
        for step in message_batches(messages):
            with step:
                if step.is_written:
                    await self.store_messages(messages=step.records)
                else:
                    await self.check_messages(messages=step.records)
        return StorageMessages(messages=messages)

    @reads("messages")
    async def update_messages(
        self, *, messages: list[MastraDBMessageUpdate]
    ) -> list[MastraDBMessage]:
        """Changes messages, of their contents the entries that are given.

        Those that are not there are passed over. All or none; more than a transaction writes are
        several: what is wrong is found before.
        """
        updated: dict[str, MastraDBMessage] = {}
        for step in change_batches(messages):
            with step:
                if step.is_written:
                    changed = await self.change_messages(messages=step.records)
                    updated.update((one.id, one) for one in changed)
                else:
                    await self.check_changes(messages=step.records)
        return list(updated.values())

    @reads("message_ids")
    async def delete_messages(self, message_ids: list[str]) -> None:
        """Deletes messages; those that are not there are passed over."""
        remaining = ids_sent(message_ids, "message_ids")
        while remaining:
            left = await self.remove_messages(message_ids=remaining[:MAX_MESSAGES])
            remaining = left + remaining[MAX_MESSAGES:]

    @reads("options")
    async def copy_thread(
        self,
        *,
        source_thread_id: str,
        new_thread_id: str | MISSING = MISSING,
        resource_id: str | MISSING = MISSING,
        title: str | MISSING = MISSING,
        metadata: Json | MISSING = MISSING,
        options: StorageCloneOptions | MISSING = MISSING,
    ) -> StorageCopyThreadOutput:
        """Copies a thread with its messages, or the latest of them, or those within bounds.

        Raises `NotFound`, `AlreadyExists`. Where it fails or is interrupted, no part of it stays.
        """
        thread_id = _id_of_copy(new_thread_id)
        copy_id = str(uuid4())
        part: CopiedPart | None = None
        try:
            part = await self._begin_copy(
                options,
                source_thread_id=source_thread_id,
                new_thread_id=thread_id,
                resource_id=resource_id,
                title=title,
                metadata=metadata,
                copy_id=copy_id,
            )
            ids = _ids_of(part.message_id_map)
            remaining = part.remaining
            while remaining or part.cursor is not MISSING:
                if remaining:
                    part = await self.copy_messages(
                        source_thread_id=source_thread_id,
                        thread_id=thread_id,
                        resource_id=resource_id,
                        message_ids=remaining[:_MAX_IDS],
                        copy_id=copy_id,
                        is_last=len(remaining) <= _MAX_IDS,
                    )
                    remaining = part.remaining + remaining[_MAX_IDS:]
                else:
                    part = await self.copy_part(
                        source_thread_id=source_thread_id,
                        new_thread_id=thread_id,
                        resource_id=resource_id,
                        options=options,
                        cursor=part.cursor,
                        copy_id=copy_id,
                    )
                ids |= _ids_of(part.message_id_map)
        except BaseException as error:
            is_done = part is None and not _may_have_run(error)
            try:
                while not is_done:
                    is_done = await self.drop_copy(thread_id=thread_id, copy_id=copy_id)
            except ConvexgenError:
                if isinstance(error, ConvexgenError):
                    error.doubt("a part of the copy may be there")
            raise
        return StorageCopyThreadOutput(thread=part.thread, message_id_map=ids)

    async def _begin_copy(
        self, options: StorageCloneOptions | MISSING, **given: Unpack[_NewThread]
    ) -> CopiedPart:
        """Copies the thread, and gives what is left of its messages."""
        chosen = _filter_of(options)
        message_ids = _message_ids_of(chosen)
        if len(message_ids) <= _MAX_IDS:
            try:
                return await _finished(self.copy_part(options=options, **given))
            except LimitExceeded:
                if not message_ids:
                    raise

        async def read(
            seen: AsyncMastraMemoryFunctions, before: MessagesToCopy | None
        ) -> MessagesToCopy:
            ids = message_ids if before is None else before.remaining
            part = await seen.find_messages_to_copy(
                source_thread_id=given["source_thread_id"],
                message_ids=ids[:_MAX_IDS],
                start_date=chosen.start_date,
                end_date=chosen.end_date,
            )
            return part.model_copy(update={"remaining": part.remaining + ids[_MAX_IDS:]})

        found = await parts_async(self._client, AsyncMastraMemoryFunctions, read, _is_found)
        remaining = _latest(found, options)
        last_message_id = remaining[-1] if remaining else ""
        begun = await _finished(self.copy_part(last_message_id=last_message_id, **given))
        return begun.model_copy(update={"remaining": remaining})

    async def clone_thread(
        self,
        *,
        source_thread_id: str,
        new_thread_id: str | MISSING = MISSING,
        resource_id: str | MISSING = MISSING,
        title: str | MISSING = MISSING,
        metadata: Json | MISSING = MISSING,
        options: StorageCloneOptions | MISSING = MISSING,
    ) -> StorageCloneThreadOutput:
        """Copies a thread as `copy_thread` does, and gives the messages of the copy."""
        copy = await self.copy_thread(
            source_thread_id=source_thread_id,
            new_thread_id=new_thread_id,
            resource_id=resource_id,
            title=title,
            metadata=metadata,
            options=options,
        )
        found = await self.list_messages(thread_id=copy.thread.id, per_page=False)
        return StorageCloneThreadOutput(
            thread=copy.thread,
            message_id_map=copy.message_id_map,
            cloned_messages=found.messages,
        )

    async def update_thread_resource_id(
        self, *, thread_id: str, resource_id: str
    ) -> StorageThreadType:
        """Moves a thread with its messages to another resource. Raises `NotFound`."""
        while True:
            moved = await self.move_thread(thread_id=thread_id, resource_id=resource_id)
            if moved.is_done:
                return moved.thread

    async def dangerously_clear_all(self) -> None:
        """Deletes all threads, messages, resources and observations."""
        await AsyncMessageStore(self._client).clear()
        await AsyncThreadStore(self._client).clear()
        await AsyncResourceStore(self._client).clear()
        await AsyncObservationChunkStore(self._client).clear()
        await AsyncObservationalMemoryStore(self._client).clear()

    def watch_thread(
        self, *, thread_id: str, resource_id: str | MISSING = MISSING
    ) -> AsyncSubscription[StorageThreadType | None]:
        """The thread, now and whenever it changes."""
        return self.watch_get_thread_by_id(thread_id=thread_id, resource_id=resource_id)

    def watch_messages(
        self,
        *,
        thread_id: str,
        resource_id: str | MISSING = MISSING,
        limit: int | MISSING = MISSING,
    ) -> AsyncSubscription[list[MastraDBMessage]]:
        """The latest messages, the oldest of them first, now and whenever they change."""
        return self.watch_latest_messages(thread_id=thread_id, resource_id=resource_id, limit=limit)
