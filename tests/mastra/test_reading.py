"""What methods of Mastra's stores take for lists and objects, where they look at it themselves."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import cycle
from typing import Any, get_type_hints

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import (
    InvalidArgument,
    LimitExceeded,
    NotFound,
    StoragePagination,
    TracesPage,
)
from mastra_convex.mastra import AsyncMastraStore, MastraStore
from project import ROOT

NOW = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)

MESSAGE = {
    "id": "m",
    "threadId": "t",
    "resourceId": "r",
    "role": "user",
    "content": {"format": 2, "parts": [{"type": "text", "text": "Hello"}]},
    "createdAt": NOW,
}
SPAN = {
    "traceId": "trace",
    "spanId": "span",
    "name": "s",
    "spanType": "agent_run",
    "isEvent": False,
    "startedAt": NOW,
}
UPDATE = {"traceId": "trace", "spanId": "span", "updates": {"name": "changed"}}
UPDATE_OF_SPAN = {"trace_id": "trace", "span_id": "span"}
PAGE = {"page": 0, "perPage": 10}


def store(kind: str, backend: EmbeddedBackend) -> Any:
    return {"sync": MastraStore, "async": AsyncMastraStore}[kind](
        backend.url, deploy_key=backend.admin_key
    )


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest, backend: EmbeddedBackend) -> Iterator[Callable[..., Any]]:
    """Calls a method by its name, such as `memory.save_messages`, in either store."""
    with asyncio.Runner() as runner:
        opened = store(request.param, backend)

        def called(name: str, *values: object, **named: object) -> Any:
            method = opened
            for part in name.split("."):
                method = getattr(method, part)
            found = method(*values, **named)
            return runner.run(found) if inspect.iscoroutine(found) else found

        yield called
        closed = opened.close()
        if inspect.iscoroutine(closed):
            runner.run(closed)


def in_turns(names: Iterable[str]) -> pytest.MarkDecorator:
    """Each with one of the stores: what is written is the same, and many mebibytes."""
    pairs = list(zip(names, cycle(["sync", "async"]), strict=False))
    return pytest.mark.parametrize(("name", "call"), pairs, indirect=["call"])


LISTS: dict[str, tuple[str, object, dict[str, object]]] = {
    "memory.save_messages": ("messages", MESSAGE, {}),
    "memory.store_messages": ("messages", MESSAGE, {}),
    "memory.update_messages": ("messages", {"id": "m", "content": {"metadata": {"a": 1}}}, {}),
    "memory.list_messages_by_id": ("message_ids", "m", {}),
    "memory.list_messages": ("include", {"id": "m"}, {"thread_id": "t", "per_page": 0}),
    "memory.list_messages_by_resource_id": (
        "include",
        {"id": "m"},
        {"resource_id": "r", "per_page": 0},
    ),
    "observability.batch_create_spans": ("records", SPAN, {}),
    "observability.batch_update_spans": ("records", UPDATE, {}),
    "observability.get_spans": ("span_ids", "span", {"trace_id": "trace"}),
    "observability.batch_delete_traces": ("trace_ids", "trace", {}),
    "save_messages": ("messages", MESSAGE, {"format": "v2"}),
    "update_messages": ("messages", {"id": "m", "content": {"metadata": {"a": 1}}}, {}),
    "batch_insert": (
        "records",
        {"id": "t", "resourceId": "r", "title": "T", "createdAt": NOW, "updatedAt": NOW},
        {"table_name": "mastra_threads"},
    ),
}
"""Methods that take a list: its parameter, an item, and what else they are given."""


def seen(call: Callable[..., Any]) -> tuple[object, ...]:
    """What there is of all that these methods write."""
    message = call("memory.list_messages_by_id", message_ids=["m"]).messages
    span = call("observability.get_span", trace_id="trace", span_id="span")
    name = span.span.name if span is not None else None
    thread = call("memory.get_thread_by_id", thread_id="t") is not None
    return ([one.content for one in message], name, thread)


def prepare(call: Callable[..., Any], name: str) -> None:
    """What a method finds: a message and a span, but for one that saves them."""
    call("memory.dangerously_clear_all")
    call("observability.dangerously_clear_all")
    if not name.endswith(("save_messages", "store_messages")):
        call("memory.save_messages", messages=[MESSAGE])
    if name != "observability.batch_create_spans":
        call("observability.batch_create_spans", records=[SPAN])


@pytest.mark.parametrize("name", LISTS)
def test_what_is_iterated_once_is_as_good_as_a_list(name: str, call: Callable[..., Any]) -> None:
    parameter, item, others = LISTS[name]
    results = []
    for given in ([item], (one for one in [item])):
        prepare(call, name)
        before = seen(call)
        answer = call(name, **{parameter: given}, **others)
        found = getattr(answer, "messages", getattr(answer, "spans", None))
        results.append((found and len(found), before, seen(call)))
    assert results[0] == results[1]
    assert results[0][0] or results[0][1] != results[0][2], "it does nothing"


@pytest.mark.parametrize("name", [*LISTS, "memory.delete_messages"])
def test_what_an_iteration_raises_is_raised(name: str, call: Callable[..., Any]) -> None:
    prepare(call, name)
    before = seen(call)
    parameter, item, others = LISTS.get(name, ("", "m", {}))

    def items() -> Iterator[object]:
        yield item
        raise ZeroDivisionError("of the caller")

    values, named = ([], {parameter: items()}) if parameter else ([items()], {})
    with pytest.raises(ZeroDivisionError, match="of the caller"):
        call(name, *values, **named, **others)
    assert seen(call) == before


def test_ids_that_are_iterated_once_are_deleted(call: Callable[..., Any]) -> None:
    prepare(call, "memory.delete_messages")
    call("memory.delete_messages", (one for one in ["m"]))
    assert call("memory.list_messages_by_id", message_ids=["m"]).messages == []


@pytest.mark.parametrize("name", [*LISTS, "memory.delete_messages"])
def test_what_is_no_list_is_refused_and_changes_nothing(
    name: str, call: Callable[..., Any]
) -> None:
    prepare(call, name)
    before = seen(call)
    for given in ("m", None, 5, {"m": 1}):
        if name == "memory.delete_messages":
            values, named = [given], {}
        else:
            parameter, _, others = LISTS[name]
            values, named = [], {parameter: given, **others}
        with pytest.raises(InvalidArgument):
            call(name, *values, **named)
    assert seen(call) == before


@pytest.mark.parametrize(
    "name",
    ["memory.list_threads", "memory.list_messages", "memory.list_messages_by_resource_id"],
)
def test_numbers_of_pages_are_numbers(name: str, call: Callable[..., Any]) -> None:
    others = {
        "memory.list_threads": {},
        "memory.list_messages": {"thread_id": "t"},
        "memory.list_messages_by_resource_id": {"resource_id": "r"},
    }[name]
    for parameter in ("page", "per_page"):
        for given in ("3", None, True, 1.5, float("inf")):
            with pytest.raises(InvalidArgument, match=f"^{parameter}"):
                call(name, **{parameter: given}, **others)


SCORES = {
    "list_scores_by_scorer_id": {"scorer_id": "s"},
    "list_scores_by_run_id": {"run_id": "s"},
    "list_scores_by_entity_id": {"entity_id": "e", "entity_type": "AGENT"},
    "list_scores_by_span": {"trace_id": "t", "span_id": "p"},
}


def test_objects_are_read_by_the_names_of_their_json(call: Callable[..., Any]) -> None:
    prepare(call, "memory.list_messages")
    found = call(
        "memory.list_messages",
        thread_id=(one for one in ["t", "u"]),
        order_by={"field": "createdAt", "direction": "DESC"},
        filter={"dateRange": {"start": NOW}},
        include=[{"id": "m", "withPreviousMessages": 1}],
    )
    assert [one.id for one in found.messages] == ["m"]
    select = {"last": 1, "include": [{"id": "m"}]}
    assert len(call("get_messages", thread_id="t", select_by=select)) == 1
    assert call("get_messages_paginated", thread_id="t", select_by=select).total == 1
    assert call("get_evals", date_range={"start": NOW}).total == 0
    assert call("get_traces_paginated", date_range={"start": NOW}).total == 0
    for name, others in SCORES.items():
        filters = {"organizationId": "o"}
        assert call(f"scores.{name}", pagination=PAGE, filters=filters, **others).scores == []
        with pytest.raises(InvalidArgument, match=r"^pagination"):
            call(f"scores.{name}", pagination={"page": "0", "perPage": 10}, **others)


def test_methods_that_read_what_they_are_given_are_seen_as_they_are_written() -> None:
    for owner in (MastraStore, AsyncMastraStore):
        method = get_type_hints(owner.memory.func)["return"].save_messages  # type: ignore[attr-defined]
        assert list(inspect.signature(method).parameters) == ["self", "messages"]
        assert inspect.iscoroutinefunction(method) is (owner is AsyncMastraStore)
        assert method.__doc__.startswith("Inserts messages")


LONE = "\ud800"
LONG = "x" * (2**20 + 1)
HALF = "x" * (6 * 10**5)
"""Text of which a document holds one, and not two."""
LARGE = "x" * (17 * 10**6)
ALMOST = "x" * 16_740_000
"""What is sent, but that no transaction writes, which takes 16 MiB in all."""
LIST = ["a"] * 8193

ROW = {"thread_id": "t", "resourceId": "r", "role": "user", "content": "", "createdAt": NOW}
STEPS: dict[str, Any] = {"context": {f"step{number}": {} for number in range(1801)}}

MANY: dict[str, tuple[str, int, Callable[[str], object], list[object]]] = {
    "memory.save_messages": (
        "messages",
        260,
        lambda name: MESSAGE | {"id": name},
        [
            MESSAGE | {"type": LONE},
            MESSAGE | {"type": LONG},
            MESSAGE | {"type": HALF, "resourceId": HALF},
            MESSAGE | {"content": {"format": 2, "parts": [], "content": ALMOST}},
        ],
    ),
    "memory.update_messages": (
        "messages",
        260,
        lambda name: {"id": name, "type": "changed"},
        [
            {"id": "m", "type": LONE},
            {"id": "m", "type": LONG},
            {"id": "m", "type": HALF, "resourceId": HALF},
            {"id": "half", "resourceId": HALF},
            {"id": "m", "content": {"content": ALMOST}},
            {"id": "large", "content": {"content": "a"}},
        ],
    ),
    "memory.delete_messages": ("message_ids", 260, lambda name: name, [LONE, None]),
    "delete_messages": ("message_ids", 260, lambda name: name, [LONE, None]),
    "save_messages": (
        "messages",
        40,
        lambda name: MESSAGE | {"id": name, "content": {"format": 2, "parts": [], "content": HALF}},
        [MESSAGE | {"type": LONG}, MESSAGE | {"type": HALF, "resourceId": HALF}],
    ),
    "update_messages": (
        "messages",
        40,
        lambda name: {"id": name, "content": {"content": HALF}},
        [
            {"id": "m", "type": HALF, "resourceId": HALF},
            {"id": "half", "resourceId": HALF},
            {"id": "large", "content": {"content": "a"}},
        ],
    ),
    "batch_insert mastra_messages": (
        "records",
        40,
        lambda name: ROW | {"id": name, "content": HALF},
        [
            ROW | {"id": "m", "role": "nobody"},
            ROW | {"id": "m", "type": LONG},
            ROW | {"id": "m", "type": HALF, "resourceId": HALF},
        ],
    ),
    "batch_insert mastra_workflow_snapshot": (
        "records",
        40,
        lambda name: {"workflow_name": "w", "run_id": name, "snapshot": {"value": HALF}},
        [
            {"workflow_name": "w", "run_id": "m", "snapshot": STEPS},
            {"workflow_name": "w", "run_id": "m"},
        ],
    ),
    "observability.batch_create_spans": (
        "records",
        260,
        lambda name: SPAN | {"spanId": name},
        [
            SPAN | {"spanId": LONE},
            SPAN | {"tags": ["a", LONE]},
            SPAN | {"tags": LIST},
            SPAN | {"tags": [HALF, HALF]},
            SPAN | {"name": LONG},
            SPAN | {"name": HALF, "entityName": HALF},
            SPAN | {"input": LARGE},
            SPAN | {"input": ALMOST},
            SPAN | {"metadata": {"a": ALMOST[:9_000_000]}},
        ],
    ),
    "observability.batch_update_spans": (
        "records",
        260,
        lambda name: UPDATE | {"spanId": name},
        [
            UPDATE | {"updates": {"name": LONE}},
            UPDATE | {"updates": {"name": LONG}},
            UPDATE | {"updates": {"tags": LIST}},
            UPDATE | {"updates": {"name": HALF, "entityName": HALF}},
            UPDATE | {"spanId": "half", "updates": {"entityName": HALF}},
            UPDATE | {"spanId": "large", "updates": {"output": ALMOST[:9_000_000]}},
            UPDATE | {"updates": {"metadata": {"a": ALMOST[:9_000_000]}}},
        ],
    ),
}
"""Methods that write in several transactions: of what they are given so many, what is refused."""


def written(call: Callable[..., Any]) -> tuple[object, ...]:
    ids = [*(f"m{number}" for number in range(260)), "m", "half"]
    messages = call("memory.list_messages_by_id", message_ids=ids).messages
    trace = call("observability.get_structure", trace_id="trace")
    spans = trace.spans if trace is not None else []
    runs = call("workflows.list_workflow_runs", workflow_name="w")
    return (
        [(one.id, one.type, len(str(one.content))) for one in messages],
        [(one.span_id, one.name) for one in spans],
        runs.total,
    )


def store_many(call: Callable[..., Any], name: str, several: int) -> None:
    """What a method changes or deletes, one of which is half full, and one large."""
    if name.endswith(("update_messages", "delete_messages")):
        messages = [MESSAGE | {"id": f"m{number}"} for number in range(several)]
        half = MESSAGE | {"id": "half", "type": HALF}
        call("memory.save_messages", messages=[*messages, half])
        content = {"format": 2, "parts": [], "content": ALMOST[:9_000_000]}
        call("memory.save_messages", messages=[MESSAGE | {"id": "large", "content": content}])
    if name == "observability.batch_update_spans":
        spans = [SPAN | {"spanId": f"m{number}"} for number in range(several)]
        spans += [SPAN | {"spanId": "half", "name": HALF}]
        spans += [SPAN | {"spanId": "large", "input": ALMOST[:9_000_000]}]
        call("observability.batch_create_spans", records=spans)


@in_turns(MANY)
def test_of_many_what_is_refused_is_found_before_any_is_written(
    name: str, call: Callable[..., Any]
) -> None:
    parameter, several, make, refused = MANY[name]
    prepare(call, name)
    call("workflows.dangerously_clear_all")
    store_many(call, name, several)
    before = written(call)
    method, *table = name.split(" ")
    for wrong in refused:
        given = [*(make(f"m{number}") for number in range(several)), wrong]
        is_positional = name.endswith("delete_messages")
        values, named = ([given], {}) if is_positional else ([], {parameter: given})
        with pytest.raises((InvalidArgument, LimitExceeded)) as refusal:
            call(method, *values, **named, **({"table_name": table[0]} if table else {}))
        assert "Server Error" not in str(refusal.value)
        assert written(call) == before


NINE = ALMOST[:9_000_000]
TWICE: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {
    "memory.update_messages": [
        ({"id": "m", "type": HALF}, {"id": "m", "resourceId": HALF}),
        ({"id": "m", "content": {"a": NINE}}, {"id": "m", "content": {"b": NINE}}),
    ],
    "update_messages": [
        ({"id": "m", "type": HALF}, {"id": "m", "resourceId": HALF}),
        ({"id": "m", "content": {"a": NINE}}, {"id": "m", "content": {"b": NINE}}),
    ],
    "observability.batch_update_spans": [
        (UPDATE | {"updates": one}, UPDATE | {"updates": other})
        for one, other in (
            ({"name": HALF}, {"entityName": HALF}),
            ({"input": NINE}, {"output": NINE}),
            ({"parentSpanId": None}, {"metadata": {"a": NINE}}),
        )
    ],
}
"""Two changes of one document, which takes each of them, and not both."""


@in_turns(TWICE)
def test_what_is_changed_twice_is_looked_at_as_it_becomes(
    name: str, call: Callable[..., Any]
) -> None:
    parameter, several, make, _ = MANY[name]
    prepare(call, name)
    store_many(call, name, several)
    before = written(call)
    for first, second in TWICE[name]:
        others = [make(f"m{number}") for number in range(several)]
        for given in ([first, *others, second], [first, second]):
            with pytest.raises(LimitExceeded) as refusal:
                call(name, **{parameter: given})
            assert "Server Error" not in str(refusal.value)
            assert written(call) == before


@pytest.mark.parametrize("name", ["memory.update_messages", "update_messages"])
def test_what_is_changed_several_times_has_all_changes(name: str, call: Callable[..., Any]) -> None:
    _, several, make, _ = MANY[name]
    prepare(call, name)
    store_many(call, name, several)
    changes = [
        {"id": "m", "content": {"metadata": {"a": 1, "b": 1}, "x": 1}},
        {"id": "m", "type": HALF},
        {"id": "m", "type": "v2", "content": {"metadata": {"b": 2}, "x": 2}},
    ]
    found = call(name, messages=[*changes, *(make(f"m{number}") for number in range(several))])
    assert len(found) == several + 1
    (message,) = call("memory.list_messages_by_id", message_ids=["m"]).messages
    assert message.type == "v2"
    assert message.content["metadata"] == {"a": 1, "b": 2}
    assert (message.content["x"], message.content["parts"]) == (2, MESSAGE["content"]["parts"])


ONE_OF_TWO: dict[str, dict[str, Any]] = {
    "batch_insert": {
        "table_name": "mastra_messages",
        "records": [
            {"id": name, "thread_id": "t", "role": "user", "content": "", "type": type_}
            for name, type_ in (("a", "v2"), ("b", LONG))
        ],
    },
    "save_messages": {"messages": [MESSAGE | {"id": "a"}, MESSAGE | {"type": LONG}]},
}
"""What one transaction takes, but for one item that no document holds."""


@pytest.mark.parametrize("name", ONE_OF_TWO)
def test_where_one_is_too_large_for_a_document_none_is_written(
    name: str, call: Callable[..., Any]
) -> None:
    call("memory.dangerously_clear_all")
    call("observability.dangerously_clear_all")
    with pytest.raises(LimitExceeded):
        call(name, **ONE_OF_TWO[name])
    assert written(call)[:2] == ([], [])


def test_a_message_that_is_too_large_to_change_leaves_the_others(call: Callable[..., Any]) -> None:
    prepare(call, "memory.update_messages")
    store_many(call, "memory.update_messages", 2)
    before = written(call)
    for name in ("memory.update_messages", "update_messages"):
        changes = [{"id": one, "content": {"content": "changed"}} for one in ("m0", "large", "m1")]
        with pytest.raises(LimitExceeded, match=r"`content` takes 8\.58 MiB"):
            call(name, messages=changes)
        assert written(call) == before


ONE_TOO_LONG: dict[str, tuple[list[object], dict[str, Any]]] = {
    "observability.create_span": ([], {"span": SPAN | {"tags": LIST}}),
    "observability.update_span": ([], UPDATE_OF_SPAN | {"updates": {"tags": LIST}}),
    "observability.get_spans": ([], {"trace_id": "trace", "span_ids": LIST}),
    "observability.batch_delete_traces": ([], {"trace_ids": LIST}),
    "observability.list_traces": ([], {"filters": {"tags": LIST}}),
    "memory.list_messages": ([], {"thread_id": LIST}),
    "save_messages": ([], {"messages": [MESSAGE | {"toolCallIds": LIST}]}),
}


@pytest.mark.parametrize("name", ONE_TOO_LONG)
def test_a_list_of_more_than_convex_takes_is_told_as_in_batches(
    name: str, call: Callable[..., Any]
) -> None:
    values, named = ONE_TOO_LONG[name]
    with pytest.raises(LimitExceeded, match="has 8193 elements, and Convex takes 8192"):
        call(name, *values, **named)


def stored_as_text(call: Callable[..., Any], text: str) -> None:
    """A message as older stores have it: its content is no JSON object."""
    call("memory.dangerously_clear_all")
    row = ROW | {"id": "m", "content": text, "createdAt": NOW}
    call("insert", table_name="mastra_messages", record=row)


def test_a_message_of_text_alone_keeps_it_where_it_is_changed(call: Callable[..., Any]) -> None:
    content = {"format": 2, "content": "Hello", "parts": [{"type": "text", "text": "Hello"}]}
    stored_as_text(call, "Hello")
    [found] = call("memory.list_messages_by_id", message_ids=["m"]).messages
    assert found.content == content
    change = {"id": "m", "content": {"metadata": {"a": 1}}}
    for _ in range(2):
        [changed] = call("memory.update_messages", messages=[change])
        assert changed.content == content | {"metadata": {"a": 1}}
    [found] = call("memory.list_messages_by_id", message_ids=["m"]).messages
    assert found.content == content | {"metadata": {"a": 1}}


def test_text_alone_that_no_call_gives_twice_is_a_part(call: Callable[..., Any]) -> None:
    text = "x" * (9 * 2**20)
    stored_as_text(call, text)
    part = {"type": "text", "text": text}
    [by_id] = call("memory.list_messages_by_id", message_ids=["m"]).messages
    [listed] = call("memory.list_messages", thread_id="t").messages
    for one in (by_id, listed):
        assert one.content == {"format": 2, "parts": [part]}
    [new] = call("get_messages", thread_id="t", format="v2")
    assert new.content == {"format": 2, "parts": [{"type": "step-start"}, part]}
    [old] = call("get_messages", thread_id="t", format="v1")
    assert old.content == text


CYCLE: list[Any] = []
CYCLE += [CYCLE, CYCLE]
RUN = {"workflow_name": "w", "run_id": "run"}
SCORE = {
    "scorerId": "s",
    "entityId": "e",
    "runId": "r",
    "output": {},
    "score": 1,
    "scorer": {},
    "entity": {},
    "source": "LIVE",
}
MEMORY = {
    "id": "om",
    "scope": "thread",
    "threadId": "t",
    "resourceId": "r",
    "createdAt": NOW,
    "updatedAt": NOW,
    "originType": "initial",
    "generationCount": 0,
    "activeObservations": "",
    "totalTokensObserved": 0,
    "observationTokenCount": 0,
    "pendingMessageTokens": 0,
    "isReflecting": False,
    "isObserving": False,
    "isBufferingObservation": False,
    "isBufferingReflection": False,
    "lastBufferedAtTokens": 0,
    "lastBufferedAtTime": None,
    "config": {},
}
CHUNK = {
    "cycleId": "c",
    "observations": "o",
    "tokenCount": 1,
    "messageIds": ["m"],
    "messageTokens": 1,
    "lastObservedAt": NOW,
}
SWAP = {
    "id": "om",
    "activation_ratio": 1,
    "message_tokens_threshold": 1,
    "current_pending_tokens": 1,
}


class NoOffset(tzinfo):
    """A time zone of which nobody knows anything."""

    def utcoffset(self, dt: datetime | None) -> None:
        return None


FAR = {"page": 2**70, "per_page": 1}
HALF_PAGE = {"page": 0.5, "perPage": 1}
NAIVE = datetime(2026, 5, 1)
ALSO_REFUSED: list[tuple[str, list[object], dict[str, Any], str]] = [
    ("observability.list_traces", [], {"mode": "all"}, "mode"),
    ("observability.list_traces_light", [], {"mode": None}, "mode"),
    ("observability.get_branch", [], {"trace_id": "t", "span_id": "s", "depth": -1}, "depth"),
    ("observability.get_branch", [], {"trace_id": "t", "span_id": "s", "depth": True}, "depth"),
    ("observability.get_branch", [], {"trace_id": "t", "span_id": "s", "depth": "1"}, "depth"),
    *(
        ("observability.get_branch", [], {"trace_id": "t", "span_id": wrong}, "span_id")
        for wrong in (5, None)
    ),
    *(
        (f"observability.{name}", [], {"filters": {field: wrong}}, f"{field} must be an object")
        for name in ("list_traces", "list_traces_light")
        for field in ("metadata", "scope")
        for wrong in (5, "a", [1])
    ),
    *(
        (name, [], given | {"order_by": {field: LONE}}, "lone surrogate")
        for name, given in (
            ("memory.list_threads", {}),
            ("memory.list_messages", {"thread_id": "t"}),
            ("memory.list_messages_by_resource_id", {"resource_id": "r"}),
        )
        for field in ("field", "direction")
    ),
    *(
        ("get_threads_by_resource_id", [], {"resource_id": "r"} | wrong, "lone surrogate")
        for wrong in ({"order_by": LONE}, {"sort_direction": LONE}, {"resource_id": LONE})
    ),
    ("memory.list_threads", [], {"filter": {"metadata": [1]}}, "Metadata filter must be an object"),
    ("memory.list_threads", [], {"filter": {"metadata": "a"}}, "Metadata filter must be an object"),
    ("memory.list_threads", [], {"per_page": 2**70}, "perPage must be false or a safe integer"),
    (
        "memory.list_messages",
        [],
        {"thread_id": "t", "per_page": 2**53},
        "perPage must be false or a safe integer",
    ),
    ("workflows.update_workflow_state", [], RUN | {"opts": ["status"]}, "opts must be an object"),
    ("workflows.update_workflow_state", [], RUN | {"opts": None}, "opts must be an object"),
    (
        "workflows.update_workflow_results",
        [],
        RUN | {"step_id": "a", "result": {}, "request_context": "x"},
        "requestContext must be an object",
    ),
    ("scores.save_score", [SCORE | {"score": float("nan")}], {}, "finite"),
    ("scores.save_score", [SCORE | {"score": float("-inf")}], {}, "finite"),
    *(
        ("scores.save_score", [SCORE | {"source": wrong}], {}, "source must be LIVE or TEST")
        for wrong in ("", "live", "NONE")
    ),
    *(
        ("scores.save_score", [SCORE | {name: wrong}], {}, f"{name} must be an object")
        for name in ("scorer", "entity", "metadata", "extractStepResult")
        for wrong in (None, [1], "a")
    ),
    ("get_traces", [], {"from_date": NAIVE}, "from_date.* no time zone"),
    ("get_traces_paginated", [], {"to_date": NAIVE}, "to_date.* no time zone"),
    *(
        (name, [], given | far, "page value too large")
        for far in (FAR, FAR | {"page": 2**53 + 2})
        for name, given in (
            ("get_evals", {}),
            ("get_traces", {}),
            ("get_traces_paginated", {}),
            ("get_threads_by_resource_id_paginated", {"resource_id": "r"}),
            ("memory.list_threads", {}),
            ("memory.list_messages", {"thread_id": "t"}),
            ("memory.list_messages_by_resource_id", {"resource_id": "r"}),
            ("workflows.list_workflow_runs", {}),
        )
    ),
    *(
        (name, [], given | {"pagination": page}, "page value too large")
        for page in ({"page": 2**70, "perPage": 1}, {"page": 2**53 + 2, "perPage": 1})
        for name, given in (
            *((f"scores.{name}", given) for name, given in SCORES.items()),
            ("get_scores_by_scorer_id", {"scorer_id": "s"}),
            ("get_scores_by_run_id", {"run_id": "r"}),
            ("get_scores_by_entity_id", {"entity_id": "e", "entity_type": "AGENT"}),
            ("observability.list_traces", {}),
            ("observability.list_traces_light", {}),
        )
    ),
    (
        "get_messages_paginated",
        [],
        {"thread_id": "t", "select_by": {"pagination": {"page": 2**70, "perPage": 1}}},
        "page value too large",
    ),
    ("scores.list_scores_by_run_id", [], {"run_id": "r", "pagination": HALF_PAGE}, "page must be"),
    ("observability.list_traces", [], {"pagination": HALF_PAGE}, "page must be >= 0"),
    (
        "scores.list_scores_by_run_id",
        [],
        {"run_id": "r", "pagination": StoragePagination(page=2**70, per_page=1)},
        "page value too large",
    ),
    (
        "observability.list_traces",
        [],
        {"pagination": TracesPage(page=2**70)},
        "page value too large",
    ),
    *(
        ("insert", [], {"table_name": "mastra_threads", "record": {"id": "t"} | wrong}, problem)
        for wrong, problem in (
            ({"createdAt": NAIVE}, "no time zone"),
            ({"createdAt": NAIVE.replace(tzinfo=NoOffset())}, "no time zone"),
            ({"createdAt": datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))}, "years"),
            ({"metadata": CYCLE}, "nested"),
            ({"metadata": {1: 2}}, "not a string"),
            ({"metadata": {(1,): 2}}, "not a string"),
            ({"metadata": b"x"}, "not a JSON type"),
        )
    ),
]


@pytest.mark.parametrize(("name", "values", "named", "problem"), ALSO_REFUSED)
def test_arguments_of_no_sense_are_refused(
    name: str, values: list[object], named: dict[str, Any], problem: str, call: Callable[..., Any]
) -> None:
    with pytest.raises(InvalidArgument, match=problem):
        call(name, *values, **named)


def test_numbers_of_runs_may_be_any(call: Callable[..., Any]) -> None:
    call("workflows.dangerously_clear_all")
    call("workflows.persist_workflow_snapshot", **RUN, snapshot={})
    for limit, offset, count in ((2**70, 0, 1), (1, 2**70, 0)):
        found = call("get_workflow_runs", limit=limit, offset=offset)
        assert (len(found.runs), found.total) == (count, 1)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -1])
def test_observational_memory_takes_no_numbers_of_no_sense(
    wrong: float, call: Callable[..., Any]
) -> None:
    call("memory.dangerously_clear_all")
    call("memory.insert_observational_memory_record", MEMORY)
    call("memory.update_buffered_observations", id="om", chunk=CHUNK | {"cycleId": "first"})
    before = call("memory.get_observational_memory", "t", "r")
    active = {"id": "om", "observations": "o", "last_observed_at": NOW}
    reflection = {
        "id": "om",
        "reflection": "r",
        "token_count": 1,
        "input_token_count": 1,
        "reflected_observation_line_count": 1,
    }
    calls: list[tuple[str, list[object], dict[str, Any]]] = [
        ("set_pending_message_tokens", ["om", wrong], {}),
        ("set_buffering_observation_flag", ["om", True, wrong], {}),
        ("update_active_observations", [], active | {"token_count": wrong}),
        *(
            ("update_buffered_observations", [], {"id": "om", "chunk": CHUNK | {name: wrong}})
            for name in ("tokenCount", "messageTokens")
        ),
        *(
            ("update_buffered_reflection", [], reflection | {name: wrong})
            for name in list(reflection)[2:]
        ),
        *(("swap_buffered_to_active", [], SWAP | {name: wrong}) for name in list(SWAP)[1:]),
        (
            "create_reflection_generation",
            [],
            {"current_record": before, "reflection": "r", "token_count": wrong},
        ),
        (
            "insert_observational_memory_record",
            [MEMORY | {"id": "other", "pendingMessageTokens": wrong}],
            {},
        ),
    ]
    for name, values, named in calls:
        with pytest.raises(InvalidArgument):
            call(f"memory.{name}", *values, **named)
    assert call("memory.get_observational_memory", "t", "r") == before
    assert len(call("memory.get_observational_memory_history", "t", "r")) == 1


def test_the_status_that_is_expected_may_be_null_as_in_mastra(call: Callable[..., Any]) -> None:
    call("workflows.dangerously_clear_all")
    call("workflows.persist_workflow_snapshot", **RUN, snapshot={"status": "a", "context": {}})
    change = {"status": "b", "expectedStatus": None}
    assert call("workflows.update_workflow_state", **RUN, opts=change) is None
    snapshot = call("workflows.load_workflow_snapshot", **RUN)
    assert snapshot == {"status": "a", "context": {}}


def test_a_context_that_is_no_object_is_told_from_one_that_is_not_there(
    call: Callable[..., Any],
) -> None:
    step = RUN | {"step_id": "a", "result": {}, "request_context": {}}
    for context, refusal in (("x", InvalidArgument), ([1], InvalidArgument), (None, NotFound)):
        snapshot = {"status": "a", "context": context}
        call("workflows.persist_workflow_snapshot", **RUN, snapshot=snapshot)
        with pytest.raises(refusal):
            call("workflows.update_workflow_results", **step)
        with pytest.raises(refusal):
            call("workflows.update_workflow_state", **RUN, opts={"status": "b"})
        assert call("workflows.load_workflow_snapshot", **RUN) == snapshot


@pytest.mark.parametrize(
    ("call", "parents"),
    [("sync", {"parentSpanId": "p"}), ("async", {})],
    indirect=["call"],
    ids=["below", "roots"],
)
def test_of_many_spans_of_others_those_of_a_tenant_are_deleted(
    parents: dict[str, str], call: Callable[..., Any]
) -> None:
    call("observability.dangerously_clear_all")
    others = [SPAN | {"spanId": f"s{number}"} | parents for number in range(4100)]
    own = [SPAN | {"spanId": f"own{number}"} | parents for number in range(500)]
    call(
        "observability.batch_create_spans",
        records=[
            *(one | {"organizationId": "others"} for one in others),
            *(one | {"organizationId": "own"} for one in own),
            SPAN | {"spanId": "below", "parentSpanId": "p"},
            SPAN | {"spanId": "p", "organizationId": "own"},
            SPAN | {"traceId": "next", "organizationId": "own"},
        ],
    )
    trace_ids = ["trace", "next"]
    call("observability.batch_delete_traces", trace_ids=trace_ids, organization_id="own")
    left = call("observability.get_structure", trace_id="trace").spans
    assert [one.span_id for one in left] == [one["spanId"] for one in others]
    assert call("observability.get_trace", trace_id="next") is None
