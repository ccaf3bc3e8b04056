# Copied by convexgen from schema/mastra/python/scores.py. Do not edit.
# fmt: off
# isort: skip_file

"""The scores of Mastra's scorers, as its scores domain stores and lists them.

Each method is one call of a function, but for a list that is more than one query reads.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from .._functions import AsyncMastraScoresFunctions, MastraScoresFunctions
from .._objects import (
    ListScoresResponse,
    ScoreRowData,
    ScoresPagination,
    ScoreTenancyFilters,
    StoragePagination,
)
from .._runtime import MISSING, LimitExceeded
from ..evals import AsyncEvalStore, EvalStore
from .going_on import Listed, Rest, is_listed, parts, parts_async, whole, whole_async
from .reading import reads


def _conditions(filters: ScoreTenancyFilters | MISSING, **columns: str | MISSING) -> dict[str, str]:
    """What scores are compared by; an empty text is no condition, as in Mastra."""
    given = dict[str, str]()
    for name, value in columns.items():
        if value is not MISSING and value:
            given[name] = value
    if filters is not MISSING:
        if filters.organization_id is not MISSING:
            given["organizationId"] = filters.organization_id
        if filters.project_id is not MISSING:
            given["projectId"] = filters.project_id
    return given


_Scores = Listed[ScoreRowData, str, int]


def _window(pagination: StoragePagination) -> tuple[int, int | None]:
    """Where a page begins, and how many scores it has: None for all."""
    page, per_page = _numbers(pagination)
    return (0, None) if per_page is False else (page * per_page, per_page)


def _numbers(pagination: StoragePagination) -> tuple[int, int | Literal[False]]:
    """Of a page that the functions take."""
    per_page = pagination.per_page
    return int(pagination.page), False if per_page is False else int(per_page)


def _rest(error: LimitExceeded, pagination: StoragePagination) -> Rest[ScoreRowData]:
    return Rest[ScoreRowData].after(error, *_window(pagination))


def _response(
    scores: list[ScoreRowData], total: int, pagination: StoragePagination
) -> ListScoresResponse:
    offset, limit = _window(pagination)
    page, per_page = _numbers(pagination)
    return ListScoresResponse(
        scores=scores,
        pagination=ScoresPagination(
            total=total,
            page=page,
            per_page=per_page,
            has_more=limit is not None and offset + limit < total,
        ),
    )


class MastraScores(MastraScoresFunctions):
    """The scores of Mastra's scorers."""

    @reads("pagination", "filters")
    def list_scores_by_scorer_id(
        self,
        *,
        scorer_id: str,
        pagination: StoragePagination,
        entity_id: str | MISSING = MISSING,
        entity_type: str | MISSING = MISSING,
        source: str | MISSING = MISSING,
        filters: ScoreTenancyFilters | MISSING = MISSING,
    ) -> ListScoresResponse:
        """The scores that a scorer gave, the newest first."""
        try:
            return super().list_scores_by_scorer_id(
                scorer_id=scorer_id,
                pagination=pagination,
                entity_id=entity_id,
                entity_type=entity_type,
                source=source,
                filters=filters,
            )
        except LimitExceeded as error:
            conditions = _conditions(
                filters,
                scorerId=scorer_id,
                entityId=entity_id,
                entityType=entity_type,
                source=source,
            )
            return self._all(error, conditions, pagination)

    @reads("pagination", "filters")
    def list_scores_by_run_id(
        self,
        *,
        run_id: str,
        pagination: StoragePagination,
        filters: ScoreTenancyFilters | MISSING = MISSING,
    ) -> ListScoresResponse:
        """The scores of a run, the newest first."""
        try:
            return super().list_scores_by_run_id(
                run_id=run_id,
                pagination=pagination,
                filters=filters,
            )
        except LimitExceeded as error:
            conditions = _conditions(
                filters,
                runId=run_id,
            )
            return self._all(error, conditions, pagination)

    @reads("pagination", "filters")
    def list_scores_by_entity_id(
        self,
        *,
        entity_id: str,
        entity_type: str,
        pagination: StoragePagination,
        filters: ScoreTenancyFilters | MISSING = MISSING,
    ) -> ListScoresResponse:
        """The scores of an agent or a workflow, the newest first."""
        try:
            return super().list_scores_by_entity_id(
                entity_id=entity_id,
                entity_type=entity_type,
                pagination=pagination,
                filters=filters,
            )
        except LimitExceeded as error:
            conditions = _conditions(
                filters,
                entityId=entity_id,
                entityType=entity_type,
            )
            return self._all(error, conditions, pagination)

    @reads("pagination", "filters")
    def list_scores_by_span(
        self,
        *,
        trace_id: str,
        span_id: str,
        pagination: StoragePagination,
        filters: ScoreTenancyFilters | MISSING = MISSING,
    ) -> ListScoresResponse:
        """The scores of a span, the newest first."""
        try:
            return super().list_scores_by_span(
                trace_id=trace_id,
                span_id=span_id,
                pagination=pagination,
                filters=filters,
            )
        except LimitExceeded as error:
            conditions = _conditions(
                filters,
                traceId=trace_id,
                spanId=span_id,
            )
            return self._all(error, conditions, pagination)

    def dangerously_clear_all(self) -> None:
        """Deletes all scores, and the evaluations of the same table."""
        EvalStore(self._client).clear()

    def _all(
        self, error: LimitExceeded, conditions: dict[str, str], pagination: StoragePagination
    ) -> ListScoresResponse:
        try:
            rest = _rest(error, pagination)
        except LimitExceeded:
            return self._compared(conditions, pagination)

        def read(seen: MastraScoresFunctions) -> None:
            found = seen.list_some_scores(conditions=conditions, offset=rest.at, limit=rest.limit)
            rest.add(found.scores, found.total)

        whole(self._client, MastraScoresFunctions, rest, read)
        return _response(rest.items, rest.total, pagination)

    def _compared(
        self, conditions: dict[str, str], pagination: StoragePagination
    ) -> ListScoresResponse:
        """Scores that no index counts, found by comparing all of those that one has."""

        def read(seen: MastraScoresFunctions, before: _Scores | None) -> _Scores:
            if before is not None and before.pending:
                part = seen.read_scores(ids=before.pending)
                return replace(before, items=part.scores, pending=part.pending)
            offset, limit = _window(pagination)
            found = seen.find_scores(
                conditions=conditions,
                offset=offset,
                limit=MISSING if limit is None else limit,
                cursor=MISSING if before is None else before.cursor,
            )
            return _Scores([], found.ids, found.cursor, found.total)

        found = parts(self._client, MastraScoresFunctions, read, is_listed)
        scores = [score for part in found for score in part.items]
        return _response(scores, found[-1].page, pagination)


