"""What is a byte too large for a document is found before the first of several transactions."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import LimitExceeded
from mastra_convex.mastra import MastraStore
from project import ROOT

NOW = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)
HALF = "x" * 600_000
INPUT = "€" * 100
"""A root has more of it than a span does whose input lies in chunks."""

SPAN = {"traceId": "t", "name": "s", "spanType": "agent_run", "isEvent": False, "startedAt": NOW}
MESSAGE = {"threadId": "t", "role": "user", "createdAt": NOW, "content": {"parts": []}}
EVAL = {"agent_name": "a", "metric_name": "m", "result": {"score": 1}}
TRACE = {"traceId": "t", "name": "s", "startTime": 1, "endTime": 2}


@dataclass(frozen=True)
class Written:
    """What a method writes in several transactions."""

    method: str
    make: Callable[[str, str], Any]
    """A record with a text that lies in its document."""
    several: int
    """How many of them are more than one transaction."""
    argument: str = "records"
    table: str | None = None
    before: Callable[[str], Any] | None = None
    """What there is of a record before."""


def change_of_root(name: str, text: str) -> Any:
    updates = {"userId": text, "input": INPUT, "endedAt": NOW, "error": "none"}
    return {"traceId": "t", "spanId": name, "updates": updates}


def freed(name: str, text: str) -> Any:
    updates = {"userId": text, "parentSpanId": None}
    return {"traceId": "t", "spanId": name, "updates": updates}


def of_thread(text: str) -> Any:
    """What a workflow of an agent begins with."""
    messages = {"memoryInfo": {"threadId": text}}
    return {"status": "success", "context": {"input": {"messageListState": messages}}}


def rows(table: str, row: dict[str, Any], key: str, field: str) -> Written:
    return Written(
        "batch_insert",
        lambda name, text: row | {key: name, field: text},
        28,
        table=f"mastra_{table}",
    )


WRITTEN = {
    "spans": Written(
        "observability.batch_create_spans",
        lambda name, text: SPAN | {"spanId": name, "parentSpanId": "p", "name": text},
        3,
    ),
    "roots": Written(
        "observability.batch_create_spans",
        lambda name, text: (
            SPAN | {"spanId": name, "userId": text, "input": INPUT, "metadata": {"a": 1}}
        ),
        3,
    ),
    "changes of spans": Written(
        "observability.batch_update_spans",
        lambda name, text: {"traceId": "t", "spanId": name, "updates": {"name": text}},
        3,
        before=lambda name: SPAN | {"spanId": name, "parentSpanId": "p"},
    ),
    "changes of roots": Written(
        "observability.batch_update_spans",
        change_of_root,
        3,
        before=lambda name: SPAN | {"spanId": name, "metadata": {"a": 1}},
    ),
    "changes that make roots": Written(
        "observability.batch_update_spans",
        freed,
        3,
        before=lambda name: SPAN | {"spanId": name, "parentSpanId": "p", "input": INPUT * 4000},
    ),
    "messages": Written(
        "memory.save_messages",
        lambda name, text: MESSAGE | {"id": name, "resourceId": "r", "type": text},
        5,
        "messages",
    ),
    "changes of messages": Written(
        "memory.update_messages",
        lambda name, text: {"id": name, "type": text},
        5,
        "messages",
        before=lambda name: MESSAGE | {"id": name, "resourceId": "r"},
    ),
    "messages as before 1.0": Written(
        "save_messages",
        lambda name, text: MESSAGE | {"id": name, "resourceId": "r", "type": text},
        28,
        "messages",
    ),
    "changes of messages as before 1.0": Written(
        "update_messages",
        lambda name, text: {"id": name, "type": text},
        28,
        "messages",
        before=lambda name: MESSAGE | {"id": name, "resourceId": "r"},
    ),
    "rows of threads": rows("threads", {"resourceId": "r"}, "id", "title"),
    "rows of messages": rows(
        "messages", {"thread_id": "t", "role": "user", "content": ""}, "id", "type"
    ),
    "rows of resources": Written(
        "batch_insert",
        lambda name, text: {"id": name, "metadata": {"a": text}},
        28,
        table="mastra_resources",
    ),
    "rows of traces": rows("traces", TRACE, "id", "parentSpanId"),
    "rows of evaluations": rows("evals", EVAL, "run_id", "instructions"),
    "rows of scores": rows("scorers", {"scorerId": "s", "score": 1}, "id", "threadId"),
    "rows of runs": Written(
        "batch_insert",
        lambda name, text: {"workflow_name": "w", "run_id": name, "snapshot": of_thread(text)},
        28,
        table="mastra_workflow_snapshot",
    ),
}


@pytest.fixture(scope="module")
def opened() -> Iterator[MastraStore]:
    with (
        EmbeddedBackend.start(ROOT) as backend,
        MastraStore(backend.url, deploy_key=backend.admin_key) as store,
    ):
        yield store


@pytest.fixture
def store(opened: MastraStore) -> MastraStore:
    """The store, with nothing in it."""
    for domain in (opened.memory, opened.observability, opened.workflows, opened.scores):
        domain.dangerously_clear_all()
    for table in ("evals", "traces"):
        opened.clear_table(table_name=f"mastra_{table}")
    return opened


def call(store: MastraStore, written: Written, records: list[Any]) -> None:
    method: Any = store
    for part in written.method.split("."):
        method = getattr(method, part)
    table = {} if written.table is None else {"table_name": written.table}
    method(**{written.argument: records}, **table)


def prepare(store: MastraStore, written: Written, names: list[str]) -> None:
    if written.before is None:
        return
    given: Any = [written.before(name) for name in names]
    if written.argument == "messages":
        store.memory.save_messages(messages=given)
    else:
        store.observability.batch_create_spans(records=given)


def seen(store: MastraStore, written: Written, names: list[str]) -> object:
    """What there is of some records."""
    if written.table is not None:
        (key,) = (one for one, value in written.make("name", "").items() if value == "name")
        keys = [{key: name} for name in names]
        return [store.load(table_name=written.table, keys=one) for one in keys]
    if written.argument == "messages":
        return store.memory.list_messages_by_id(message_ids=names)
    return store.observability.get_spans(trace_id="t", span_ids=names)


@pytest.mark.parametrize("name", WRITTEN)
def test_it_is_found_before_any_is_written(name: str, store: MastraStore) -> None:
    written = WRITTEN[name]
    names = [f"m{number}" for number in range(written.several)]

    def is_refused(length: int) -> bool:
        prepare(store, written, ["one"])
        try:
            call(store, written, [written.make("one", "x" * length)])
        except LimitExceeded:
            return True
        return False

    lengths = range(2**20 - 1500, 2**20)
    first = lengths[bisect(lengths, False, key=is_refused)]
    prepare(store, written, names)
    before = seen(store, written, names)
    for length in (first, first + 100):
        prepare(store, written, ["one"])
        records = [
            *(written.make(one, HALF) for one in names),
            written.make("one", "x" * length),
        ]
        with pytest.raises(LimitExceeded):
            call(store, written, records)
        assert seen(store, written, names) == before
