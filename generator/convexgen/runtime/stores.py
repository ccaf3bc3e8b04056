"""The base classes of stores: what depends on nothing but the entity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from .async_client import AsyncClient
from .bulk import Bulk
from .calls import Order, Progress, Scored
from .client import Client
from .descriptions import LIST, EntityDescription, IndexDescription
from .entities import Entity
from .filtered_queries import AsyncFilteredQuery, FilteredQuery
from .queries import (
    AsyncCountedQuery,
    AsyncQuery,
    AsyncReadQuery,
    AsyncSearchQuery,
    C_contra,
    CountedQuery,
    Query,
    ReadQuery,
    SearchQuery,
    reading,
)
from .several import items_of
from .subscriptions import AsyncSubscription, Subscription
from .updates import Update, WhereMissing
from .windowed_queries import (
    AsyncCountedWindowedQuery,
    AsyncWindowedQuery,
    CountedWindowedQuery,
    WindowedQuery,
)

E = TypeVar("E", bound=Entity)
K = TypeVar("K")
C = TypeVar("C", bound=Mapping[str, object])
X = TypeVar("X", bound=Mapping[str, object])


class Namespace:
    """Functions that are called together, with the client that calls them."""

    def __init__(self, client: Client) -> None:
        self._client = client


class AsyncNamespace:
    """Functions that are called together, with the client that calls them, awaited."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client


class BaseStore(Namespace, Generic[E, K, C_contra]):
    """What the methods of entities of type `E` do, whose keys are of type `K`."""

    _entity: EntityDescription[E, K]

    # What methods with the parameters of an entity do.

    def _get(self, key: K) -> E | None:
        return self._client.run(self._entity.get(key))

    def _get_by(self, index: IndexDescription, *values: object) -> E | None:
        return self._client.run(self._entity.get_by(index, *values))

    def _watch(self, key: K) -> Subscription[E | None]:
        return self._client.watch(self._entity.get(key))

    def _delete(self, key: K, expected: Mapping[str, object] | None = None) -> bool:
        call = self._entity.remove(key)
        return self._client.run_until_done(call, self._entity.remove(key, expected))

    def _query(
        self, index: IndexDescription, order: Order | None, *values: object
    ) -> Query[E, C_contra]:
        call = self._entity.query(index, order, *values)
        return Query(self._entity.shown(index, *values, order=order), self._client, call)

    def _counted(
        self, index: IndexDescription, order: Order | None, *values: object
    ) -> CountedQuery[E, K, C_contra]:
        call = self._entity.query(index, order, *values)
        counts = self._entity.counts(index, order, *values)
        shown = self._entity.shown(index, *values, order=order)
        return CountedQuery(shown, self._client, call, counts)

    def _windowed(
        self, index: IndexDescription, order: Order | None, *values: object
    ) -> WindowedQuery[E, K, C_contra]:
        call = self._entity.query(index, order, *values)
        windows = self._entity.windows(index, order, *values)
        shown = self._entity.shown(index, *values, order=order)
        return WindowedQuery(shown, self._client, call, windows)

    def _counted_windowed(
        self, index: IndexDescription, order: Order | None, *values: object
    ) -> CountedWindowedQuery[E, K, C_contra]:
        call = self._entity.query(index, order, *values)
        counts = self._entity.counts(index, order, *values)
        windows = self._entity.windows(index, order, *values)
        shown = self._entity.shown(index, *values, order=order)
        return CountedWindowedQuery(shown, self._client, call, counts, windows)

    def _filtered(
        self, index: IndexDescription, order: Order | None, *values: object
    ) -> FilteredQuery[E]:
        call = self._entity.query(index, order, *values)
        count = self._entity.count_from(index, *values)
        shown = self._entity.shown(index, *values, order=order)
        return FilteredQuery(shown, self._client, call, count)

    def _search(
        self, index: IndexDescription, search: str, limit: int, *values: object
    ) -> SearchQuery[E]:
        call = self._entity.search(index, search, limit, *values)
        shown = self._entity.shown(index, *values, search=search, limit=limit)
        return SearchQuery(shown, self._client, call)

    def _nearest(
        self, index: IndexDescription, vector: Sequence[float], limit: int, *values: object
    ) -> list[Scored[E]]:
        return self._client.run(self._entity.nearest(index, vector, limit, *values))

    def _get_by_doc_id(self, doc_id: str) -> E | None:
        return self._client.run(self._entity.get_by_doc_id(doc_id))

    def _watch_by_doc_id(self, doc_id: str) -> Subscription[E | None]:
        return self._client.watch(self._entity.get_by_doc_id(doc_id))

    def _update(
        self, key: K, changes: Mapping[str, object], expected: Mapping[str, object] | None
    ) -> E:
        return self._client.run(self._entity.update(key, changes, expected))

    def _update_entries(self, key: K, changes: Mapping[str, object]) -> None:
        self._client.run(self._entity.update_entries(key, changes))

    def _upsert(
        self, key: K, changes: Mapping[str, object] | None, create: Mapping[str, object] | None
    ) -> E:
        return self._client.run(self._entity.upsert(key, changes or {}, create or {}))


