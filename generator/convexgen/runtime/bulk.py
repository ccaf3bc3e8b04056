"""How far a call for many items is, so that its errors say it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, TypeVar

from pydantic import BaseModel

from .calls import Progress
from .errors import ConvexgenError, InvalidArgument
from .foreign_values import type_name

T = TypeVar("T")


_NO_TUPLES = (str, bytes, bytearray, memoryview, Mapping, set, frozenset, BaseModel)


def items_of(given: Iterable[T]) -> Iterable[T]:
    """The items that were given. Raises `InvalidArgument` for one thing where many are expected.

    Of text and bytes Python makes characters and numbers, and of an entity its fields.
    """
    if isinstance(given, (str, bytes, bytearray, memoryview, BaseModel)):
        name = type_name(given)
        raise InvalidArgument(f"expected a list, or what else is iterated, and found one {name}")
    if not hasattr(given, "__iter__"):
        raise InvalidArgument(
            f"expected a list, or what else is iterated, found {type_name(given)}"
        )
    return given


def tuple_of(one: T, size: int) -> T:
    """The tuple of so many values that was given. Raises `InvalidArgument`.

    Text of that length is none, whose characters Python would take for the values.
    """
    value: Any = one
    if isinstance(value, _NO_TUPLES) or not hasattr(value, "__len__") or len(value) != size:
        raise InvalidArgument(f"expected a tuple of {size} values, found {one!r}")
    return one


class Bulk:
    """The batches of one call: each request of them runs in `with bulk:`.

    Errors that leave the block, or come from what `taken` takes, say which item and batch they
    are about, and how many items were done before.
    """

    def __init__(self, progress: Progress | None = None) -> None:
        self.done = 0
        self._progress = progress
        self._batch = 1
        self._taken = 0
        self._finished = 0

    def taken(self, items: Iterable[T]) -> Iterator[T]:
        """The items, counted as they are taken."""
        iterator = iter(items)
        while True:
            try:
                item = next(iterator)
            except StopIteration:
                return
            except ConvexgenError as error:
                if error.batch is None:
                    error.locate(batch=self._batch, done=self.done, index=self._taken)
                raise
            except Exception as error:
                error.add_note(
                    f"where item {self._taken} was asked for, after {self.done} were done"
                )
                raise
            self._taken += 1
            yield item

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
        if self._progress is not None:
            self._progress(self.done)

    def next_batch(self) -> None:
        """The batch is finished."""
        self._batch += 1


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
