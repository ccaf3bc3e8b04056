# Copied by convexgen from schema/mastra/python/workflows.py. Do not edit.
# fmt: off
# isort: skip_file

"""The runs of Mastra's workflows, as its workflows domain stores and lists them.

Each method is one call of a function, but for a list that is more than one query reads.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal, TypedDict

from .._functions import AsyncMastraWorkflowsFunctions, MastraWorkflowsFunctions
from .._objects import FoundWorkflowRun, StorageWorkflowRun, StorageWorkflowRuns
from .._runtime import (
    MISSING,
    AsyncSubscription,
    BooleanLiteral,
    Integer,
    LimitExceeded,
    Subscription,
    Timestamp,
)
from ..workflow_runs import AsyncWorkflowRunStore, WorkflowRunStore
from ..workflow_steps import AsyncWorkflowStepStore, WorkflowStepStore
from .going_on import Listed, Rest, is_listed, parts, parts_async, whole, whole_async
from .pages import page_number, per_page_number

PerPage = Integer | Annotated[Literal[False], BooleanLiteral(False)]


class _Filters(TypedDict):
    workflow_name: str | MISSING
    from_date: Timestamp | MISSING
    to_date: Timestamp | MISSING
    resource_id: str | MISSING
    status: str | MISSING


_OfThread = Listed[StorageWorkflowRun, FoundWorkflowRun, int]


def _all(parts: list[_OfThread]) -> StorageWorkflowRuns:
    runs = [run for part in parts for run in part.items]
    return StorageWorkflowRuns(runs=runs, total=parts[-1].page)


def _window(page: int | MISSING, per_page: PerPage | MISSING) -> tuple[int, int | None]:
    """Where a page begins, and how many runs it has: None for all."""
    if page is MISSING or per_page is MISSING or per_page is False:
        return 0, None
    return page * per_page, per_page


class MastraWorkflows(MastraWorkflowsFunctions):
    """The runs of Mastra's workflows."""

    def supports_concurrent_updates(self) -> bool:
        """Whether results and states may be updated by many at once."""
        return True

    def list_workflow_runs(
        self,
        *,
        workflow_name: str | MISSING = MISSING,
        from_date: Timestamp | MISSING = MISSING,
        to_date: Timestamp | MISSING = MISSING,
        per_page: PerPage | MISSING = MISSING,
        page: Integer | MISSING = MISSING,
        resource_id: str | MISSING = MISSING,
        thread_id: str | MISSING = MISSING,
        status: str | MISSING = MISSING,
    ) -> StorageWorkflowRuns:
        """The runs, the newest first, and how many there are; all of them without a page."""
        filters: _Filters = {
            "workflow_name": workflow_name,
            "from_date": from_date,
            "to_date": to_date,
            "resource_id": resource_id,
            "status": status,
        }
        try:
            return super().list_workflow_runs(
                per_page=per_page_number(per_page),
                page=page_number(page),
                thread_id=thread_id,
                **filters,
            )
        except LimitExceeded as error:
            offset, limit = _window(page, per_page)
            if thread_id is not MISSING and thread_id:
                return self._of_thread(thread_id, filters, offset, limit)
            rest = Rest[StorageWorkflowRun].after(error, offset, limit)

        def read(seen: MastraWorkflowsFunctions) -> None:
            found = seen.list_some_workflow_runs(offset=rest.at, limit=rest.limit, **filters)
            rest.add(found.runs, found.total)

        whole(self._client, MastraWorkflowsFunctions, rest, read)
        return StorageWorkflowRuns(runs=rest.items, total=rest.total)

    def _of_thread(
        self, thread_id: str, filters: _Filters, offset: int, limit: int | None
    ) -> StorageWorkflowRuns:
        def read(seen: MastraWorkflowsFunctions, before: _OfThread | None) -> _OfThread:
            if before is not None and before.pending:
                part = seen.read_workflow_runs(keys=before.pending)
                return replace(before, items=part.runs, pending=part.pending)
            found = seen.find_workflow_runs_of_thread(
                thread_id=thread_id,
                offset=offset,
                limit=MISSING if limit is None else limit,
                cursor=MISSING if before is None else before.cursor,
                **filters,
            )
            return _OfThread([], found.keys, found.cursor, found.total)

        return _all(parts(self._client, MastraWorkflowsFunctions, read, is_listed))

    def watch_workflow_run(
        self, *, workflow_name: str, run_id: str
    ) -> Subscription[StorageWorkflowRun | None]:
        """The run, now and whenever it changes."""
        return self.watch_get_workflow_run_by_id(run_id=run_id, workflow_name=workflow_name)

    def dangerously_clear_all(self) -> None:
        """Deletes all runs."""
        WorkflowRunStore(self._client).clear()
        WorkflowStepStore(self._client).clear()


