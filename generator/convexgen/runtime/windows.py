"""Windows: the entities before and after given ones, in the order of a query."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Annotated, Generic, TypeVar

from pydantic import Field

from .calls import Call, OffsetPage
from .errors import InvalidArgument, LimitExceeded
from .foreign_values import type_name
from .several import items_of

T = TypeVar("T")
K = TypeVar("K")

MAX_WINDOWS = 100
MAX_ENTITIES = 500
"""How many windows a call has, and how many entities are in all of them."""


@dataclass(frozen=True)
class Around(Generic[K]):
    """What a window is around: a key, and how many entities before and after it."""

    key: K
    _: KW_ONLY
    before: int = 0
    after: int = 0


@dataclass(frozen=True)
class Window(Generic[T]):
    """An entity with those before and after it, in the order of the query."""

    before: list[T]
    item: Annotated[T, Field(validation_alias="document")]
    after: list[T]

    def __iter__(self) -> Iterator[T]:
        yield from self.before
        yield self.item
        yield from self.after

    def __len__(self) -> int:
        return len(self.before) + 1 + len(self.after)


@dataclass(frozen=True)
class WindowedPage(OffsetPage[T], Generic[T]):
    """A page with its total, and windows of the same moment; None for what is not there."""

    # Declared again: pydantic puts no type in the place of `T` in what is inherited.
    items: Annotated[list[T], Field(validation_alias="page")]
    windows: list[Window[T] | None]


@dataclass(frozen=True)
class Windows(Generic[T, K]):
    """The calls over the windows of a query."""

    many: Callable[[Sequence[Around[K]]], Call[list[Window[T] | None]]]
    page: Callable[[int, int, Sequence[Around[K]]], Call[WindowedPage[T]]]
    """For an offset and a limit."""


def require_few(around: Sequence[Around[K]]) -> None:
    """Raise for what is no window, and `LimitExceeded` for more than a call reads."""
    # It is counted, and gone through twice.
    if not hasattr(items_of(around), "__len__"):
        raise InvalidArgument(f"expected a list, found {type_name(around)}")
    total = 0
    for index, one in enumerate(around):
        kind: type[object] = one.__class__
        if kind is not Around:
            raise InvalidArgument(f"[{index}]: expected an Around, found {type_name(one)}")
        for name, count in (("before", one.before), ("after", one.after)):
            if count.__class__ is not int or count < 0:
                raise InvalidArgument(
                    f"[{index}]: `{name}` is {count!r}, not a whole number from 0 on"
                )
        total += one.before + 1 + one.after
    if len(around) > MAX_WINDOWS:
        raise LimitExceeded(f"a call has {MAX_WINDOWS} windows at most, not {len(around)}")
    if total > MAX_ENTITIES:
        raise LimitExceeded(
            f"the windows of a call have {MAX_ENTITIES} entities at most, not {total}"
        )
