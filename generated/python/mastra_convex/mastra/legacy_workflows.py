# Copied by convexgen from schema/mastra/python/legacy_workflows.py. Do not edit.
# fmt: off
# isort: skip_file

"""Runs of workflows, as the storages of Mastra 0.10 to 0.13 have them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from .._functions import AsyncMastraWorkflowsFunctions, MastraWorkflowsFunctions
from .._objects import StorageWorkflowRun, StorageWorkflowRuns
from .._runtime import MISSING, AsyncStorage, Integer, InvalidArgument, Json, Storage, Timestamp
from .going_on import UNLIMITED, parts, parts_async


@dataclass(frozen=True)
class _Part:
    """Runs of a list, where the next ones begin, and how many are wanted still."""

    runs: list[StorageWorkflowRun]
    total: int
    offset: int
    limit: int

    def next(self, found: StorageWorkflowRuns) -> _Part:
        """The part that follows this one."""
        count = len(found.runs)
        return _Part(found.runs, found.total, self.offset + count, self.limit - count)


def _first(limit: int | MISSING, offset: int | MISSING) -> _Part:
    """What is before a list: one from an offset on where both numbers are given.

    Raises `InvalidArgument`.
    """
    if limit is MISSING or offset is MISSING:
        return _Part([], 0, 0, UNLIMITED)
    wanted = _count("limit", limit)
    return _Part([], 0, _count("offset", offset), wanted)


def _is_last(part: _Part) -> bool:
    return not part.runs or part.limit < 1 or part.offset >= part.total


def _all(parts: list[_Part]) -> StorageWorkflowRuns:
    runs = [run for part in parts for run in part.runs]
    return StorageWorkflowRuns(runs=runs, total=parts[-1].total)


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
        first = _first(limit, offset)

        def read(seen: MastraWorkflowsFunctions, before: _Part | None) -> _Part:
            last = first if before is None else before
            found = seen.list_some_workflow_runs(
                workflow_name=workflow_name,
                from_date=from_date,
                to_date=to_date,
                resource_id=resource_id,
                offset=last.offset,
                limit=last.limit,
            )
            return last.next(found)

        return _all(parts(self.client, MastraWorkflowsFunctions, read, _is_last))

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
        first = _first(limit, offset)

        async def read(seen: AsyncMastraWorkflowsFunctions, before: _Part | None) -> _Part:
            last = first if before is None else before
            found = await seen.list_some_workflow_runs(
                workflow_name=workflow_name,
                from_date=from_date,
                to_date=to_date,
                resource_id=resource_id,
                offset=last.offset,
                limit=last.limit,
            )
            return last.next(found)

        return _all(await parts_async(self.client, AsyncMastraWorkflowsFunctions, read, _is_last))

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
    return value


def _now() -> datetime:
    """The time in milliseconds, as dates of JavaScript have it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
