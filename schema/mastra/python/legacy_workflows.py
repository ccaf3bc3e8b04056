"""Runs of workflows, as the storages of Mastra 0.10 to 0.13 have them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property

from .._functions import AsyncMastraWorkflowsFunctions, MastraWorkflowsFunctions
from .._objects import StorageWorkflowRun, StorageWorkflowRuns
from .._runtime import MISSING, AsyncStorage, Integer, InvalidArgument, Json, Storage, Timestamp
from .going_on import UNLIMITED, Rest, all_of, all_of_async


def _rest(limit: int | MISSING, offset: int | MISSING) -> Rest[StorageWorkflowRun]:
    """What is to be read: a part of the list where both numbers are given.

    Raises `InvalidArgument`.
    """
    if limit is MISSING or offset is MISSING:
        return Rest(0, None)
    wanted = _count("limit", limit)
    return Rest(_count("offset", offset), wanted)


class LegacyWorkflows(Storage):
    """Runs of workflows, and their snapshots."""

    @cached_property
    def _legacy_workflows(self) -> MastraWorkflowsFunctions:
        return MastraWorkflowsFunctions(self.client)

    def get_workflow_runs(
        self,
        *,
        workflow_name: str | MISSING = MISSING,
        from_date: Timestamp | MISSING = MISSING,
        to_date: Timestamp | MISSING = MISSING,
        limit: Integer | MISSING = MISSING,
        offset: Integer | MISSING = MISSING,
        resource_id: str | MISSING = MISSING,
    ) -> StorageWorkflowRuns:
        """Runs of workflows, the newest first: a part of them where limit and offset are given."""
        rest = _rest(limit, offset)

        def read(seen: MastraWorkflowsFunctions) -> None:
            found = seen.list_some_workflow_runs(
                workflow_name=workflow_name,
                from_date=from_date,
                to_date=to_date,
                resource_id=resource_id,
                offset=rest.at,
                limit=rest.limit,
            )
            rest.add(found.runs, found.total)

        all_of(self.client, MastraWorkflowsFunctions, rest, read)
        return StorageWorkflowRuns(runs=rest.items, total=rest.total)

    def get_workflow_run_by_id(
        self, *, run_id: str, workflow_name: str | MISSING = MISSING
    ) -> StorageWorkflowRun | None:
        """The run, or None. Without the name of the workflow, the newest with that ID."""
        return self._legacy_workflows.get_workflow_run_by_id(
            run_id=run_id, workflow_name=workflow_name
        )

    def persist_workflow_snapshot(self, *, workflow_name: str, run_id: str, snapshot: Json) -> None:
        """Store a snapshot of a run, as of now, in place of the one that is there."""
        now = _now()
        self._legacy_workflows.persist_workflow_snapshot(
            workflow_name=workflow_name,
            run_id=run_id,
            snapshot=snapshot,
            created_at=now,
            updated_at=now,
        )

    def load_workflow_snapshot(self, *, workflow_name: str, run_id: str) -> Json:
        """The snapshot of a run, or None."""
        return self._legacy_workflows.load_workflow_snapshot(
            workflow_name=workflow_name, run_id=run_id
        )


class AsyncLegacyWorkflows(AsyncStorage):
    """Runs of workflows, and their snapshots, from asyncio."""

    @cached_property
    def _legacy_workflows(self) -> AsyncMastraWorkflowsFunctions:
        return AsyncMastraWorkflowsFunctions(self.client)

    async def get_workflow_runs(
        self,
        *,
        workflow_name: str | MISSING = MISSING,
        from_date: Timestamp | MISSING = MISSING,
        to_date: Timestamp | MISSING = MISSING,
        limit: Integer | MISSING = MISSING,
        offset: Integer | MISSING = MISSING,
        resource_id: str | MISSING = MISSING,
    ) -> StorageWorkflowRuns:
        """Runs of workflows, the newest first: a part of them where limit and offset are given."""
        rest = _rest(limit, offset)

        async def read(seen: AsyncMastraWorkflowsFunctions) -> None:
            found = await seen.list_some_workflow_runs(
                workflow_name=workflow_name,
                from_date=from_date,
                to_date=to_date,
                resource_id=resource_id,
                offset=rest.at,
                limit=rest.limit,
            )
            rest.add(found.runs, found.total)

        await all_of_async(self.client, AsyncMastraWorkflowsFunctions, rest, read)
        return StorageWorkflowRuns(runs=rest.items, total=rest.total)

    async def get_workflow_run_by_id(
        self, *, run_id: str, workflow_name: str | MISSING = MISSING
    ) -> StorageWorkflowRun | None:
        """The run, or None. Without the name of the workflow, the newest with that ID."""
        return await self._legacy_workflows.get_workflow_run_by_id(
            run_id=run_id, workflow_name=workflow_name
        )

    async def persist_workflow_snapshot(
        self, *, workflow_name: str, run_id: str, snapshot: Json
    ) -> None:
        """Store a snapshot of a run, as of now, in place of the one that is there."""
        now = _now()
        await self._legacy_workflows.persist_workflow_snapshot(
            workflow_name=workflow_name,
            run_id=run_id,
            snapshot=snapshot,
            created_at=now,
            updated_at=now,
        )

    async def load_workflow_snapshot(self, *, workflow_name: str, run_id: str) -> Json:
        """The snapshot of a run, or None."""
        return await self._legacy_workflows.load_workflow_snapshot(
            workflow_name=workflow_name, run_id=run_id
        )


def _count(name: str, value: int | MISSING) -> int:
    if not isinstance(value, int) or value < 0:
        raise InvalidArgument(f"{name} must be >= 0")
    return min(value, UNLIMITED)


def _now() -> datetime:
    """The time in milliseconds, as dates of JavaScript have it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