class GettingStore(BaseStore[E, K, C_contra], Generic[E, K, C_contra]):
    """Reads entities by their keys."""

    def get_many(self, keys: Iterable[K]) -> list[E | None]:
        """In the order of the keys, with None for those that are not there."""
        given = self._entity.keys_to_wire(keys)
        return self._client.run_chunked(self._entity.get_many, given)


class ReadListingStore(BaseStore[E, K, C_contra], Generic[E, K, C_contra]):
    """Reads all entities."""

    def list(self, *, order: Order | None = None) -> ReadQuery[E]:
        """All, in the order of creation."""
        return reading(ReadQuery[E], self._query(LIST, order))


class ListingStore(ReadListingStore[E, K, C_contra], Generic[E, K, C_contra]):
    """Reads all entities, and writes them as a whole."""

    def list(self, *, order: Order | None = None) -> Query[E, C_contra]:
        """All, in the order of creation."""
        return self._query(LIST, order)


class DeletingStore(BaseStore[E, K, C_contra], Generic[E, K, C_contra]):
    """Deletes entities by their keys."""

    def delete_many(self, keys: Iterable[K], *, progress: Progress | None = None) -> int:
        """Delete them with what they cascade to. Returns how many were there."""
        given = self._entity.keys_to_wire(keys)
        return self._client.remove_many(
            self._entity.remove_many, self._entity.remove_encoded, given, progress
        )


class ClearingStore(BaseStore[E, K, C_contra], Generic[E, K, C_contra]):
    """Deletes all entities."""

    def clear(self, *, progress: Progress | None = None) -> int:
        """Delete all, without cascades. Returns how many there were."""
        return self._client.clear(self._entity.clear(), progress)


class Store(
    GettingStore[E, K, C_contra],
    ListingStore[E, K, C_contra],
    DeletingStore[E, K, C_contra],
    ClearingStore[E, K, C_contra],
    Generic[E, K, C_contra],
):
    """Reads and writes the entities of type `E`, whose keys are of type `K`."""


class UpdatingStore(BaseStore[E, K, C], Generic[E, K, C, X]):
    """Changes entities: updates name `C` of one, and expect `X`."""

    def update_many(
        self, updates: Sequence[Update[K, C, X]], *, missing: WhereMissing = "error"
    ) -> list[E | None]:
        """Change several in one transaction, all or none.

        One that is not there is `NotFound`, or None in the result where `missing` is "skip".
        """
        with Bulk():
            return self._client.run(self._entity.update_many(updates, missing))


class CreatingStore(BaseStore[E, K, C_contra], Generic[E, K, C_contra]):
    """Creates entities that fields of their own tell apart."""

    def create(self, entity: E) -> E:
        """Insert it; a repeat is harmless. `AlreadyExists` if the key is taken by other content."""
        return self._client.run(self._entity.create(entity))


class SavingStore(BaseStore[E, K, C_contra], Generic[E, K, C_contra]):
    """Creates such entities, or replaces them."""

    def save(self, entity: E) -> E:
        """Insert it, or replace the one with its key."""
        return self._client.run(self._entity.save(entity))

    def save_many(
        self, entities: Iterable[E], *, progress: Progress | None = None, concurrency: int = 1
    ) -> int:
        """Save them in batches, each all or none. Returns how many were saved.

        So many batches as `concurrency` says are saved at the same time, 16 at most.
        """
        documents = map(self._entity.encode, items_of(entities))
        loading = self._entity.loading(progress, concurrency)
        return self._client.save_many(self._entity.save_many, documents, loading)


class KeyedStore(
    Store[E, K, C_contra],
    CreatingStore[E, K, C_contra],
    SavingStore[E, K, C_contra],
    Generic[E, K, C_contra],
):
    """Writes entities that fields of their own tell apart."""


