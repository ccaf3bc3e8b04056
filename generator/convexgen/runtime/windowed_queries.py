"""Queries with windows around entities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Never, TypeVar, overload

from typing_extensions import TypeVar as TypeVarWithDefault

from .calls import OffsetPage, Page
from .errors import InvalidArgument
from .queries import (
    AsyncCountedQuery,
    AsyncCountedReadQuery,
    AsyncQuery,
    AsyncReadQuery,
    CountedQuery,
    CountedReadQuery,
    Query,
    ReadQuery,
)
from .windows import Around, Window, WindowedPage, Windows

T = TypeVar("T")
K = TypeVar("K")
C_contra = TypeVarWithDefault("C_contra", contravariant=True, default=Never)


@dataclass(frozen=True, repr=False)
class WindowedReadQuery(ReadQuery[T], Generic[T, K]):
    """What an index finds, in its order, and windows around entities; see `ReadQuery`."""

    _windows: Windows[T, K]

    def around(self, key: K, *, before: int = 0, after: int = 0) -> Window[T] | None:
        """The one with this key, with those before and after it; None if it is not there."""
        return self.around_many([Around(key, before=before, after=after)])[0]

    def around_many(self, around: Sequence[Around[K]]) -> list[Window[T] | None]:
        """Windows around several, of one moment: at most 100, of 500 entities in all."""
        return self._client.run(self._windows.many(around))


@dataclass(frozen=True, repr=False)
class WindowedQuery(WindowedReadQuery[T, K], Query[T, C_contra], Generic[T, K, C_contra]):
    """What an index finds, in its order, and windows around entities; see `Query`."""


@dataclass(frozen=True, repr=False)
class AsyncWindowedReadQuery(AsyncReadQuery[T], Generic[T, K]):
    """What an index finds, in its order, and windows around entities; see `WindowedReadQuery`."""

    _windows: Windows[T, K]

    async def around(self, key: K, *, before: int = 0, after: int = 0) -> Window[T] | None:
        """See `WindowedReadQuery.around`."""
        found = await self.around_many([Around(key, before=before, after=after)])
        return found[0]

    async def around_many(self, around: Sequence[Around[K]]) -> list[Window[T] | None]:
        """See `WindowedReadQuery.around_many`."""
        return await self._client.run(self._windows.many(around))


@dataclass(frozen=True, repr=False)
class AsyncWindowedQuery(
    AsyncWindowedReadQuery[T, K], AsyncQuery[T, C_contra], Generic[T, K, C_contra]
):
    """What an index finds, in its order, and windows around entities; see `Query`."""


@dataclass(frozen=True, repr=False)
class CountedWindowedReadQuery(CountedReadQuery[T, K], Generic[T, K]):
    """What a counted index finds, with totals, and windows around entities."""

    _windows: Windows[T, K]

    def around(self, key: K, *, before: int = 0, after: int = 0) -> Window[T] | None:
        """See `WindowedReadQuery.around`."""
        return self.around_many([Around(key, before=before, after=after)])[0]

    def around_many(self, around: Sequence[Around[K]]) -> list[Window[T] | None]:
        """See `WindowedReadQuery.around_many`."""
        return self._client.run(self._windows.many(around))

    @overload
    def page(self, *, cursor: str | None = None, limit: int = 100) -> Page[T]: ...

    @overload
    def page(self, *, offset: int, limit: int = 100) -> OffsetPage[T]: ...

    @overload
    def page(
        self, *, offset: int, limit: int = 100, around: Sequence[Around[K]]
    ) -> WindowedPage[T]: ...

    def page(
        self,
        *,
        cursor: str | None = None,
        offset: int | None = None,
        limit: int = 100,
        around: Sequence[Around[K]] | None = None,
    ) -> Page[T] | OffsetPage[T]:
        """As `CountedReadQuery.page`; with `around`, from an offset on, with windows.

        All of it is of the same moment.
        """
        if offset is not None and cursor is None and around is not None:
            return self._client.run(self._windows.page(offset, limit, around))
        if around is not None:
            raise InvalidArgument("windows come with a page from an offset on")
        if offset is None:
            return super().page(cursor=cursor, limit=limit)
        if cursor is not None:
            raise InvalidArgument("a page has an offset or a cursor, not both")
        return super().page(offset=offset, limit=limit)


@dataclass(frozen=True, repr=False)
class CountedWindowedQuery(
    CountedWindowedReadQuery[T, K], CountedQuery[T, K, C_contra], Generic[T, K, C_contra]
):
    """What a counted index finds, with totals, and windows around entities."""


@dataclass(frozen=True, repr=False)
class AsyncCountedWindowedReadQuery(AsyncCountedReadQuery[T, K], Generic[T, K]):
    """What a counted index finds, with totals, and windows around entities."""

    _windows: Windows[T, K]

    async def around(self, key: K, *, before: int = 0, after: int = 0) -> Window[T] | None:
        """See `WindowedReadQuery.around`."""
        found = await self.around_many([Around(key, before=before, after=after)])
        return found[0]

    async def around_many(self, around: Sequence[Around[K]]) -> list[Window[T] | None]:
        """See `WindowedReadQuery.around_many`."""
        return await self._client.run(self._windows.many(around))

    @overload
    async def page(self, *, cursor: str | None = None, limit: int = 100) -> Page[T]: ...

    @overload
    async def page(self, *, offset: int, limit: int = 100) -> OffsetPage[T]: ...

    @overload
    async def page(
        self, *, offset: int, limit: int = 100, around: Sequence[Around[K]]
    ) -> WindowedPage[T]: ...

    async def page(
        self,
        *,
        cursor: str | None = None,
        offset: int | None = None,
        limit: int = 100,
        around: Sequence[Around[K]] | None = None,
    ) -> Page[T] | OffsetPage[T]:
        """See `CountedWindowedReadQuery.page`."""
        if offset is not None and cursor is None and around is not None:
            return await self._client.run(self._windows.page(offset, limit, around))
        if around is not None:
            raise InvalidArgument("windows come with a page from an offset on")
        if offset is None:
            return await super().page(cursor=cursor, limit=limit)
        if cursor is not None:
            raise InvalidArgument("a page has an offset or a cursor, not both")
        return await super().page(offset=offset, limit=limit)


@dataclass(frozen=True, repr=False)
class AsyncCountedWindowedQuery(
    AsyncCountedWindowedReadQuery[T, K], AsyncCountedQuery[T, K, C_contra], Generic[T, K, C_contra]
):
    """What a counted index finds, with totals, and windows around entities."""