class AsyncMastraScores(AsyncMastraScoresFunctions):
    """The scores of Mastra's scorers, from asyncio."""

    @reads("pagination", "filters")
    async def list_scores_by_scorer_id(
        self,
        *,
        scorer_id: str,
        pagination: StoragePagination,
        entity_id: str | MISSING = MISSING,
        entity_type: str | MISSING = MISSING,
        source: str | MISSING = MISSING,
        filters: ScoreTenancyFilters | MISSING = MISSING,
    ) -> ListScoresResponse:
        """The scores that a scorer gave, the newest first."""
        try:
            return await super().list_scores_by_scorer_id(
                scorer_id=scorer_id,
                pagination=pagination,
                entity_id=entity_id,
                entity_type=entity_type,
                source=source,
                filters=filters,
            )
        except LimitExceeded as error:
            conditions = _conditions(
                filters,
                scorerId=scorer_id,
                entityId=entity_id,
                entityType=entity_type,
                source=source,
            )
            return await self._all(error, conditions, pagination)

    @reads("pagination", "filters")
    async def list_scores_by_run_id(
        self,
        *,
        run_id: str,
        pagination: StoragePagination,
        filters: ScoreTenancyFilters | MISSING = MISSING,
    ) -> ListScoresResponse:
        """The scores of a run, the newest first."""
        try:
            return await super().list_scores_by_run_id(
                run_id=run_id,
                pagination=pagination,
                filters=filters,
            )
        except LimitExceeded as error:
            conditions = _conditions(
                filters,
                runId=run_id,
            )
            return await self._all(error, conditions, pagination)

    @reads("pagination", "filters")
    async def list_scores_by_entity_id(
        self,
        *,
        entity_id: str,
        entity_type: str,
        pagination: StoragePagination,
        filters: ScoreTenancyFilters | MISSING = MISSING,
    ) -> ListScoresResponse:
        """The scores of an agent or a workflow, the newest first."""
        try:
            return await super().list_scores_by_entity_id(
                entity_id=entity_id,
                entity_type=entity_type,
                pagination=pagination,
                filters=filters,
            )
        except LimitExceeded as error:
            conditions = _conditions(
                filters,
                entityId=entity_id,
                entityType=entity_type,
            )
            return await self._all(error, conditions, pagination)

    @reads("pagination", "filters")
    async def list_scores_by_span(
        self,
        *,
        trace_id: str,
        span_id: str,
        pagination: StoragePagination,
        filters: ScoreTenancyFilters | MISSING = MISSING,
    ) -> ListScoresResponse:
        """The scores of a span, the newest first."""
        try:
            return await super().list_scores_by_span(
                trace_id=trace_id,
                span_id=span_id,
                pagination=pagination,
                filters=filters,
            )
        except LimitExceeded as error:
            conditions = _conditions(
                filters,
                traceId=trace_id,
                spanId=span_id,
            )
            return await self._all(error, conditions, pagination)

    async def dangerously_clear_all(self) -> None:
        """Deletes all scores, and the evaluations of the same table."""
        await AsyncEvalStore(self._client).clear()

    async def _all(
        self, error: LimitExceeded, conditions: dict[str, str], pagination: StoragePagination
    ) -> ListScoresResponse:
        try:
            rest = _rest(error, pagination)
        except LimitExceeded:
            return await self._compared(conditions, pagination)

        async def read(seen: AsyncMastraScoresFunctions) -> None:
            found = await seen.list_some_scores(
                conditions=conditions, offset=rest.at, limit=rest.limit
            )
            rest.add(found.scores, found.total)

        await whole_async(self._client, AsyncMastraScoresFunctions, rest, read)
        return _response(rest.items, rest.total, pagination)

    async def _compared(
        self, conditions: dict[str, str], pagination: StoragePagination
    ) -> ListScoresResponse:
        """Scores that no index counts, found by comparing all of those that one has."""

        async def read(seen: AsyncMastraScoresFunctions, before: _Scores | None) -> _Scores:
            if before is not None and before.pending:
                part = await seen.read_scores(ids=before.pending)
                return replace(before, items=part.scores, pending=part.pending)
            offset, limit = _window(pagination)
            found = await seen.find_scores(
                conditions=conditions,
                offset=offset,
                limit=MISSING if limit is None else limit,
                cursor=MISSING if before is None else before.cursor,
            )
            return _Scores([], found.ids, found.cursor, found.total)

        found = await parts_async(self._client, AsyncMastraScoresFunctions, read, is_listed)
        scores = [score for part in found for score in part.items]
        return _response(scores, found[-1].page, pagination)
