# Copied by convexgen from schema/mastra/python/legacy.py. Do not edit.
# fmt: off
# isort: skip_file

"""The storage interface of Mastra 0.10 to 0.13: the methods of `MastraStorage`, on any storage.

Method by method, arguments are Mastra's in snake case, results are its records. What one function
reads or writes is one call; what is larger goes on in more of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Literal, cast

from .._functions import (
    AsyncMastraLegacyEvalsFunctions,
    AsyncMastraLegacyMessagesFunctions,
    AsyncMastraLegacyTablesFunctions,
    AsyncMastraLegacyThreadsFunctions,
    AsyncMastraLegacyTracesFunctions,
    AsyncMastraScoresFunctions,
    AsyncMastraWorkflowsFunctions,
    MastraLegacyEvalsFunctions,
    MastraLegacyMessagesFunctions,
    MastraLegacyTablesFunctions,
    MastraLegacyThreadsFunctions,
    MastraLegacyTracesFunctions,
    MastraScoresFunctions,
    MastraWorkflowsFunctions,
)
from .._objects import (
    EvalRow,
    ListScoresResponse,
    MastraMessage,
    MastraMessageUpdate,
    PaginatedEvals,
    PaginatedMessages,
    PaginatedThreads,
    PaginatedTraces,
    SavedScore,
    SaveScorePayload,
    ScoreRowData,
    StorageDateRange,
    StorageMessageSelection,
    StoragePagination,
    StorageResourceType,
    StorageThreadType,
    StorageWorkflowRun,
    StorageWorkflowRuns,
    TelemetryTrace,
)
from .._runtime import MISSING, AsyncStorage, Integer, InvalidArgument, Json, Storage, Timestamp
from ..messages import AsyncMessageStore, MessageStore
from ..threads import AsyncThreadStore, ThreadStore

MessageFormat = Literal["v1", "v2"]
EvalType = Literal["test", "live"]
ThreadOrderBy = Literal["createdAt", "updatedAt"]
ThreadSortDirection = Literal["ASC", "DESC"]

TRACES_TABLE = "mastra_traces"

SUPPORTS: Mapping[str, bool] = {
    "selectByIncludeResourceScope": True,
    "resourceWorkingMemory": True,
    "hasColumn": False,
    "createTable": False,
    "deleteMessages": True,
}
"""What Mastra asks of a store. The schema has all tables, so that none is created."""


class Legacy(Storage):
    """The methods of a storage of Mastra 0.10 to 0.13."""

    supports: Mapping[str, bool] = SUPPORTS

    @cached_property
    def _legacy_threads(self) -> MastraLegacyThreadsFunctions:
        return MastraLegacyThreadsFunctions(self.client)

    @cached_property
    def _legacy_messages(self) -> MastraLegacyMessagesFunctions:
        return MastraLegacyMessagesFunctions(self.client)

    @cached_property
    def _legacy_traces(self) -> MastraLegacyTracesFunctions:
        return MastraLegacyTracesFunctions(self.client)

    @cached_property
    def _legacy_evals(self) -> MastraLegacyEvalsFunctions:
        return MastraLegacyEvalsFunctions(self.client)

    @cached_property
    def _legacy_tables(self) -> MastraLegacyTablesFunctions:
        return MastraLegacyTablesFunctions(self.client)

    @cached_property
    def _legacy_workflows(self) -> MastraWorkflowsFunctions:
        return MastraWorkflowsFunctions(self.client)

    @cached_property
    def _legacy_scores(self) -> MastraScoresFunctions:
        return MastraScoresFunctions(self.client)

    def init(self) -> None:
        """Nothing: the tables are those of the schema that is deployed."""

    def create_table(self, *, table_name: str, schema: Json) -> None:
        """Nothing: the tables are those of the schema that is deployed."""

    def alter_table(self, *, table_name: str, schema: Json, if_not_exists: list[str]) -> None:
        """Nothing: the columns are those of the schema that is deployed."""

    def has_column(self, table: str, column: str) -> bool:
        """Whether a table of Mastra has a column."""
        return self._legacy_tables.has_column(table, column)

    def clear_table(self, *, table_name: str) -> None:
        """Delete all rows of a table of Mastra; of one that is not there, there are none."""
        while not self._legacy_tables.clear_some(table_name=table_name):
            pass

    def drop_table(self, *, table_name: str) -> None:
        """Delete all rows of a table of Mastra, which stays in the schema."""
        self.clear_table(table_name=table_name)

    def insert(self, *, table_name: str, record: dict[str, Any]) -> None:
        """Insert a row of a table of Mastra, by its columns, or replace the one with its key."""
        self.batch_insert(table_name=table_name, records=[record])

    def batch_insert(self, *, table_name: str, records: list[dict[str, Any]]) -> None:
        """Insert rows of a table of Mastra, or replace those with their keys, all or none."""
        if records:
            rows = [_plain(record) for record in records]
            self._legacy_tables.insert_rows(table_name=table_name, records=rows)

    def batch_trace_insert(self, *, records: list[dict[str, Any]]) -> None:
        """Insert spans, as the exporter of telemetry has them."""
        self.batch_insert(table_name=TRACES_TABLE, records=records)

    def load(self, *, table_name: str, keys: dict[str, Any]) -> dict[str, Any] | None:
        """The newest row of a table of Mastra that has some values, or None. Dates are text."""
        found = self._legacy_tables.load(table_name=table_name, keys=_plain(keys))
        return cast("dict[str, Any] | None", found)

    def get_thread_by_id(self, *, thread_id: str) -> StorageThreadType | None:
        """The thread, or None."""
        return self._legacy_threads.get_thread_by_id(thread_id=thread_id)

    def get_threads_by_resource_id(
        self,
        *,
        resource_id: str,
        order_by: ThreadOrderBy | MISSING = MISSING,
        sort_direction: ThreadSortDirection | MISSING = MISSING,
    ) -> list[StorageThreadType]:
        """All threads of a resource, the newest first unless it is said otherwise."""
        threads: list[StorageThreadType] = []
        cursor: str | None = None
        while True:
            found = self._legacy_threads.find_threads(
                resource_id=resource_id,
                order_by=order_by,
                sort_direction=sort_direction,
                cursor=cursor,
            )
            threads += found.threads
            cursor = found.cursor
            if cursor is None:
                return threads

    def get_threads_by_resource_id_paginated(
        self,
        *,
        resource_id: str,
        page: Integer | MISSING = MISSING,
        per_page: Integer | MISSING = MISSING,
        order_by: ThreadOrderBy | MISSING = MISSING,
        sort_direction: ThreadSortDirection | MISSING = MISSING,
    ) -> PaginatedThreads:
        """A page of the threads of a resource, of 100 from page 0 on."""
        return self._legacy_threads.get_threads_by_resource_id_paginated(
            resource_id=resource_id,
            page=page,
            per_page=per_page,
            order_by=order_by,
            sort_direction=sort_direction,
        )

    def save_thread(self, *, thread: StorageThreadType) -> StorageThreadType:
        """Save a thread, in place of the one with its ID."""
        return self._legacy_threads.save_thread(thread=thread)

    def update_thread(
        self, *, id: str, title: str | MISSING = MISSING, metadata: Json | MISSING = MISSING
    ) -> StorageThreadType:
        """Change the title, and lay metadata over what is there. `NotFound`."""
        return self._legacy_threads.update_thread(id=id, title=title, metadata=metadata)

    def delete_thread(self, *, thread_id: str) -> None:
        """Delete a thread and its messages, if it is there."""
        ThreadStore(self.client).delete(thread_id)

    def get_resource_by_id(self, *, resource_id: str) -> StorageResourceType | None:
        """The resource, or None."""
        return self._legacy_threads.get_resource_by_id(resource_id=resource_id)

    def save_resource(self, *, resource: StorageResourceType) -> StorageResourceType:
        """Save a resource, in place of the one with its ID."""
        return self._legacy_threads.save_resource(resource=resource)

    def update_resource(
        self,
        *,
        resource_id: str,
        working_memory: str | MISSING = MISSING,
        metadata: Json | MISSING = MISSING,
    ) -> StorageResourceType:
        """Change a resource, or create one: metadata is laid over what is there."""
        return self._legacy_threads.update_resource(
            resource_id=resource_id, working_memory=working_memory, metadata=metadata
        )

    def get_messages(
        self,
        *,
        thread_id: str,
        resource_id: str | MISSING = MISSING,
        select_by: StorageMessageSelection | MISSING = MISSING,
        thread_config: Json | MISSING = MISSING,
        format: MessageFormat | MISSING = MISSING,
    ) -> list[MastraMessage]:
        """The last messages of a thread and those included, in the first format by default."""
        return self._legacy_messages.get_messages(
            thread_id=thread_id,
            resource_id=resource_id,
            select_by=select_by,
            thread_config=thread_config,
            format=format,
        )

    def get_messages_paginated(
        self,
        *,
        thread_id: str,
        resource_id: str | MISSING = MISSING,
        select_by: StorageMessageSelection | MISSING = MISSING,
        thread_config: Json | MISSING = MISSING,
        format: MessageFormat | MISSING = MISSING,
    ) -> PaginatedMessages:
        """A page of a thread, from the latest on, in the second format by default."""
        return self._legacy_messages.get_messages_paginated(
            thread_id=thread_id,
            resource_id=resource_id,
            select_by=select_by,
            thread_config=thread_config,
            format=format,
        )

    def save_messages(
        self, *, messages: list[MastraMessage], format: MessageFormat | MISSING = MISSING
    ) -> list[MastraMessage]:
        """Save messages of either format, all or none. Each keeps the time of its creation."""
        if not messages:
            return []
        return self._legacy_messages.save_messages(messages=messages, format=format)

    def update_messages(self, *, messages: list[MastraMessageUpdate]) -> list[MastraMessage]:
        """Change those that are there, merging contents and their metadata."""
        if not messages:
            return []
        return self._legacy_messages.update_messages(messages=messages)

    def delete_messages(self, message_ids: list[str]) -> None:
        """Delete the messages that are there."""
        MessageStore(self.client).delete_many(message_ids)

    def get_traces(
        self,
        *,
        name: str | MISSING = MISSING,
        scope: str | MISSING = MISSING,
        page: Integer | MISSING = MISSING,
        per_page: Integer | MISSING = MISSING,
        attributes: Json | MISSING = MISSING,
        filters: Json | MISSING = MISSING,
        from_date: Timestamp | MISSING = MISSING,
        to_date: Timestamp | MISSING = MISSING,
    ) -> list[TelemetryTrace]:
        """What `get_traces_paginated` finds between two dates, without the total."""
        found = self.get_traces_paginated(
            name=name,
            scope=scope,
            page=page,
            per_page=per_page,
            attributes=attributes,
            filters=filters,
            date_range=StorageDateRange(start=from_date, end=to_date),
        )
        return found.traces

    def get_traces_paginated(
        self,
        *,
        name: str | MISSING = MISSING,
        scope: str | MISSING = MISSING,
        page: Integer | MISSING = MISSING,
        per_page: Integer | MISSING = MISSING,
        attributes: Json | MISSING = MISSING,
        filters: Json | MISSING = MISSING,
        date_range: StorageDateRange | MISSING = MISSING,
    ) -> PaginatedTraces:
        """A page of the traces that meet all conditions, the last started first."""
        dates = StorageDateRange() if date_range is MISSING else date_range
        traces: list[TelemetryTrace] = []
        total = 0
        cursor: str | None = None
        while True:
            found = self._legacy_traces.find_traces(
                name=name,
                scope=scope,
                attributes=attributes,
                filters=filters,
                start=dates.start,
                end=dates.end,
                page=page,
                per_page=per_page,
                before=total,
                cursor=cursor,
            )
            traces += found.page.traces
            total = found.page.total
            cursor = found.cursor
            if cursor is None:
                return found.page.model_copy(update={"traces": traces})

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
        evals: list[EvalRow] = []
        total = 0
        cursor: str | None = None
        while True:
            found = self._legacy_evals.find_evals(
                agent_name=agent_name,
                type=type,
                start=dates.start,
                end=dates.end,
                page=page,
                per_page=per_page,
                before=total,
                cursor=cursor,
            )
            evals += found.page.evals
            total = found.page.total
            cursor = found.cursor
            if cursor is None:
                return found.page.model_copy(update={"evals": evals})

    def get_evals_by_agent_name(
        self, agent_name: str, type: EvalType | None = None
    ) -> list[EvalRow]:
        """All evaluations of an agent, in tests or on live traffic, the newest first."""
        evals: list[EvalRow] = []
        cursor: str | None = None
        while True:
            found = self._legacy_evals.find_evals(
                agent_name=agent_name,
                type=MISSING if type is None else type,
                per_page=UNLIMITED,
                before=len(evals),
                cursor=cursor,
            )
            evals += found.page.evals
            cursor = found.cursor
            if cursor is None:
                return evals

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
        is_part = limit is not MISSING and offset is not MISSING
        wanted = _count("limit", limit) if is_part else UNLIMITED
        start = _count("offset", offset) if is_part else 0
        runs: list[StorageWorkflowRun] = []
        while True:
            found = self._legacy_workflows.list_some_workflow_runs(
                workflow_name=workflow_name,
                from_date=from_date,
                to_date=to_date,
                resource_id=resource_id,
                offset=start + len(runs),
                limit=wanted - len(runs),
            )
            runs += found.runs
            left = min(wanted, found.total - start) - len(runs)
            if left <= 0 or not found.runs:
                return StorageWorkflowRuns(runs=runs, total=found.total)

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


class AsyncLegacy(AsyncStorage):
    """The methods of a storage of Mastra 0.10 to 0.13, from asyncio."""

    supports: Mapping[str, bool] = SUPPORTS

    @cached_property
    def _legacy_threads(self) -> AsyncMastraLegacyThreadsFunctions:
        return AsyncMastraLegacyThreadsFunctions(self.client)

    @cached_property
    def _legacy_messages(self) -> AsyncMastraLegacyMessagesFunctions:
        return AsyncMastraLegacyMessagesFunctions(self.client)

    @cached_property
    def _legacy_traces(self) -> AsyncMastraLegacyTracesFunctions:
        return AsyncMastraLegacyTracesFunctions(self.client)

    @cached_property
    def _legacy_evals(self) -> AsyncMastraLegacyEvalsFunctions:
        return AsyncMastraLegacyEvalsFunctions(self.client)

    @cached_property
    def _legacy_tables(self) -> AsyncMastraLegacyTablesFunctions:
        return AsyncMastraLegacyTablesFunctions(self.client)

    @cached_property
    def _legacy_workflows(self) -> AsyncMastraWorkflowsFunctions:
        return AsyncMastraWorkflowsFunctions(self.client)

    @cached_property
    def _legacy_scores(self) -> AsyncMastraScoresFunctions:
        return AsyncMastraScoresFunctions(self.client)

    async def init(self) -> None:
        """Nothing: the tables are those of the schema that is deployed."""

    async def create_table(self, *, table_name: str, schema: Json) -> None:
        """Nothing: the tables are those of the schema that is deployed."""

    async def alter_table(self, *, table_name: str, schema: Json, if_not_exists: list[str]) -> None:
        """Nothing: the columns are those of the schema that is deployed."""

    async def has_column(self, table: str, column: str) -> bool:
        """Whether a table of Mastra has a column."""
        return await self._legacy_tables.has_column(table, column)

    async def clear_table(self, *, table_name: str) -> None:
        """Delete all rows of a table of Mastra; of one that is not there, there are none."""
        while not await self._legacy_tables.clear_some(table_name=table_name):
            pass

    async def drop_table(self, *, table_name: str) -> None:
        """Delete all rows of a table of Mastra, which stays in the schema."""
        await self.clear_table(table_name=table_name)

    async def insert(self, *, table_name: str, record: dict[str, Any]) -> None:
        """Insert a row of a table of Mastra, by its columns, or replace the one with its key."""
        await self.batch_insert(table_name=table_name, records=[record])

    async def batch_insert(self, *, table_name: str, records: list[dict[str, Any]]) -> None:
        """Insert rows of a table of Mastra, or replace those with their keys, all or none."""
        if records:
            rows = [_plain(record) for record in records]
            await self._legacy_tables.insert_rows(table_name=table_name, records=rows)

    async def batch_trace_insert(self, *, records: list[dict[str, Any]]) -> None:
        """Insert spans, as the exporter of telemetry has them."""
        await self.batch_insert(table_name=TRACES_TABLE, records=records)

    async def load(self, *, table_name: str, keys: dict[str, Any]) -> dict[str, Any] | None:
        """The newest row of a table of Mastra that has some values, or None. Dates are text."""
        found = await self._legacy_tables.load(table_name=table_name, keys=_plain(keys))
        return cast("dict[str, Any] | None", found)

    async def get_thread_by_id(self, *, thread_id: str) -> StorageThreadType | None:
        """The thread, or None."""
        return await self._legacy_threads.get_thread_by_id(thread_id=thread_id)

    async def get_threads_by_resource_id(
        self,
        *,
        resource_id: str,
        order_by: ThreadOrderBy | MISSING = MISSING,
        sort_direction: ThreadSortDirection | MISSING = MISSING,
    ) -> list[StorageThreadType]:
        """All threads of a resource, the newest first unless it is said otherwise."""
        threads: list[StorageThreadType] = []
        cursor: str | None = None
        while True:
            found = await self._legacy_threads.find_threads(
                resource_id=resource_id,
                order_by=order_by,
                sort_direction=sort_direction,
                cursor=cursor,
            )
            threads += found.threads
            cursor = found.cursor
            if cursor is None:
                return threads

    async def get_threads_by_resource_id_paginated(
        self,
        *,
        resource_id: str,
        page: Integer | MISSING = MISSING,
        per_page: Integer | MISSING = MISSING,
        order_by: ThreadOrderBy | MISSING = MISSING,
        sort_direction: ThreadSortDirection | MISSING = MISSING,
    ) -> PaginatedThreads:
        """A page of the threads of a resource, of 100 from page 0 on."""
        return await self._legacy_threads.get_threads_by_resource_id_paginated(
            resource_id=resource_id,
            page=page,
            per_page=per_page,
            order_by=order_by,
            sort_direction=sort_direction,
        )

    async def save_thread(self, *, thread: StorageThreadType) -> StorageThreadType:
        """Save a thread, in place of the one with its ID."""
        return await self._legacy_threads.save_thread(thread=thread)

    async def update_thread(
        self, *, id: str, title: str | MISSING = MISSING, metadata: Json | MISSING = MISSING
    ) -> StorageThreadType:
        """Change the title, and lay metadata over what is there. `NotFound`."""
        return await self._legacy_threads.update_thread(id=id, title=title, metadata=metadata)

    async def delete_thread(self, *, thread_id: str) -> None:
        """Delete a thread and its messages, if it is there."""
        await AsyncThreadStore(self.client).delete(thread_id)

    async def get_resource_by_id(self, *, resource_id: str) -> StorageResourceType | None:
        """The resource, or None."""
        return await self._legacy_threads.get_resource_by_id(resource_id=resource_id)

    async def save_resource(self, *, resource: StorageResourceType) -> StorageResourceType:
        """Save a resource, in place of the one with its ID."""
        return await self._legacy_threads.save_resource(resource=resource)

    async def update_resource(
        self,
        *,
        resource_id: str,
        working_memory: str | MISSING = MISSING,
        metadata: Json | MISSING = MISSING,
    ) -> StorageResourceType:
        """Change a resource, or create one: metadata is laid over what is there."""
        return await self._legacy_threads.update_resource(
            resource_id=resource_id, working_memory=working_memory, metadata=metadata
        )

    async def get_messages(
        self,
        *,
        thread_id: str,
        resource_id: str | MISSING = MISSING,
        select_by: StorageMessageSelection | MISSING = MISSING,
        thread_config: Json | MISSING = MISSING,
        format: MessageFormat | MISSING = MISSING,
    ) -> list[MastraMessage]:
        """The last messages of a thread and those included, in the first format by default."""
        return await self._legacy_messages.get_messages(
            thread_id=thread_id,
            resource_id=resource_id,
            select_by=select_by,
            thread_config=thread_config,
            format=format,
        )

    async def get_messages_paginated(
        self,
        *,
        thread_id: str,
        resource_id: str | MISSING = MISSING,
        select_by: StorageMessageSelection | MISSING = MISSING,
        thread_config: Json | MISSING = MISSING,
        format: MessageFormat | MISSING = MISSING,
    ) -> PaginatedMessages:
        """A page of a thread, from the latest on, in the second format by default."""
        return await self._legacy_messages.get_messages_paginated(
            thread_id=thread_id,
            resource_id=resource_id,
            select_by=select_by,
            thread_config=thread_config,
            format=format,
        )

    async def save_messages(
        self, *, messages: list[MastraMessage], format: MessageFormat | MISSING = MISSING
    ) -> list[MastraMessage]:
        """Save messages of either format, all or none. Each keeps the time of its creation."""
        if not messages:
            return []
        return await self._legacy_messages.save_messages(messages=messages, format=format)

    async def update_messages(self, *, messages: list[MastraMessageUpdate]) -> list[MastraMessage]:
        """Change those that are there, merging contents and their metadata."""
        if not messages:
            return []
        return await self._legacy_messages.update_messages(messages=messages)

    async def delete_messages(self, message_ids: list[str]) -> None:
        """Delete the messages that are there."""
        await AsyncMessageStore(self.client).delete_many(message_ids)

    async def get_traces(
        self,
        *,
        name: str | MISSING = MISSING,
        scope: str | MISSING = MISSING,
        page: Integer | MISSING = MISSING,
        per_page: Integer | MISSING = MISSING,
        attributes: Json | MISSING = MISSING,
        filters: Json | MISSING = MISSING,
        from_date: Timestamp | MISSING = MISSING,
        to_date: Timestamp | MISSING = MISSING,
    ) -> list[TelemetryTrace]:
        """What `get_traces_paginated` finds between two dates, without the total."""
        found = await self.get_traces_paginated(
            name=name,
            scope=scope,
            page=page,
            per_page=per_page,
            attributes=attributes,
            filters=filters,
            date_range=StorageDateRange(start=from_date, end=to_date),
        )
        return found.traces

    async def get_traces_paginated(
        self,
        *,
        name: str | MISSING = MISSING,
        scope: str | MISSING = MISSING,
        page: Integer | MISSING = MISSING,
        per_page: Integer | MISSING = MISSING,
        attributes: Json | MISSING = MISSING,
        filters: Json | MISSING = MISSING,
        date_range: StorageDateRange | MISSING = MISSING,
    ) -> PaginatedTraces:
        """A page of the traces that meet all conditions, the last started first."""
        dates = StorageDateRange() if date_range is MISSING else date_range
        traces: list[TelemetryTrace] = []
        total = 0
        cursor: str | None = None
        while True:
            found = await self._legacy_traces.find_traces(
                name=name,
                scope=scope,
                attributes=attributes,
                filters=filters,
                start=dates.start,
                end=dates.end,
                page=page,
                per_page=per_page,
                before=total,
                cursor=cursor,
            )
            traces += found.page.traces
            total = found.page.total
            cursor = found.cursor
            if cursor is None:
                return found.page.model_copy(update={"traces": traces})

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
        evals: list[EvalRow] = []
        total = 0
        cursor: str | None = None
        while True:
            found = await self._legacy_evals.find_evals(
                agent_name=agent_name,
                type=type,
                start=dates.start,
                end=dates.end,
                page=page,
                per_page=per_page,
                before=total,
                cursor=cursor,
            )
            evals += found.page.evals
            total = found.page.total
            cursor = found.cursor
            if cursor is None:
                return found.page.model_copy(update={"evals": evals})

    async def get_evals_by_agent_name(
        self, agent_name: str, type: EvalType | None = None
    ) -> list[EvalRow]:
        """All evaluations of an agent, in tests or on live traffic, the newest first."""
        evals: list[EvalRow] = []
        cursor: str | None = None
        while True:
            found = await self._legacy_evals.find_evals(
                agent_name=agent_name,
                type=MISSING if type is None else type,
                per_page=UNLIMITED,
                before=len(evals),
                cursor=cursor,
            )
            evals += found.page.evals
            cursor = found.cursor
            if cursor is None:
                return evals

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
        is_part = limit is not MISSING and offset is not MISSING
        wanted = _count("limit", limit) if is_part else UNLIMITED
        start = _count("offset", offset) if is_part else 0
        runs: list[StorageWorkflowRun] = []
        while True:
            found = await self._legacy_workflows.list_some_workflow_runs(
                workflow_name=workflow_name,
                from_date=from_date,
                to_date=to_date,
                resource_id=resource_id,
                offset=start + len(runs),
                limit=wanted - len(runs),
            )
            runs += found.runs
            left = min(wanted, found.total - start) - len(runs)
            if left <= 0 or not found.runs:
                return StorageWorkflowRuns(runs=runs, total=found.total)

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


UNLIMITED = 2**31
"""More than anything that is asked for."""


def _plain(record: dict[str, Any]) -> Json:
    """A record as JSON, with dates in ISO form, as Mastra writes them."""
    plain: Json = json.loads(json.dumps(record, default=_iso))
    return plain


def _iso(value: object) -> str:
    if not isinstance(value, datetime):
        raise InvalidArgument(f"a {type(value).__name__} is neither JSON nor a date: {value!r}")
    aware = value if value.tzinfo else value.astimezone()
    return aware.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _count(name: str, value: int | MISSING) -> int:
    if value is MISSING or value < 0:
        raise InvalidArgument(f"{name} must be >= 0")
    return value


def _now() -> datetime:
    """The time in milliseconds, as dates of JavaScript have it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
