# Copied by convexgen from schema/mastra/python/legacy_reading.py. Do not edit.
# fmt: off
# isort: skip_file

"""Messages that are more than one query reads: where they lie, then each part of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from .._objects import (
    MastraMessage,
    MessagesBefore,
    MessageToRead,
    PaginatedMessages,
    PartOfMessages,
    PartOfMessagesPage,
    ReadMessages,
    StorageMessageInclude,
    StorageMessageSelection,
)
from .._runtime import MISSING, Json

_MOST = 1000
"""How many messages a query is asked for."""

_MOST_BYTES = 6 * 1024 * 1024
"""How much of them: the first format may say twice what a message has."""


@dataclass(frozen=True)
class Beside:
    """A message and those next to it, in an order."""

    thread_id: str
    id: str
    order: Literal["asc", "desc"]
    limit: int


class Found:
    """What a selection finds of a thread."""

    def __init__(self, thread_id: str, select_by: StorageMessageSelection | MISSING) -> None:
        chosen = StorageMessageSelection() if select_by is MISSING else select_by
        self._thread_id = thread_id
        self._include = [] if chosen.include is MISSING else chosen.include
        self._included: dict[str, MessageToRead] = {}
        self._on_page: dict[str, MessageToRead] = {}
        self._page: PartOfMessagesPage | None = None
        self._messages: list[MastraMessage] = []

    def beside(self) -> Iterator[Beside]:
        """What is to be included."""
        for one in self._include:
            yield self._beside(one, "desc", one.with_previous_messages)
            yield self._beside(one, "asc", one.with_next_messages)

    def _beside(
        self, one: StorageMessageInclude, order: Literal["asc", "desc"], limit: int | MISSING
    ) -> Beside:
        thread_id = self._thread_id if one.thread_id is MISSING else one.thread_id
        return Beside(thread_id, one.id, order, 0 if limit is MISSING else limit)

    def include(self, part: PartOfMessages) -> str | None:
        """Adds what is included, and gives where the next part begins."""
        self._included |= {one.document: one for one in part.messages}
        return part.cursor

    @property
    def included(self) -> list[str]:
        """The documents that are on no page."""
        return list(self._included)

    def add(self, part: PartOfMessagesPage) -> str | None:
        """Adds what is on the page, and gives where the next part begins."""
        self._on_page |= {one.document: one for one in part.messages}
        self._page = part
        return part.cursor

    def parts(self) -> list[list[str]]:
        """The documents, the oldest first, in parts that a query reads."""
        parts: list[list[MessageToRead]] = []
        part: list[MessageToRead] = []
        size = 0
        for one in sorted((self._included | self._on_page).values(), key=_place):
            size += one.size
            if part and (len(part) == _MOST or size > _MOST_BYTES):
                parts.append(part)
                part = []
                size = one.size
            part.append(one)
        return [[one.document for one in part] for part in (*parts, part) if part]

    def read(self, part: ReadMessages) -> MessagesBefore | MISSING:
        """Adds a part, and gives what the next one goes on from.

        Of messages of one role that follow each other, the first format makes one.
        """
        if part.continued:
            last = self._messages[-1]
            content = [*cast("list[Json]", last.content), *part.continued]
            self._messages[-1] = last.model_copy(update={"content": content})
        self._messages += part.messages
        return part.before

    def output(self) -> PaginatedMessages:
        """The page, with the messages that have been read."""
        page = self._page
        if page is None:
            raise AssertionError("no part has been added")
        return PaginatedMessages(
            messages=self._messages,
            total=page.total,
            page=page.page,
            per_page=page.per_page,
            has_more=page.has_more,
        )


def without_pages(select_by: StorageMessageSelection | MISSING) -> StorageMessageSelection:
    """A selection of the last messages alone."""
    if select_by is MISSING:
        return StorageMessageSelection()
    return select_by.model_copy(update={"pagination": MISSING})


def _place(message: MessageToRead) -> tuple[datetime, float, str]:
    return (message.created_at, message.inserted_at, message.document)