class ExpectingSavingStore(SavingStore[E, K, C], Generic[E, K, C, X]):
    """Creates such entities, or replaces them where they are as expected."""

    def save(self, entity: E, *, expected: X | None = None) -> E:
        """Insert it, or replace the one with its key.

        Where something is expected, there is one: otherwise `NotFound`, or `Conflict`.
        """
        return self._client.run(self._entity.save(entity, expected))


class UpdatableStore(
    ExpectingSavingStore[E, K, C, X],
    KeyedStore[E, K, C],
    UpdatingStore[E, K, C, X],
    Generic[E, K, C, X],
):
    """Writes entities that have more than a key: updates name `C` of it, and expect `X`."""


class InsertingStore(BaseStore[E, K, C_contra], Generic[E, K, C_contra]):
    """Creates entities that their document IDs tell apart."""

    def create(self, entity: E) -> E:
        """Insert it, and give it with its `doc_id`."""
        return self._client.run(self._entity.create(entity))

    def create_many(self, entities: Iterable[E], *, progress: Progress | None = None) -> int:
        """Insert them in batches, each all or none. Returns how many there were."""
        documents = map(self._entity.encode, items_of(entities))
        loading = self._entity.loading(progress, 1)
        return self._client.save_many(self._entity.create_many, documents, loading)


class ReplacingStore(BaseStore[E, K, C_contra], Generic[E, K, C_contra]):
    """Replaces such entities."""

    def replace(self, doc_id: K, entity: E) -> E:
        """Put an entity in the place of the one with this ID. `NotFound` if it is not there."""
        return self._client.run(self._entity.replace(doc_id, entity))


class KeylessStore(
    Store[E, K, C_contra],
    InsertingStore[E, K, C_contra],
    ReplacingStore[E, K, C_contra],
    Generic[E, K, C_contra],
):
    """Writes entities that their document IDs tell apart."""


class ExpectingReplacingStore(ReplacingStore[E, K, C], Generic[E, K, C, X]):
    """Replaces such entities where they are as expected."""

    def replace(self, doc_id: K, entity: E, *, expected: X | None = None) -> E:
        """Put an entity in the place of the one with this ID.

        `NotFound` if it is not there, `Conflict` if it is not as expected.
        """
        return self._client.run(self._entity.replace(doc_id, entity, expected))


class UpdatableKeylessStore(
    ExpectingReplacingStore[E, K, C, X],
    KeylessStore[E, K, C],
    UpdatingStore[E, K, C, X],
    Generic[E, K, C, X],
):
    """Writes entities with fields to update: updates name `C` of one, and expect `X`."""


