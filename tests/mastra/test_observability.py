"""The spans of Mastra's traces, through the observability domain of both stores."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import (
    MISSING,
    CreateSpanRecord,
    InvalidArgument,
    NotFound,
    SpanRange,
    SpanRecord,
    SpanUpdate,
    Trace,
    TracesFilter,
    TracesOrder,
    TracesPage,
    TraceSpan,
    TraceStatus,
    UpdateSpanRecord,
)
from mastra_convex.mastra import AsyncMastraStore, MastraStore
from project import ROOT
from pydantic import TypeAdapter

START = datetime(2024, 1, 1, tzinfo=UTC)

KEYS = {"$ref": "#", "clé": {"": [1, None]}, "a.b": True, "__proto__": {"x": 1}}
"""JSON whose keys Convex refuses, or that JavaScript treats specially."""

TEXTS = [
    "entity_type",
    "entity_id",
    "entity_name",
    "entity_version_id",
    "parent_entity_type",
    "parent_entity_id",
    "parent_entity_name",
    "parent_entity_version_id",
    "root_entity_type",
    "root_entity_id",
    "root_entity_name",
    "root_entity_version_id",
    "user_id",
    "organization_id",
    "resource_id",
    "run_id",
    "session_id",
    "thread_id",
    "request_id",
    "environment",
    "service_name",
    "source",
    "experiment_id",
]
"""What traces are compared by that is text, or null."""

JSON = ["scope", "metadata", "attributes", "links", "input", "output", "error", "request_context"]


class Blocking:
    """The methods of an asynchronous object, called one at a time."""

    def __init__(self, runner: asyncio.Runner, target: Any) -> None:
        self._runner = runner
        self._target = target

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if not asyncio.iscoroutinefunction(found):
            return found
        return lambda *values, **named: self._runner.run(found(*values, **named))


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


@pytest.fixture(scope="module")
def store(backend: EmbeddedBackend) -> Iterator[MastraStore]:
    with MastraStore(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened


@pytest.fixture(scope="module", params=["sync", "async"])
def domain(
    request: pytest.FixtureRequest, backend: EmbeddedBackend, store: MastraStore
) -> Iterator[Any]:
    if request.param == "sync":
        yield store.observability
        return
    with asyncio.Runner() as runner:
        opened = AsyncMastraStore(backend.url, deploy_key=backend.admin_key)
        yield Blocking(runner, opened.observability)
        runner.run(opened.close())


@pytest.fixture
def spans(domain: Any) -> Any:
    """The domain, without spans."""
    domain.dangerously_clear_all()
    return domain


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def span(trace_id: str, span_id: str = "root", **more: Any) -> CreateSpanRecord:
    given: dict[str, Any] = {
        "name": "a span",
        "span_type": "agent_run",
        "is_event": False,
        "started_at": START,
        "ended_at": after(1),
        **more,
    }
    return CreateSpanRecord(trace_id=trace_id, span_id=span_id, **given)


def listed(spans: Any, **filters: Any) -> list[str]:
    """The traces that meet conditions, the first started first."""
    found = spans.list_traces(
        filters=TracesFilter(**filters),
        order_by=TracesOrder(direction="ASC"),
        pagination=TracesPage(per_page=100),
    )
    assert found.pagination.total == len(found.spans)
    return [one.trace_id for one in found.spans]


def get(spans: Any, trace_id: str, span_id: str = "root") -> SpanRecord:
    found = spans.get_span(trace_id=trace_id, span_id=span_id)
    assert found is not None
    record: SpanRecord = found.span
    return record


def test_the_strategy_is_read_without_a_call() -> None:
    # There is no such deployment.
    with MastraStore("http://127.0.0.1:9", deploy_key="none") as store:
        assert store.observability.observability_strategy == {
            "preferred": "batch-with-updates",
            "supported": ["realtime", "batch-with-updates", "insert-only"],
        }


def test_what_a_span_lacks_is_null(spans: Any) -> None:
    spans.create_span(span=span("t", ended_at=None, input=None))
    record = get(spans, "t")
    lacking = [*TEXTS, *JSON, "parent_span_id", "tags", "ended_at"]
    assert {name: getattr(record, name) for name in lacking} == dict.fromkeys(lacking)
    assert record.updated_at is not None
    assert record.updated_at >= record.created_at > after(0)
    named = {"trace_id", "span_id", "name", "span_type", "is_event", "started_at"}
    assert set(record.model_dump()) == {*lacking, *named, "created_at", "updated_at"}


def test_a_span_comes_back_as_it_was_given(spans: Any) -> None:
    texts: dict[str, Any] = {name: f"{name} é" for name in TEXTS}
    values: dict[str, Any] = {name: {**KEYS, "in": name} for name in JSON}
    given = span("t", "s", **texts, **values, parent_span_id="p", tags=["a", "b"], is_event=True)
    spans.create_span(span=given)
    record = get(spans, "t", "s")
    assert {name: getattr(record, name) for name in given.model_dump()} == given.model_dump()


@pytest.mark.parametrize("value", ["text", "", 0, False, [], {}, [None], 2**60, 0.5])
def test_json_is_any_json(spans: Any, value: Any) -> None:
    spans.create_span(span=span("t", input=value, error=value))
    record = get(spans, "t")
    assert (record.input, record.error) == (value, value)
    assert listed(spans, status="error") == ["t"]


def test_a_span_that_is_there_is_replaced(spans: Any) -> None:
    spans.create_span(span=span("t", input="first", error="first", user_id="u"))
    first = get(spans, "t")
    spans.create_span(span=span("t", output="second"))
    second = get(spans, "t")
    assert (second.input, second.output, second.user_id) == (None, "second", None)
    assert (second.created_at, listed(spans, status="success")) == (first.created_at, ["t"])
    spans.create_span(span=span("t", parent_span_id="p"))
    assert listed(spans) == []


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (("t", ""), "Span ID is required for creating a span"),
        (("", "s"), "Trace ID is required for creating a span"),
    ],
)
def test_spans_without_ids_are_refused(spans: Any, ids: tuple[str, str], message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        spans.create_span(span=span(*ids))
    with pytest.raises(InvalidArgument, match=message):
        spans.batch_create_spans(records=[span("other"), span(*ids)])
    assert listed(spans) == []


@pytest.mark.defect(15)
def test_ids_do_not_run_together(spans: Any) -> None:
    pairs = [("a-b", "c"), ("a", "b-c"), ("a", "b\0c"), ("a\0b", "c"), ("é/$", "😀")]
    spans.batch_create_spans(records=[span(*pair, name=repr(pair)) for pair in pairs])
    assert [get(spans, *pair).name for pair in pairs] == [repr(pair) for pair in pairs]


def test_traces_are_read_in_the_order_of_their_spans(spans: Any) -> None:
    spans.batch_create_spans(
        records=[
            span("t", "late", started_at=after(2), parent_span_id="root"),
            span("t", "root"),
            span("t", "tie 1", started_at=after(1), parent_span_id="root"),
            span("t", "tie 0", started_at=after(1), parent_span_id="root"),
            span("other"),
        ]
    )
    trace = spans.get_trace(trace_id="t")
    expected = ["root", "tie 1", "tie 0", "late"]
    assert (trace.trace_id, [one.span_id for one in trace.spans]) == ("t", expected)
    for read in (spans.get_structure, spans.get_trace_light):
        assert [one.span_id for one in read(trace_id="t").spans] == expected
    root = spans.get_root_span(trace_id="t")
    assert root is not None
    assert root.span == trace.spans[0]
    some = spans.get_spans(trace_id="t", span_ids=["late", "none", "root"])
    assert [one.span_id for one in some.spans] == ["late", "root"]


def test_what_is_not_there(spans: Any) -> None:
    spans.create_span(span=span("t", "child", parent_span_id="p"))
    assert spans.get_span(trace_id="t", span_id="none") is None
    assert spans.get_root_span(trace_id="t") is None
    for read in ("get_root_span", "get_trace", "get_structure", "get_trace_light"):
        assert getattr(spans, read)(trace_id="none") is None
    assert spans.get_spans(trace_id="none", span_ids=["a"]).spans == []
    assert spans.get_spans(trace_id="t", span_ids=[]).spans == []
    spans.batch_delete_traces(trace_ids=["none", "none"])
    spans.batch_delete_traces(trace_ids=[])
    spans.batch_create_spans(records=[])
    spans.batch_update_spans(records=[])


def test_a_structure_has_nothing_large(spans: Any) -> None:
    heavy: dict[str, Any] = {name: {"in": name} for name in JSON}
    spans.create_span(span=span("t", **heavy, tags=["a"], entity_name="Agent"))
    (found,) = spans.get_structure(trace_id="t").spans
    assert (found.error, found.entity_name, found.parent_span_id) == (
        {"in": "error"},
        "Agent",
        None,
    )
    assert found.metadata is MISSING
    assert set(type(found).model_fields).isdisjoint({*heavy, "tags"} - {"error", "metadata"})


def test_a_branch_is_a_span_with_those_below_it(spans: Any) -> None:
    parents = {"root": None, "a": "root", "b": "root", "a1": "a", "a2": "a1", "loop": "loop"}
    spans.batch_create_spans(
        records=[
            span("t", one, parent_span_id=parent, started_at=after(index))
            for index, (one, parent) in enumerate(parents.items())
        ]
    )
    for span_id, depth, expected in [
        ("root", MISSING, ["root", "a", "b", "a1", "a2"]),
        ("root", 0, ["root"]),
        ("root", 1, ["root", "a", "b"]),
        ("a", MISSING, ["a", "a1", "a2"]),
        ("loop", MISSING, ["loop"]),
    ]:
        branch = spans.get_branch(trace_id="t", span_id=span_id, depth=depth)
        assert [one.span_id for one in branch.spans] == expected
    assert spans.get_branch(trace_id="t", span_id="none") is None
    assert spans.get_branch(trace_id="none", span_id="root") is None


def test_spans_of_one_time_are_in_a_branch_as_they_were_created(spans: Any) -> None:
    parents = {"root": None, "a1": "a", "a": "root", "other": None, "b": "root"}
    spans.batch_create_spans(
        records=[span("t", one, parent_span_id=parent) for one, parent in parents.items()]
    )
    branch = spans.get_branch(trace_id="t", span_id="root")
    assert [one.span_id for one in branch.spans] == ["root", "a1", "a", "b"]


def test_an_update_changes_what_it_names(spans: Any) -> None:
    spans.create_span(span=span("t", ended_at=None, user_id="u", input=KEYS, metadata={"a": 1}))
    before = get(spans, "t")
    spans.update_span(
        trace_id="t",
        span_id="root",
        updates=UpdateSpanRecord(
            ended_at=after(5), output=[1], metadata={"b": 2}, user_id=None, name="b"
        ),
    )
    changed = get(spans, "t")
    assert (changed.ended_at, changed.output, changed.metadata) == (after(5), [1], {"b": 2})
    assert (changed.user_id, changed.name, changed.input) == (None, "b", KEYS)
    assert changed.created_at == before.created_at
    assert changed.updated_at is not None
    assert before.updated_at is not None
    assert changed.updated_at > before.updated_at
    assert listed(spans, user_id="u") == listed(spans, metadata={"a": 1}) == []
    assert listed(spans, metadata={"b": 2}, user_id=None, status="success") == ["t"]


def test_updates_of_many_are_all_or_none(spans: Any) -> None:
    spans.batch_create_spans(records=[span("t"), span("u")])
    spans.batch_update_spans(
        records=[
            SpanUpdate(trace_id=one, span_id="root", updates=UpdateSpanRecord(output=one))
            for one in ("t", "u")
        ]
    )
    assert [get(spans, one).output for one in ("t", "u")] == ["t", "u"]
    for trace_id, message in [("t", "Span not found"), ("none", "Trace not found for span update")]:
        updates = UpdateSpanRecord(output="lost")
        with pytest.raises(NotFound, match=message):
            spans.update_span(trace_id=trace_id, span_id="none", updates=updates)
        with pytest.raises(NotFound, match=message):
            spans.batch_update_spans(
                records=[
                    SpanUpdate(trace_id="t", span_id="root", updates=updates),
                    SpanUpdate(trace_id=trace_id, span_id="none", updates=updates),
                ]
            )
    assert get(spans, "t").output == "t"


def test_what_is_wrong_with_one_of_many_is_found_before_any_is_written(spans: Any) -> None:
    """Also where they are more than a transaction writes, by their number or by their size."""
    for trace_id, count, text in (("many", 300, ""), ("large", 12, "x" * 900_000)):
        there = [span(trace_id, f"{number}", input=text) for number in range(count)]
        with pytest.raises(InvalidArgument, match="Span ID is required"):
            spans.batch_create_spans(records=[*there, span(trace_id, "")])
        assert spans.get_trace(trace_id=trace_id) is None
        spans.batch_create_spans(records=there)
        later = UpdateSpanRecord(name="later", output=text)
        updates = [
            SpanUpdate(trace_id=trace_id, span_id=f"{number}", updates=later)
            for number in range(count + 1)
        ]
        with pytest.raises(NotFound, match="Span not found for update"):
            spans.batch_update_spans(records=updates)
        assert {one.name for one in spans.get_structure(trace_id=trace_id).spans} == {"a span"}
        spans.batch_update_spans(records=updates[:-1])
        assert {one.name for one in spans.get_structure(trace_id=trace_id).spans} == {"later"}


def test_a_trace_is_listed_as_long_as_its_span_has_no_parent(spans: Any) -> None:
    spans.create_span(span=span("t", user_id="u", metadata=KEYS, input="Hello"))
    for parent, expected in [("p", []), (None, ["t"]), ("p", []), (None, ["t"])]:
        updates = UpdateSpanRecord(parent_span_id=parent)
        spans.update_span(trace_id="t", span_id="root", updates=updates)
        assert listed(spans, user_id="u", metadata=KEYS) == expected
    (found,) = spans.list_traces_light().spans
    assert (found.input_preview, found.metadata) == ("Hello", KEYS)


FILTERED = [
    span(
        "t0",
        started_at=after(0),
        tags=["a", "b"],
        metadata={**KEYS, "deep": {"x": [1, {"y": 2.0}]}, "none": None, "": "empty"},
        scope={"core": "1.0.0"},
        ended_at=after(10),
    ),
    span("t0", "child", parent_span_id="root", error={"message": "no"}, user_id="child"),
    span("t1", started_at=after(1), ended_at=None, tags=["a"], metadata={}, span_type="tool_call"),
    span("t2", started_at=after(2), ended_at=after(3), error={"message": "no"}, tags=[]),
    span("t3", started_at=after(3), ended_at=None, error="early", metadata={"deep": "x"}),
]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [0, 1, 2, 3]),
        ({"trace_id": "t2"}, [2]),
        ({"trace_id": "none"}, []),
        ({"span_type": "tool_call"}, [1]),
        ({"span_type": "agent_run"}, [0, 2, 3]),
        ({"status": "success"}, [0]),
        ({"status": "running"}, [1]),
        ({"status": "error"}, [2, 3]),
        ({"has_child_error": True}, [0, 2, 3]),
        ({"has_child_error": False}, [1]),
        ({"user_id": "child"}, []),
        ({"tags": []}, [0, 1, 2, 3]),
        ({"tags": None}, [0, 1, 2, 3]),
        ({"tags": ["a"]}, [0, 1]),
        ({"tags": ["b", "a"]}, [0]),
        ({"tags": ["A"]}, []),
        ({"metadata": {}}, [0, 1, 3]),
        ({"metadata": None}, [0, 1, 2, 3]),
        ({"metadata": {"$ref": "#", "clé": {"": [1, None]}}}, [0]),
        ({"metadata": {"deep": {"x": [1, {"y": 2}]}}}, [0]),
        ({"metadata": {"deep": {"x": [1]}}}, []),
        ({"metadata": {"deep": "x"}}, [3]),
        ({"metadata": {"a.b": True, "": "empty"}}, [0]),
        ({"metadata": {"__proto__": {"x": 1}}}, [0]),
        ({"metadata": {"none": None}}, [0]),
        ({"metadata": {"toString": None}}, []),
        ({"scope": {"core": "1.0.0"}}, [0]),
        ({"scope": {"core": 1}}, []),
        ({"started_at": SpanRange(start=after(1), end=after(2))}, [1, 2]),
        ({"started_at": SpanRange(start=after(1), start_exclusive=True)}, [2, 3]),
        ({"started_at": SpanRange(end=after(2), end_exclusive=True)}, [0, 1]),
        ({"started_at": SpanRange(start=after(2), end=after(1))}, []),
        ({"started_at": SpanRange()}, [0, 1, 2, 3]),
        ({"ended_at": SpanRange()}, [0, 2]),
        ({"ended_at": SpanRange(start=after(3), end=after(10))}, [0, 2]),
        ({"ended_at": SpanRange(start=after(3), start_exclusive=True)}, [0]),
        ({"ended_at": SpanRange(end=after(10), end_exclusive=True)}, [2]),
        ({"status": "error", "tags": ["a"]}, []),
        ({"has_child_error": True, "status": "success", "tags": ["b"]}, [0]),
    ],
)
def test_what_traces_are_found_by(spans: Any, filters: Any, expected: list[int]) -> None:
    spans.batch_create_spans(records=FILTERED)
    assert listed(spans, **filters) == [f"t{index}" for index in expected]
    for field in ("startedAt", "endedAt"):
        found = spans.list_traces(
            filters=TracesFilter(**filters), order_by=TracesOrder(field=field)
        )
        assert sorted(one.trace_id for one in found.spans) == [f"t{one}" for one in expected]


def test_text_is_compared_as_it_is(spans: Any) -> None:
    spans.batch_create_spans(
        records=[
            span("all", **dict.fromkeys(TEXTS, "é"), started_at=after(0)),
            span("none", started_at=after(1)),
        ]
    )
    for name in TEXTS:
        assert listed(spans, **{name: "é"}) == ["all"], name
        assert listed(spans, **{name: None}) == ["none"], name
        assert listed(spans, **{name: "e"}) == [], name
    assert listed(spans, **dict.fromkeys(TEXTS, "é")) == ["all"]


def test_the_status_follows_from_the_spans(spans: Any) -> None:
    def states() -> tuple[TraceStatus, list[str]]:
        (found,) = spans.list_traces().spans
        assert isinstance(found, TraceSpan)
        assert listed(spans, status=found.status) == ["t"]
        return found.status, listed(spans, has_child_error=True)

    spans.batch_create_spans(
        records=[
            span("t", "early", parent_span_id="root", error="no"),
            span("t", ended_at=None),
            span("t", "child", parent_span_id="root"),
        ]
    )
    steps: list[tuple[str, UpdateSpanRecord, TraceStatus, list[str]]] = [
        ("root", UpdateSpanRecord(name="b"), TraceStatus.RUNNING, ["t"]),
        ("early", UpdateSpanRecord(error=None), TraceStatus.RUNNING, []),
        ("root", UpdateSpanRecord(ended_at=after(1)), TraceStatus.SUCCESS, []),
        ("child", UpdateSpanRecord(error={}), TraceStatus.SUCCESS, ["t"]),
        ("root", UpdateSpanRecord(error="no"), TraceStatus.ERROR, ["t"]),
        ("child", UpdateSpanRecord(error=None), TraceStatus.ERROR, ["t"]),
        ("root", UpdateSpanRecord(error=None, ended_at=None), TraceStatus.RUNNING, []),
    ]
    for span_id, updates, status, failed in steps:
        spans.update_span(trace_id="t", span_id=span_id, updates=updates)
        assert states() == (status, failed)


@pytest.mark.parametrize(
    ("field", "direction", "expected"),
    [
        (MISSING, MISSING, "running second first"),
        ("startedAt", "DESC", "running second first"),
        ("startedAt", "ASC", "first second running"),
        ("endedAt", MISSING, "running second first"),
        ("endedAt", "DESC", "running second first"),
        ("endedAt", "ASC", "first second running"),
        (MISSING, "ASC", "first second running"),
    ],
)
def test_traces_are_in_order(spans: Any, field: Any, direction: Any, expected: str) -> None:
    spans.batch_create_spans(
        records=[
            span("running", started_at=after(9), ended_at=None),
            span("first", started_at=after(0), ended_at=after(1)),
            span("second", started_at=after(2), ended_at=after(3)),
        ]
    )
    found = spans.list_traces(order_by=TracesOrder(field=field, direction=direction))
    assert [one.trace_id for one in found.spans] == expected.split()


def test_lists_have_pages(spans: Any) -> None:
    assert spans.list_traces().pagination.model_dump() == {
        "total": 0,
        "page": 0,
        "per_page": 10,
        "has_more": False,
    }
    spans.batch_create_spans(records=[span(f"t{n:02}", started_at=after(n)) for n in range(25)])
    for page, per_page, count, has_more in [
        (0, 10, 10, True),
        (2, 10, 5, False),
        (3, 10, 0, False),
        (1, 5, 5, True),
        (4, 5, 5, False),
        (0, 100, 25, False),
        (10**12, 100, 0, False),
    ]:
        given = TracesPage(page=page, per_page=per_page)
        for read in (spans.list_traces, spans.list_traces_light):
            found = read(pagination=given, order_by=TracesOrder(direction="ASC"))
            first = page * per_page
            assert [one.trace_id for one in found.spans] == [
                f"t{n:02}" for n in range(first, first + count)
            ]
            assert (found.pagination.total, found.pagination.has_more) == (25, has_more)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"pagination": TracesPage(page=-1)}, "page must be >= 0"),
        ({"pagination": TracesPage(per_page=-1)}, "perPage must be >= 0"),
        ({"pagination": TracesPage(per_page=0)}, "perPage must be >= 1"),
        ({"pagination": TracesPage(per_page=101)}, "perPage must be <= 100"),
        ({"pagination": TracesPage(page=2**53)}, "page value too large"),
        ({"mode": "delta"}, "mode 'delta' is not supported"),
        ({"after": "x"}, "after is only allowed in delta mode"),
        ({"limit": 1}, "limit is only allowed in delta mode"),
    ],
)
def test_lists_refuse(spans: Any, given: Any, message: str) -> None:
    for read in (spans.list_traces, spans.list_traces_light):
        with pytest.raises(InvalidArgument, match=message):
            read(**given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, None),
        ("Hello", "Hello"),
        ("   ", None),
        ("x" * 101, "x" * 100 + "…"),
        ("x" * 99 + "😀", "x" * 99 + "…"),
        ({"a": 1}, '{"a":1}'),
        ("{broken", None),
        ('"quoted"', "quoted"),
        ({"messages": [{"role": "user", "content": "Hi"}]}, "Hi"),
        (
            [
                {"role": "system", "content": "no"},
                {"role": "user", "content": [{"type": "text", "text": "a"}, "b", {"type": "x"}]},
                {"role": "user", "content": "c"},
            ],
            "a b | c",
        ),
        ({"$key": {"messages": None}}, '{"$key":{"messages":null}}'),
    ],
)
def test_light_lists_preview_the_input(spans: Any, given: Any, expected: str | None) -> None:
    spans.create_span(span=span("t", input="other", metadata={"a": 1}, output="heavy"))
    spans.update_span(trace_id="t", span_id="root", updates=UpdateSpanRecord(input=given))
    (found,) = spans.list_traces_light().spans
    assert (found.input_preview, found.metadata) == (expected, {"a": 1})
    assert found.status is TraceStatus.SUCCESS
    assert set(type(found).model_fields).isdisjoint({"input", "output", "attributes", "tags"})


def test_deletions_take_the_whole_trace(spans: Any) -> None:
    spans.batch_create_spans(
        records=[
            span(trace_id, span_id, parent_span_id=parent)
            for trace_id in ("a", "b", "c")
            for span_id, parent in [("root", None), ("child", "root")]
        ]
    )
    spans.batch_delete_traces(trace_ids=["a", "c", "none"])
    assert [spans.get_trace(trace_id=one) is None for one in "abc"] == [True, False, True]
    assert listed(spans) == ["b"]
    with pytest.raises(InvalidArgument, match="at most 1000"):
        spans.batch_delete_traces(trace_ids=["b"] * 1001)
    assert listed(spans) == ["b"]


@pytest.mark.parametrize(
    ("tenant", "left"),
    [
        ({}, ""),
        ({"organization_id": "o"}, "other mixed nobody"),
        ({"resource_id": "r"}, "other nobody"),
        ({"organization_id": "o", "resource_id": "r"}, "other mixed nobody"),
        ({"organization_id": "o", "resource_id": "s"}, "mine other mixed nobody"),
        ({"organization_id": "none"}, "mine other mixed nobody"),
    ],
)
def test_deletions_keep_to_a_tenant(spans: Any, tenant: Any, left: str) -> None:
    def trace(trace_id: str, organization_id: str | None, resource_id: str | None) -> Any:
        return [
            span(trace_id, organization_id=organization_id, resource_id=resource_id),
            # What says no tenant is of that of its trace.
            span(trace_id, "child", parent_span_id="root"),
        ]

    spans.batch_create_spans(
        records=[
            *trace("mine", "o", "r"),
            *trace("other", "p", "s"),
            *trace("mixed", "p", "r"),
            *trace("nobody", None, None),
        ]
    )
    traces = ["mine", "other", "mixed", "nobody"]
    spans.batch_delete_traces(trace_ids=traces, **tenant)
    found = [(one, spans.get_trace(trace_id=one)) for one in traces]
    assert [one for one, trace in found if trace is not None] == left.split()
    assert all(len(trace.spans) == 2 for _, trace in found if trace is not None)
    assert sorted(listed(spans)) == sorted(left.split())


def test_deletions_leave_the_spans_of_others_in_a_trace(spans: Any) -> None:
    spans.batch_create_spans(
        records=[
            span("t", organization_id="o"),
            span("t", "mine", parent_span_id="root"),
            span("t", "other", parent_span_id="root", organization_id="p"),
            span("u", organization_id="p"),
            span("u", "mine", parent_span_id="root", organization_id="o", error="no"),
        ]
    )
    assert listed(spans, has_child_error=True) == ["u"]
    spans.batch_delete_traces(trace_ids=["t"], organization_id="o")
    assert [one.span_id for one in spans.get_trace(trace_id="t").spans] == ["other"]
    spans.batch_delete_traces(trace_ids=["u"], organization_id="o")
    assert [one.span_id for one in spans.get_trace(trace_id="u").spans] == ["root"]
    assert listed(spans, has_child_error=False) == ["u"]


def test_large_values_come_back_whole(spans: Any) -> None:
    text = "😀" * 700_000
    spans.batch_create_spans(
        records=[
            span("t", f"s{n}", parent_span_id="s0" if n else None, input={"$": text}, output=text)
            for n in range(4)
        ]
    )
    spans.create_span(span=span("heavy", metadata={"a": text, "b": 1}, error=[text]))
    trace = spans.get_trace(trace_id="t")
    assert [one.span_id for one in trace.spans] == ["s0", "s1", "s2", "s3"]
    assert all(one.input == {"$": text} and one.output == text for one in trace.spans)
    spans_of = spans.get_spans(trace_id="t", span_ids=["s3", "s2", "s1"]).spans
    assert [one.span_id for one in spans_of] == ["s3", "s2", "s1"]
    assert sorted(listed(spans)) == ["heavy", "t"]
    assert listed(spans, metadata={"b": 1, "a": text}) == ["heavy"]
    light = spans.list_traces_light(filters=TracesFilter(trace_id="t")).spans
    assert light[0].input_preview.startswith('{"$":"😀')
    assert [one.error for one in spans.get_structure(trace_id="heavy").spans] == [[text]]
    spans.update_span(trace_id="t", span_id="s0", updates=UpdateSpanRecord(input="small"))
    assert (get(spans, "t", "s0").input, get(spans, "t", "s0").output) == ("small", text)
    spans.batch_delete_traces(trace_ids=["t", "heavy"])
    assert listed(spans) == []


def test_more_than_one_call_takes(store: MastraStore) -> None:
    spans = store.observability
    spans.dangerously_clear_all()
    count = 4_100
    spans.batch_create_spans(
        records=[
            span(f"t{n}", started_at=after(n), user_id=f"u{n % 3}", metadata={"even": n % 2 == 0})
            for n in range(count)
        ]
    )
    found = spans.list_traces(
        pagination=TracesPage(page=409, per_page=10), order_by=TracesOrder(direction="ASC")
    )
    assert (found.pagination.total, found.pagination.has_more) == (count, False)
    assert [one.trace_id for one in found.spans] == [f"t{n}" for n in range(count - 10, count)]
    even = spans.list_traces(
        filters=TracesFilter(user_id="u0", metadata={"even": True}), pagination=TracesPage(page=1)
    )
    expected = [n for n in range(count - 1, -1, -1) if n % 6 == 0]
    assert even.pagination.total == len(expected)
    assert [one.trace_id for one in even.spans] == [f"t{n}" for n in expected[10:20]]
    spans.batch_create_spans(
        records=[span("t0", f"s{n}", parent_span_id="root") for n in range(900)]
    )
    trace = spans.get_trace(trace_id="t0")
    assert trace is not None
    assert len(trace.spans) == 901
    assert len(spans.get_spans(trace_id="t0", span_ids=[f"s{n}" for n in range(900)]).spans) == 900
    spans.batch_delete_traces(trace_ids=["t0", "t1"])
    assert spans.get_trace(trace_id="t0") is None
    assert spans.list_traces().pagination.total == count - 2
    spans.dangerously_clear_all()
    assert spans.list_traces().pagination.total == 0


def test_what_is_seen_of_large_spans_is_read_in_parts(spans: Any) -> None:
    """Structures and light lists have what spans hold of errors and metadata, as large as it is."""
    text = "x" * 1_500_000
    ids = [f"t{number:02}" for number in range(12)]
    for trace_id in ids:
        metadata = {"text": text[: 800_000 if trace_id < "t06" else 1_500_000]}
        spans.create_span(span=span(trace_id, error=text, metadata=metadata))
        spans.create_span(span=span("t", trace_id, error=text, parent_span_id="none"))
    structure = spans.get_structure(trace_id="t").spans
    assert [one.span_id for one in structure] == ids
    assert all(one.error == text for one in structure)
    found = spans.list_traces_light(pagination=TracesPage(per_page=100))
    assert sorted(one.trace_id for one in found.spans) == ids
    assert all(one.error == text for one in found.spans)
    assert all(str(one.metadata["text"]) in text for one in found.spans)


def test_many_large_spans_are_written_in_parts(spans: Any) -> None:
    records = [span("t", f"s{n}", input="x" * 700_000, parent_span_id="p") for n in range(20)]
    spans.batch_create_spans(records=records)
    spans.batch_update_spans(
        records=[
            SpanUpdate(trace_id="t", span_id=f"s{n}", updates=UpdateSpanRecord(output=n))
            for n in range(20)
        ]
    )
    spans.batch_create_spans(records=[span("t", f"s{n}") for n in range(0, 20, 2)])
    trace = spans.get_trace(trace_id="t")
    assert sorted((one.output, one.input is None) for one in trace.spans if one.output) == [
        (n, False) for n in range(1, 20, 2)
    ]
    assert len(trace.spans) == 20


def test_traces_of_older_stores_are_left_alone(store: MastraStore) -> None:
    spans = store.observability
    store.traces.save(Trace(trace_id="old", span_id="s", name="a", started_at=START))
    assert spans.get_trace(trace_id="old") is None
    assert spans.get_span(trace_id="old", span_id="s") is None
    assert spans.get_root_span(trace_id="old") is None
    assert "old" not in listed(spans)
    with pytest.raises(NotFound, match="Trace not found"):
        spans.update_span(trace_id="old", span_id="s", updates=UpdateSpanRecord(name="b"))
    spans.batch_delete_traces(trace_ids=["old"])
    spans.dangerously_clear_all()
    assert store.traces.get("old", "s") is not None
    store.traces.clear()


def test_a_span_deleted_otherwise_is_listed_no_more(store: MastraStore) -> None:
    spans = store.observability
    spans.create_span(span=span("t"))
    store.traces.delete("t", "root")
    assert listed(spans) == []


def test_writers_at_once_lose_nothing(store: MastraStore) -> None:
    spans = store.observability
    spans.create_span(span=span("t", ended_at=None))

    def write(index: int) -> None:
        name = TEXTS[index % len(TEXTS)]
        changed: dict[str, Any] = {name: f"{name} {index}"}
        spans.update_span(trace_id="t", span_id="root", updates=UpdateSpanRecord(**changed))
        spans.create_span(
            span=span("t", f"s{index}", parent_span_id="root", error="no" if index == 7 else None)
        )

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(write, range(len(TEXTS))))
    record = get(spans, "t")
    assert [getattr(record, name) for name in TEXTS] == [
        f"{name} {index}" for index, name in enumerate(TEXTS)
    ]
    found = {name: f"{name} {index}" for index, name in enumerate(TEXTS)}
    assert listed(spans, has_child_error=True, **found) == ["t"]
    trace = spans.get_trace(trace_id="t")
    assert trace is not None
    assert len(trace.spans) == len(TEXTS) + 1


def test_models_have_the_names_of_mastra() -> None:
    created = TypeAdapter(list[CreateSpanRecord]).validate_json(
        '[{"traceId": "t", "spanId": "s", "name": "n", "spanType": "agent_run", "isEvent": false,'
        ' "startedAt": "2024-01-01T00:00:00.125Z", "parentSpanId": null, "input": {"$": 1}}]',
        by_alias=True,
        by_name=False,
    )
    assert created[0].started_at == after(0.125)
    dumped = TypeAdapter(TracesFilter).dump_python(
        TracesFilter(user_id="u", started_at=SpanRange(start=START)), by_alias=True
    )
    assert dumped == {"userId": "u", "startedAt": {"start": START}}
