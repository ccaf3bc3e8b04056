"""What several calls write: what Convex does not take of it is found before the first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from .._objects import (
    MastraDBMessage,
    MastraDBMessageUpdate,
    MastraMessage,
    MastraMessageUpdate,
)
from .._runtime import LimitExceeded
from .._runtime.calls import chunks_by_size, fitting, json_of
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

LARGE_BYTES = 512 * 1024
"""How much JSON a record is at most that surely fits in a document, which takes 1 MiB.

Nothing in a document takes twice as much as in JSON, but for numbers, of which a record has few
outside of what lies as text where it is much.
"""

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
        looked_at_from: int = 0,
        document_of: Callable[[Sent], Document] | None = None,
    ) -> None:
        """The functions look at records of so many bytes before the first of several is written.

        Those of one document are never in two batches: what they make of it is seen at once.

        Raises what `measure` does, and `LimitExceeded` where a document has more than a call takes.
        """
        groups = _grouped(records, measure, document_of)
        found = list(chunks_by_size(groups, _size_of, most, most_bytes))
        self._waiting = found[::-1]
        self._looked_at_from = looked_at_from
        self._is_looked_at = False
        self._batch: list[_Group[Sent]] = []

    def __iter__(self) -> Iterator[list[Sent]]:
        """What is to be written by each call."""
        while self._waiting:
            self._batch = self._waiting.pop()
            yield _records_of(self._batch)

    def ahead(self) -> list[list[Sent]]:
        """What is to be looked at where there are several: of one, a transaction takes none."""
        return self.all() if len(self._waiting) > 1 else []

    def all(self) -> list[list[Sent]]:
        """What the functions are to look at before the first of several transactions."""
        return self._looked_at(self._waiting[::-1])

    def split(self, error: LimitExceeded) -> list[list[Sent]]:
        """Writes the last batch, which was too much, in two; gives what is to be looked at before.

        Raises the error where parts would not do.
        """
        count = len(self._batch)
        require_parts(error, count)
        first = self._fitting(error) or count // 2
        self._waiting += [self._batch[first:], self._batch[:first]]
        return self._looked_at([self._batch])

    def _fitting(self, error: LimitExceeded) -> int:
        """How many groups of the last batch fit; 0 where the error does not say how many do."""
        counts = [len(one.records) for one in self._batch]
        try:
            most = fitting(error, sum(counts))
        except LimitExceeded:
            return 0
        return sum(end <= most for end in accumulate(counts))

    def _looked_at(self, batches: list[list[_Group[Sent]]]) -> list[list[Sent]]:
        if self._is_looked_at:
            return []
        self._is_looked_at = True
        found = [
            _records_of([group for group in batch if group.size >= self._looked_at_from])
            for batch in batches
        ]
        return [batch for batch in found if batch]


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


def _size_of(group: _Group[Any]) -> int:
    return group.size


def message_batches(messages: Iterable[_Message], *, looked_at_from: int = 0) -> Batches[_Message]:
    """Messages to store. Raises `LimitExceeded` or `InvalidArgument` for what Convex refuses."""
    return Batches(messages, _message_bytes, looked_at_from=looked_at_from)


def change_batches(messages: Iterable[_Message]) -> Batches[_Message]:
    """Changes to messages. Raises `LimitExceeded` or `InvalidArgument` for what Convex refuses."""
    return Batches(messages, _message_bytes, document_of=_message)


def conversion_batches(messages: list[MastraMessage]) -> list[list[MastraMessage]]:
    """Messages that a call converts: in the order of time, each once, where they are several calls.

    Raises as `message_batches`.
    """
    given = _converted(messages)
    if len(given) == 1:
        return given
    by_id = {message.id: message for message in messages}
    return _converted(sorted(by_id.values(), key=lambda message: message.created_at))


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


def require_parts(error: LimitExceeded, count: int) -> None:
    """Raises the error where parts of what was too much would not do: one item is, by itself.

    The others would be written without it.
    """
    data: Any = error.data
    # The functions say so by the path of what is too large for a document.
    if count == 1 or (isinstance(data, dict) and "path" in data):
        raise error
