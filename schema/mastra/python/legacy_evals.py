"""Evaluations, as the storages of Mastra 0.10 to 0.13 have them."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from .._functions import AsyncMastraLegacyEvalsFunctions, MastraLegacyEvalsFunctions
from .._objects import EvalRow, PaginatedEvals, PartOfEvals, StorageDateRange
from .._runtime import MISSING, AsyncStorage, Integer, Storage
from .reading import reads

EvalType = Literal["test", "live"]
UNLIMITED = 2**31
"""More than anything that is asked for."""


class _Found:
    """What is found of a page that is read in several parts."""

    def __init__(self) -> None:
        self._items: list[EvalRow] = []
        self.cursor: str | None = None

    def add(self, part: PartOfEvals) -> PaginatedEvals | None:
        """Adds a part, and gives the page where it is the last one."""
        self._items += part.page.evals
        self.cursor = part.cursor
        if self.cursor is not None:
            return None
        return part.page.model_copy(update={"evals": self._items})


class LegacyEvals(Storage):
    """Evaluations of agents."""

    @cached_property
    def _legacy_evals(self) -> MastraLegacyEvalsFunctions:
        return MastraLegacyEvalsFunctions(self.client)

    @reads("date_range")
    def get_evals(
        self,
        *,
        agent_name: str | MISSING = MISSING,
        type: EvalType | MISSING = MISSING,
        page: Integer | MISSING = MISSING,
        per_page: Integer | MISSING = MISSING,
        date_range: StorageDateRange | MISSING = MISSING,
    ) -> PaginatedEvals:
        """A page of evaluations, the newest first."""
        dates = StorageDateRange() if date_range is MISSING else date_range
        found = _Found()
        while True:
            part = self._legacy_evals.find_evals(
                agent_name=agent_name,
                type=type,
                start=dates.start,
                end=dates.end,
                page=page,
                per_page=per_page,
                cursor=found.cursor,
            )
            whole = found.add(part)
            if whole is not None:
                return whole

    def get_evals_by_agent_name(
        self, agent_name: str, type: EvalType | None = None
    ) -> list[EvalRow]:
        """All evaluations of an agent, in tests or on live traffic, the newest first."""
        found = self.get_evals(
            agent_name=agent_name,
            type=MISSING if type is None else type,
            per_page=UNLIMITED,
        )
        return found.evals


class AsyncLegacyEvals(AsyncStorage):
    """Evaluations of agents, from asyncio."""

    @cached_property
    def _legacy_evals(self) -> AsyncMastraLegacyEvalsFunctions:
        return AsyncMastraLegacyEvalsFunctions(self.client)

    @reads("date_range")
    async def get_evals(
        self,
        *,
        agent_name: str | MISSING = MISSING,
        type: EvalType | MISSING = MISSING,
        page: Integer | MISSING = MISSING,
        per_page: Integer | MISSING = MISSING,
        date_range: StorageDateRange | MISSING = MISSING,
    ) -> PaginatedEvals:
        """A page of evaluations, the newest first."""
        dates = StorageDateRange() if date_range is MISSING else date_range
        found = _Found()
        while True:
            part = await self._legacy_evals.find_evals(
                agent_name=agent_name,
                type=type,
                start=dates.start,
                end=dates.end,
                page=page,
                per_page=per_page,
                cursor=found.cursor,
            )
            whole = found.add(part)
            if whole is not None:
                return whole

    async def get_evals_by_agent_name(
        self, agent_name: str, type: EvalType | None = None
    ) -> list[EvalRow]:
        """All evaluations of an agent, in tests or on live traffic, the newest first."""
        found = await self.get_evals(
            agent_name=agent_name,
            type=MISSING if type is None else type,
            per_page=UNLIMITED,
        )
        return found.evals
