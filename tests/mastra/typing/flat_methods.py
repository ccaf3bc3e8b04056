"""Calls of the methods of Mastra 0.10 to 0.13, with what type checkers take. Nothing runs this."""

from __future__ import annotations

from datetime import UTC, datetime

from mastra_convex import (
    AsyncConvexStorage,
    ConvexStorage,
    EvalType,
    MastraMessage,
    MastraMessageUpdate,
    MessageRole,
    SaveScorePayload,
    StorageDateRange,
    StorageMessageInclude,
    StorageMessageSelection,
    StoragePagination,
    StoragePaginationArgs,
    StorageResourceType,
    StorageThreadType,
)

NOW = datetime(2026, 5, 1, tzinfo=UTC)
RANGE = StorageDateRange(start=NOW)
PAGE = StoragePagination(page=0, per_page=10)
THREAD = StorageThreadType(id="t", resource_id="r", created_at=NOW, updated_at=NOW)
RESOURCE = StorageResourceType(id="r", created_at=NOW, updated_at=NOW)
MESSAGE = MastraMessage(id="m", role=MessageRole.USER, content="Hello", created_at=NOW)
UPDATE = MastraMessageUpdate(id="m", content={"metadata": {"a": 1}})
SELECTION = StorageMessageSelection(
    last=1,
    include=[StorageMessageInclude(id="m", with_previous_messages=1)],
    pagination=StoragePaginationArgs(page=0, per_page=10, date_range=RANGE),
)
SCORE = SaveScorePayload(
    scorer_id="s",
    entity_id="e",
    run_id="r",
    output={},
    score=1,
    scorer={},
    entity={},
    source="LIVE",
)


def called(storage: ConvexStorage) -> None:
    storage.init()
    storage.create_table(table_name="mastra_evals", schema={})
    storage.alter_table(table_name="mastra_evals", schema={}, if_not_exists=["type"])
    storage.has_column("mastra_evals", "input")
    storage.insert(table_name="mastra_threads", record={"id": "t", "createdAt": NOW})
    storage.batch_insert(table_name="mastra_threads", records=[{"id": "t", "createdAt": NOW}])
    storage.batch_trace_insert(records=[{"id": "s", "startTime": 1}])
    storage.load(table_name="mastra_threads", keys={"id": "t"})
    storage.clear_table(table_name="mastra_evals")
    storage.drop_table(table_name="mastra_evals")
    for type_ in EvalType:
        storage.get_evals(agent_name="a", type=type_)
        storage.get_evals_by_agent_name("a", type_)
    storage.get_evals(type=EvalType.LIVE, page=0, per_page=10, date_range=RANGE)
    storage.get_evals(type="live")
    storage.get_evals_by_agent_name("a", "test")
    storage.get_evals_by_agent_name("a", type=EvalType.TEST)
    storage.get_evals_by_agent_name("a", None)
    storage.get_evals(type="none")  # mistake
    storage.get_messages(thread_id="t", resource_id="r", select_by=SELECTION, format="v2")
    storage.get_messages(thread_id="t", thread_config={"lastMessages": 5})
    storage.get_messages(thread_id="t", format="v3")  # mistake
    storage.get_messages_paginated(thread_id="t", select_by=SELECTION, format="v1")
    storage.save_messages(messages=[MESSAGE], format="v2")
    storage.update_messages(messages=[UPDATE])
    storage.delete_messages(["m"])
    storage.get_thread_by_id(thread_id="t")
    storage.get_threads_by_resource_id(resource_id="r", order_by="updatedAt", sort_direction="ASC")
    storage.get_threads_by_resource_id_paginated(
        resource_id="r", page=0, per_page=10, order_by="createdAt", sort_direction="DESC"
    )
    storage.save_thread(thread=THREAD)
    storage.update_thread(id="t", title="T", metadata={"a": 1})
    storage.delete_thread(thread_id="t")
    storage.get_resource_by_id(resource_id="r")
    storage.save_resource(resource=RESOURCE)
    storage.update_resource(resource_id="r", working_memory="w", metadata={"a": 1})
    storage.save_score(SCORE)
    storage.get_score_by_id(id="s")
    storage.get_scores_by_scorer_id(
        scorer_id="s", pagination=PAGE, entity_id="e", entity_type="AGENT", source="LIVE"
    )
    storage.get_scores_by_run_id(run_id="r", pagination=PAGE)
    storage.get_scores_by_entity_id(entity_id="e", entity_type="AGENT", pagination=PAGE)
    storage.get_traces(
        name="n",
        scope="s",
        page=0,
        per_page=10,
        attributes={"a": "1"},
        filters={"kind": 1},
        from_date=NOW,
        to_date=NOW,
    )
    storage.get_traces_paginated(name="n", date_range=RANGE, page=0, per_page=10)
    storage.get_workflow_runs(workflow_name="w", from_date=NOW, to_date=NOW, limit=1, offset=0)
    storage.get_workflow_run_by_id(run_id="r", workflow_name="w")
    storage.persist_workflow_snapshot(workflow_name="w", run_id="r", snapshot={"status": "success"})
    storage.load_workflow_snapshot(workflow_name="w", run_id="r")


async def awaited(storage: AsyncConvexStorage) -> None:
    await storage.get_evals(type=EvalType.LIVE)
    await storage.get_evals(type="live")
    await storage.get_evals_by_agent_name("a", EvalType.TEST)
    await storage.get_evals_by_agent_name("a", "test")
    await storage.get_evals(type="none")  # mistake
