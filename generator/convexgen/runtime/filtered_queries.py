"""Queries with conditions, of which a call reads a part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeAlias, TypeVar

from .calls import Call, Counting, Page, PagedCall
from .queries import AsyncQuery, AsyncReadQuery, Query, ReadQuery
from .subscriptions import AsyncListSubscription, ListSubscription

T = TypeVar("T")


CountFrom: TypeAlias = Callable[[str | None], Call[Counting]]
"""The call of a count, from a cursor on."""


@dataclass(frozen=True, repr=False)
class FilteredReadQuery(ReadQuery[T], Generic[T]):
    """What meets the conditions, in the order of the query; see `ReadQuery`."""

    _count: CountFrom

    def page(self, *, cursor: str | None = None, limit: int = 100) -> Page[T]:
        """The page after the cursor; the first one for None. It is full, unless it is the last."""
        page = self._client.page(self._call, cursor, limit)
        items = page.items
        while len(items) < limit and not page.is_done:
            page = self._client.page(self._call, page.cursor, limit - len(items))
            items = [*items, *page.items]
        return replace(page, items=items)

    def count(self) -> int:
        """How many are found, read in as many calls as it takes."""
        total, answer = 0, self._client.run(self._count(None))
        while not answer.is_done:
            total += answer.count
            answer = self._client.run(self._count(answer.cursor))
        return total + answer.count

    def watch(self, *, limit: int = 100) -> ListSubscription[T]:
        """The first `limit` that are found, now and whenever they change.

        `LimitExceeded` where one call cannot read as far.
        """
        return self._client.watch_page(_full(self._call), limit)


@dataclass(frozen=True, repr=False)
class FilteredQuery(FilteredReadQuery[T], Query[T], Generic[T]):
    """What meets the conditions, in the order of the query; see `Query`."""


@dataclass(frozen=True, repr=False)
class AsyncFilteredReadQuery(AsyncReadQuery[T], Generic[T]):
    """What meets the conditions, in the order of the query; see `FilteredReadQuery`."""

    _count: CountFrom

    async def page(self, *, cursor: str | None = None, limit: int = 100) -> Page[T]:
        """See `FilteredReadQuery.page`."""
        page = await self._client.page(self._call, cursor, limit)
        items = page.items
        while len(items) < limit and not page.is_done:
            page = await self._client.page(self._call, page.cursor, limit - len(items))
            items = [*items, *page.items]
        return replace(page, items=items)

    async def count(self) -> int:
        """See `FilteredReadQuery.count`."""
        total, answer = 0, await self._client.run(self._count(None))
        while not answer.is_done:
            total += answer.count
            answer = await self._client.run(self._count(answer.cursor))
        return total + answer.count

    def watch(self, *, limit: int = 100) -> AsyncListSubscription[T]:
        """See `FilteredReadQuery.watch`."""
        return self._client.watch_page(_full(self._call), limit)


@dataclass(frozen=True, repr=False)
class AsyncFilteredQuery(AsyncFilteredReadQuery[T], AsyncQuery[T], Generic[T]):
    """What meets the conditions, in the order of the query; see `FilteredQuery`."""


def _full(call: PagedCall[T]) -> PagedCall[T]:
    return replace(call, arguments={**call.arguments, "full": True})