class AsyncBaseStore(AsyncNamespace, Generic[E, K, C_contra]):
    """What the methods of entities of type `E` do, whose keys are of type `K`, from asyncio."""

    _entity: EntityDescription[E, K]

    # What methods with the parameters of an entity do.

    async def _get(self, key: K) -> E | None:
        return await self._client.run(self._entity.get(key))

    async def _get_by(self, index: IndexDescription, *values: object) -> E | None:
        return await self._client.run(self._entity.get_by(index, *values))

    def _watch(self, key: K) -> AsyncSubscription[E | None]:
        return self._client.watch(self._entity.get(key))

    async def _delete(self, key: K, expected: Mapping[str, object] | None = None) -> bool:
        call = self._entity.remove(key)
        return await self._client.run_until_done(call, self._entity.remove(key, expected))

    def _query(
        self, index: IndexDescription, order: Order | None, *values: object
    ) -> AsyncQuery[E, C_contra]:
        call = self._entity.query(index, order, *values)
        return AsyncQuery(self._entity.shown(index, *values, order=order), self._client, call)

    def _counted(
        self, index: IndexDescription, order: Order | None, *values: object
    ) -> AsyncCountedQuery[E, K, C_contra]:
        call = self._entity.query(index, order, *values)
        counts = self._entity.counts(index, order, *values)
        shown = self._entity.shown(index, *values, order=order)
        return AsyncCountedQuery(shown, self._client, call, counts)

    def _windowed(
        self, index: IndexDescription, order: Order | None, *values: object
    ) -> AsyncWindowedQuery[E, K, C_contra]:
        call = self._entity.query(index, order, *values)
        windows = self._entity.windows(index, order, *values)
        shown = self._entity.shown(index, *values, order=order)
        return AsyncWindowedQuery(shown, self._client, call, windows)

    def _counted_windowed(
        self, index: IndexDescription, order: Order | None, *values: object
    ) -> AsyncCountedWindowedQuery[E, K, C_contra]:
        call = self._entity.query(index, order, *values)
        counts = self._entity.counts(index, order, *values)
        windows = self._entity.windows(index, order, *values)
        shown = self._entity.shown(index, *values, order=order)
        return AsyncCountedWindowedQuery(shown, self._client, call, counts, windows)

    def _filtered(
        self, index: IndexDescription, order: Order | None, *values: object
    ) -> AsyncFilteredQuery[E]:
        call = self._entity.query(index, order, *values)
        count = self._entity.count_from(index, *values)
        shown = self._entity.shown(index, *values, order=order)
        return AsyncFilteredQuery(shown, self._client, call, count)

    def _search(
        self, index: IndexDescription, search: str, limit: int, *values: object
    ) -> AsyncSearchQuery[E]:
        call = self._entity.search(index, search, limit, *values)
        shown = self._entity.shown(index, *values, search=search, limit=limit)
        return AsyncSearchQuery(shown, self._client, call)

    async def _nearest(
        self, index: IndexDescription, vector: Sequence[float], limit: int, *values: object
    ) -> list[Scored[E]]:
        return await self._client.run(self._entity.nearest(index, vector, limit, *values))

    async def _get_by_doc_id(self, doc_id: str) -> E | None:
        return await self._client.run(self._entity.get_by_doc_id(doc_id))

    def _watch_by_doc_id(self, doc_id: str) -> AsyncSubscription[E | None]:
        return self._client.watch(self._entity.get_by_doc_id(doc_id))

    async def _update(
        self, key: K, changes: Mapping[str, object], expected: Mapping[str, object] | None
    ) -> E:
        return await self._client.run(self._entity.update(key, changes, expected))

    async def _update_entries(self, key: K, changes: Mapping[str, object]) -> None:
        await self._client.run(self._entity.update_entries(key, changes))

    async def _upsert(
        self, key: K, changes: Mapping[str, object] | None, create: Mapping[str, object] | None
    ) -> E:
        return await self._client.run(self._entity.upsert(key, changes or {}, create or {}))


class AsyncGettingStore(AsyncBaseStore[E, K, C_contra], Generic[E, K, C_contra]):
    """Reads entities by their keys, from asyncio."""

    async def get_many(self, keys: Iterable[K]) -> list[E | None]:
        """In the order of the keys, with None for those that are not there."""
        given = self._entity.keys_to_wire(keys)
        return await self._client.run_chunked(self._entity.get_many, given)


class AsyncReadListingStore(AsyncBaseStore[E, K, C_contra], Generic[E, K, C_contra]):
    """Reads all entities, from asyncio."""

    def list(self, *, order: Order | None = None) -> AsyncReadQuery[E]:
        """All, in the order of creation."""
        return reading(AsyncReadQuery[E], self._query(LIST, order))


class AsyncListingStore(AsyncReadListingStore[E, K, C_contra], Generic[E, K, C_contra]):
    """Reads all entities, and writes them as a whole, from asyncio."""

    def list(self, *, order: Order | None = None) -> AsyncQuery[E, C_contra]:
        """All, in the order of creation."""
        return self._query(LIST, order)


class AsyncDeletingStore(AsyncBaseStore[E, K, C_contra], Generic[E, K, C_contra]):
    """Deletes entities by their keys, from asyncio."""

    async def delete_many(self, keys: Iterable[K], *, progress: Progress | None = None) -> int:
        """Delete them with what they cascade to. Returns how many were there."""
        given = self._entity.keys_to_wire(keys)
        return await self._client.remove_many(
            self._entity.remove_many, self._entity.remove_encoded, given, progress
        )


class AsyncClearingStore(AsyncBaseStore[E, K, C_contra], Generic[E, K, C_contra]):
    """Deletes all entities, from asyncio."""

    async def clear(self, *, progress: Progress | None = None) -> int:
        """Delete all, without cascades. Returns how many there were."""
        return await self._client.clear(self._entity.clear(), progress)


class AsyncStore(
    AsyncGettingStore[E, K, C_contra],
    AsyncListingStore[E, K, C_contra],
    AsyncDeletingStore[E, K, C_contra],
    AsyncClearingStore[E, K, C_contra],
    Generic[E, K, C_contra],
):
    """Reads and writes the entities of type `E`, whose keys are of type `K`, from asyncio."""


