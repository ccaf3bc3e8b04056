"""The runs of Mastra's workflows, as its workflows domain stores and lists them.

Each method is one call of a function, but for a list that is more than one query reads.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from .._functions import AsyncMastraWorkflowsFunctions, MastraWorkflowsFunctions
from .._objects import StorageWorkflowRun, StorageWorkflowRuns
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
from .going_on import Rest, whole, whole_async

PerPage = Integer | Annotated[Literal[False], BooleanLiteral(False)]


class _Filters(TypedDict):
    workflow_name: str | MISSING
    from_date: Timestamp | MISSING
    to_date: Timestamp | MISSING
    resource_id: str | MISSING
    thread_id: str | MISSING
    status: str | MISSING


def _rest(
    error: LimitExceeded, page: int | MISSING, per_page: PerPage | MISSING
) -> Rest[StorageWorkflowRun]:
    if page is MISSING or per_page is MISSING or per_page is False:
        return Rest(error, 0, None)
    return Rest(error, page * per_page, per_page)


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
            return super().list_workflow_runs(per_page=per_page, page=page, **filters)
        except LimitExceeded as error:
            rest = _rest(error, page, per_page)

        def read(seen: MastraWorkflowsFunctions) -> None:
            found = seen.list_some_workflow_runs(offset=rest.at, limit=rest.limit, **filters)
            rest.add(found.runs, found.total)

        whole(self._client, MastraWorkflowsFunctions, rest, read)
        return StorageWorkflowRuns(runs=rest.items, total=rest.total)

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
            return await super().list_workflow_runs(per_page=per_page, page=page, **filters)
        except LimitExceeded as error:
            rest = _rest(error, page, per_page)

        async def read(seen: AsyncMastraWorkflowsFunctions) -> None:
            found = await seen.list_some_workflow_runs(offset=rest.at, limit=rest.limit, **filters)
            rest.add(found.runs, found.total)

        await whole_async(self._client, AsyncMastraWorkflowsFunctions, rest, read)
        return StorageWorkflowRuns(runs=rest.items, total=rest.total)

    def watch_workflow_run(
        self, *, workflow_name: str, run_id: str
    ) -> AsyncSubscription[StorageWorkflowRun | None]:
        """The run, now and whenever it changes."""
        return self.watch_get_workflow_run_by_id(run_id=run_id, workflow_name=workflow_name)

    async def dangerously_clear_all(self) -> None:
        """Deletes all runs."""
        await AsyncWorkflowRunStore(self._client).clear()
        await AsyncWorkflowStepStore(self._client).clear()
