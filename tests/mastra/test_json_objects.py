"""JSON that Mastra has objects in: what is none replaces nothing that is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import (
    BufferedObservationChunkInput,
    CreateSpanRecord,
    InvalidArgument,
    MastraDBMessage,
    MastraMessage,
    ObservationalMemoryScope,
    SpanUpdate,
    StorageResourceType,
    StorageThreadFilter,
    StorageThreadType,
)
from mastra_convex.mastra import AsyncMastraStore, MastraStore
from project import ROOT

NOW = datetime(2026, 5, 1, tzinfo=UTC)
TIMES: dict[str, Any] = {"created_at": NOW, "updated_at": NOW}

NO_OBJECTS: list[Any] = ["x", [1, 2], 5, True, "$", ["", {"$": 1}]]
"""Of which Convex takes some as they are, and others as text."""


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


@pytest.fixture(scope="module")
def store(backend: EmbeddedBackend) -> Iterator[MastraStore]:
    with MastraStore(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened


def refused(words: str, call: Callable[..., object], **given: Any) -> None:
    with pytest.raises(InvalidArgument, match=words):
        call(**given)


def message(**given: Any) -> dict[str, Any]:
    content = {"format": 2, "parts": [], "metadata": {"kept": True}}
    owner = {"id": "m", "thread_id": "t", "resource_id": "r", "role": "user"}
    return {**owner, "content": content, "created_at": NOW, **given}


def span(**given: Any) -> dict[str, Any]:
    named = {"trace_id": "t", "span_id": "s", "name": "n", "span_type": "agent_run"}
    return {**named, "is_event": False, "started_at": NOW, **given}


def thread(**given: Any) -> StorageThreadType:
    fields = {"id": "t", "resource_id": "r", **TIMES, "metadata": {"kept": True}}
    return StorageThreadType(**{**fields, **given})


def test_metadata_and_contents(store: MastraStore) -> None:
    memory = store.memory
    memory.save_thread(thread=thread())
    resource = StorageResourceType(id="r", metadata={"kept": True}, **TIMES)
    memory.save_resource(resource=resource)
    saved = MastraDBMessage(**message())
    memory.save_messages(messages=[saved])
    words = "metadata must be an object"
    for wrong in NO_OBJECTS:
        refused(words, memory.save_thread, thread=thread(metadata=wrong))
        refused(words, memory.update_thread, id="t", metadata=wrong)
        refused(words, memory.update_thread_metadata, id="t", update=lambda _, given=wrong: given)
        changed = resource.model_copy(update={"metadata": wrong})
        refused(words, memory.save_resource, resource=changed)
        refused(words, memory.update_resource, resource_id="r", metadata=wrong)
        refused(words, memory.copy_thread, source_thread_id="t", metadata=wrong)
    for wrong in [*NO_OBJECTS, None]:
        refused(
            r'messages\["m"\]\.content must be an object',
            memory.update_messages,
            messages=[{"id": "m", "content": wrong}],
        )
        if not isinstance(wrong, str):
            again = [MastraDBMessage(**message(content=wrong))]
            refused("content must be an object", memory.save_messages, messages=again)
    words = "Metadata filter must be an object"
    for wrong in [*NO_OBJECTS, None]:
        refused(words, memory.list_threads, filter=StorageThreadFilter(metadata=wrong))
    found = memory.get_thread_by_id(thread_id="t")
    assert found is not None
    assert found.metadata == {"kept": True}
    assert memory.get_resource_by_id(resource_id="r") == resource
    assert memory.list_messages(thread_id="t").messages == [saved]


def test_metadata_from_asyncio(backend: EmbeddedBackend, store: MastraStore) -> None:
    store.memory.save_thread(thread=thread())

    async def change() -> None:
        async with AsyncMastraStore(backend.url, deploy_key=backend.admin_key) as opened:
            for wrong in NO_OBJECTS:
                with pytest.raises(InvalidArgument, match="metadata must be an object"):
                    await opened.memory.update_thread_metadata(
                        id="t", update=lambda _, given=wrong: given
                    )

    asyncio.run(change())
    found = store.memory.get_thread_by_id(thread_id="t")
    assert found is not None
    assert found.metadata == {"kept": True}


def test_configurations(store: MastraStore) -> None:
    memory = store.memory
    scope = ObservationalMemoryScope.THREAD
    given: dict[str, Any] = {"thread_id": "o", "resource_id": "r", "scope": scope}
    record = memory.initialize_observational_memory(**given, config={"kept": True})
    chunk: dict[str, Any] = {
        "cycle_id": "c",
        "observations": "",
        "token_count": 1,
        "message_ids": [],
    }
    noted = {**chunk, "message_tokens": 1, "last_observed_at": NOW}
    for wrong in [*NO_OBJECTS, None]:
        words = "config must be an object"
        refused(words, memory.initialize_observational_memory, **given, config=wrong)
        refused(words, memory.update_observational_memory_config, id=record.id, config=wrong)
        inserted = record.model_copy(update={"id": "other", "config": wrong})
        refused(words, memory.insert_observational_memory_record, record=inserted)
        refused(
            r"chunk\.extractedValues must be an object",
            memory.update_buffered_observations,
            id=record.id,
            chunk=BufferedObservationChunkInput(**noted, extracted_values=wrong),
        )
    found = memory.get_observational_memory("o", "r")
    assert found is not None
    assert found.config == {"kept": True}


def test_spans(store: MastraStore) -> None:
    spans = store.observability
    key: dict[str, Any] = {"trace_id": "t", "span_id": "s"}
    spans.create_span(span=CreateSpanRecord(**span(metadata={"kept": True})))
    for field in ("scope", "metadata", "attributes", "requestContext"):
        for wrong in NO_OBJECTS:
            words = rf'spans\["s"\]\.{field} must be an object'
            made = CreateSpanRecord(**span(**{field: wrong}))
            refused(words, spans.create_span, span=made)
            refused(words, spans.batch_create_spans, records=[made])
            update = SpanUpdate(**key, updates={field: wrong})
            refused(words, spans.batch_update_spans, records=[update])
            refused(words, spans.update_span, **key, updates={field: wrong})
    found = spans.get_span(trace_id="t", span_id="s")
    assert found is not None
    assert found.span.metadata == {"kept": True}


def test_snapshots(store: MastraStore) -> None:
    workflows = store.workflows
    run = {"workflow_name": "w", "run_id": "1"}
    workflows.persist_workflow_snapshot(**run, snapshot={"kept": True})
    for wrong in [*NO_OBJECTS, None]:
        words = "snapshot must be an object"
        refused(words, workflows.persist_workflow_snapshot, **run, snapshot=wrong)
        refused("snapshot must be", store.persist_workflow_snapshot, **run, snapshot=wrong)
    assert workflows.load_workflow_snapshot(**run) == {"kept": True}


def test_messages_of_former_versions(store: MastraStore) -> None:
    saved = MastraMessage(**message(id="old", thread_id="old"))
    store.save_messages(messages=[saved], format="v2")
    for wrong in [*NO_OBJECTS, None]:
        words = r'messages\["old"\]\.content must be an object'
        refused(words, store.update_messages, messages=[{"id": "old", "content": wrong}])
    for wrong in (5, None, True):
        again = [MastraMessage(**message(id="old", thread_id="old", content=wrong))]
        refused("content must be text, a list or an object", store.save_messages, messages=again)
    assert store.get_messages(thread_id="old", format="v2") == [saved]


ROWS: list[tuple[str, dict[str, Any]]] = [
    ("mastra_threads.metadata", {"id": "row", "resourceId": "r"}),
    ("mastra_resources.metadata", {"id": "row"}),
    ("mastra_traces.attributes", {"id": "row", "traceId": "t", "name": "n", "startTime": 1}),
    ("mastra_evals.result", {"agent_name": "a", "metric_name": "m"}),
    ("mastra_evals.test_info", {"agent_name": "a", "metric_name": "m"}),
    ("mastra_scorers.scorer", {"id": "row", "scorerId": "s", "source": "LIVE"}),
    ("mastra_scorers.metadata", {"id": "row", "scorerId": "s"}),
    ("mastra_workflow_snapshot.snapshot", {"workflow_name": "row", "run_id": "1"}),
]


@pytest.mark.parametrize(("column", "row"), ROWS)
def test_columns(store: MastraStore, column: str, row: dict[str, Any]) -> None:
    table, name = column.split(".")
    for wrong in ("x", "5", "[1, 2]", [1, 2], 5, True, '"text"'):
        words = f"{column} must be an object"
        refused(words, store.insert, table_name=table, record={**row, name: wrong})
    name, value = next(iter(row.items()))
    assert store.load(table_name=table, keys={name: value}) is None


DEEP = "[" * 300 + "]" * 300


@pytest.mark.parametrize(
    ("column", "row"),
    [*ROWS, ("mastra_messages.content", {"id": "row", "thread_id": "t", "role": "user"})],
)
@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f'{{"a": {DEEP}}}', "is nested over 200 levels deep"),
        (r'{"a": "\ud800"}', "has a lone surrogate"),
        (r'{"a\udc00": 1}', "has a lone surrogate"),
        ('{"a": [1e400]}', "has a number that is not finite"),
    ],
)
def test_json_in_text_is_what_clients_take(
    store: MastraStore, column: str, row: dict[str, Any], text: str, words: str
) -> None:
    table, name = column.split(".")
    with pytest.raises(InvalidArgument, match=f"{column} {words}"):
        store.insert(table_name=table, record={**row, name: text})
    name, value = next(iter(row.items()))
    assert store.load(table_name=table, keys={name: value}) is None


def test_text_of_a_message_may_look_like_a_number(store: MastraStore) -> None:
    row = {"id": "number", "thread_id": "number", "role": "user", "content": "1e400"}
    store.insert(table_name="mastra_messages", record=row)
    (found,) = store.get_messages(thread_id="number", format="v1")
    assert found.content == "1e400"


def test_rows_of_scores(store: MastraStore) -> None:
    row = {"id": "score", "scorerId": "rows", "source": "TEST", "scorer": "{}", "score": 1}
    later = "2026-07-01T00:00:00.000Z"
    record = {**row, "createdAt": NOW, "updatedAt": later}
    refused(
        "source must be LIVE or TEST",
        store.insert,
        table_name="mastra_scorers",
        record={**record, "source": "zz"},
    )
    store.insert(table_name="mastra_scorers", record=record)
    found = store.load(table_name="mastra_scorers", keys={"id": "score"})
    assert found is not None
    assert found["updatedAt"] == later
    score = store.scores.get_score_by_id(id="score")
    assert score is not None
    assert score.updated_at == datetime(2026, 7, 1, tzinfo=UTC)
