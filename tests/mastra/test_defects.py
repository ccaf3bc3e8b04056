"""The defects of `@mastra/convex` 1.5.2, Mastra's own store on Convex: each has a test here.

`pytest -k defect` runs them all, here and where else they are marked with a number. Evidence of
the defects: sources of `@mastra/convex`, and issues of https://github.com/mastra-ai/mastra.
"""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from convexgen.embedded import EmbeddedBackend, read_function_spec
from mastra_convex import (
    AccessDenied,
    ConvexgenError,
    CreateSpanRecord,
    InvalidArgument,
    MastraDBMessage,
    MastraDBMessageUpdate,
    MessageRole,
    ObservationalMemoryScope,
    SaveScorePayload,
    StoragePagination,
    StorageResourceType,
    StorageThreadFilter,
    StorageThreadType,
)
from mastra_convex._runtime.http_transport import HttpTransport
from mastra_convex.mastra import MastraStore
from project import ROOT

DEFECTS = {
    1: "Whoever knows the URL reads, writes and deletes everything.",
    2: "`include` brings messages of another resource.",
    3: "Of a thread with more than 10,000 messages, the newest are not listed or counted.",
    4: "Deleting a long thread leaves messages without a thread.",
    5: "Every claim of a suspended run wins, for `expectedStatus` is not looked at.",
    6: "Keys that begin with `$` or are not ASCII are refused in JSON.",
    7: "Fields of the backend, such as `_id`, are in what is returned.",
    8: "Updates of a workflow run that is not there fail.",
    9: "A score is saved under another ID than the caller's; scores of a span are not listed.",
    10: "Each list of scores reads all scores.",
    11: "A thread is not updated without its title; there is no `copyThread`.",
    12: "30 messages are updated by 34 requests, and of updates at once some are lost.",
    13: "Deleting messages does not change when their thread was updated.",
    14: "Saving messages, saving snapshots and deleting threads are several transactions.",
    15: "The IDs `a-b` and `c` are taken for `a` and `b-c`.",
    16: "A run by its ID, runs by status, all threads, threads by metadata: 16 MiB are the end.",
    17: "A snapshot or a message has at most 1 MiB.",
    18: "What reads is a mutation, so that nothing can be watched.",
    19: "Dates are text; of what has one time, the order is not that of insertion.",
    20: "Arguments and results have no types; rows of unknown tables are stored anywhere.",
    21: "A chunk that comes after weighing is lost in the swap.",
    22: "Any `page` is taken, negative ones as well.",
}

NOW = datetime(2026, 5, 1, tzinfo=UTC)
RUN: Any = {"workflow_name": "w", "run_id": "r"}
LARGE = "x" * (4 * 2**20)
ALL = StoragePagination(page=0, per_page=False)


class Counted(HttpTransport):
    """A transport that notes the functions that are called."""

    def __init__(self) -> None:
        super().__init__()
        self.functions: list[str] = []

    def post(
        self, url: str, *, headers: Mapping[str, str], body: bytes, timeout: float
    ) -> tuple[int, bytes]:
        self.functions.append(json.loads(body)["path"].rpartition(":")[2])
        return super().post(url, headers=headers, body=body, timeout=timeout)


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


@pytest.fixture(scope="module")
def calls() -> Counted:
    return Counted()


@pytest.fixture
def store(backend: EmbeddedBackend, calls: Counted) -> Iterator[MastraStore]:
    with MastraStore(backend.url, deploy_key=backend.admin_key, transport=calls) as opened:
        yield opened
        for domain in (opened.memory, opened.workflows, opened.scores, opened.observability):
            domain.dangerously_clear_all()


def thread(name: str, **given: Any) -> StorageThreadType:
    return StorageThreadType(
        **{"id": name, "resource_id": "r", "created_at": NOW, "updated_at": NOW, **given}
    )


def message(name: str, thread_id: str = "t", **given: Any) -> MastraDBMessage:
    fields = {
        "id": name,
        "thread_id": thread_id,
        "resource_id": "r",
        "role": MessageRole.USER,
        "content": {"format": 2, "parts": []},
        "created_at": NOW,
    }
    return MastraDBMessage(**{**fields, **given})


def messages(count: int) -> list[MastraDBMessage]:
    return [message(f"m{number}") for number in range(count)]


def score(**given: Any) -> SaveScorePayload:
    fields: dict[str, Any] = {
        "scorer_id": "s",
        "entity_id": "e",
        "entity_type": "AGENT",
        "run_id": "r",
        "output": {},
        "score": 0.5,
        "scorer": {},
        "source": "LIVE",
        "entity": {},
    }
    return SaveScorePayload(**{**fields, **given})


