"""The runs of Mastra's workflows, as its workflows domain stores and lists them.

Each method is one call of a function, but for a list that is more than one query reads.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
from .going_on import Rest, parts, parts_async, whole, whole_async
from .pages import page_number, per_page_number

PerPage = Integer | Annotated[Literal[False], BooleanLiteral(False)]


class _Filters(TypedDict):
    workflow_name: str | MISSING
    from_date: Timestamp | MISSING
    to_date: Timestamp | MISSING
    resource_id: str | MISSING
    thread_id: str | MISSING
    status: str | MISSING


@dataclass(frozen=True)
class _OfThread:
    """Runs of a thread, the keys of those that go before the rest, and where this begins."""

    runs: list[StorageWorkflowRun]
    pending: list[FoundWorkflowRun]
    cursor: str | MISSING
    total: int


def _is_last(part: _OfThread) -> bool:
    return not part.pending and part.cursor is MISSING


def _all(parts: list[_OfThread]) -> StorageWorkflowRuns:
    runs = [run for part in parts for run in part.runs]
    return StorageWorkflowRuns(runs=runs, total=parts[-1].total)


def _window(page: int | MISSING, per_page: PerPage | MISSING) -> tuple[int, int | None]:
    """Where a page begins, and how many runs it has: None for all."""
    if page is MISSING or per_page is MISSING or per_page is False:
        return 0, None
    return page * per_page, per_page


def _rest(
    error: LimitExceeded, page: int | MISSING, per_page: PerPage | MISSING, filters: _Filters
) -> Rest[StorageWorkflowRun] | None:
    """What is to be read still; None where a query does not even find the runs of a thread.

    Raises the error where it says not how much fits.
    """
    try:
        return Rest(error, *_window(page, per_page))
    except LimitExceeded:
        if filters["thread_id"] is MISSING or not filters["thread_id"]:
            raise
        return None


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
            "thread_id": thread_id,
            "status": status,
        }
        try:
            return super().list_workflow_runs(
                per_page=per_page_number(per_page), page=page_number(page), **filters
            )
        except LimitExceeded as error:
            rest = _rest(error, page, per_page, filters)
        if rest is None:
            return self._of_thread(filters, *_window(page, per_page))

        def read(seen: MastraWorkflowsFunctions) -> None:
            found = seen.list_some_workflow_runs(offset=rest.at, limit=rest.limit, **filters)
            rest.add(found.runs, found.total)

        whole(self._client, MastraWorkflowsFunctions, rest, read)
        return StorageWorkflowRuns(runs=rest.items, total=rest.total)

    def _of_thread(self, filters: _Filters, offset: int, limit: int | None) -> StorageWorkflowRuns:
        thread_id = str(filters["thread_id"])

        def read(seen: MastraWorkflowsFunctions, before: _OfThread | None) -> _OfThread:
            if before is not None and before.pending:
                key, *others = before.pending
                run = seen.get_workflow_run_by_id(
                    run_id=key.run_id, workflow_name=key.workflow_name
                )
                return replace(before, runs=[run] if run else [], pending=others)
            found = seen.find_workflow_runs_of_thread(
                workflow_name=filters["workflow_name"],
                from_date=filters["from_date"],
                to_date=filters["to_date"],
                resource_id=filters["resource_id"],
                thread_id=thread_id,
                status=filters["status"],
                offset=offset,
                limit=MISSING if limit is None else limit,
                cursor=MISSING if before is None else before.cursor,
            )
            return _OfThread([], found.keys, found.cursor, found.total)

        return _all(parts(self._client, MastraWorkflowsFunctions, read, _is_last))

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
            "thread_id": thread_id,
            "status": status,
        }
        try:
            return await super().list_workflow_runs(
                per_page=per_page_number(per_page), page=page_number(page), **filters
            )
        except LimitExceeded as error:
            rest = _rest(error, page, per_page, filters)
        if rest is None:
            return await self._of_thread(filters, *_window(page, per_page))

        async def read(seen: AsyncMastraWorkflowsFunctions) -> None:
            found = await seen.list_some_workflow_runs(offset=rest.at, limit=rest.limit, **filters)
            rest.add(found.runs, found.total)

        await whole_async(self._client, AsyncMastraWorkflowsFunctions, rest, read)
        return StorageWorkflowRuns(runs=rest.items, total=rest.total)

    async def _of_thread(
        self, filters: _Filters, offset: int, limit: int | None
    ) -> StorageWorkflowRuns:
        thread_id = str(filters["thread_id"])

        async def read(seen: AsyncMastraWorkflowsFunctions, before: _OfThread | None) -> _OfThread:
            if before is not None and before.pending:
                key, *others = before.pending
                run = await seen.get_workflow_run_by_id(
                    run_id=key.run_id, workflow_name=key.workflow_name
                )
                return replace(before, runs=[run] if run else [], pending=others)
            found = await seen.find_workflow_runs_of_thread(
                workflow_name=filters["workflow_name"],
                from_date=filters["from_date"],
                to_date=filters["to_date"],
                resource_id=filters["resource_id"],
                thread_id=thread_id,
                status=filters["status"],
                offset=offset,
                limit=MISSING if limit is None else limit,
                cursor=MISSING if before is None else before.cursor,
            )
            return _OfThread([], found.keys, found.cursor, found.total)

        return _all(await parts_async(self._client, AsyncMastraWorkflowsFunctions, read, _is_last))

    def watch_workflow_run(
        self, *, workflow_name: str, run_id: str
    ) -> AsyncSubscription[StorageWorkflowRun | None]:
        """The run, now and whenever it changes."""
        return self.watch_get_workflow_run_by_id(run_id=run_id, workflow_name=workflow_name)

    async def dangerously_clear_all(self) -> None:
        """Deletes all runs."""
        await AsyncWorkflowRunStore(self._client).clear()
        await AsyncWorkflowStepStore(self._client).clear()
