"""What several calls write: what Convex does not take of it is found before the first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from pydantic import BaseModel

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

_CONTENT = frozenset({"content"})

_MAX_TEXT_BYTES = 1024 * 1024
"""How much text a document has: what may be more is JSON, which lies in documents of its own."""

_Sent = TypeVar("_Sent", MastraDBMessage, MastraDBMessageUpdate, MastraMessage, MastraMessageUpdate)


def sent_bytes(record: BaseModel, name: str, *, json: frozenset[str]) -> int:
    """How much JSON a record is that a call takes; `json` are the fields that may be of any size.

    Raises `LimitExceeded` or `InvalidArgument` for one that Convex does not take.
    """
    size = len(json_of(record, _texts_of(record), name))
    _require_fitting(size, name)
    for field, bytes_ in _lengths(record, json):
        if bytes_ > _MAX_TEXT_BYTES:
            raise LimitExceeded(
                f"`{field}` of {name} takes {mebibytes(bytes_)}, and Convex stores 1 MiB at most"
            )
    return size


def require_sent(value: Any, name: str) -> None:
    """Raises `LimitExceeded` or `InvalidArgument` for JSON that no call takes."""
    _require_fitting(len(json_of(value, value, name)), name)


def ids_sent(ids: Iterable[str], name: str) -> list[str]:
    """IDs, each once. Raises `InvalidArgument` for what is not Unicode."""
    found = list(dict.fromkeys(ids))
    json_of(found, found, name)
    return found


def _require_fitting(size: int, name: str) -> None:
    if size > MAX_REQUEST_BYTES:
        raise LimitExceeded(
            f"{name} takes {mebibytes(size)} as JSON, and Convex takes 16 MiB of arguments"
        )


def _texts_of(record: BaseModel) -> dict[str, Any]:
    """What may be refused of a record as text, which `json_of` looks for in plain JSON."""
    texts: dict[str, Any] = {}
    for name, value in record:
        if isinstance(value, BaseModel):
            texts[name] = _texts_of(value)
        elif isinstance(value, str | list):
            texts[name] = value
    return texts


def _lengths(record: BaseModel, json: frozenset[str]) -> Iterator[tuple[str, int]]:
    for name, value in record:
        if isinstance(value, BaseModel):
            yield from _lengths(value, json)
        elif isinstance(value, str) and name not in json and len(value) * 4 > _MAX_TEXT_BYTES:
            yield name, len(value.encode())


def require_parts(error: LimitExceeded, count: int) -> None:
    """Raises the error where parts of what was too much would not do: one item is, by itself.

    The others would be written without it.
    """
    data: Any = error.data
    # The functions say so by the path of what is too large for a document.
    if count == 1 or (isinstance(data, dict) and "path" in data):
        raise error


def batches(messages: Iterable[_Sent]) -> list[list[_Sent]]:
    """Messages in batches that a transaction can write.

    Raises `LimitExceeded` or `InvalidArgument` for one that Convex does not take, before any is
    written.
    """
    found: list[list[_Sent]] = [[]]
    bytes_ = 0
    for message in messages:
        size = sent_bytes(message, f"message {message.id[:100]!r}", json=_CONTENT)
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
