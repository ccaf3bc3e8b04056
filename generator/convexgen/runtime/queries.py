"""Queries as values: what an index finds, not asked for yet."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Generic, Never, TypeVar, cast, overload

from typing_extensions import TypeVar as TypeVarWithDefault

from . import found
from .async_client import AsyncClient
from .calls import Call, OffsetPage, Page, PagedCall, Progress
from .client import Client
from .copied_keys import CopiedKey
from .descriptions import Counts
from .errors import InvalidArgument
from .subscriptions import (
    AsyncListSubscription,
    AsyncSubscription,
    ListSubscription,
    Subscription,
)
from .tables import AsyncTabular, Tabular

T = TypeVar("T")
K = TypeVar("K")
C_contra = TypeVarWithDefault("C_contra", contravariant=True, default=Never)
"""What updates may change, by name."""


@dataclass(frozen=True, repr=False)
class _Shown:
    _shown: str
    """The entity, the index and the arguments."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._shown}>"


@dataclass(frozen=True, repr=False)
class ReadQuery(Tabular, _Shown, Generic[T]):
    """What an index finds, in its order. Nothing is sent until it is asked for, each time anew.

    for thread in storage.threads.by_resource_id("user-7"):
        print(thread)
    """

    _client: Client
    _call: PagedCall[T]

    def _item_type(self) -> Any:
        return self._call.decoder.item_type

    def _items(self) -> Iterable[Any]:
        return self.iterate()

    def __iter__(self) -> Iterator[T]:
        return self.iterate()

    def iterate(self, *, page_size: int = 100) -> Iterator[T]:
        """All that are found, in pages that are fetched as they are needed."""
        return self._client.iterate(self._call, page_size)

    def all(self) -> list[T]:
        """All that are found, at once."""
        return list(self.iterate())

    def first(self) -> T | None:
        """The first that is found, or None."""
        return self._client.first(self._call)

    def page(self, *, cursor: str | None = None, limit: int = 100) -> Page[T]:
        """The page after the cursor; the first one for None."""
        return self._client.page(self._call, cursor, limit)

    def watch(self, *, limit: int = 100) -> ListSubscription[T]:
        """The first `limit` that are found, now and whenever they change."""
        return self._client.watch_page(self._call, limit)


R = TypeVar("R", bound="ReadQuery[Any] | AsyncReadQuery[Any]")


def reading(kind: type[R], whole: R) -> R:
    """What a store finds, as a kind of query that has no methods that write."""
    return kind(*(getattr(whole, field.name) for field in fields(whole)))


