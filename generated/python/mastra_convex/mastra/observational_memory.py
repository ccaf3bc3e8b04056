# Copied by convexgen from schema/mastra/python/observational_memory.py. Do not edit.
# fmt: off
# isort: skip_file

"""What a client adds to the functions of Mastra's observational memory.

Each method is one call of a function, but for what is more than one transaction reads or writes.
"""

from __future__ import annotations

from .._functions import (
    AsyncMastraObservationalMemoryFunctions,
    MastraObservationalMemoryFunctions,
)
from .._objects import (
    ObservationalMemoryHistoryOptions,
    ObservationalMemoryPart,
    ObservationalMemoryRecord,
)
from .._runtime import MISSING
from .going_on import parts, parts_async


def _is_end(part: ObservationalMemoryPart) -> bool:
    return part.next is MISSING


class MastraObservationalMemory(MastraObservationalMemoryFunctions):
    """What Mastra's observers note of conversations."""

    supports_observational_memory = True

    def get_observational_memory_history(
        self,
        thread_id: str | None,
        resource_id: str,
        limit: int | MISSING | None = None,
        options: ObservationalMemoryHistoryOptions | MISSING | None = None,
    ) -> list[ObservationalMemoryRecord]:
        """The generations of a thread or a resource, the latest first."""

        def read(
            seen: MastraObservationalMemoryFunctions, before: ObservationalMemoryPart | None
        ) -> ObservationalMemoryPart:
            return seen.read_generations(
                thread_id=thread_id,
                resource_id=resource_id,
                limit=limit,
                options=options,
                after=MISSING if before is None else before.next,
            )

        found = parts(self._client, MastraObservationalMemoryFunctions, read, _is_end)
        return [record for part in found for record in part.records]

    def clear_observational_memory(self, thread_id: str | None, resource_id: str) -> None:
        """Deletes all generations of a thread or a resource."""
        is_done = False
        while not is_done:
            is_done = self.remove_generations(thread_id, resource_id)


class AsyncMastraObservationalMemory(AsyncMastraObservationalMemoryFunctions):
    """What Mastra's observers note of conversations, from asyncio."""

    supports_observational_memory = True

    async def get_observational_memory_history(
        self,
        thread_id: str | None,
        resource_id: str,
        limit: int | MISSING | None = None,
        options: ObservationalMemoryHistoryOptions | MISSING | None = None,
    ) -> list[ObservationalMemoryRecord]:
        """The generations of a thread or a resource, the latest first."""

        async def read(
            seen: AsyncMastraObservationalMemoryFunctions, before: ObservationalMemoryPart | None
        ) -> ObservationalMemoryPart:
            return await seen.read_generations(
                thread_id=thread_id,
                resource_id=resource_id,
                limit=limit,
                options=options,
                after=MISSING if before is None else before.next,
            )

        found = await parts_async(
            self._client, AsyncMastraObservationalMemoryFunctions, read, _is_end
        )
        return [record for part in found for record in part.records]

    async def clear_observational_memory(self, thread_id: str | None, resource_id: str) -> None:
        """Deletes all generations of a thread or a resource."""
        is_done = False
        while not is_done:
            is_done = await self.remove_generations(thread_id, resource_id)
