"""Messages in batches, each of which one transaction writes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from .._objects import (
    MastraDBMessage,
    MastraDBMessageUpdate,
    MastraMessage,
    MastraMessageUpdate,
)
from .._runtime import LimitExceeded
from .._runtime.calls import json_of
from .._runtime.exchange import MAX_REQUEST_BYTES, mebibytes

MAX_MESSAGES = 150
"""How many messages a call writes, of a table with three counted indexes."""

_MAX_BYTES = 3 * 1024 * 1024
"""How much JSON of messages a call writes, well below the 16 MiB of a transaction."""

_Sent = TypeVar("_Sent", MastraDBMessage, MastraDBMessageUpdate, MastraMessage, MastraMessageUpdate)


def batches(messages: Iterable[_Sent]) -> list[list[_Sent]]:
    """Messages in batches that a transaction can write.

    Raises `LimitExceeded` or `InvalidArgument` for one that Convex does not take, before any is
    written.
    """
    found: list[list[_Sent]] = [[]]
    bytes_ = 0
    for message in messages:
        texts = {name: value for name, value in message if isinstance(value, str)}
        size = len(json_of(message, texts, "the message"))
        if size > MAX_REQUEST_BYTES:
            raise LimitExceeded(
                f"message {message.id} takes {mebibytes(size)} as JSON, "
                "and Convex takes 16 MiB of arguments"
            )
        if len(found[-1]) == MAX_MESSAGES or bytes_ + size > _MAX_BYTES:
            found.append([])
            bytes_ = 0
        found[-1].append(message)
        bytes_ += size
    return [batch for batch in found if batch]


def smaller(messages: list[_Sent]) -> list[list[_Sent]]:
    """Parts of messages that were more than a transaction writes, of which there are several.

    How much that is does not follow from them alone: what they replace is read, too. Raises
    `LimitExceeded` as `batches` does.
    """
    found = batches(messages)
    half = len(messages) // 2
    parts = found if len(found) > 1 else [messages[:half], messages[half:]]
    return [part for part in parts if part]