@dataclass(frozen=True, repr=False)
class Query(ReadQuery[T], Generic[T, C_contra]):
    """What an index finds, which may be written as a whole."""

    def delete(self, *, progress: Progress | None = None) -> int:
        """Delete all that are found, with what they cascade to. Returns how many there were.

        It takes several transactions where they are many: what this client has begun, the
        backend brings to its end.
        """
        return self._client.run_steps(found.removal(self._call), progress)

    def update(
        self,
        *,
        set: C_contra | None = None,
        unset: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> int:
        """Change the fields named of all that are found. Returns how many there were.

        None writes null; what is UNSET, or named in `unset`, is removed. It takes several
        transactions where they are many, as `delete` does.
        """
        changes = cast("Mapping[str, Any]", set or {})
        return self._client.run_steps(found.update(self._call, changes, unset), progress)

    def copy(
        self,
        *,
        key: CopiedKey,
        set: C_contra | None = None,
        unset: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> int:
        """Copy all that are found, with other keys, the fields named, and all else as they have it.

        `key` has fields of the key: values, `PrefixedKey("copy of ")` or `RandomKey()`. Returns
        how many there were. It takes several transactions where they are many, as `delete` does.
        """
        given = cast("Mapping[str, Any]", set or {})
        steps = found.copying(self._call, key, given, unset)
        return self._client.run_steps(steps, progress)


@dataclass(frozen=True, repr=False)
class AsyncReadQuery(AsyncTabular, _Shown, Generic[T]):
    """What an index finds, in its order; see `ReadQuery`.

    async for thread in storage.threads.by_resource_id("user-7"):
        print(thread)
    """

    _client: AsyncClient
    _call: PagedCall[T]

    def _item_type(self) -> Any:
        return self._call.decoder.item_type

    async def _items(self) -> list[Any]:
        return await self.all()

    def __aiter__(self) -> AsyncIterator[T]:
        return self.iterate()

    def iterate(self, *, page_size: int = 100) -> AsyncIterator[T]:
        """See `ReadQuery.iterate`."""
        return self._client.iterate(self._call, page_size)

    async def all(self) -> list[T]:
        """See `ReadQuery.all`."""
        return [one async for one in self.iterate()]

    async def first(self) -> T | None:
        """See `ReadQuery.first`."""
        return await self._client.first(self._call)

    async def page(self, *, cursor: str | None = None, limit: int = 100) -> Page[T]:
        """See `ReadQuery.page`."""
        return await self._client.page(self._call, cursor, limit)

    def watch(self, *, limit: int = 100) -> AsyncListSubscription[T]:
        """See `ReadQuery.watch`."""
        return self._client.watch_page(self._call, limit)


@dataclass(frozen=True, repr=False)
class AsyncQuery(AsyncReadQuery[T], Generic[T, C_contra]):
    """What an index finds, which may be written as a whole; see `Query`."""

    async def delete(self, *, progress: Progress | None = None) -> int:
        """See `Query.delete`."""
        return await self._client.run_steps(found.removal(self._call), progress)

    async def update(
        self,
        *,
        set: C_contra | None = None,
        unset: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> int:
        """See `Query.update`."""
        changes = cast("Mapping[str, Any]", set or {})
        return await self._client.run_steps(found.update(self._call, changes, unset), progress)

    async def copy(
        self,
        *,
        key: CopiedKey,
        set: C_contra | None = None,
        unset: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> int:
        """See `Query.copy`."""
        given = cast("Mapping[str, Any]", set or {})
        steps = found.copying(self._call, key, given, unset)
        return await self._client.run_steps(steps, progress)


@dataclass(frozen=True, repr=False)
class CountedReadQuery(ReadQuery[T], Generic[T, K]):
    """What a counted index finds, in its order, with totals; see `ReadQuery`."""

    _counts: Counts[T, K]

    def count(self) -> int:
        """How many are found."""
        return self._client.run(self._counts.count)

    @overload
    def page(self, *, cursor: str | None = None, limit: int = 100) -> Page[T]: ...

    @overload
    def page(self, *, offset: int, limit: int = 100) -> OffsetPage[T]: ...

    def page(
        self, *, cursor: str | None = None, offset: int | None = None, limit: int = 100
    ) -> Page[T] | OffsetPage[T]:
        """The page from the offset on, with the total, or the one after the cursor."""
        if offset is None:
            return self._client.page(self._call, cursor, limit)
        if cursor is not None:
            raise InvalidArgument("a page has an offset or a cursor, not both")
        return self._client.run(self._counts.page(offset, limit))

    def rank(self, key: K) -> int | None:
        """The position of the one with this key, from 0; None where it is not among them."""
        return self._client.run(self._counts.rank(key))


@dataclass(frozen=True, repr=False)
class CountedQuery(CountedReadQuery[T, K], Query[T, C_contra], Generic[T, K, C_contra]):
    """What a counted index finds, in its order, with totals; see `Query`."""


@dataclass(frozen=True, repr=False)
class AsyncCountedReadQuery(AsyncReadQuery[T], Generic[T, K]):
    """What a counted index finds, in its order, with totals; see `CountedReadQuery`."""

    _counts: Counts[T, K]

    async def count(self) -> int:
        """See `CountedReadQuery.count`."""
        return await self._client.run(self._counts.count)

    @overload
    async def page(self, *, cursor: str | None = None, limit: int = 100) -> Page[T]: ...

    @overload
    async def page(self, *, offset: int, limit: int = 100) -> OffsetPage[T]: ...

    async def page(
        self, *, cursor: str | None = None, offset: int | None = None, limit: int = 100
    ) -> Page[T] | OffsetPage[T]:
        """See `CountedReadQuery.page`."""
        if offset is None:
            return await self._client.page(self._call, cursor, limit)
        if cursor is not None:
            raise InvalidArgument("a page has an offset or a cursor, not both")
        return await self._client.run(self._counts.page(offset, limit))

    async def rank(self, key: K) -> int | None:
        """See `CountedReadQuery.rank`."""
        return await self._client.run(self._counts.rank(key))


@dataclass(frozen=True, repr=False)
class AsyncCountedQuery(
    AsyncCountedReadQuery[T, K], AsyncQuery[T, C_contra], Generic[T, K, C_contra]
):
    """What a counted index finds, in its order, with totals; see `CountedQuery`."""


@dataclass(frozen=True, repr=False)
class SearchQuery(Tabular, _Shown, Generic[T]):
    """Those that have the words, the best match first. Nothing is sent until it is asked for."""

    _client: Client
    _call: Call[list[T]]

    def _item_type(self) -> Any:
        return self._call.decoder.item_type

    def _items(self) -> Iterable[Any]:
        return self.all()

    def __iter__(self) -> Iterator[T]:
        yield from self.all()

    def all(self) -> list[T]:
        """All that are found, up to the limit of the search."""
        return self._client.run(self._call)

    def first(self) -> T | None:
        """The best match, or None."""
        found: list[T] = self._client.run(_of_one(self._call))
        return found[0] if found else None

    def watch(self) -> Subscription[list[T]]:
        """All that are found, now and whenever they change."""
        return self._client.watch(self._call)


@dataclass(frozen=True, repr=False)
class AsyncSearchQuery(AsyncTabular, _Shown, Generic[T]):
    """Those that have the words, the best match first; see `SearchQuery`."""

    _client: AsyncClient
    _call: Call[list[T]]

    def _item_type(self) -> Any:
        return self._call.decoder.item_type

    async def _items(self) -> list[Any]:
        return await self.all()

    async def __aiter__(self) -> AsyncIterator[T]:
        for one in await self.all():
            yield one

    async def all(self) -> list[T]:
        """See `SearchQuery.all`."""
        return await self._client.run(self._call)

    async def first(self) -> T | None:
        """See `SearchQuery.first`."""
        found: list[T] = await self._client.run(_of_one(self._call))
        return found[0] if found else None

    def watch(self) -> AsyncSubscription[list[T]]:
        """See `SearchQuery.watch`."""
        return self._client.watch(self._call)


def _of_one(call: Call[list[T]]) -> Call[list[T]]:
    return replace(call, arguments={**call.arguments, "limit": 1})
