"""How far a call for many items is, so that its errors say it."""

from __future__ import annotations

import re
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeAlias, TypeVar

from pydantic_core import to_json

from .calls import Progress, progress_of
from .errors import ConvexgenError, InvalidArgument

T = TypeVar("T")

MOST_AT_ONCE = 16
"""Mutations of a deployment that run at the same time, in the smallest class:
https://docs.convex.dev/production/state/limits"""


@contextmanager
def continued() -> Generator[None]:
    """Requests after one of the same call that was answered, and has changed something.

    Errors that leave the block say so, whatever they say of the request that failed.
    """
    try:
        yield
    except ConvexgenError as error:
        error.doubt("a part of the call has run")
        raise


class Bulk:
    """The batches of one call: each request of them runs in `with bulk:`.

    Errors that leave the block, or come from what `taken` takes, say which item and batch they
    are about, and how many items were done before.
    """

    def __init__(self, progress: Progress | None = None) -> None:
        self.done = 0
        self._progress = progress_of(progress)
        self._batch = 1
        self._taken = 0
        self._finished = 0

    def taken(self, items: Iterable[T]) -> Iterator[T]:
        """The items, counted as they are taken."""
        try:
            yield from self.counted(items)
        except Exception as error:
            self.locate_next(error)
            raise

    def counted(self, items: Iterable[T]) -> Iterator[T]:
        """The same, but for errors, which `locate_next` is to be told of."""
        for item in items:
            yield item
            self._taken += 1

    def locate_next(self, error: Exception) -> None:
        """Say which item was asked for when there was this error instead."""
        if not isinstance(error, ConvexgenError):
            error.add_note(f"where item {self._taken} was asked for, after {self.done} were done")
        elif error.batch is None:
            error.locate(batch=self._batch, done=self.done, index=self._taken)

    def __enter__(self) -> None:
        """Begin a request of the batch."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, ConvexgenError):
            local = index_in(error)
            index = None
            if local is not None:
                index = self._finished + local
                error.reason = error.reason.replace(f"[{local}]", f"[{index}]", 1)
            error.locate(batch=self._batch, done=self.done, index=index)

    def advance(self, items: int, done: int) -> None:
        """A request was answered: so many items are finished, of which so many count."""
        self._finished += items
        self.done += done
        self._progress(self.done)

    def next_batch(self) -> None:
        """The batch is finished."""
        self._batch += 1


Document: TypeAlias = dict[str, Any]
"""An encoded one."""


@dataclass(frozen=True)
class Loading:
    """How many documents are saved."""

    key: Sequence[str]
    """The names of the fields of the key."""
    most: int
    """How many one call saves."""
    progress: Progress | None
    concurrency: int
    """How many calls are under way at the same time."""

    def __post_init__(self) -> None:
        kind: type[Any] = self.concurrency.__class__
        if kind is not int or not 1 <= self.concurrency <= MOST_AT_ONCE:
            raise InvalidArgument(
                f"`concurrency` is from 1 to {MOST_AT_ONCE}, not {self.concurrency!r}"
            )

    def may_begin(self, batch: list[Document], under_way: Collection[list[Document]]) -> bool:
        """Whether a batch can be saved while others are; not where it has a key of theirs.

        Of two documents of one key the later one stays.
        """
        if not under_way:
            return True
        if len(under_way) >= self.concurrency:
            return False
        keys = self._keys(batch)
        return all(keys.isdisjoint(self._keys(one)) for one in under_way)

    def _keys(self, batch: list[Document]) -> set[bytes]:
        return {to_json([document.get(name) for name in self.key]) for document in batch}


# So say the client, and the backend of an argument that does not fit its validator.
_PATH = re.compile(r"(?:^|Path: \.\w+)\[(\d+)\]")


def index_in(error: ConvexgenError) -> int | None:
    """The position in its batch of the item that an error is about."""
    kind: type[Any] = error.data.__class__
    index = error.data.get("index") if kind is dict else None
    if isinstance(index, int | float):
        return int(index)
    found = _PATH.search(error.reason)
    return None if found is None else int(found[1])
