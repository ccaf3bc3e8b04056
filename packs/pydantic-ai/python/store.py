"""The store of conversations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import ConfigDict, RootModel
from pydantic_ai.conversation_store import (
    ConversationConflict,
    ConversationEntry,
    ConversationRecord,
    ConversationStore,
)
from pydantic_core import PydanticSerializationError

from .._functions import AsyncPydanticAiConversationsFunctions
from .._objects import PydanticAiNewEntry
from .._runtime import MISSING, AsyncStorage, InvalidArgument
from .._runtime.calls import chunks_by_size
from .._runtime.json_values import MAX_SAFE_INTEGER
from ..pydantic_ai_conversations import AsyncPydanticAiConversationStore
from ..pydantic_ai_entries import AsyncPydanticAiEntryStore

_MAX_ENTRIES: Final = 500
_MAX_BYTES: Final = 4 * 1024 * 1024
"""How much a call writes: a transaction writes 16 MiB, and reads 4,096 ranges of indexes."""

_PAGE: Final = 100
"""How many records a call reads."""

# As PydanticAI's own JSON of messages has bytes, and with numbers that JSON has not.
_AS_JSON: Final = ConfigDict(
    ser_json_bytes="base64", val_json_bytes="base64", ser_json_inf_nan="constants"
)


class _Entry(RootModel[ConversationEntry]):
    """An entry as JSON."""

    model_config = _AS_JSON


class _Record(RootModel[ConversationRecord]):
    """What a conversation has besides its messages, as JSON."""

    model_config = _AS_JSON


class ConvexConversationStore(ConversationStore):
    """Keeps the conversations of agents in a deployment. May be shared by tasks.

    A deletion deletes the entries that no other conversation's history reaches, too.
    """

    def __init__(self, storage: AsyncStorage) -> None:
        self._conversations = AsyncPydanticAiConversationStore(storage.client)
        self._entries = AsyncPydanticAiEntryStore(storage.client)
        self._functions = AsyncPydanticAiConversationsFunctions(storage.client)

    async def read_record(self, conversation_id: str) -> ConversationRecord | None:
        """The record of a conversation, or None where there is none."""
        found = await self._conversations.get(conversation_id)
        return None if found is None else _record(found.record)

    async def read_records(
        self, *, scope: str | None = None, limit: int | None = None
    ) -> Sequence[ConversationRecord]:
        """The records, or those of a scope, the last that was saved first."""
        if scope is None:
            query = self._conversations.by_updated_at(order="desc")
        else:
            query = self._conversations.by_scope_and_updated_at(scope, order="desc")
        found: list[ConversationRecord] = []
        if limit == 0:
            return found
        async for one in query.iterate(page_size=_PAGE if limit is None else min(limit, _PAGE)):
            found.append(_record(one.record))
            if len(found) == limit:
                break
        return found

    async def write_record(
        self,
        record: ConversationRecord,
        *,
        new_entries: Sequence[ConversationEntry] = (),
        expected_revision: str | None,
    ) -> None:
        """Store a record with new entries, in place of the one with `expected_revision`.

        All in one transaction. Where it is more than one takes, entries go before, and are deleted
        where no record follows.
        """
        text = _json(_Record(record), f"conversation {record.conversation_id!r}")
        batches = _batches(new_entries)
        if batches and _size(text) + sum(_size(one.entry) for one in batches[-1]) > _MAX_BYTES:
            batches.append([])
        *ahead, last = batches or [[]]
        is_stored = True
        for entries in ahead:
            is_stored = is_stored and await self._functions.put_entries(new_entries=entries)
        is_stored = is_stored and await self._functions.write(
            conversation_id=record.conversation_id,
            scope=MISSING if record.scope is None else record.scope,
            revision=record.revision,
            updated_at=record.updated_at,
            head_id=MISSING if record.head_id is None else record.head_id,
            branches=record.branches,
            record=text,
            new_entries=last,
            expected_revision=MISSING if expected_revision is None else expected_revision,
        )
        if not is_stored:
            raise ConversationConflict(record.conversation_id)

    async def delete_record(self, conversation_id: str, *, expected_revision: str) -> None:
        """Delete a record, and the entries that no other one's history reaches."""
        if not await self._functions.remove(
            conversation_id=conversation_id, revision=expected_revision
        ):
            raise ConversationConflict(conversation_id)

    async def read_entry(self, entry_id: str) -> ConversationEntry:
        """The entry with this ID. Raises KeyError where there is none."""
        found = await self._entries.get(entry_id)
        if found is None:
            raise KeyError(entry_id)
        return _entry(found.entry)

    async def read_history(
        self, head_id: str | None, *, limit: int | None = None
    ) -> list[ConversationEntry]:
        """The entries up to one, or the last of them. Raises KeyError where one is gone."""
        found: list[ConversationEntry] = []
        next_id = head_id
        while next_id is not None and (limit is None or len(found) < limit):
            part = await self._functions.history(
                head_id=next_id,
                limit=MISSING if limit is None else min(limit - len(found), MAX_SAFE_INTEGER),
            )
            found += map(_entry, part.entries)
            if part.missing is not MISSING:
                raise KeyError(part.missing)
            next_id = None if part.next is MISSING else part.next
        found.reverse()
        return found


def _json(given: _Entry | _Record, name: str) -> str:
    try:
        return given.model_dump_json()
    except PydanticSerializationError as error:
        raise InvalidArgument(f"{name} cannot be stored as JSON: {error}") from error


def _record(text: str) -> ConversationRecord:
    return _Record.model_validate_json(text).root


def _entry(text: str) -> ConversationEntry:
    return _Entry.model_validate_json(text).root


def _batches(entries: Sequence[ConversationEntry]) -> list[list[PydanticAiNewEntry]]:
    """The entries, as many as a call takes in each list."""
    new = [
        PydanticAiNewEntry(
            entry_id=entry.id,
            parent_id=MISSING if entry.parent_id is None else entry.parent_id,
            entry=_json(_Entry(entry), f"the message of entry {entry.id!r}"),
        )
        for entry in entries
    ]
    return [*chunks_by_size(new, lambda one: _size(one.entry), _MAX_ENTRIES, _MAX_BYTES)]


def _size(text: str) -> int:
    """How much JSON a text is that is JSON itself, in which quotation marks stand twice."""
    return len(text.encode()) + text.count('"') + text.count("\\")
