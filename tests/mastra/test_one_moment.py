"""Lists that are more than one call reads, while others write: they are of one moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import mastra_convex._functions as functions
import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import (
    CreateSpanRecord,
    MastraDBMessage,
    MessageRole,
    ObservationalMemory,
    ObservationalMemoryOriginType,
    ObservationalMemoryScope,
    SpanUpdate,
    StorageOrderBy,
    StorageThreadType,
    Trace,
    TracesOrder,
    TracesPage,
    UpdateSpanRecord,
)
from mastra_convex.mastra import AsyncMastraStore, MastraStore
from project import ROOT

START = datetime(2026, 5, 1, tzinfo=UTC)
COUNT = 12
NAMES = count()
LARGE = "x" * 900_000
"""So many of them are more than a call reads of any list."""


def _threads(store: MastraStore) -> None:
    for number in range(COUNT):
        at = START + timedelta(seconds=number)
        thread = StorageThreadType(
            id=f"t{number}",
            resource_id="r",
            metadata={"text": LARGE},
            created_at=at,
            updated_at=at,
        )
        store.memory.save_thread(thread=thread)


def _messages(store: MastraStore) -> None:
    for number in range(COUNT):
        message = MastraDBMessage(
            id=f"m{number}",
            thread_id="t",
            resource_id="r",
            role=MessageRole.USER,
            content={"format": 2, "parts": [], "content": LARGE},
            created_at=START + timedelta(seconds=number),
        )
        store.memory.save_messages(messages=[message])


def _spans(store: MastraStore) -> None:
    for number in range(COUNT):
        span = CreateSpanRecord(
            trace_id=f"s{number}",
            span_id="root",
            name="root",
            span_type="agent_run",
            is_event=False,
            started_at=START,
            ended_at=START + timedelta(seconds=number),
            metadata={"text": LARGE},
        )
        store.observability.create_span(span=span)


def _trace(store: MastraStore) -> None:
    for number in range(COUNT):
        span = CreateSpanRecord(
            trace_id="s",
            span_id=f"{number}",
            parent_span_id="0" if number else None,
            name="span",
            span_type="agent_run",
            is_event=False,
            started_at=START + timedelta(seconds=number),
            error=LARGE,
        )
        store.observability.create_span(span=span)


def _generations(store: MastraStore) -> None:
    for number in range(COUNT):
        record = ObservationalMemory(
            record_id=f"o{number}",
            lookup_key="thread:t",
            scope=ObservationalMemoryScope.THREAD,
            thread_id="t",
            resource_id="r",
            origin_type=ObservationalMemoryOriginType.REFLECTION,
            generation_count=number,
            active_observations=LARGE,
            config={},
        )
        store.observational_memory.save(record)


def _evaluate(store: MastraStore, number: int, at: datetime) -> None:
    evaluation = {
        "input": LARGE,
        "output": f"{number}",
        "result": {"score": 1},
        "agent_name": "a",
        "metric_name": "m",
        "instructions": "i",
        "global_run_id": "g",
        "run_id": f"{number}",
        "created_at": at,
    }
    store.insert(table_name="mastra_evals", record=evaluation)


def _evaluations(store: MastraStore) -> None:
    for number in range(COUNT):
        _evaluate(store, number, START + timedelta(seconds=number))


def _old_spans(store: MastraStore) -> None:
    for number in range(COUNT):
        at = START + timedelta(seconds=number)
        span = Trace(trace_id=f"{number}", span_id="s", name="a", started_at=at, other=LARGE)
        store.traces.save(span)


def _run(store: MastraStore, number: int, at: datetime) -> None:
    thread = {"messageListState": {"memoryInfo": {"threadId": "t"}}}
    snapshot = {
        "status": "success",
        "context": {"input": thread, "large": {"output": LARGE}},
        "value": {"text": LARGE},
    }
    store.workflows.persist_workflow_snapshot(
        workflow_name="w", run_id=f"r{number}", snapshot=snapshot, created_at=at
    )


def _runs(store: MastraStore) -> None:
    for number in range(COUNT):
        _run(store, number, START + timedelta(seconds=number))


def _touch(store: MastraStore) -> None:
    store.memory.update_thread(id="t0", title="later")


def _remove(store: MastraStore) -> None:
    store.memory.delete_messages(["m0"])


def _remove_ends(store: MastraStore) -> None:
    """The first and the last one at once."""
    store.memory.delete_messages(["m0", f"m{COUNT - 1}"])


def _end(store: MastraStore) -> None:
    later = UpdateSpanRecord(ended_at=START + timedelta(days=1))
    store.observability.update_span(trace_id="s0", span_id="root", updates=later)


def _start_before(store: MastraStore) -> None:
    store.traces.update("s", f"{COUNT - 1}", started_at=START - timedelta(days=1))


def _delete_trace(store: MastraStore) -> None:
    store.observability.batch_delete_traces(trace_ids=["s"])


def _rename(store: MastraStore) -> None:
    """The first and the last span of a trace, at once."""
    later = UpdateSpanRecord(name=f"{next(NAMES)}")
    ends = [
        SpanUpdate(trace_id="s", span_id=f"{number}", updates=later) for number in (0, COUNT - 1)
    ]
    store.observability.batch_update_spans(records=ends)


def _reflect_again(store: MastraStore) -> None:
    store.observational_memory.update("o0", generation_count=COUNT)


def _evaluate_again(store: MastraStore) -> None:
    for one in store.evals.by_agent_name("a"):
        if one.output == "0":
            store.evals.delete(one.eval_id)
    _evaluate(store, 0, START + timedelta(days=1))


def _start_later(store: MastraStore) -> None:
    store.traces.update("0", "s", started_at=START + timedelta(days=1))


def _run_again(store: MastraStore) -> None:
    store.workflows.delete_workflow_run_by_id(workflow_name="w", run_id="r0")
    _run(store, 0, START + timedelta(days=1))


LAST_WRITTEN = StorageOrderBy(field="updatedAt", direction="DESC")
NEWEST = StorageOrderBy(field="createdAt", direction="DESC")


@dataclass(frozen=True)
class Case:
    """A list, what it is of, the function that reads a part of it, and what moves the last one."""

    fill: Callable[[MastraStore], None]
    function: str
    write: Callable[[MastraStore], None]
    read: Callable[[Any], Any]
    ids: Callable[[Any], list[str]]
    total: Callable[[Any], int]


CASES = {
    "list_threads": Case(
        _threads,
        "MastraMemoryFunctions.find_threads",
        _touch,
        lambda store: store.memory.list_threads(per_page=False, order_by=LAST_WRITTEN),
        lambda found: [one.id for one in found.threads],
        lambda found: found.total,
    ),
    "list_messages": Case(
        _messages,
        "MastraMemoryFunctions.find_messages",
        _remove,
        lambda store: store.memory.list_messages(thread_id="t", per_page=False, order_by=NEWEST),
        lambda found: [one.id for one in found.messages],
        lambda found: found.total,
    ),
    "list_messages_by_resource_id": Case(
        _messages,
        "MastraMemoryFunctions.find_messages",
        _remove,
        lambda store: store.memory.list_messages_by_resource_id(
            resource_id="r", per_page=False, order_by=NEWEST
        ),
        lambda found: [one.id for one in found.messages],
        lambda found: found.total,
    ),
    "list_messages_by_id": Case(
        _messages,
        "MastraMemoryFunctions.find_messages_by_id",
        _remove_ends,
        lambda store: store.memory.list_messages_by_id(
            message_ids=[f"m{number}" for number in range(COUNT)]
        ),
        lambda found: [one.id for one in found.messages],
        lambda found: COUNT if len(found.messages) == COUNT else COUNT - 2,
    ),
    "list_traces": Case(
        _spans,
        "MastraObservabilityFunctions.find_traces",
        _end,
        lambda store: store.observability.list_traces(
            order_by=TracesOrder(field="endedAt", direction="DESC"),
            pagination=TracesPage(per_page=100),
        ),
        lambda found: [one.trace_id for one in found.spans],
        lambda found: found.pagination.total,
    ),
    "list_traces_light": Case(
        _spans,
        "MastraObservabilityFunctions.find_light_traces",
        _end,
        lambda store: store.observability.list_traces_light(
            order_by=TracesOrder(field="endedAt", direction="DESC"),
            pagination=TracesPage(per_page=100),
        ),
        lambda found: [one.trace_id for one in found.spans],
        lambda found: found.pagination.total,
    ),
    "get_threads_by_resource_id": Case(
        _threads,
        "MastraMemoryFunctions.find_threads",
        _touch,
        lambda store: store.get_threads_by_resource_id(resource_id="r", order_by="updatedAt"),
        lambda found: [one.id for one in found],
        len,
    ),
    "get_trace": Case(
        _trace,
        "MastraObservabilityFunctions.read_trace",
        _start_before,
        lambda store: store.observability.get_trace(trace_id="s"),
        lambda found: [one.span_id for one in found.spans],
        lambda found: len(found.spans),
    ),
    "get_structure": Case(
        _trace,
        "MastraObservabilityFunctions.read_structure",
        _start_before,
        lambda store: store.observability.get_structure(trace_id="s"),
        lambda found: [one.span_id for one in found.spans],
        lambda found: len(found.spans),
    ),
    "get_spans": Case(
        _trace,
        "MastraObservabilityFunctions.read_spans",
        _rename,
        lambda store: store.observability.get_spans(
            trace_id="s", span_ids=[f"{number}" for number in range(COUNT)]
        ),
        lambda found: [one.span_id for one in found.spans],
        lambda found: COUNT if found.spans[0].name == found.spans[-1].name else -1,
    ),
    "get_branch": Case(
        _trace,
        "MastraObservabilityFunctions.read_structure",
        _delete_trace,
        lambda store: store.observability.get_branch(trace_id="s", span_id="0"),
        lambda found: [one.span_id for one in found.spans],
        lambda found: len(found.spans),
    ),
    "get_observational_memory_history": Case(
        _generations,
        "MastraObservationalMemoryFunctions.read_generations",
        _reflect_again,
        lambda store: store.memory.get_observational_memory_history("t", "r"),
        lambda found: [one.id for one in found],
        len,
    ),
    "get_evals": Case(
        _evaluations,
        "MastraLegacyEvalsFunctions.find_evals",
        _evaluate_again,
        lambda store: store.get_evals(agent_name="a", per_page=100),
        lambda found: [one.output for one in found.evals],
        lambda found: found.total,
    ),
    "get_traces_paginated": Case(
        _old_spans,
        "MastraLegacyTracesFunctions.find_traces",
        _start_later,
        lambda store: store.get_traces_paginated(per_page=100),
        lambda found: [one.trace_id for one in found.traces],
        lambda found: found.total,
    ),
    "get_workflow_runs": Case(
        _runs,
        "MastraWorkflowsFunctions.list_some_workflow_runs",
        _run_again,
        lambda store: store.get_workflow_runs(),
        lambda found: [one.run_id for one in found.runs],
        lambda found: found.total,
    ),
    "list_workflow_runs": Case(
        _runs,
        "MastraWorkflowsFunctions.list_some_workflow_runs",
        _run_again,
        lambda store: store.workflows.list_workflow_runs(),
        lambda found: [one.run_id for one in found.runs],
        lambda found: found.total,
    ),
    "list_workflow_runs of a thread": Case(
        _runs,
        "MastraWorkflowsFunctions.find_workflow_runs_of_thread",
        _run_again,
        lambda store: store.workflows.list_workflow_runs(thread_id="t"),
        lambda found: [one.run_id for one in found.runs],
        lambda found: found.total,
    ),
}


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


@pytest.fixture
def store(backend: EmbeddedBackend) -> Iterator[MastraStore]:
    with MastraStore(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened
        opened.memory.dangerously_clear_all()
        opened.observability.dangerously_clear_all()
        opened.workflows.dangerously_clear_all()
        opened.evals.clear()
        opened.traces.clear()


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_list_in_parts_is_of_one_moment(
    backend: EmbeddedBackend,
    store: MastraStore,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    *,
    is_async: bool,
) -> None:
    """What comes last changes after each call: it is there, once, or neither it nor its count."""
    case = CASES[name]
    case.fill(store)
    class_name, method = case.function.split(".")
    bound = getattr(functions, f"Async{class_name}" if is_async else class_name)
    original = getattr(bound, method)
    calls: list[None] = []

    def read_then_write(seen: Any, **arguments: Any) -> Any:
        part = original(seen, **arguments)
        calls.append(None)
        case.write(store)
        return part

    async def read_then_write_async(seen: Any, **arguments: Any) -> Any:
        part = await original(seen, **arguments)
        calls.append(None)
        await asyncio.to_thread(case.write, store)
        return part

    monkeypatch.setattr(bound, method, read_then_write_async if is_async else read_then_write)
    found = asyncio.run(_asynchronous(backend, case)) if is_async else case.read(store)
    monkeypatch.undo()
    ids = case.ids(found)
    assert len(calls) > 1
    assert len(ids) == len(set(ids)) == case.total(found)
    assert case.write in (_remove, _remove_ends) or len(ids) == COUNT


async def _asynchronous(backend: EmbeddedBackend, case: Case) -> Any:
    async with AsyncMastraStore(backend.url, deploy_key=backend.admin_key) as opened:
        return await case.read(opened)
