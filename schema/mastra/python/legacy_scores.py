"""Scores, as the storages of Mastra 0.10 to 0.13 have them."""

from __future__ import annotations

from functools import cached_property

from .._functions import AsyncMastraScoresFunctions, MastraScoresFunctions
from .._objects import (
    ListScoresResponse,
    SavedScore,
    SaveScorePayload,
    ScoreRowData,
    StoragePagination,
)
from .._runtime import MISSING, AsyncStorage, Storage


class LegacyScores(Storage):
    """The scores of scorers."""

    @cached_property
    def _legacy_scores(self) -> MastraScoresFunctions:
        return MastraScoresFunctions(self.client)

    def get_score_by_id(self, *, id: str) -> ScoreRowData | None:
        """The score, or None."""
        return self._legacy_scores.get_score_by_id(id=id)

    def save_score(self, score: SaveScorePayload) -> SavedScore:
        """Save a score, in place of the one with its ID."""
        return self._legacy_scores.save_score(score)

    def get_scores_by_scorer_id(
        self,
        *,
        scorer_id: str,
        pagination: StoragePagination,
        entity_id: str | MISSING = MISSING,
        entity_type: str | MISSING = MISSING,
        source: str | MISSING = MISSING,
    ) -> ListScoresResponse:
        """The scores that a scorer gave, the newest first."""
        return self._legacy_scores.list_scores_by_scorer_id(
            scorer_id=scorer_id,
            pagination=pagination,
            entity_id=entity_id,
            entity_type=entity_type,
            source=source,
        )

    def get_scores_by_run_id(
        self, *, run_id: str, pagination: StoragePagination
    ) -> ListScoresResponse:
        """The scores of a run, the newest first."""
        return self._legacy_scores.list_scores_by_run_id(run_id=run_id, pagination=pagination)

    def get_scores_by_entity_id(
        self, *, entity_id: str, entity_type: str, pagination: StoragePagination
    ) -> ListScoresResponse:
        """The scores of an agent or a workflow, the newest first."""
        return self._legacy_scores.list_scores_by_entity_id(
            entity_id=entity_id, entity_type=entity_type, pagination=pagination
        )


class AsyncLegacyScores(AsyncStorage):
    """The scores of scorers, from asyncio."""

    @cached_property
    def _legacy_scores(self) -> AsyncMastraScoresFunctions:
        return AsyncMastraScoresFunctions(self.client)

    async def get_score_by_id(self, *, id: str) -> ScoreRowData | None:
        """The score, or None."""
        return await self._legacy_scores.get_score_by_id(id=id)

    async def save_score(self, score: SaveScorePayload) -> SavedScore:
        """Save a score, in place of the one with its ID."""
        return await self._legacy_scores.save_score(score)

    async def get_scores_by_scorer_id(
        self,
        *,
        scorer_id: str,
        pagination: StoragePagination,
        entity_id: str | MISSING = MISSING,
        entity_type: str | MISSING = MISSING,
        source: str | MISSING = MISSING,
    ) -> ListScoresResponse:
        """The scores that a scorer gave, the newest first."""
        return await self._legacy_scores.list_scores_by_scorer_id(
            scorer_id=scorer_id,
            pagination=pagination,
            entity_id=entity_id,
            entity_type=entity_type,
            source=source,
        )

    async def get_scores_by_run_id(
        self, *, run_id: str, pagination: StoragePagination
    ) -> ListScoresResponse:
        """The scores of a run, the newest first."""
        return await self._legacy_scores.list_scores_by_run_id(run_id=run_id, pagination=pagination)

    async def get_scores_by_entity_id(
        self, *, entity_id: str, entity_type: str, pagination: StoragePagination
    ) -> ListScoresResponse:
        """The scores of an agent or a workflow, the newest first."""
        return await self._legacy_scores.list_scores_by_entity_id(
            entity_id=entity_id, entity_type=entity_type, pagination=pagination
        )