def span(**given: Any) -> CreateSpanRecord:
    fields = {"trace_id": "t", "span_id": "s", "name": "n", "span_type": "agent_run"}
    return CreateSpanRecord(**{**fields, "is_event": False, "started_at": NOW, **given})


def _marked() -> Iterator[tuple[int, str]]:
    """The numbers that tests of Mastra are marked with, and their names."""
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for mark in getattr(node, "decorator_list", []):
                if ast.unparse(mark).startswith("pytest.mark.defect("):
                    for number in mark.args:
                        yield number.value, node.name  # type: ignore[attr-defined]


def test_each_defect_has_a_test() -> None:
    assert {number for number, _ in _marked()} == {*DEFECTS}


@pytest.mark.defect(1)
def test_nobody_without_the_key_calls_a_method(backend: EmbeddedBackend) -> None:
    given: dict[str, dict[str, Any]] = {
        "save_thread": {"thread": thread("t")},
        "list_messages": {"thread_id": "t"},
        "load_workflow_snapshot": RUN,
        "list_workflow_runs": {},
        "get_score_by_id": {"id": "s"},
        "create_span": {"span": span()},
        "list_traces": {},
        "get_threads_by_resource_id": {"resource_id": "r"},
        "load": {"table_name": "mastra_threads", "keys": {"id": "t"}},
        "clear_table": {"table_name": "mastra_threads"},
    }
    with MastraStore(backend.url) as stranger:
        domains = (stranger.memory, stranger.workflows, stranger.scores, stranger.observability)
        for domain in domains:
            with pytest.raises(AccessDenied):
                domain.dangerously_clear_all()
        for owner in (*domains, stranger):
            for name in given.keys() & {name for name, _ in inspect.getmembers(owner)}:
                with pytest.raises(AccessDenied):
                    getattr(owner, name)(**given[name])


@pytest.mark.defect(1, 18, 20)
def test_functions_are_internal_and_have_types_and_what_reads_is_a_query() -> None:
    functions = [
        one
        for one in json.loads(read_function_spec(ROOT))["functions"]
        if one["identifier"].startswith("mastra/")
    ]
    assert len(functions) > 80
    for one in functions:
        assert one["visibility"] == {"kind": "internal"}
        assert one["args"]["type"] == "object"
        name = one["identifier"].rpartition(":")[2]
        if name.startswith(("get", "list", "find", "read", "load", "latest")):
            assert one["functionType"] == "Query"


@pytest.mark.defect(7)
def test_what_is_returned_has_the_fields_of_mastra(store: MastraStore) -> None:
    store.memory.save_thread(thread=thread("t", metadata={}))
    store.memory.save_messages(messages=messages(1))
    resource = StorageResourceType(id="r", created_at=NOW, updated_at=NOW)
    store.memory.save_resource(resource=resource)
    store.workflows.persist_workflow_snapshot(**RUN, snapshot={"status": "running"})
    store.scores.save_score(score(id="s"))
    store.observability.create_span(span=span())
    memory = store.memory.initialize_observational_memory(
        thread_id=None, resource_id="r", scope=ObservationalMemoryScope.RESOURCE, config={}
    )
    times = {"createdAt", "updatedAt"}
    found: list[tuple[Any, set[str]]] = [
        (
            store.memory.get_thread_by_id(thread_id="t"),
            {"id", "resourceId", "metadata", *times},
        ),
        (
            store.memory.list_messages(thread_id="t").messages[0],
            {"id", "threadId", "resourceId", "role", "content", "createdAt"},
        ),
        (store.memory.get_resource_by_id(resource_id="r"), {"id", *times}),
        (
            store.workflows.get_workflow_run_by_id(run_id="r"),
            {"workflowName", "runId", "snapshot", *times},
        ),
        (
            store.scores.get_score_by_id(id="s"),
            {*score(id="s").model_dump(by_alias=True), *times},
        ),
    ]
    for record, fields in found:
        assert record.model_dump(by_alias=True).keys() == fields
    read = store.observability.get_span(trace_id="t", span_id="s")
    for more in (memory, read):
        assert more is not None
        assert not [one for one in str(more.model_dump(by_alias=True)).split("'") if one[:1] == "_"]


@pytest.mark.defect(10)
def test_a_list_of_scores_reads_no_other_scores(store: MastraStore, calls: Counted) -> None:
    for number in range(5):
        other = {"scorer_id": "o", "run_id": "o", "entity_id": "o", "trace_id": "o"}
        store.scores.save_score(score(id=f"{number}", input=LARGE, **other))
    store.scores.save_score(score(id="mine", trace_id="t", span_id="p"))
    calls.functions.clear()
    scores = store.scores
    found = [
        scores.list_scores_by_scorer_id(scorer_id="s", pagination=ALL),
        scores.list_scores_by_run_id(run_id="r", pagination=ALL),
        scores.list_scores_by_entity_id(entity_id="e", entity_type="AGENT", pagination=ALL),
        scores.list_scores_by_span(trace_id="t", span_id="p", pagination=ALL),
    ]
    assert [[one.id for one in listed.scores] for listed in found] == [["mine"]] * 4
    assert len(calls.functions) == 4


