# Copied by convexgen from schema/mastra/python/legacy_workflows.py. Do not edit.
# fmt: off
# isort: skip_file

"""Runs of workflows, as the storages of Mastra 0.10 to 0.13 have them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property

from .._functions import AsyncMastraWorkflowsFunctions, MastraWorkflowsFunctions
from .._objects import StorageWorkflowRun, StorageWorkflowRuns
from .._runtime import MISSING, AsyncStorage, Integer, InvalidArgument, Json, Storage, Timestamp

UNLIMITED = 2**31
"""More than anything that is asked for."""


class _Runs:
    """Runs of a list that is read in several parts, from an offset on where both numbers are given.

    Raises `InvalidArgument`.
    """

    def __init__(self, limit: int | MISSING, offset: int | MISSING) -> None:
        is_part = limit is not MISSING and offset is not MISSING
        self._wanted = _count("limit", limit) if is_part else UNLIMITED
        self._start = _count("offset", offset) if is_part else 0
        self._runs: list[StorageWorkflowRun] = []

    @property
    def offset(self) -> int:
        """Where the next part begins."""
        return self._start + len(self._runs)

    @property
    def limit(self) -> int:
        """How many are wanted still."""
        return self._wanted - len(self._runs)

    def add(self, part: StorageWorkflowRuns) -> StorageWorkflowRuns | None:
        """Adds a part, and gives all runs where it is the last one."""
        self._runs += part.runs
        if part.runs and self.limit > 0 and self.offset < part.total:
            return None
        return StorageWorkflowRuns(runs=self._runs, total=part.total)


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
        found = _Runs(limit, offset)
        while True:
            part = self._legacy_workflows.list_some_workflow_runs(
                workflow_name=workflow_name,
                from_date=from_date,
                to_date=to_date,
                resource_id=resource_id,
                offset=found.offset,
                limit=found.limit,
            )
            runs = found.add(part)
            if runs is not None:
                return runs

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
        found = _Runs(limit, offset)
        while True:
            part = await self._legacy_workflows.list_some_workflow_runs(
                workflow_name=workflow_name,
                from_date=from_date,
                to_date=to_date,
                resource_id=resource_id,
                offset=found.offset,
                limit=found.limit,
            )
            runs = found.add(part)
            if runs is not None:
                return runs

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
