"""Of what several transactions are to write, nothing is there where one record is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import CallEvent, ConvexgenError, InvalidArgument, LimitExceeded, NotFound
from mastra_convex.mastra import AsyncMastraStore, MastraStore
from project import ROOT

NOW = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)
HALF = "x" * 600_000
LONG = "x" * 1_100_000

SPAN = {"traceId": "t", "name": "s", "spanType": "agent_run", "isEvent": False, "startedAt": NOW}
MESSAGE = {"threadId": "t", "resourceId": "r", "role": "user", "createdAt": NOW, "content": {}}
PREVIEWED = {"jsonText": "hi", "a": 1}
"""What is no stored text, though it has the field of one."""


@dataclass(frozen=True)
class Written:
    """What a method writes in several transactions."""

    method: str
    make: Callable[[str, dict[str, Any]], Any]
    """A record of a name, with some fields."""
    argument: str
    good: dict[str, Any]
    """What makes so many of them more than a transaction."""
    several: int
    odd: list[dict[str, Any]]
    """What is refused of one."""
    table: str | None = None
    before: Callable[[str], Any] | None = None
    """What there is of a record before."""


def rows(
    table: str,
    key: str,
    row: dict[str, Any],
    large: dict[str, Any],
    *odd: dict[str, Any],
    created: str = "createdAt",
    dates: tuple[object, ...] = ("+012026-01-01T00:00:00.000Z",),
) -> Written:
    def make(name: str, fields: dict[str, Any]) -> Any:
        return row | {key: name} | fields

    wrong = [*({created: date} for date in dates), *odd]
    return Written("batch_insert", make, "records", large, 28, wrong, table=f"mastra_{table}")


def message(name: str, fields: dict[str, Any]) -> Any:
    return MESSAGE | {"id": name} | fields


def change_of_message(name: str, fields: dict[str, Any]) -> Any:
    return {"id": name} | fields


def span(name: str, fields: dict[str, Any]) -> Any:
    return SPAN | {"spanId": name} | fields


def change_of_span(name: str, updates: dict[str, Any]) -> Any:
    return {"traceId": "t", "spanId": name, "updates": updates}


STEPS = {"context": {f"step {number}": 1 for number in range(1801)}}

WRITTEN = {
    "messages": Written(
        "memory.save_messages",
        message,
        "messages",
        {"type": "text"},
        151,
        [{"type": LONG}, {"resourceId": ""}],
    ),
    "changes of messages": Written(
        "memory.update_messages",
        change_of_message,
        "messages",
        {"type": "text"},
        151,
        [{"type": LONG}],
        before=lambda name: message(name, {}),
    ),
    "spans": Written(
        "observability.batch_create_spans",
        span,
        "records",
        {},
        251,
        [{"name": LONG}, {"traceId": ""}, {"scope": "x" * 9_000_000}],
    ),
    "changes of spans": Written(
        "observability.batch_update_spans",
        change_of_span,
        "records",
        {"name": "other"},
        251,
        [{"name": LONG}, {"metadata": {"a": "x" * 9_000_000}}],
        before=lambda name: span(name, {}),
    ),
    "messages as before 1.0": Written(
        "save_messages",
        message,
        "messages",
        {"type": HALF},
        28,
        [{"type": LONG}, {"resourceId": ""}],
    ),
    "changes of messages as before 1.0": Written(
        "update_messages",
        change_of_message,
        "messages",
        {"type": HALF},
        28,
        [{"type": LONG}],
        before=lambda name: message(name, {}),
    ),
    "rows of threads": rows("threads", "id", {"resourceId": "r"}, {"title": HALF}),
    "rows of messages": rows(
        "messages", "id", {"thread_id": "t", "role": "user", "content": ""}, {"type": HALF}
    ),
    "rows of resources": rows("resources", "id", {}, {"metadata": {"a": HALF}}),
    "rows of traces": rows(
        "traces",
        "id",
        {"traceId": "t", "name": "s", "startTime": 1, "endTime": 2},
        {"parentSpanId": HALF},
        {"kind": 1.5},
        {"kind": 2**60},
        {"startTime": 10**30},
        {"endTime": -(2**62)},
        {"startTime": "1e999"},
        dates=("+012026-01-01T00:00:00.000Z", "-000001-01-01T00:00:00.000Z", 10**15),
    ),
    "rows of evaluations": rows(
        "evals",
        "run_id",
        {"agent_name": "a", "metric_name": "m", "result": {"score": 1}},
        {"instructions": HALF},
        created="created_at",
    ),
    "rows of scores": rows("scorers", "id", {"scorerId": "s", "score": 1}, {"threadId": HALF}),
    "rows of runs": rows(
        "workflow_snapshot",
        "run_id",
        {"workflow_name": "w", "snapshot": {"context": {}}},
        {"snapshot": {"context": {"input": HALF}}},
        {"snapshot": {"context": {LONG: 1}}},
        {"snapshot": STEPS},
    ),
}

FIRST = {written.method: (name, 0) for name, written in reversed(WRITTEN.items())}
REFUSED = [
    pytest.param(name, index, is_async, id=f"{name} {index} {'async' if is_async else 'sync'}")
    for name, written in WRITTEN.items()
    for index in range(len(written.odd))
    # What is odd is found by functions that both stores call: by one of them in turns after the
    # first of a method, since each of these tests writes and reads many mebibytes.
    for is_async in ([False, True] if FIRST[written.method] == (name, index) else [index % 2 == 0])
]


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


@pytest.fixture(scope="module")
def opened(backend: EmbeddedBackend) -> Iterator[MastraStore]:
    with MastraStore(backend.url, deploy_key=backend.admin_key) as store:
        yield store


@pytest.fixture
def store(opened: MastraStore) -> MastraStore:
    """The store, with nothing in it."""
    for domain in (opened.memory, opened.observability, opened.workflows, opened.scores):
        domain.dangerously_clear_all()
    for table in ("evals", "traces"):
        opened.clear_table(table_name=f"mastra_{table}")
    return opened


def method_of(store: object, name: str) -> Any:
    found: Any = store
    for part in name.split("."):
        found = getattr(found, part)
    return found


def call(
    store: MastraStore, backend: EmbeddedBackend, is_async: bool, written: Written, records: Any
) -> None:
    given = {written.argument: records}
    if written.table is not None:
        given["table_name"] = written.table
    if not is_async:
        method_of(store, written.method)(**given)
        return

    async def run() -> None:
        async with AsyncMastraStore(backend.url, deploy_key=backend.admin_key) as other:
            await method_of(other, written.method)(**given)

    asyncio.run(run())


def prepare(store: MastraStore, written: Written, names: list[str]) -> None:
    if written.before is None:
        return
    given: Any = [written.before(name) for name in names]
    if written.argument == "messages":
        store.memory.save_messages(messages=given)
    else:
        store.observability.batch_create_spans(records=given)


def stored(store: MastraStore) -> list[list[Any]]:
    """All that these methods write."""
    return [
        list(table.list().iterate())
        for table in (
            store.threads,
            store.messages,
            store.resources,
            store.traces,
            store.trace_roots,
            store.evals,
            store.workflow_runs,
            store.workflow_steps,
        )
    ]


@pytest.mark.parametrize(("name", "index", "is_async"), REFUSED)
def test_what_is_refused_is_found_before_any_is_written(
    name: str, index: int, is_async: bool, store: MastraStore, backend: EmbeddedBackend
) -> None:
    written = WRITTEN[name]
    names = [f"m{number}" for number in range(written.several)]
    prepare(store, written, [*names, "odd"])
    before = stored(store)
    records = [written.make(one, written.good) for one in names]
    records.append(written.make("odd", written.odd[index]))
    with pytest.raises((InvalidArgument, LimitExceeded)) as caught:
        call(store, backend, is_async, written, records)
    assert not caught.value.may_have_run
    assert stored(store) == before


@pytest.mark.parametrize("name", WRITTEN)
def test_all_are_written_of_which_none_is_refused(
    name: str, store: MastraStore, backend: EmbeddedBackend
) -> None:
    written = WRITTEN[name]
    names = [f"m{number}" for number in range(written.several)]
    prepare(store, written, names)
    before = stored(store)
    call(store, backend, False, written, [written.make(one, written.good) for one in names])
    after = stored(store)
    changed = max(zip(before, after, strict=True), key=lambda pair: len(pair[1]))
    assert len(changed[1]) == written.several
    assert not [one for one in changed[1] if one in changed[0]]


def test_a_span_that_is_not_there_is_found_before_any_is_changed(store: MastraStore) -> None:
    names: list[str] = [f"s{number}" for number in range(300)]
    given: Any = [span(name, {}) for name in names]
    store.observability.batch_create_spans(records=given)
    before = stored(store)
    changes: Any = [change_of_span(name, {"name": "other"}) for name in [*names, "none"]]
    with pytest.raises(NotFound):
        store.observability.batch_update_spans(records=changes)
    assert stored(store) == before


def test_what_looks_like_stored_text_is_what_it_is(store: MastraStore) -> None:
    store.observability.create_span(span=span("s", {"input": PREVIEWED}))
    given: Any = [span(f"s{number}", {"input": PREVIEWED}) for number in range(300)]
    store.observability.batch_create_spans(records=given)
    forged = {"jsonText": '{"messages":[{"role":"user","content":"forged"}]}', "a": 1}
    change: Any = [change_of_span("s", {"input": forged})]
    store.observability.batch_update_spans(records=change)
    previews = {one.span_id: one.input_preview for one in store.trace_roots.list().iterate()}
    assert previews["s1"] == '{"jsonText":"hi","a":1}'
    assert str(previews["s"]).startswith('{"jsonText":"{')
    found = store.observability.get_span(trace_id="t", span_id="s1")
    assert found is not None
    assert found.span.input == PREVIEWED


MANY = {
    "a few each": [f"m{index % 150}" for index in range(9000)],
    "most of one": ["m0"] * 8000 + [f"m{index}" for index in range(300)],
}


@pytest.mark.parametrize("kind", MANY)
def test_documents_may_be_changed_often(kind: str, store: MastraStore) -> None:
    names = MANY[kind]
    single = list(dict.fromkeys(names))
    store.memory.save_messages(messages=[message(name, {}) for name in single])
    created: Any = [span(name, {}) for name in single]
    store.observability.batch_create_spans(records=created)
    updates: Any = [{"id": name, "type": str(number)} for number, name in enumerate(names)]
    changed = store.memory.update_messages(messages=updates)
    last = {name: str(number) for number, name in enumerate(names)}
    assert {one.id: one.type for one in changed} == last
    assert len(store.update_messages(messages=updates)) == len(single)
    changes: Any = [
        change_of_span(name, {"name": str(number)}) for number, name in enumerate(names)
    ]
    store.observability.batch_update_spans(records=changes)
    assert {one.span_id: one.name for one in store.traces.list().iterate()} == last


def test_an_error_says_that_a_part_is_written(store: MastraStore, backend: EmbeddedBackend) -> None:
    """What others write after the look may fail a later part."""
    names = [f"m{number}" for number in range(160)]
    store.memory.save_messages(messages=[message(name, {}) for name in names])
    meddle = partial(store.messages.update, "m159", resource_id=HALF)

    def on_call(event: CallEvent) -> None:
        if event.path == "mastra/memory:changeMessages":
            meddle()

    changes: Any = [{"id": name, "type": "other"} for name in names[:-1]]
    changes.append({"id": "m159", "type": HALF})
    with (
        MastraStore(backend.url, deploy_key=backend.admin_key, on_call=on_call) as other,
        pytest.raises(ConvexgenError) as caught,
    ):
        other.memory.update_messages(messages=changes)
    assert isinstance(caught.value, LimitExceeded)
    assert caught.value.may_have_run
    assert "a part of the call has run" in str(caught.value)
