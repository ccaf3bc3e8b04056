"""Threads and resources, as the storages of Mastra 0.10 to 0.13 have them."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from .._objects import (
    StorageOrderBy,
    StorageResourceType,
    StorageThreadFilter,
    StorageThreadType,
)
from .._runtime import MISSING, AsyncStorage, Integer, InvalidArgument, Json, Storage
from ..threads import AsyncThreadStore, ThreadStore
from .memory import AsyncMastraMemory, MastraMemory, StorageListThreadsOutput

ThreadOrderBy = Literal["createdAt", "updatedAt"]
ThreadSortDirection = Literal["ASC", "DESC"]


def _order(
    order_by: ThreadOrderBy | MISSING, sort_direction: ThreadSortDirection | MISSING
) -> StorageOrderBy:
    # The call refuses what is wrong, as it does for what is given to it directly.
    return StorageOrderBy.model_construct(field=order_by, direction=sort_direction)


def _of(resource_id: str) -> StorageThreadFilter:
    # To list threads of no resource in particular is to list those of all.
    if resource_id == "":
        raise InvalidArgument("resourceId must be a non-empty string")
    return StorageThreadFilter.model_construct(resource_id=resource_id)


class LegacyThreads(Storage):
    """Threads and resources."""

    @cached_property
    def _legacy_memory(self) -> MastraMemory:
        return MastraMemory(self.client)

    def get_thread_by_id(self, *, thread_id: str) -> StorageThreadType | None:
        """The thread, or None."""
        return self._legacy_memory.get_thread_by_id(thread_id=thread_id)

    def get_threads_by_resource_id(
        self,
        *,
        resource_id: str,
        order_by: ThreadOrderBy | MISSING = MISSING,
        sort_direction: ThreadSortDirection | MISSING = MISSING,
    ) -> list[StorageThreadType]:
        """All threads of a resource, the newest first unless it is said otherwise."""
        found = self._legacy_memory.list_threads(
            per_page=False,
            order_by=_order(order_by, sort_direction),
            filter=_of(resource_id),
        )
        return found.threads

    def get_threads_by_resource_id_paginated(
        self,
        *,
        resource_id: str,
        page: Integer | MISSING = MISSING,
        per_page: Integer | MISSING = MISSING,
        order_by: ThreadOrderBy | MISSING = MISSING,
        sort_direction: ThreadSortDirection | MISSING = MISSING,
    ) -> StorageListThreadsOutput:
        """A page of the threads of a resource, of 100 from page 0 on."""
        return self._legacy_memory.list_threads(
            page=page,
            per_page=per_page,
            order_by=_order(order_by, sort_direction),
            filter=_of(resource_id),
        )

    def save_thread(self, *, thread: StorageThreadType) -> StorageThreadType:
        """Save a thread, in place of the one with its ID."""
        return self._legacy_memory.save_thread(thread=thread)

    def update_thread(
        self, *, id: str, title: str | MISSING = MISSING, metadata: Json | MISSING = MISSING
    ) -> StorageThreadType:
        """Change the title, and lay metadata over what is there. `NotFound`."""
        return self._legacy_memory.update_thread(id=id, title=title, metadata=metadata)

    def delete_thread(self, *, thread_id: str) -> None:
        """Delete a thread and its messages, if it is there."""
        ThreadStore(self.client).delete(thread_id)

    def get_resource_by_id(self, *, resource_id: str) -> StorageResourceType | None:
        """The resource, or None."""
        return self._legacy_memory.get_resource_by_id(resource_id=resource_id)

    def save_resource(self, *, resource: StorageResourceType) -> StorageResourceType:
        """Save a resource, in place of the one with its ID."""
        return self._legacy_memory.save_resource(resource=resource)

    def update_resource(
        self,
        *,
        resource_id: str,
        working_memory: str | MISSING = MISSING,
        metadata: Json | MISSING = MISSING,
    ) -> StorageResourceType:
        """Change a resource, or create one: metadata is laid over what is there."""
        return self._legacy_memory.update_resource(
            resource_id=resource_id, working_memory=working_memory, metadata=metadata
        )


class AsyncLegacyThreads(AsyncStorage):
    """Threads and resources, from asyncio."""

    @cached_property
    def _legacy_memory(self) -> AsyncMastraMemory:
        return AsyncMastraMemory(self.client)

    async def get_thread_by_id(self, *, thread_id: str) -> StorageThreadType | None:
        """The thread, or None."""
        return await self._legacy_memory.get_thread_by_id(thread_id=thread_id)

    async def get_threads_by_resource_id(
        self,
        *,
        resource_id: str,
        order_by: ThreadOrderBy | MISSING = MISSING,
        sort_direction: ThreadSortDirection | MISSING = MISSING,
    ) -> list[StorageThreadType]:
        """All threads of a resource, the newest first unless it is said otherwise."""
        found = await self._legacy_memory.list_threads(
            per_page=False,
            order_by=_order(order_by, sort_direction),
            filter=_of(resource_id),
        )
        return found.threads

    async def get_threads_by_resource_id_paginated(
        self,
        *,
        resource_id: str,
        page: Integer | MISSING = MISSING,
        per_page: Integer | MISSING = MISSING,
        order_by: ThreadOrderBy | MISSING = MISSING,
        sort_direction: ThreadSortDirection | MISSING = MISSING,
    ) -> StorageListThreadsOutput:
        """A page of the threads of a resource, of 100 from page 0 on."""
        return await self._legacy_memory.list_threads(
            page=page,
            per_page=per_page,
            order_by=_order(order_by, sort_direction),
            filter=_of(resource_id),
        )

    async def save_thread(self, *, thread: StorageThreadType) -> StorageThreadType:
        """Save a thread, in place of the one with its ID."""
        return await self._legacy_memory.save_thread(thread=thread)

    async def update_thread(
        self, *, id: str, title: str | MISSING = MISSING, metadata: Json | MISSING = MISSING
    ) -> StorageThreadType:
        """Change the title, and lay metadata over what is there. `NotFound`."""
        return await self._legacy_memory.update_thread(id=id, title=title, metadata=metadata)

    async def delete_thread(self, *, thread_id: str) -> None:
        """Delete a thread and its messages, if it is there."""
        await AsyncThreadStore(self.client).delete(thread_id)

    async def get_resource_by_id(self, *, resource_id: str) -> StorageResourceType | None:
        """The resource, or None."""
        return await self._legacy_memory.get_resource_by_id(resource_id=resource_id)

    async def save_resource(self, *, resource: StorageResourceType) -> StorageResourceType:
        """Save a resource, in place of the one with its ID."""
        return await self._legacy_memory.save_resource(resource=resource)

    async def update_resource(
        self,
        *,
        resource_id: str,
        working_memory: str | MISSING = MISSING,
        metadata: Json | MISSING = MISSING,
    ) -> StorageResourceType:
        """Change a resource, or create one: metadata is laid over what is there."""
        return await self._legacy_memory.update_resource(
            resource_id=resource_id, working_memory=working_memory, metadata=metadata
        )
