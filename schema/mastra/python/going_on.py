"""Lists that are more than one query reads: several, all of one moment."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from .._runtime import MISSING, AsyncClient, Client, LimitExceeded
from .._runtime.calls import fitting
from .._runtime.snapshots import (
    AsyncSnapshotBlock,
    AsyncSnapshotClient,
    SnapshotBlock,
    SnapshotClient,
)

T = TypeVar("T")
Functions = TypeVar("Functions")
Part = TypeVar("Part")
Key = TypeVar("Key")
Page = TypeVar("Page")

UNLIMITED = 2**31
"""More than anything that is asked for."""

_MOST = 1000
"""How many items a query is asked for."""


class PartWithCursor(Protocol):
    """A part of a list, and where the next one begins."""

    @property
    def cursor(self) -> str | None:
        """None where there is none."""


def is_last(part: PartWithCursor) -> bool:
    """Whether no part follows."""
    return part.cursor is None


def cursor_after(before: PartWithCursor | None) -> str | None:
    """Where a part begins that follows another one, or is the first."""
    return None if before is None else before.cursor


@dataclass(frozen=True)
class Listed(Generic[T, Key, Page]):
    """Items of a list, the keys of those that go before the rest, and where this begins."""

    items: list[T]
    pending: list[Key]
    cursor: str | MISSING
    page: Page
    """What is said of the list, as far as it is found."""


def is_listed(part: Listed[T, Key, Page]) -> bool:
    """Whether no part follows."""
    return not part.pending and part.cursor is MISSING


class Rest(Generic[T]):
    """What is to be read of a list, and what was."""

    def __init__(self, offset: int, limit: int | None) -> None:
        self.items: list[T] = []
        self.total = 0
        self._offset = offset
        self._most = limit
        self._fits = _MOST

    @classmethod
    def after(cls, error: LimitExceeded, offset: int, limit: int | None) -> Rest[T]:
        """What a query could not read. Raises the error where that says not how much fits."""
        rest = cls(offset, limit)
        rest.shrink(error)
        return rest

    @property
    def at(self) -> int:
        """Where the next query begins."""
        return self._offset + len(self.items)

    @property
    def limit(self) -> int:
        """How many the next query is asked for."""
        left = self._fits if self._most is None else self._most - len(self.items)
        return min(left, self._fits)

    def add(self, items: list[T], total: int) -> None:
        """What a query has read, and how many there are in all."""
        self.items += items
        self.total = total
        # What was too large may be read by now.
        self._fits = min(2 * self._fits, _MOST)

    def restart(self) -> None:
        """Forgets what was read: the next query begins again."""
        self.items = []

    def shrink(self, error: LimitExceeded) -> None:
        """Asks for what fits. Raises the error where it says nothing of that."""
        self._fits = fitting(error, self._fits + 1)

    @property
    def is_done(self) -> bool:
        """Whether all is read."""
        return self.at >= self.total or (self._most is not None and self.limit < 1)


@contextmanager
def of_one_moment(client: Client, bind: Callable[[Client], Functions]) -> Generator[Functions]:
    """Functions that read what there is at one moment: that of a snapshot, or this one."""
    if isinstance(client, SnapshotClient):
        yield bind(client)
        return
    with SnapshotBlock(client, bind) as seen:
        yield seen


@asynccontextmanager
async def of_one_moment_async(
    client: AsyncClient, bind: Callable[[AsyncClient], Functions]
) -> AsyncGenerator[Functions]:
    """Functions that read what there is at one moment: that of a snapshot, or this one."""
    if isinstance(client, AsyncSnapshotClient):
        yield bind(client)
        return
    async with AsyncSnapshotBlock(client, bind) as seen:
        yield seen


def parts(
    client: Client,
    bind: Callable[[Client], Functions],
    read: Callable[[Functions, Part | None], Part],
    is_last: Callable[[Part], bool],
) -> list[Part]:
    """The parts of a list, each read after the one before: where there are several, of one moment.

    What moves in the list between two calls would be in no part, or in two.
    """
    first = read(bind(client), None)
    if is_last(first):
        return [first]
    found: list[Part] = []
    with of_one_moment(client, bind) as seen:
        part: Part | None = None
        while part is None or not is_last(part):
            part = read(seen, part)
            found.append(part)
    return found


async def parts_async(
    client: AsyncClient,
    bind: Callable[[AsyncClient], Functions],
    read: Callable[[Functions, Part | None], Awaitable[Part]],
    is_last: Callable[[Part], bool],
) -> list[Part]:
    """The parts of a list, each read after the one before: where there are several, of one moment.

    What moves in the list between two calls would be in no part, or in two.
    """
    first = await read(bind(client), None)
    if is_last(first):
        return [first]
    found: list[Part] = []
    async with of_one_moment_async(client, bind) as seen:
        part: Part | None = None
        while part is None or not is_last(part):
            part = await read(seen, part)
            found.append(part)
    return found


def whole(
    client: Client,
    bind: Callable[[Client], Functions],
    rest: Rest[T],
    read: Callable[[Functions], None],
) -> None:
    """Reads the rest of a list, all of one moment."""

    def go_on(seen: Functions) -> None:
        while True:
            try:
                read(seen)
            except LimitExceeded as error:
                rest.shrink(error)
            else:
                if rest.is_done:
                    return

    with of_one_moment(client, bind) as seen:
        go_on(seen)


async def whole_async(
    client: AsyncClient,
    bind: Callable[[AsyncClient], Functions],
    rest: Rest[T],
    read: Callable[[Functions], Awaitable[None]],
) -> None:
    """Reads the rest of a list, all of one moment."""

    async def go_on(seen: Functions) -> None:
        while True:
            try:
                await read(seen)
            except LimitExceeded as error:
                rest.shrink(error)
            else:
                if rest.is_done:
                    return

    async with of_one_moment_async(client, bind) as seen:
        await go_on(seen)


def all_of(
    client: Client,
    bind: Callable[[Client], Functions],
    rest: Rest[T],
    read: Callable[[Functions], None],
) -> None:
    """Reads a list: where one query does not read it, all of one moment."""
    try:
        read(bind(client))
    except LimitExceeded as error:
        rest.shrink(error)
    else:
        if rest.is_done:
            return
    rest.restart()
    whole(client, bind, rest, read)


async def all_of_async(
    client: AsyncClient,
    bind: Callable[[AsyncClient], Functions],
    rest: Rest[T],
    read: Callable[[Functions], Awaitable[None]],
) -> None:
    """Reads a list: where one query does not read it, all of one moment."""
    try:
        await read(bind(client))
    except LimitExceeded as error:
        rest.shrink(error)
    else:
        if rest.is_done:
            return
    rest.restart()
    await whole_async(client, bind, rest, read)
