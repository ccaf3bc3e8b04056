# Copied by convexgen from schema/mastra/python/batches.py. Do not edit.
# fmt: off
# isort: skip_file

"""What several calls write: what Convex does not take of it is found before the first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import accumulate
from types import TracebackType
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from .._objects import (
    MastraDBMessage,
    MastraDBMessageUpdate,
    MastraMessage,
    MastraMessageUpdate,
)
from .._runtime import ConvexgenError, LimitExceeded
from .._runtime.calls import fitting, json_of
from .._runtime.exchange import MAX_REQUEST_BYTES, mebibytes
from .._runtime.json_values import MAX_ELEMENTS

MAX_MESSAGES = 150
"""How many messages a call writes, of a table with three counted indexes."""

_MAX_BYTES = 3 * 1024 * 1024
"""How much JSON of messages a call writes, well below the 16 MiB of a transaction."""

_MAX_CONVERTED = 4000
"""How many messages of one format a call converts: one may be several of the other, in a list."""

_MAX_CONVERTED_BYTES = 6 * 1024 * 1024
"""How much JSON: the second format has a text twice, and a result has 16 MiB at most."""

_MAX_BEFORE = 8
_MAX_BEFORE_BYTES = 4 * 1024 * 1024
"""Among how many messages of a thread the call of a tool is looked for, and in how much JSON."""

_CONTENT = frozenset({"content"})

Sent = TypeVar("Sent")
_Message = TypeVar(
    "_Message", MastraDBMessage, MastraDBMessageUpdate, MastraMessage, MastraMessageUpdate
)


@dataclass(frozen=True)
class Document:
    """What is changed."""

    kind: str
    key: tuple[str, ...]

    @property
    def name(self) -> str:
        """What errors call it."""
        return f"{self.kind} {self.key[-1][:100]!r}"


@dataclass(frozen=True)
class _Group(Generic[Sent]):
    """Records of one document, which a transaction writes together."""

    records: list[Sent]
    size: int


class Step(AbstractContextManager[None], Generic[Sent]):
    """A batch that a call tries or writes within the block.

    Where it was too much for a transaction, it is split. Of errors, those say that a part of what
    was asked for has happened of which that is so.
    """

    def __init__(
        self, batches: Batches[Sent], groups: list[_Group[Sent]], *, is_written: bool
    ) -> None:
        self.records = _records_of(groups)
        self.is_written = is_written
        """Whether it is written, or only tried."""
        self.groups = groups
        self.was_split = False
        self._batches = batches

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if error is None:
            self._batches.has_written |= self.is_written
        elif isinstance(error, LimitExceeded) and is_of_many(error, len(self.groups)):
            self._batches.split(self.groups, error)
            self.was_split = True
        elif isinstance(error, ConvexgenError) and self._batches.has_written:
            error.doubt("a part of the call has run")
        return self.was_split


class Batches(Generic[Sent]):
    """Records in batches that a transaction can write, which are split where one cannot.

    How much that is does not follow from them alone: what they replace is read, too.
    """

    def __init__(
        self,
        records: Iterable[Sent],
        measure: Callable[[Sent], int],
        *,
        most: int = MAX_MESSAGES,
        most_bytes: int = _MAX_BYTES,
        document_of: Callable[[Sent], Document] | None = None,
        at_once: bool = False,
    ) -> None:
        """Batches of so many documents, or `at_once` one of all, where a transaction takes it.

        Those of one document are never in two batches: what they make of it is seen at once.

        Raises what `measure` does, and `LimitExceeded` where a document has more than a call takes.
        """
        groups = _grouped(records, measure, document_of)
        self._most, self._most_bytes = most, most_bytes
        self._waiting = [groups] if at_once and groups else self._cut(groups)[::-1]
        self._are_tried = False
        self.has_written = False

    def __iter__(self) -> Iterator[Step[Sent]]:
        """What the calls are to do, each within the block of its step.

        Where there are several batches, all are tried before the first is written. Of one, a
        transaction writes none where it refuses one of the records.
        """
        while self._waiting:
            if len(self._waiting) > 1 and not self._are_tried:
                yield from self._trials()
            yield Step(self, self._waiting.pop(), is_written=True)

    def all(self) -> list[list[Sent]]:
        """The records of each batch."""
        return [_records_of(batch) for batch in self._waiting[::-1]]

    def split(self, groups: list[_Group[Sent]], error: LimitExceeded) -> None:
        """Puts a batch that was too much before the rest again, in parts."""
        parts = self._cut(groups)
        if len(parts) == 1:
            first = _fitting_groups(groups, error) or len(groups) // 2
            parts = [groups[:first], groups[first:]]
        self._waiting += parts[::-1]

    def _trials(self) -> Iterator[Step[Sent]]:
        """Tries what waits, and leaves what a transaction takes to be written."""
        self._are_tried = True
        passed: list[list[_Group[Sent]]] = []
        while self._waiting:
            step = Step(self, self._waiting.pop(), is_written=False)
            yield step
            if not step.was_split:
                passed.append(step.groups)
        self._waiting = passed[::-1]

    def _cut(self, groups: list[_Group[Sent]]) -> list[list[_Group[Sent]]]:
        """Groups in batches; one that is larger is a batch alone."""
        batches: list[list[_Group[Sent]]] = []
        records = size = 0
        for group in groups:
            records += len(group.records)
            size += group.size
            is_full = records > MAX_ELEMENTS or size > self._most_bytes
            if not batches or is_full or len(batches[-1]) == self._most:
                batches.append([])
                records, size = len(group.records), group.size
            batches[-1].append(group)
        return batches


def _fitting_groups(groups: list[_Group[Any]], error: LimitExceeded) -> int:
    """How many groups fit; 0 where the error does not say how many do."""
    counts = [len(one.records) for one in groups]
    try:
        most = fitting(error, sum(counts))
    except LimitExceeded:
        return 0
    return sum(end <= most for end in accumulate(counts))


def _grouped(
    records: Iterable[Sent],
    measure: Callable[[Sent], int],
    document_of: Callable[[Sent], Document] | None,
) -> list[_Group[Sent]]:
    sized = [(record, measure(record)) for record in records]
    if document_of is None:
        return [_Group([record], size) for record, size in sized]
    found: dict[Document, tuple[list[Sent], list[int]]] = {}
    for record, size in sized:
        of_document, sizes = found.setdefault(document_of(record), ([], []))
        of_document.append(record)
        sizes.append(size)
    for document, (of_document, sizes) in found.items():
        if len(of_document) > MAX_ELEMENTS:
            raise LimitExceeded(
                f"{document.name} is changed {len(of_document)} times, "
                f"and Convex takes {MAX_ELEMENTS}"
            )
        _fitting(sum(sizes), f"what changes {document.name}")
    return [_Group(of_document, sum(sizes)) for of_document, sizes in found.values()]


def _records_of(groups: Iterable[_Group[Sent]]) -> list[Sent]:
    return [record for group in groups for record in group.records]


def message_batches(messages: Iterable[_Message]) -> Batches[_Message]:
    """Messages to store. Raises `LimitExceeded` or `InvalidArgument` for what Convex refuses."""
    return Batches(messages, _message_bytes)


def change_batches(messages: Iterable[_Message], *, at_once: bool = False) -> Batches[_Message]:
    """Changes to messages. Raises `LimitExceeded` or `InvalidArgument` for what Convex refuses."""
    return Batches(messages, _message_bytes, document_of=_message, at_once=at_once)


def conversion_batches(messages: list[MastraMessage]) -> list[list[MastraMessage]]:
    """Messages that a call converts: in the order of time, each once, where they are several calls.

    Raises as `message_batches`.
    """
    given = _converted(messages)
    if len(given) == 1:
        return given
    by_id = {message.id: message for message in messages}
    return _converted(sorted(by_id.values(), key=lambda message: message.created_at))


def called_before(part: list[MastraMessage], converted: list[MastraMessage]) -> list[MastraMessage]:
    """Of what was converted before a part, where tools may be called whose results are in it.

    As much as a call takes beside it.
    """
    threads = {message.thread_id: 0 for message in part}
    left = MAX_REQUEST_BYTES - 1024 * 1024 - sum(map(_message_bytes, part))
    left = min(left, _MAX_BEFORE_BYTES)
    found: list[MastraMessage] = []
    for message in reversed(converted[-_MAX_CONVERTED:]):
        if threads.get(message.thread_id, _MAX_BEFORE) == _MAX_BEFORE:
            continue
        left -= _message_bytes(message)
        if left < 0:
            break
        threads[message.thread_id] += 1
        found.append(message)
    return found[::-1]


def _converted(messages: list[MastraMessage]) -> list[list[MastraMessage]]:
    most, most_bytes = _MAX_CONVERTED, _MAX_CONVERTED_BYTES
    return Batches(messages, _message_bytes, most=most, most_bytes=most_bytes).all()


def _message_bytes(message: _Message) -> int:
    return sent_bytes(message, _message(message).name, json=_CONTENT)


def _message(message: _Message) -> Document:
    return Document("message", (message.id,))


def sent_bytes(record: BaseModel, name: str, *, json: frozenset[str]) -> int:
    """How much JSON a record is that a call takes; `json` are the fields that may be of any size.

    Raises `LimitExceeded` or `InvalidArgument` for one that Convex does not take.
    """
    size = _fitting(len(json_of(record, _texts_of(record), name)), name)
    for field, length in _lengths(record, json):
        if length > MAX_ELEMENTS:
            raise LimitExceeded(
                f"`{field}` of {name} has {length} elements, and Convex takes {MAX_ELEMENTS}"
            )
    return size


def row_bytes(row: Any) -> int:
    """How much JSON a row is. Raises `LimitExceeded` or `InvalidArgument` as `sent_bytes`."""
    return _fitting(len(json_of(row, row, "a record")), "a record")


def ids_sent(ids: Iterable[str], name: str) -> list[str]:
    """IDs, each once. Raises `InvalidArgument` for what is not Unicode."""
    found = list(dict.fromkeys(ids))
    json_of(found, found, name)
    return found


def _fitting(size: int, name: str) -> int:
    if size > MAX_REQUEST_BYTES:
        raise LimitExceeded(
            f"{name} takes {mebibytes(size)} as JSON, and Convex takes 16 MiB of arguments"
        )
    return size


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
        elif isinstance(value, Sized) and not isinstance(value, str) and name not in json:
            yield name, len(value)


def is_of_many(error: LimitExceeded, count: int) -> bool:
    """Whether parts of what was too much would do: not where one item is, by itself."""
    data: Any = error.data
    # The functions say so by the path of what is too large for a document.
    return count > 1 and not (isinstance(data, dict) and "path" in data)
