# Copied by convexgen from schema/mastra/python/legacy_evals.py. Do not edit.
# fmt: off
# isort: skip_file

"""Evaluations, as the storages of Mastra 0.10 to 0.13 have them."""

from __future__ import annotations

from typing import Literal, cast

from .._enums import EvalType
from .._functions import AsyncMastraLegacyEvalsFunctions, MastraLegacyEvalsFunctions
from .._objects import EvalRow, PaginatedEvals, PartOfEvals, StorageDateRange
from .._runtime import MISSING, AsyncStorage, Integer, Storage
from .going_on import UNLIMITED, cursor_after, is_last, parts, parts_async
from .pages import page_number
from .reading import reads

_Type = Literal["test", "live"]


def _page(parts: list[PartOfEvals]) -> PaginatedEvals:
    evals = [one for part in parts for one in part.page.evals]
    return parts[-1].page.model_copy(update={"evals": evals})


class LegacyEvals(Storage):
    """Evaluations of agents."""

    @reads("date_range")
    def get_evals(
        self,
        *,
        agent_name: str | MISSING = MISSING,
        type: EvalType | Literal["test", "live"] | MISSING = MISSING,
        page: Integer | MISSING = MISSING,
        per_page: Integer | MISSING = MISSING,
        date_range: StorageDateRange | MISSING = MISSING,
    ) -> PaginatedEvals:
        """A page of evaluations, the newest first."""
        dates = StorageDateRange() if date_range is MISSING else date_range

        def read(seen: MastraLegacyEvalsFunctions, before: PartOfEvals | None) -> PartOfEvals:
            return seen.find_evals(
                agent_name=agent_name,
                type=cast("_Type | MISSING", type),
                start=dates.start,
                end=dates.end,
                page=page_number(page),
                per_page=page_number(per_page),
                cursor=cursor_after(before),
            )

        return _page(parts(self.client, MastraLegacyEvalsFunctions, read, is_last))

    def get_evals_by_agent_name(
        self, agent_name: str, type: EvalType | Literal["test", "live"] | None = None
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

    @reads("date_range")
    async def get_evals(
        self,
        *,
        agent_name: str | MISSING = MISSING,
        type: EvalType | Literal["test", "live"] | MISSING = MISSING,
        page: Integer | MISSING = MISSING,
        per_page: Integer | MISSING = MISSING,
        date_range: StorageDateRange | MISSING = MISSING,
    ) -> PaginatedEvals:
        """A page of evaluations, the newest first."""
        dates = StorageDateRange() if date_range is MISSING else date_range

        async def read(
            seen: AsyncMastraLegacyEvalsFunctions, before: PartOfEvals | None
        ) -> PartOfEvals:
            return await seen.find_evals(
                agent_name=agent_name,
                type=cast("_Type | MISSING", type),
                start=dates.start,
                end=dates.end,
                page=page_number(page),
                per_page=page_number(per_page),
                cursor=cursor_after(before),
            )

        return _page(await parts_async(self.client, AsyncMastraLegacyEvalsFunctions, read, is_last))

    async def get_evals_by_agent_name(
        self, agent_name: str, type: EvalType | Literal["test", "live"] | None = None
    ) -> list[EvalRow]:
        """All evaluations of an agent, in tests or on live traffic, the newest first."""
        found = await self.get_evals(
            agent_name=agent_name,
            type=MISSING if type is None else type,
            per_page=UNLIMITED,
        )
        return found.evals