@pytest.mark.defect(12, 14)
def test_a_method_is_one_transaction(store: MastraStore, calls: Counted) -> None:
    memory, workflows = store.memory, store.workflows
    ids = [f"m{number}" for number in range(30)]
    changes = [MastraDBMessageUpdate(id=one, content={"metadata": {"a": 1}}) for one in ids]
    memory.save_thread(thread=thread("t"))
    calls.functions.clear()
    memory.save_messages(messages=messages(30))
    assert len(memory.update_messages(messages=changes)) == 30
    assert len(memory.list_messages_by_id(message_ids=ids).messages) == 30
    memory.delete_messages(ids[:15])
    memory.delete_thread(thread_id="t")
    workflows.persist_workflow_snapshot(**RUN, snapshot={"context": {"a": {}, "b": {}}})
    workflows.update_workflow_results(**RUN, step_id="a", result={}, request_context={})
    workflows.update_workflow_state(**RUN, opts={"status": "running"})
    assert calls.functions == [
        "storeMessages",
        "changeMessages",
        "findMessagesById",
        "removeMessages",
        "removeThread",
        "persistWorkflowSnapshot",
        "updateWorkflowResults",
        "updateWorkflowState",
    ]


@pytest.mark.defect(14)
def test_what_fails_has_changed_nothing(store: MastraStore) -> None:
    """Neither messages before the one that is refused, nor their thread, nor a snapshot's steps."""
    memory, workflows = store.memory, store.workflows
    memory.save_thread(thread=thread("t"))
    memory.save_messages(messages=[message("m")])
    before = memory.get_thread_by_id(thread_id="t"), memory.list_messages(thread_id="t")
    content: Any = {"format": 2, "parts": ["x" * (17 * 2**20)]}
    with pytest.raises(ConvexgenError):
        memory.save_messages(messages=[message("n"), message("large", content=content)])
    with pytest.raises(InvalidArgument):
        memory.save_messages(messages=[message("n"), message("nobody's", resource_id="")])
    with pytest.raises(ConvexgenError):
        memory.update_messages(
            messages=[
                MastraDBMessageUpdate(id="m", content={"content": "new"}),
                MastraDBMessageUpdate(id="m", content=content),
            ]
        )
    assert (memory.get_thread_by_id(thread_id="t"), memory.list_messages(thread_id="t")) == before
    stored: Any = {"status": "running", "context": {"a": {"n": 1}}}
    workflows.persist_workflow_snapshot(**RUN, snapshot=stored)
    steps: Any = {f"{number}": {"n": number} for number in range(2000)}
    with pytest.raises(ConvexgenError):
        workflows.persist_workflow_snapshot(**RUN, snapshot={"status": "x", "context": steps})
    assert workflows.load_workflow_snapshot(**RUN) == stored


@pytest.mark.defect(16)
def test_runs_are_found_among_large_ones(store: MastraStore, calls: Counted) -> None:
    workflows = store.workflows
    for number in range(5):
        snapshot: Any = {"status": "running", "context": {"a": {"output": LARGE}}}
        workflows.persist_workflow_snapshot(
            workflow_name="w", run_id=f"{number}", snapshot=snapshot
        )
    workflows.persist_workflow_snapshot(**RUN, snapshot={"status": "success", "context": {}})
    calls.functions.clear()
    run = workflows.get_workflow_run_by_id(run_id="r")
    assert run is not None
    assert run.snapshot == {"status": "success", "context": {}}
    found = workflows.list_workflow_runs(status="success")
    assert ([one.run_id for one in found.runs], found.total) == (["r"], 1)
    page = workflows.list_workflow_runs(page=0, per_page=1)
    assert ([one.run_id for one in page.runs], page.total) == (["r"], 6)
    assert len(calls.functions) == 3


@pytest.mark.defect(16)
def test_threads_are_found_among_large_ones(store: MastraStore) -> None:
    memory = store.memory
    for number in range(20):
        metadata = {"half": number % 2, "text": "x" * 900_000}
        memory.save_thread(thread=thread(f"{number}", resource_id=str(uuid4()), metadata=metadata))
    everything = memory.list_threads(per_page=False)
    assert (len(everything.threads), everything.total) == (20, 20)
    half = memory.list_threads(filter=StorageThreadFilter(metadata={"half": 1}), per_page=3)
    assert ([one.id for one in half.threads], half.total) == (["19", "17", "15"], 10)