class AsyncUpdatingStore(AsyncBaseStore[E, K, C], Generic[E, K, C, X]):
    """Changes entities: updates name `C` of one, and expect `X`, from asyncio."""

    async def update_many(
        self, updates: Sequence[Update[K, C, X]], *, missing: WhereMissing = "error"
    ) -> list[E | None]:
        """Change several in one transaction, all or none.

        One that is not there is `NotFound`, or None in the result where `missing` is "skip".
        """
        with Bulk():
            return await self._client.run(self._entity.update_many(updates, missing))


class AsyncCreatingStore(AsyncBaseStore[E, K, C_contra], Generic[E, K, C_contra]):
    """Creates entities that fields of their own tell apart, from asyncio."""

    async def create(self, entity: E) -> E:
        """Insert it; a repeat is harmless. `AlreadyExists` if the key is taken by other content."""
        return await self._client.run(self._entity.create(entity))


class AsyncSavingStore(AsyncBaseStore[E, K, C_contra], Generic[E, K, C_contra]):
    """Creates such entities, or replaces them, from asyncio."""

    async def save(self, entity: E) -> E:
        """Insert it, or replace the one with its key."""
        return await self._client.run(self._entity.save(entity))

    async def save_many(
        self, entities: Iterable[E], *, progress: Progress | None = None, concurrency: int = 1
    ) -> int:
        """See `SavingStore.save_many`."""
        documents = map(self._entity.encode, items_of(entities))
        loading = self._entity.loading(progress, concurrency)
        return await self._client.save_many(self._entity.save_many, documents, loading)


class AsyncKeyedStore(
    AsyncStore[E, K, C_contra],
    AsyncCreatingStore[E, K, C_contra],
    AsyncSavingStore[E, K, C_contra],
    Generic[E, K, C_contra],
):
    """Writes entities that fields of their own tell apart, from asyncio."""


class AsyncExpectingSavingStore(AsyncSavingStore[E, K, C], Generic[E, K, C, X]):
    """Creates such entities, or replaces them where they are as expected, from asyncio."""

    async def save(self, entity: E, *, expected: X | None = None) -> E:
        """Insert it, or replace the one with its key.

        Where something is expected, there is one: otherwise `NotFound`, or `Conflict`.
        """
        return await self._client.run(self._entity.save(entity, expected))


class AsyncUpdatableStore(
    AsyncExpectingSavingStore[E, K, C, X],
    AsyncKeyedStore[E, K, C],
    AsyncUpdatingStore[E, K, C, X],
    Generic[E, K, C, X],
):
    """Writes entities that have more than a key: updates name `C` of it, and expect `X`."""


class AsyncInsertingStore(AsyncBaseStore[E, K, C_contra], Generic[E, K, C_contra]):
    """Creates entities that their document IDs tell apart, from asyncio."""

    async def create(self, entity: E) -> E:
        """Insert it, and give it with its `doc_id`."""
        return await self._client.run(self._entity.create(entity))

    async def create_many(self, entities: Iterable[E], *, progress: Progress | None = None) -> int:
        """See `InsertingStore.create_many`."""
        documents = map(self._entity.encode, items_of(entities))
        loading = self._entity.loading(progress, 1)
        return await self._client.save_many(self._entity.create_many, documents, loading)


class AsyncReplacingStore(AsyncBaseStore[E, K, C_contra], Generic[E, K, C_contra]):
    """Replaces such entities, from asyncio."""

    async def replace(self, doc_id: K, entity: E) -> E:
        """Put an entity in the place of the one with this ID. `NotFound` if it is not there."""
        return await self._client.run(self._entity.replace(doc_id, entity))


class AsyncKeylessStore(
    AsyncStore[E, K, C_contra],
    AsyncInsertingStore[E, K, C_contra],
    AsyncReplacingStore[E, K, C_contra],
    Generic[E, K, C_contra],
):
    """Writes entities that their document IDs tell apart, from asyncio."""


class AsyncExpectingReplacingStore(AsyncReplacingStore[E, K, C], Generic[E, K, C, X]):
    """Replaces such entities where they are as expected, from asyncio."""

    async def replace(self, doc_id: K, entity: E, *, expected: X | None = None) -> E:
        """Put an entity in the place of the one with this ID.

        `NotFound` if it is not there, `Conflict` if it is not as expected.
        """
        return await self._client.run(self._entity.replace(doc_id, entity, expected))


class AsyncUpdatableKeylessStore(
    AsyncExpectingReplacingStore[E, K, C, X],
    AsyncKeylessStore[E, K, C],
    AsyncUpdatingStore[E, K, C, X],
    Generic[E, K, C, X],
):
    """Writes entities with fields to update: updates name `C` of one, and expect `X`."""
