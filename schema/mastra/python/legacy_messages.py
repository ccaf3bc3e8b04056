"""Messages, as the storages of Mastra 0.10 to 0.13 have them: in two formats."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from .._functions import AsyncMastraLegacyMessagesFunctions, MastraLegacyMessagesFunctions
from .._objects import (
    MastraMessage,
    MastraMessageUpdate,
    MessagesBefore,
    PaginatedMessages,
    StorageMessageSelection,
)
from .._runtime import MISSING, AsyncStorage, Json, LimitExceeded, Storage
from ..messages import AsyncMessageStore, MessageStore
from .batches import (
    called_before,
    change_batches,
    conversion_batches,
    ids_sent,
    is_of_many,
    message_batches,
)
from .going_on import of_one_moment, of_one_moment_async
from .legacy_reading import Found, without_pages
from .reading import reads

MessageFormat = Literal["v1", "v2"]


class LegacyMessages(Storage):
    """Messages, in either format."""

    @cached_property
    def _legacy_messages(self) -> MastraLegacyMessagesFunctions:
        return MastraLegacyMessagesFunctions(self.client)

    @reads("select_by")
    def get_messages(
        self,
        *,
        thread_id: str,
        resource_id: str | MISSING = MISSING,
        select_by: StorageMessageSelection | MISSING = MISSING,
        thread_config: Json | MISSING = MISSING,
        format: MessageFormat | MISSING = MISSING,
    ) -> list[MastraMessage]:
        """The last messages of a thread and those included, in the first format by default."""
        functions = self._legacy_messages
        try:
            return functions.get_messages(
                thread_id=thread_id,
                resource_id=resource_id,
                select_by=select_by,
                thread_config=thread_config,
                format=format,
            )
        except LimitExceeded:
            last = without_pages(select_by)
            found = self._read(thread_id, resource_id, last, format)
            return found.messages

    @reads("select_by")
    def get_messages_paginated(
        self,
        *,
        thread_id: str,
        resource_id: str | MISSING = MISSING,
        select_by: StorageMessageSelection | MISSING = MISSING,
        thread_config: Json | MISSING = MISSING,
        format: MessageFormat | MISSING = MISSING,
    ) -> PaginatedMessages:
        """A page of a thread, from the latest on, in the second format by default."""
        functions = self._legacy_messages
        try:
            return functions.get_messages_paginated(
                thread_id=thread_id,
                resource_id=resource_id,
                select_by=select_by,
                thread_config=thread_config,
                format=format,
            )
        except LimitExceeded:
            shown = "v2" if format is MISSING else format
            return self._read(thread_id, resource_id, select_by, shown)

    def _read(
        self,
        thread_id: str,
        resource_id: str | MISSING,
        select_by: StorageMessageSelection | MISSING,
        format: MessageFormat | MISSING,
    ) -> PaginatedMessages:
        """Reads in parts what is more than one query reads, all of one moment."""
        found = Found(thread_id, select_by)
        with of_one_moment(self.client, MastraLegacyMessagesFunctions) as seen:
            for one in found.beside():
                cursor: str | None = None
                while True:
                    beside = seen.find_beside(
                        thread_id=one.thread_id,
                        resource_id=resource_id,
                        id=one.id,
                        order=one.order,
                        limit=one.limit,
                        cursor=cursor,
                    )
                    cursor = found.include(beside)
                    if cursor is None:
                        break
            cursor = None
            while True:
                latest = seen.find_latest(
                    thread_id=thread_id,
                    resource_id=resource_id,
                    select_by=select_by,
                    without=found.included,
                    cursor=cursor,
                )
                cursor = found.add(latest)
                if cursor is None:
                    break
            before: MessagesBefore | MISSING = MISSING
            for part in found.parts():
                read = seen.read_messages(documents=part, format=format, before=before)
                before = found.read(read)
        return found.output()

    @reads("messages")
    def save_messages(
        self, *, messages: list[MastraMessage], format: MessageFormat | MISSING = MISSING
    ) -> list[MastraMessage]:
        """Save messages of either format. Each keeps the time of its creation.

        All or none, but of more than a transaction writes: what is wrong with one is found before.
        """
        if not messages:
            return []
        functions = self._legacy_messages
        try:
            return functions.save_messages(messages=messages, format=format)
        except LimitExceeded as error:
            if not is_of_many(error, len(messages)):
                raise
        saved: list[MastraMessage] = []
        new: list[MastraMessage] = []
        for part in conversion_batches(messages):
            before = called_before(part, new)
            saved += functions.converted_messages(messages=part, before=before, format=format)
            new += functions.converted_messages(messages=part, before=before, format="v2")
        for step in message_batches(new):
            with step:
                if step.is_written:
                    functions.save_messages(messages=step.records, format="v2")
                else:
                    functions.check_messages(messages=step.records, format="v2")
        return saved

    @reads("messages")
    def update_messages(self, *, messages: list[MastraMessageUpdate]) -> list[MastraMessage]:
        """Change those that are there, merging contents and their metadata.

        All or none, but of more than a transaction writes: what is wrong with one is found before.
        """
        functions = self._legacy_messages
        updated: list[MastraMessage] = []
        for step in change_batches(messages, at_once=True):
            with step:
                if step.is_written:
                    updated += functions.update_messages(messages=step.records)
                else:
                    functions.check_updates(messages=step.records)
        return updated

    @reads("message_ids")
    def delete_messages(self, message_ids: list[str]) -> None:
        """Delete the messages that are there."""
        MessageStore(self.client).delete_many(ids_sent(message_ids, "message_ids"))


class AsyncLegacyMessages(AsyncStorage):
    """Messages, in either format, from asyncio."""

    @cached_property
    def _legacy_messages(self) -> AsyncMastraLegacyMessagesFunctions:
        return AsyncMastraLegacyMessagesFunctions(self.client)

    @reads("select_by")
    async def get_messages(
        self,
        *,
        thread_id: str,
        resource_id: str | MISSING = MISSING,
        select_by: StorageMessageSelection | MISSING = MISSING,
        thread_config: Json | MISSING = MISSING,
        format: MessageFormat | MISSING = MISSING,
    ) -> list[MastraMessage]:
        """The last messages of a thread and those included, in the first format by default."""
        functions = self._legacy_messages
        try:
            return await functions.get_messages(
                thread_id=thread_id,
                resource_id=resource_id,
                select_by=select_by,
                thread_config=thread_config,
                format=format,
            )
        except LimitExceeded:
            last = without_pages(select_by)
            found = await self._read(thread_id, resource_id, last, format)
            return found.messages

    @reads("select_by")
    async def get_messages_paginated(
        self,
        *,
        thread_id: str,
        resource_id: str | MISSING = MISSING,
        select_by: StorageMessageSelection | MISSING = MISSING,
        thread_config: Json | MISSING = MISSING,
        format: MessageFormat | MISSING = MISSING,
    ) -> PaginatedMessages:
        """A page of a thread, from the latest on, in the second format by default."""
        functions = self._legacy_messages
        try:
            return await functions.get_messages_paginated(
                thread_id=thread_id,
                resource_id=resource_id,
                select_by=select_by,
                thread_config=thread_config,
                format=format,
            )
        except LimitExceeded:
            shown = "v2" if format is MISSING else format
            return await self._read(thread_id, resource_id, select_by, shown)

    async def _read(
        self,
        thread_id: str,
        resource_id: str | MISSING,
        select_by: StorageMessageSelection | MISSING,
        format: MessageFormat | MISSING,
    ) -> PaginatedMessages:
        """Reads in parts what is more than one query reads, all of one moment."""
        found = Found(thread_id, select_by)
        bind = AsyncMastraLegacyMessagesFunctions
        async with of_one_moment_async(self.client, bind) as seen:
            for one in found.beside():
                cursor: str | None = None
                while True:
                    beside = await seen.find_beside(
                        thread_id=one.thread_id,
                        resource_id=resource_id,
                        id=one.id,
                        order=one.order,
                        limit=one.limit,
                        cursor=cursor,
                    )
                    cursor = found.include(beside)
                    if cursor is None:
                        break
            cursor = None
            while True:
                latest = await seen.find_latest(
                    thread_id=thread_id,
                    resource_id=resource_id,
                    select_by=select_by,
                    without=found.included,
                    cursor=cursor,
                )
                cursor = found.add(latest)
                if cursor is None:
                    break
            before: MessagesBefore | MISSING = MISSING
            for part in found.parts():
                read = await seen.read_messages(documents=part, format=format, before=before)
                before = found.read(read)
        return found.output()

    @reads("messages")
    async def save_messages(
        self, *, messages: list[MastraMessage], format: MessageFormat | MISSING = MISSING
    ) -> list[MastraMessage]:
        """Save messages of either format. Each keeps the time of its creation.

        All or none, but of more than a transaction writes: what is wrong with one is found before.
        """
        if not messages:
            return []
        functions = self._legacy_messages
        try:
            return await functions.save_messages(messages=messages, format=format)
        except LimitExceeded as error:
            if not is_of_many(error, len(messages)):
                raise
        saved: list[MastraMessage] = []
        new: list[MastraMessage] = []
        for part in conversion_batches(messages):
            before = called_before(part, new)
            saved += await functions.converted_messages(messages=part, before=before, format=format)
            new += await functions.converted_messages(messages=part, before=before, format="v2")
        for step in message_batches(new):
            with step:
                if step.is_written:
                    await functions.save_messages(messages=step.records, format="v2")
                else:
                    await functions.check_messages(messages=step.records, format="v2")
        return saved

    @reads("messages")
    async def update_messages(self, *, messages: list[MastraMessageUpdate]) -> list[MastraMessage]:
        """Change those that are there, merging contents and their metadata.

        All or none, but of more than a transaction writes: what is wrong with one is found before.
        """
        functions = self._legacy_messages
        updated: list[MastraMessage] = []
        for step in change_batches(messages, at_once=True):
            with step:
                if step.is_written:
                    updated += await functions.update_messages(messages=step.records)
                else:
                    await functions.check_updates(messages=step.records)
        return updated

    @reads("message_ids")
    async def delete_messages(self, message_ids: list[str]) -> None:
        """Delete the messages that are there."""
        await AsyncMessageStore(self.client).delete_many(ids_sent(message_ids, "message_ids"))