class AsyncMastraWorkflows(AsyncMastraWorkflowsFunctions):
    """The runs of Mastra's workflows, from asyncio."""

    def supports_concurrent_updates(self) -> bool:
        """Whether results and states may be updated by many at once."""
        return True

    async def list_workflow_runs(
        self,
        *,
        workflow_name: str | MISSING = MISSING,
        from_date: Timestamp | MISSING = MISSING,
        to_date: Timestamp | MISSING = MISSING,
        per_page: PerPage | MISSING = MISSING,
        page: Integer | MISSING = MISSING,
        resource_id: str | MISSING = MISSING,
        thread_id: str | MISSING = MISSING,
        status: str | MISSING = MISSING,
    ) -> StorageWorkflowRuns:
        """The runs, the newest first, and how many there are; all of them without a page."""
        filters: _Filters = {
            "workflow_name": workflow_name,
            "from_date": from_date,
            "to_date": to_date,
            "resource_id": resource_id,
            "status": status,
        }
        try:
            return await super().list_workflow_runs(
                per_page=per_page_number(per_page),
                page=page_number(page),
                thread_id=thread_id,
                **filters,
            )
        except LimitExceeded as error:
            offset, limit = _window(page, per_page)
            if thread_id is not MISSING and thread_id:
                return await self._of_thread(thread_id, filters, offset, limit)
            rest = Rest[StorageWorkflowRun].after(error, offset, limit)

        async def read(seen: AsyncMastraWorkflowsFunctions) -> None:
            found = await seen.list_some_workflow_runs(offset=rest.at, limit=rest.limit, **filters)
            rest.add(found.runs, found.total)

        await whole_async(self._client, AsyncMastraWorkflowsFunctions, rest, read)
        return StorageWorkflowRuns(runs=rest.items, total=rest.total)

    async def _of_thread(
        self, thread_id: str, filters: _Filters, offset: int, limit: int | None
    ) -> StorageWorkflowRuns:
        async def read(seen: AsyncMastraWorkflowsFunctions, before: _OfThread | None) -> _OfThread:
            if before is not None and before.pending:
                part = await seen.read_workflow_runs(keys=before.pending)
                return replace(before, items=part.runs, pending=part.pending)
            found = await seen.find_workflow_runs_of_thread(
                thread_id=thread_id,
                offset=offset,
                limit=MISSING if limit is None else limit,
                cursor=MISSING if before is None else before.cursor,
                **filters,
            )
            return _OfThread([], found.keys, found.cursor, found.total)

        return _all(await parts_async(self._client, AsyncMastraWorkflowsFunctions, read, is_listed))

    def watch_workflow_run(
        self, *, workflow_name: str, run_id: str
    ) -> AsyncSubscription[StorageWorkflowRun | None]:
        """The run, now and whenever it changes."""
        return self.watch_get_workflow_run_by_id(run_id=run_id, workflow_name=workflow_name)

    async def dangerously_clear_all(self) -> None:
        """Deletes all runs."""
        await AsyncWorkflowRunStore(self._client).clear()
        await AsyncWorkflowStepStore(self._client).clear()
