# Copied by convexgen from schema/mastra/python/store.py. Do not edit.
# fmt: off
# isort: skip_file

"""The stores, which have the domains of Mastra's storage beside the tables."""

from __future__ import annotations

from functools import cached_property

from .._storage import AsyncConvexStorage, ConvexStorage
from .memory import AsyncMastraMemory, MastraMemory
from .observability import AsyncMastraObservability, MastraObservability
from .scores import AsyncMastraScores, MastraScores
from .workflows import AsyncMastraWorkflows, MastraWorkflows


class MastraStore(ConvexStorage):
    """Mastra's storage in a deployment, an attribute for each domain. May be shared by threads."""

    def init(self) -> None:
        """Does nothing: the tables are there as soon as the functions are deployed."""

    @cached_property
    def memory(self) -> MastraMemory:
        """Threads, messages, resources and observations."""
        return MastraMemory(self._client)

    @cached_property
    def observability(self) -> MastraObservability:
        """The spans of traces."""
        return MastraObservability(self._client)

    @cached_property
    def scores(self) -> MastraScores:
        """The scores of scorers."""
        return MastraScores(self._client)

    @cached_property
    def workflows(self) -> MastraWorkflows:
        """The runs of workflows."""
        return MastraWorkflows(self._client)


class AsyncMastraStore(AsyncConvexStorage):
    """Mastra's storage in a deployment, from asyncio. See `MastraStore`."""

    async def init(self) -> None:
        """Does nothing: the tables are there as soon as the functions are deployed."""

    @cached_property
    def memory(self) -> AsyncMastraMemory:
        """Threads, messages, resources and observations."""
        return AsyncMastraMemory(self._client)

    @cached_property
    def observability(self) -> AsyncMastraObservability:
        """The spans of traces."""
        return AsyncMastraObservability(self._client)

    @cached_property
    def scores(self) -> AsyncMastraScores:
        """The scores of scorers."""
        return AsyncMastraScores(self._client)

    @cached_property
    def workflows(self) -> AsyncMastraWorkflows:
        """The runs of workflows."""
        return AsyncMastraWorkflows(self._client)
