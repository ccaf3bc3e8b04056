# Copied by convexgen from schema/mastra/python/legacy_threads.py. Do not edit.
# fmt: off
# isort: skip_file

"""Threads and resources, as the storages of Mastra 0.10 to 0.13 have them."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from .._functions import AsyncMastraLegacyThreadsFunctions, MastraLegacyThreadsFunctions
from .._objects import PaginatedThreads, PartOfThreads, StorageResourceType, StorageThreadType
from .._runtime import MISSING, AsyncStorage, Integer, Json, Storage
from ..threads import AsyncThreadStore, ThreadStore
from .going_on import parts, parts_async

ThreadOrderBy = Literal["createdAt", "updatedAt"]
ThreadSortDirection = Literal["ASC", "DESC"]


def _is_last(part: PartOfThreads) -> bool:
    return part.cursor is None


class LegacyThreads(Storage):
    """Threads and resources."""

    @cached_property
    def _legacy_threads(self) -> MastraLegacyThreadsFunctions:
        return MastraLegacyThreadsFunctions(self.client)

    def get_thread_by_id(self, *, thread_id: str) -> StorageThreadType | None:
        """The thread, or None."""
        return self._legacy_threads.get_thread_by_id(thread_id=thread_id)

    def get_threads_by_resource_id(
        self,
        *,
        resource_id: str,
        order_by: ThreadOrderBy | MISSING = MISSING,
        sort_direction: ThreadSortDirection | MISSING = MISSING,
    ) -> list[StorageThreadType]:
        """All threads of a resource, the newest first unless it is said otherwise."""

        def read(seen: MastraLegacyThreadsFunctions, before: PartOfThreads | None) -> PartOfThreads:
            return seen.find_threads(
                resource_id=resource_id,
                order_by=order_by,
                sort_direction=sort_direction,
                cursor=None if before is None else before.cursor,
            )

        found = parts(self.client, MastraLegacyThreadsFunctions, read, _is_last)
        return [thread for part in found for thread in part.threads]

    def get_threads_by_resource_id_paginated(
        self,
        *,
        resource_id: str,
        page: Integer | MISSING = MISSING,
        per_page: Integer | MISSING = MISSING,
        order_by: ThreadOrderBy | MISSING = MISSING,
        sort_direction: ThreadSortDirection | MISSING = MISSING,
    ) -> PaginatedThreads:
        """A page of the threads of a resource, of 100 from page 0 on."""
        return self._legacy_threads.get_threads_by_resource_id_paginated(
            resource_id=resource_id,
            page=page,
            per_page=per_page,
            order_by=order_by,
            sort_direction=sort_direction,
        )

    def save_thread(self, *, thread: StorageThreadType) -> StorageThreadType:
        """Save a thread, in place of the one with its ID."""
        return self._legacy_threads.save_thread(thread=thread)

    def update_thread(
        self, *, id: str, title: str | MISSING = MISSING, metadata: Json | MISSING = MISSING
    ) -> StorageThreadType:
        """Change the title, and lay metadata over what is there. `NotFound`."""
        return self._legacy_threads.update_thread(id=id, title=title, metadata=metadata)

    def delete_thread(self, *, thread_id: str) -> None:
        """Delete a thread and its messages, if it is there."""
        ThreadStore(self.client).delete(thread_id)

    def get_resource_by_id(self, *, resource_id: str) -> StorageResourceType | None:
        """The resource, or None."""
        return self._legacy_threads.get_resource_by_id(resource_id=resource_id)

    def save_resource(self, *, resource: StorageResourceType) -> StorageResourceType:
        """Save a resource, in place of the one with its ID."""
        return self._legacy_threads.save_resource(resource=resource)

    def update_resource(
        self,
        *,
        resource_id: str,
        working_memory: str | MISSING = MISSING,
        metadata: Json | MISSING = MISSING,
    ) -> StorageResourceType:
        """Change a resource, or create one: metadata is laid over what is there."""
        return self._legacy_threads.update_resource(
            resource_id=resource_id, working_memory=working_memory, metadata=metadata
        )


class AsyncLegacyThreads(AsyncStorage):
    """Threads and resources, from asyncio."""

    @cached_property
    def _legacy_threads(self) -> AsyncMastraLegacyThreadsFunctions:
        return AsyncMastraLegacyThreadsFunctions(self.client)

    async def get_thread_by_id(self, *, thread_id: str) -> StorageThreadType | None:
        """The thread, or None."""
        return await self._legacy_threads.get_thread_by_id(thread_id=thread_id)

    async def get_threads_by_resource_id(
        self,
        *,
        resource_id: str,
        order_by: ThreadOrderBy | MISSING = MISSING,
        sort_direction: ThreadSortDirection | MISSING = MISSING,
    ) -> list[StorageThreadType]:
        """All threads of a resource, the newest first unless it is said otherwise."""

        async def read(
            seen: AsyncMastraLegacyThreadsFunctions, before: PartOfThreads | None
        ) -> PartOfThreads:
            return await seen.find_threads(
                resource_id=resource_id,
                order_by=order_by,
                sort_direction=sort_direction,
                cursor=None if before is None else before.cursor,
            )

        found = await parts_async(self.client, AsyncMastraLegacyThreadsFunctions, read, _is_last)
        return [thread for part in found for thread in part.threads]

    async def get_threads_by_resource_id_paginated(
        self,
        *,
        resource_id: str,
        page: Integer | MISSING = MISSING,
        per_page: Integer | MISSING = MISSING,
        order_by: ThreadOrderBy | MISSING = MISSING,
        sort_direction: ThreadSortDirection | MISSING = MISSING,
    ) -> PaginatedThreads:
        """A page of the threads of a resource, of 100 from page 0 on."""
        return await self._legacy_threads.get_threads_by_resource_id_paginated(
            resource_id=resource_id,
            page=page,
            per_page=per_page,
            order_by=order_by,
            sort_direction=sort_direction,
        )

    async def save_thread(self, *, thread: StorageThreadType) -> StorageThreadType:
        """Save a thread, in place of the one with its ID."""
        return await self._legacy_threads.save_thread(thread=thread)

    async def update_thread(
        self, *, id: str, title: str | MISSING = MISSING, metadata: Json | MISSING = MISSING
    ) -> StorageThreadType:
        """Change the title, and lay metadata over what is there. `NotFound`."""
        return await self._legacy_threads.update_thread(id=id, title=title, metadata=metadata)

    async def delete_thread(self, *, thread_id: str) -> None:
        """Delete a thread and its messages, if it is there."""
        await AsyncThreadStore(self.client).delete(thread_id)

    async def get_resource_by_id(self, *, resource_id: str) -> StorageResourceType | None:
        """The resource, or None."""
        return await self._legacy_threads.get_resource_by_id(resource_id=resource_id)

    async def save_resource(self, *, resource: StorageResourceType) -> StorageResourceType:
        """Save a resource, in place of the one with its ID."""
        return await self._legacy_threads.save_resource(resource=resource)

    async def update_resource(
        self,
        *,
        resource_id: str,
        working_memory: str | MISSING = MISSING,
        metadata: Json | MISSING = MISSING,
    ) -> StorageResourceType:
        """Change a resource, or create one: metadata is laid over what is there."""
        return await self._legacy_threads.update_resource(
            resource_id=resource_id, working_memory=working_memory, metadata=metadata
        )
