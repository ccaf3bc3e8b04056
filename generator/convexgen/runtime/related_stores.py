"""The base classes of stores of entities that may come with others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Generic, TypeVar, overload

from .calls import Order
from .descriptions import LIST, IndexDescription
from .entities import Entity
from .filtered_queries import AsyncFilteredQuery, FilteredQuery
from .including import Including, Relations
from .queries import (
    AsyncCountedQuery,
    AsyncQuery,
    AsyncReadQuery,
    C_contra,
    CountedQuery,
    Query,
    ReadQuery,
    reading,
)
from .stores import (
    AsyncBaseStore,
    AsyncGettingStore,
    AsyncListingStore,
    AsyncReadListingStore,
    AsyncStore,
    BaseStore,
    GettingStore,
    ListingStore,
    ReadListingStore,
    Store,
)
from .subscriptions import AsyncSubscription, Subscription

E = TypeVar("E", bound=Entity)
K = TypeVar("K")
W = TypeVar("W", bound=Including[Any])
N = TypeVar("N", bound=str)


class RelatedBaseStore(BaseStore[E, K, C_contra], Generic[E, K, W, N, C_contra]):
    """What the methods of entities of type `E` do that come with others, which is `W`.

    `N` are the names of these.
    """

    _relations: Relations[W]

    # What methods with the parameters of an entity do.

    def _get_including(self, key: K, include: Sequence[N]) -> W | None:
        return self._client.run(self._relations.one(key, include))

    def _watch_including(self, key: K, include: Sequence[N]) -> Subscription[W | None]:
        return self._client.watch(self._relations.one(key, include))

    def _query_including(
        self, include: Sequence[N], index: IndexDescription, order: Order | None, *values: object
    ) -> Query[W, C_contra]:
        call = self._relations.paged(self._entity.query(index, order, *values), include)
        shown = self._entity.shown(index, *values, order=order, include=include)
        return Query(shown, self._client, call)

    def _counted_including(
        self, include: Sequence[N], index: IndexDescription, order: Order | None, *values: object
    ) -> CountedQuery[W, K, C_contra]:
        call = self._relations.paged(self._entity.query(index, order, *values), include)
        counts = self._relations.counted(self._entity.counts(index, order, *values), include)
        shown = self._entity.shown(index, *values, order=order, include=include)
        return CountedQuery(shown, self._client, call, counts)

    def _filtered_including(
        self, include: Sequence[N], index: IndexDescription, order: Order | None, *values: object
    ) -> FilteredQuery[W]:
        call = self._relations.paged(self._entity.query(index, order, *values), include)
        count = self._entity.count_from(index, *values)
        shown = self._entity.shown(index, *values, order=order, include=include)
        return FilteredQuery(shown, self._client, call, count)


class RelatedGettingStore(
    RelatedBaseStore[E, K, W, N, C_contra],
    GettingStore[E, K, C_contra],
    Generic[E, K, W, N, C_contra],
):
    """Reads entities by their keys, with others."""

    @overload
    def get_many(self, keys: Iterable[K], *, include: None = None) -> list[E | None]: ...

    @overload
    def get_many(self, keys: Iterable[K], *, include: Sequence[N]) -> list[W | None]: ...

    def get_many(
        self, keys: Iterable[K], *, include: Sequence[N] | None = None
    ) -> list[E | None] | list[W | None]:
        """In the order of the keys, with None for those that are not there.

        With `include`, each with what it names.
        """
        if include is None:
            return super().get_many(keys)
        given = self._entity.keys_to_wire(keys)
        return self._client.run_chunked(lambda some: self._relations.many(some, include), given)


class RelatedReadListingStore(
    RelatedBaseStore[E, K, W, N, C_contra],
    ReadListingStore[E, K, C_contra],
    Generic[E, K, W, N, C_contra],
):
    """Reads all entities, with others."""

    @overload
    def list(self, *, order: Order | None = None, include: None = None) -> ReadQuery[E]: ...

    @overload
    def list(self, *, order: Order | None = None, include: Sequence[N]) -> ReadQuery[W]: ...

    def list(
        self, *, order: Order | None = None, include: Sequence[N] | None = None
    ) -> ReadQuery[E] | ReadQuery[W]:
        """All, in the order of creation; with `include`, each with what it names."""
        if include is None:
            return super().list(order=order)
        return reading(ReadQuery[W], self._query_including(include, LIST, order))


class RelatedListingStore(
    RelatedBaseStore[E, K, W, N, C_contra],
    ListingStore[E, K, C_contra],
    Generic[E, K, W, N, C_contra],
):
    """Reads all entities, with others, and writes them as a whole."""

    @overload
    def list(self, *, order: Order | None = None, include: None = None) -> Query[E, C_contra]: ...

    @overload
    def list(self, *, order: Order | None = None, include: Sequence[N]) -> Query[W, C_contra]: ...

    def list(
        self, *, order: Order | None = None, include: Sequence[N] | None = None
    ) -> Query[E, C_contra] | Query[W, C_contra]:
        """All, in the order of creation; with `include`, each with what it names."""
        if include is None:
            return super().list(order=order)
        return self._query_including(include, LIST, order)


class RelatedStore(
    RelatedGettingStore[E, K, W, N, C_contra],
    RelatedListingStore[E, K, W, N, C_contra],
    Store[E, K, C_contra],
    Generic[E, K, W, N, C_contra],
):
    """Reads entities of type `E` with others, which is `W`; `N` are the names of these."""


class AsyncRelatedBaseStore(AsyncBaseStore[E, K, C_contra], Generic[E, K, W, N, C_contra]):
    """What the methods of entities of type `E` do that come with others, which is `W` from asyncio.

    `N` are the names of these.
    """

    _relations: Relations[W]

    # What methods with the parameters of an entity do.

    async def _get_including(self, key: K, include: Sequence[N]) -> W | None:
        return await self._client.run(self._relations.one(key, include))

    def _watch_including(self, key: K, include: Sequence[N]) -> AsyncSubscription[W | None]:
        return self._client.watch(self._relations.one(key, include))

    def _query_including(
        self, include: Sequence[N], index: IndexDescription, order: Order | None, *values: object
    ) -> AsyncQuery[W, C_contra]:
        call = self._relations.paged(self._entity.query(index, order, *values), include)
        shown = self._entity.shown(index, *values, order=order, include=include)
        return AsyncQuery(shown, self._client, call)

    def _counted_including(
        self, include: Sequence[N], index: IndexDescription, order: Order | None, *values: object
    ) -> AsyncCountedQuery[W, K, C_contra]:
        call = self._relations.paged(self._entity.query(index, order, *values), include)
        counts = self._relations.counted(self._entity.counts(index, order, *values), include)
        shown = self._entity.shown(index, *values, order=order, include=include)
        return AsyncCountedQuery(shown, self._client, call, counts)

    def _filtered_including(
        self, include: Sequence[N], index: IndexDescription, order: Order | None, *values: object
    ) -> AsyncFilteredQuery[W]:
        call = self._relations.paged(self._entity.query(index, order, *values), include)
        count = self._entity.count_from(index, *values)
        shown = self._entity.shown(index, *values, order=order, include=include)
        return AsyncFilteredQuery(shown, self._client, call, count)


class AsyncRelatedGettingStore(
    AsyncRelatedBaseStore[E, K, W, N, C_contra],
    AsyncGettingStore[E, K, C_contra],
    Generic[E, K, W, N, C_contra],
):
    """Reads entities by their keys from asyncio, with others."""

    @overload
    async def get_many(self, keys: Iterable[K], *, include: None = None) -> list[E | None]: ...

    @overload
    async def get_many(self, keys: Iterable[K], *, include: Sequence[N]) -> list[W | None]: ...

    async def get_many(
        self, keys: Iterable[K], *, include: Sequence[N] | None = None
    ) -> list[E | None] | list[W | None]:
        """See `RelatedGettingStore.get_many`."""
        if include is None:
            return await super().get_many(keys)
        given = self._entity.keys_to_wire(keys)
        return await self._client.run_chunked(
            lambda some: self._relations.many(some, include), given
        )


class AsyncRelatedReadListingStore(
    AsyncRelatedBaseStore[E, K, W, N, C_contra],
    AsyncReadListingStore[E, K, C_contra],
    Generic[E, K, W, N, C_contra],
):
    """Reads all entities from asyncio, with others."""

    @overload
    def list(self, *, order: Order | None = None, include: None = None) -> AsyncReadQuery[E]: ...

    @overload
    def list(self, *, order: Order | None = None, include: Sequence[N]) -> AsyncReadQuery[W]: ...

    def list(
        self, *, order: Order | None = None, include: Sequence[N] | None = None
    ) -> AsyncReadQuery[E] | AsyncReadQuery[W]:
        """See `RelatedListingStore.list`."""
        if include is None:
            return super().list(order=order)
        return reading(AsyncReadQuery[W], self._query_including(include, LIST, order))


class AsyncRelatedListingStore(
    AsyncRelatedBaseStore[E, K, W, N, C_contra],
    AsyncListingStore[E, K, C_contra],
    Generic[E, K, W, N, C_contra],
):
    """Reads all entities from asyncio, with others, and writes them as a whole."""

    @overload
    def list(
        self, *, order: Order | None = None, include: None = None
    ) -> AsyncQuery[E, C_contra]: ...

    @overload
    def list(
        self, *, order: Order | None = None, include: Sequence[N]
    ) -> AsyncQuery[W, C_contra]: ...

    def list(
        self, *, order: Order | None = None, include: Sequence[N] | None = None
    ) -> AsyncQuery[E, C_contra] | AsyncQuery[W, C_contra]:
        """See `RelatedListingStore.list`."""
        if include is None:
            return super().list(order=order)
        return self._query_including(include, LIST, order)


class AsyncRelatedStore(
    AsyncRelatedGettingStore[E, K, W, N, C_contra],
    AsyncRelatedListingStore[E, K, W, N, C_contra],
    AsyncStore[E, K, C_contra],
    Generic[E, K, W, N, C_contra],
):
    """Reads entities with others from asyncio; see `RelatedStore`."""
