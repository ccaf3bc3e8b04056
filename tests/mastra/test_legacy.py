"""The storage interface of Mastra 0.10 to 0.13, as methods of the storage itself."""

from __future__ import annotations

import asyncio
import inspect
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, get_type_hints

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import (
    AsyncConvexStorage,
    ConvexStorage,
    InvalidArgument,
    LimitExceeded,
    NotFound,
    Trace,
)
from mastra_convex._runtime import AsyncStorage, Storage
from mastra_convex.mastra.legacy import AsyncLegacy, Legacy
from plain_functions import Functions, Refused
from project import ROOT
from pydantic import TypeAdapter

NOW = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
ISO = "2026-01-02T03:04:05.678Z"
_NUMBERS = count()

Json = dict[str, Any]


class Caller:
    """Calls methods as a bridge from JavaScript does: arguments and results are Mastra's JSON."""

    def __init__(self, storage: Any, run: Callable[[Any], Any]) -> None:
        self.storage = storage
        self._run = run

    def __call__(self, method: str, *values: Any, **given: Any) -> Any:
        function = getattr(self.storage, method)
        hints = get_type_hints(getattr(type(self.storage), method))
        names = list(inspect.signature(function).parameters)
        positional = [_read(hints[name], value) for name, value in zip(names, values, strict=False)]
        named = {name: _read(hints[name], value) for name, value in given.items()}
        answer = self.made(method, *positional, **named)
        written = TypeAdapter(hints["return"]).dump_python(answer, by_alias=True)
        return json.loads(json.dumps(written, default=_iso, allow_nan=False))

    def made(self, method: str, *values: Any, **given: Any) -> Any:
        """A call with values of Python, as they are."""
        answer = getattr(self.storage, method)(*values, **given)
        return self._run(answer) if inspect.isawaitable(answer) else answer


def _read(hint: Any, value: Any) -> Any:
    given = json.dumps(value, default=_iso)
    return TypeAdapter(hint).validate_json(given, by_alias=True, by_name=False)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest, backend: EmbeddedBackend) -> Iterator[Caller]:
    if request.param == "sync":
        with ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
            yield Caller(storage, lambda answer: answer)
        return
    with asyncio.Runner() as runner:
        opened = AsyncConvexStorage(backend.url, deploy_key=backend.admin_key)

        async def awaited(answer: Any) -> Any:
            return await answer

        yield Caller(opened, lambda answer: runner.run(awaited(answer)))
        runner.run(opened.close())


def _id(kind: str) -> str:
    return f"{kind}-{next(_NUMBERS)}"


def _thread(**fields: Any) -> Json:
    return {
        "id": _id("thread"),
        "resourceId": _id("resource"),
        "title": "A thread",
        "createdAt": NOW,
        "updatedAt": NOW,
        "metadata": {"key": "value", "$ref": 1, "": "clé"},
        **fields,
    }


def _v2(thread_id: str, text: str, minutes: int = 0, **fields: Any) -> Json:
    return {
        "id": _id("message"),
        "threadId": thread_id,
        "resourceId": "r",
        "role": "user",
        "createdAt": NOW + timedelta(minutes=minutes),
        "content": {"format": 2, "parts": [{"type": "text", "text": text}], "content": text},
        **fields,
    }


def _v1(thread_id: str, text: str, minutes: int = 0, **fields: Any) -> Json:
    content = [{"type": "text", "text": text}]
    return {**_v2(thread_id, text, minutes), "type": "text", "content": content, **fields}


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=_iso))


def _texts(messages: list[Json]) -> list[str]:
    return [one["content"]["content"] for one in messages]


def test_every_method_is_there_in_both_storages() -> None:
    methods = {
        "alter_table",
        "batch_insert",
        "batch_trace_insert",
        "clear_table",
        "create_table",
        "delete_messages",
        "delete_thread",
        "drop_table",
        "get_evals",
        "get_evals_by_agent_name",
        "get_messages",
        "get_messages_paginated",
        "get_resource_by_id",
        "get_score_by_id",
        "get_scores_by_entity_id",
        "get_scores_by_run_id",
        "get_scores_by_scorer_id",
        "get_thread_by_id",
        "get_threads_by_resource_id",
        "get_threads_by_resource_id_paginated",
        "get_traces",
        "get_traces_paginated",
        "get_workflow_run_by_id",
        "get_workflow_runs",
        "has_column",
        "init",
        "insert",
        "load",
        "load_workflow_snapshot",
        "persist_workflow_snapshot",
        "save_messages",
        "save_resource",
        "save_score",
        "save_thread",
        "update_messages",
        "update_resource",
        "update_thread",
    }
    positional = {"delete_messages", "get_evals_by_agent_name", "has_column", "save_score"}
    assert issubclass(ConvexStorage, Legacy)
    assert issubclass(AsyncConvexStorage, AsyncLegacy)
    for owner, base, is_async in ((Legacy, Storage, False), (AsyncLegacy, AsyncStorage, True)):
        functions = dict(inspect.getmembers(owner, inspect.isfunction))
        assert {name for name in {*functions} - {*dir(base)} if name[0] != "_"} == methods
        for name in methods:
            hints = get_type_hints(functions[name])
            parameters = list(inspect.signature(functions[name]).parameters.values())[1:]
            kinds = {one.kind for one in parameters}
            wanted = inspect.Parameter.POSITIONAL_OR_KEYWORD
            assert kinds <= {wanted if name in positional else inspect.Parameter.KEYWORD_ONLY}
            assert {one.name for one in parameters} < set(hints)
            assert inspect.iscoroutinefunction(functions[name]) == is_async
            assert functions[name].__doc__
    with pytest.raises(TypeError):
        Legacy.get_thread_by_id(None, id="t")  # type: ignore[call-arg, arg-type]


def test_a_storage_imports_no_part_of_it_before_it_is_asked_for() -> None:
    program = """
import sys
from mastra_convex import ConvexStorage

class Storage(ConvexStorage):
    def get_thread_by_id(self, *, thread_id):
        return super().get_thread_by_id, thread_id

storage = Storage("http://127.0.0.1:1", deploy_key="k|x")
assert storage.threads is not None and storage.supports["deleteMessages"]
late = {"_functions", "_objects", "mastra.memory", "mastra.legacy_threads", "mastra.legacy_evals"}
assert not {f"mastra_convex.{name}" for name in late} & {*sys.modules}
inherited, _ = storage.get_thread_by_id(thread_id="t")
assert inherited == super(Storage, storage).get_thread_by_id
assert "mastra_convex.mastra.legacy_evals" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_what_stands_for_a_method_stays_when_its_part_is_imported() -> None:
    program = """
from unittest.mock import patch
from mastra_convex import ConvexStorage
from mastra_convex.mastra.legacy import Legacy

with patch.object(Legacy, "save_thread", print):
    assert ConvexStorage.get_thread_by_id.__name__ == "get_thread_by_id"
    assert ConvexStorage.save_thread is print
assert ConvexStorage.save_thread.__name__ == "save_thread"
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_what_is_supported_is_read_without_a_call(call: Caller) -> None:
    assert dict(call.storage.supports) == {
        "selectByIncludeResourceScope": True,
        "resourceWorkingMemory": True,
        "hasColumn": False,
        "createTable": False,
        "deleteMessages": True,
    }


def test_threads(call: Caller) -> None:
    thread = _thread()
    assert call("save_thread", thread=thread) == _plain(thread)
    assert call("get_thread_by_id", thread_id=thread["id"]) == _plain(thread)
    assert call("get_thread_by_id", thread_id="none") is None
    # The whole thread is replaced.
    del thread["metadata"], thread["title"]
    call("save_thread", thread=thread)
    assert call("get_thread_by_id", thread_id=thread["id"]) == _plain(thread)
    changed = call("update_thread", id=thread["id"], title="New", metadata={"a": {"b": 1}})
    again = call("update_thread", id=thread["id"], title="Newer", metadata={"$c": 2})
    assert again["title"] == "Newer"
    assert again["metadata"] == {"a": {"b": 1}, "$c": 2}
    assert _at(again["updatedAt"]) > _at(changed["updatedAt"])
    assert again["createdAt"] == ISO
    assert call("get_thread_by_id", thread_id=thread["id"]) == again
    with pytest.raises(NotFound, match="Thread with id none not found"):
        call("update_thread", id="none", title="", metadata={})


def test_threads_of_a_resource_are_sorted(call: Caller) -> None:
    owner = _id("owner")
    ids = [
        call(
            "save_thread",
            thread=_thread(
                resourceId=owner,
                createdAt=NOW + timedelta(minutes=number),
                updatedAt=NOW - timedelta(minutes=number),
            ),
        )["id"]
        for number in range(5)
    ]
    for sorting, expected in (
        ({}, ids[::-1]),
        ({"order_by": "createdAt", "sort_direction": "ASC"}, ids),
        ({"sort_direction": "ASC"}, ids),
        ({"order_by": "updatedAt"}, ids),
        ({"order_by": "updatedAt", "sort_direction": "ASC"}, ids[::-1]),
    ):
        found = call("get_threads_by_resource_id", resource_id=owner, **sorting)
        assert [one["id"] for one in found] == expected
        page = call(
            "get_threads_by_resource_id_paginated",
            resource_id=owner, page=1, per_page=2, **sorting,
        )  # fmt: skip
        assert [one["id"] for one in page.pop("threads")] == expected[2:4]
        assert page == {"total": 5, "page": 1, "perPage": 2, "hasMore": True}
    last = call("get_threads_by_resource_id_paginated", resource_id=owner, page=2, per_page=2)
    assert (len(last["threads"]), last["hasMore"]) == (1, False)
    assert call("get_threads_by_resource_id", resource_id="none") == []
    none = call("get_threads_by_resource_id_paginated", resource_id="none")
    assert none == {"threads": [], "total": 0, "page": 0, "perPage": 100, "hasMore": False}
    for wrong, words in (
        ({"page": -1}, "page must be >= 0"),
        ({"per_page": -1}, "perPage must be >= 0"),
        ({"page": 2**40, "per_page": 2**40}, "page value too large"),
    ):
        with pytest.raises(InvalidArgument, match=words):
            call("get_threads_by_resource_id_paginated", resource_id=owner, **wrong)


def test_a_thread_goes_with_its_messages(call: Caller) -> None:
    thread = call("save_thread", thread=_thread())
    call("save_messages", messages=[_v2(thread["id"], "a"), _v2(thread["id"], "b")], format="v2")
    call("delete_thread", thread_id=thread["id"])
    assert call("get_thread_by_id", thread_id=thread["id"]) is None
    assert call("get_messages", thread_id=thread["id"]) == []
    call("delete_thread", thread_id="none")


def test_resources(call: Caller) -> None:
    key = _id("resource")
    assert call("get_resource_by_id", resource_id=key) is None
    made = call("update_resource", resource_id=key, working_memory='{"a": 1}')
    assert (made["workingMemory"], made["metadata"]) == ('{"a": 1}', {})
    changed = call("update_resource", resource_id=key, metadata={"$a": 1})
    again = call("update_resource", resource_id=key, metadata={"b": [2]}, working_memory="text")
    assert again["metadata"] == {"$a": 1, "b": [2]}
    assert again["workingMemory"] == "text"
    assert again["createdAt"] == made["createdAt"]
    assert _at(again["updatedAt"]) > _at(changed["updatedAt"])
    saved = {"id": key, "workingMemory": "x" * 2**21, "createdAt": NOW, "updatedAt": NOW}
    assert call("save_resource", resource=saved) == _plain(saved)
    assert call("get_resource_by_id", resource_id=key) == _plain(saved)
    call("update_resource", resource_id=key, metadata={"kept": True})
    assert call("get_resource_by_id", resource_id=key)["workingMemory"] == "x" * 2**21


def test_messages_of_the_first_format(call: Caller) -> None:
    thread = call("save_thread", thread=_thread())
    messages = [
        _v1(thread["id"], "one", 0),
        _v1(thread["id"], "two", 1, role="assistant"),
        _v1(thread["id"], "three", 2, content="three"),
    ]
    assert call("save_messages", messages=messages) == _plain(messages)
    assert call("get_messages", thread_id=thread["id"]) == _plain(messages)
    upgraded = call("get_messages", thread_id=thread["id"], format="v2")
    assert [one["content"]["format"] for one in upgraded] == [2, 2, 2]
    assert upgraded[2]["content"] == {
        "format": 2,
        "parts": [{"type": "step-start"}, {"type": "text", "text": "three"}],
        "content": "three",
    }
    assert all("type" not in one for one in upgraded)
    assert _at(call("get_thread_by_id", thread_id=thread["id"])["updatedAt"]) > NOW
    assert call("save_messages", messages=[]) == []


def test_messages_of_the_second_format(call: Caller) -> None:
    thread = call("save_thread", thread=_thread())
    large = {"format": 2, "parts": [], "content": "", "metadata": {"$a": None, "é": [], "": 1}}
    messages = [
        _v2(thread["id"], "one", 1, type="v2"),
        _v2(thread["id"], "none", 2, content=large),
    ]
    assert call("save_messages", messages=messages, format="v2") == _plain(messages)
    del messages[0]["type"]
    assert call("get_messages", thread_id=thread["id"], format="v2") == _plain(messages)
    downgraded = call("get_messages", thread_id=thread["id"])
    assert [one["content"] for one in downgraded] == ["one", ""]
    # It is replaced, keeps the time of its creation, and may be in another thread.
    other = call("save_thread", thread=_thread())
    moved = {**messages[0], "threadId": other["id"], "createdAt": NOW + timedelta(days=1)}
    call("save_messages", messages=[moved], format="v2")
    assert [one["id"] for one in call("get_messages", thread_id=thread["id"], format="v2")] == [
        messages[1]["id"]
    ]
    (found,) = call("get_messages", thread_id=other["id"], format="v2")
    assert found["createdAt"] == _plain(messages[0]["createdAt"])


def test_calls_of_tools_are_messages_of_their_own_in_the_first_format(call: Caller) -> None:
    thread = call("save_thread", thread=_thread())
    call_of = {"toolCallId": "c", "toolName": "weather", "args": {"city": "Oslo"}}
    invocation = {"state": "result", "step": 0, "result": {"$rain": True}, **call_of}
    parts = [
        {"type": "step-start"},
        {"type": "reasoning", "reasoning": "", "details": [{"type": "text", "text": "Hm"}]},
        {"type": "text", "text": "Let me look"},
        {"type": "tool-invocation", "toolInvocation": invocation},
        {"type": "text", "text": "It rains"},
    ]
    message = _v2(
        thread["id"], "", role="assistant",
        content={"format": 2, "parts": parts, "toolInvocations": [invocation]},
    )  # fmt: skip
    image = {"type": "file", "data": "https://x.test/a.png", "mimeType": "image/png"}
    asked = _v2(
        thread["id"], "", 1,
        content={"format": 2, "parts": [{"type": "text", "text": "And?"}, image]},
    )  # fmt: skip
    call("save_messages", messages=[message, asked], format="v2")
    found = call("get_messages", thread_id=thread["id"])
    assert [(one["role"], one["type"], one["content"]) for one in found] == [
        (
            "assistant",
            "text",
            [{"type": "reasoning", "text": "Hm"}, {"type": "text", "text": "Let me look"}],
        ),
        ("assistant", "tool-call", [{"type": "tool-call", **call_of}]),
        (
            "tool",
            "tool-result",
            [
                {
                    "type": "tool-result",
                    "toolCallId": "c",
                    "toolName": "weather",
                    "result": {"$rain": True},
                }
            ],
        ),
        ("assistant", "text", [{"type": "text", "text": "It rains"}]),
        (
            "user",
            "text",
            [
                {"type": "text", "text": "And?"},
                {"type": "image", "image": "https://x.test/a.png", "mimeType": "image/png"},
            ],
        ),
    ]
    key = message["id"]
    assert [one["id"] for one in found] == [
        key,
        f"{key}__split-1",
        f"{key}__split-2",
        f"{key}__split-3",
        asked["id"],
    ]


def test_results_of_tools_know_their_calls_in_the_second_format(call: Caller) -> None:
    thread = call("save_thread", thread=_thread())
    tool = {"toolCallId": "c", "toolName": "weather"}
    asks = _v1(
        thread["id"], "", role="assistant", type="tool-call",
        content=[{"type": "tool-call", **tool, "args": {"city": "Oslo"}}],
    )  # fmt: skip
    tells = _v1(
        thread["id"], "", 1, role="tool", type="tool-result",
        content=[{"type": "tool-result", **tool, "result": "rain"}],
    )  # fmt: skip
    call("save_messages", messages=[asks, tells])
    found = call("get_messages", thread_id=thread["id"], format="v2")
    assert [one["role"] for one in found] == ["assistant", "assistant"]
    result = {"state": "result", **tool, "result": "rain", "args": {"city": "Oslo"}}
    assert found[1]["content"] == {
        "format": 2,
        "parts": [{"type": "tool-invocation", "toolInvocation": result}],
        "toolInvocations": [result],
    }


def test_calls_and_results_of_tools_are_read_as_they_were_saved(call: Caller) -> None:
    thread = call("save_thread", thread=_thread())
    tools = [{"toolCallId": f"c{number}", "toolName": "weather"} for number in range(3)]
    calls = [{"type": "tool-call", **one, "args": {"$city": "Oslo"}} for one in tools]
    results = [{"type": "tool-result", **one, "result": {"$rain": []}} for one in tools]

    def turn(minutes: int, role: str, type_: str, content: object) -> Json:
        return _v1(thread["id"], "", minutes, role=role, type=type_, content=content)

    messages = [
        turn(0, "user", "text", "Does it rain?"),
        turn(1, "assistant", "tool-call", [{"type": "text", "text": "I look"}, *calls[:2]]),
        turn(2, "tool", "tool-result", results[:2]),
        turn(3, "assistant", "tool-call", calls[2:]),
        turn(4, "tool", "tool-result", results[2:]),
        turn(5, "assistant", "text", [{"type": "text", "text": "It does"}]),
    ]
    # The results are saved by themselves, too.
    saved = [
        call("save_messages", messages=part)
        for part in (messages[:2], messages[2:3], messages[3:4], messages[4:])
    ]
    assert [one["content"] for one in saved[1]] == [_plain(results[:2])]
    stored = call("get_messages", thread_id=thread["id"], format="v2")
    invocations = [part["toolInvocation"] for part in stored[2]["content"]["parts"]]
    assert [one["args"] for one in invocations] == [{"$city": "Oslo"}] * 2
    found = call("get_messages", thread_id=thread["id"])
    assert [one["content"] for one in found if one["role"] == "tool"] == [
        _plain(results[:2]),
        _plain(results[2:]),
    ]
    shown = [part for one in found if one["role"] == "assistant" for part in one["content"]]
    assert [one for one in shown if one["type"] == "tool-call"] == _plain(calls)
    ids = {one["id"] for one in messages}
    assert [one["id"] for one in found if one["id"] in ids] == [one["id"] for one in messages]
    # A result without its call is shown with it: there is none without the other.
    last = call("get_messages", thread_id=thread["id"], select_by={"last": 2})
    assert [one["type"] for one in last] == ["tool-call", "tool-result", "text"]
    # All at once they are what was given.
    whole = call("save_thread", thread=_thread())
    plain = [
        turn(0, "user", "text", "Does it rain?"),
        turn(1, "assistant", "tool-call", calls[:2]),
        turn(2, "tool", "tool-result", results[:2]),
        turn(3, "assistant", "tool-call", calls[2:]),
        turn(4, "tool", "tool-result", results[2:]),
    ]
    given = [{**one, "threadId": whole["id"]} for one in plain]
    assert call("save_messages", messages=given) == _plain(given)
    assert call("get_messages", thread_id=whole["id"]) == _plain(given)


MANY = 2500
"""Messages that are more than one transaction writes."""


def test_more_messages_than_a_transaction_writes_are_saved(call: Caller) -> None:
    thread = call("save_thread", thread=_thread())
    key, tool = _id("message"), {"toolCallId": "c", "toolName": "weather"}
    asks = _v1(
        thread["id"], "", role="assistant", type="tool-call",
        content=[{"type": "tool-call", **tool, "args": {"city": "Oslo"}}],
    )  # fmt: skip
    # In another order than that of time, and one that is said twice.
    said = [
        _v1(thread["id"], "", n % 7 * 60 + n, id=f"{key}-{n}", content=f"{n}") for n in range(MANY)
    ]
    tells = _v1(
        thread["id"], "", 10_000, role="tool", type="tool-result",
        content=[{"type": "tool-result", **tool, "result": "rain"}],
    )  # fmt: skip
    saved = call("save_messages", messages=[asks, *said, said[3], tells])
    in_order = sorted(said, key=lambda one: str(one["createdAt"]))
    assert [one["content"] for one in saved if one["role"] == "user"] == [
        one["content"] for one in in_order
    ]
    wanted = [asks, *in_order, tells]
    found = call("get_messages", thread_id=thread["id"], select_by={"last": 4000}, format="v2")
    assert [one["id"] for one in found] == [one["id"] for one in wanted]
    assert found[-1]["content"]["toolInvocations"][0]["args"] == {"city": "Oslo"}
    changes = [{"id": f"{key}-{n}", "content": {"metadata": {"n": n}}} for n in range(MANY)]
    changed = call("update_messages", messages=[*changes, {"id": "none"}])
    assert [one["content"]["metadata"]["n"] for one in changed] == list(range(MANY))


def test_of_many_messages_none_is_saved_where_one_is_wrong(call: Caller) -> None:
    thread = call("save_thread", thread=_thread())
    messages = [_v2(thread["id"], f"{number}", number) for number in range(MANY)]
    del messages[-1]["resourceId"]
    with pytest.raises(InvalidArgument, match="Expected to find a resourceId for message"):
        call("save_messages", messages=messages, format="v2")
    assert call("get_messages", thread_id=thread["id"]) == []


def test_messages_without_an_owner_are_refused_and_none_is_saved(call: Caller) -> None:
    thread = call("save_thread", thread=_thread())
    good = _v2(thread["id"], "good")
    for field, words in (
        ("threadId", "Expected to find a threadId for message"),
        ("resourceId", "Expected to find a resourceId for message"),
    ):
        bad = _v2(thread["id"], "bad")
        del bad[field]
        with pytest.raises(InvalidArgument, match=words):
            call("save_messages", messages=[good, bad], format="v2")
    first = _v2(thread["id"], "bad")
    del first["threadId"]
    with pytest.raises(InvalidArgument, match="Thread ID is required"):
        call("save_messages", messages=[first], format="v2")
    assert call("get_messages", thread_id=thread["id"]) == []


def test_the_last_messages_and_those_that_are_included(call: Caller) -> None:
    one, two = _id("thread"), _id("thread")
    first = [_v2(one, f"a{number}", number) for number in range(6)]
    second = [_v2(two, f"b{number}", 10 + number) for number in range(5)]
    call("save_messages", messages=first + second, format="v2")

    def texts(thread_id: str = one, **select_by: Any) -> list[str]:
        found = call("get_messages", thread_id=thread_id, select_by=select_by, format="v2")
        return _texts(found)

    around = {"id": second[2]["id"], "withPreviousMessages": 1, "withNextMessages": 1}
    beyond = {"withPreviousMessages": 10, "withNextMessages": 10}
    assert texts() == ["a0", "a1", "a2", "a3", "a4", "a5"]
    assert texts(last=2, vectorSearchString="?") == ["a4", "a5"]
    assert texts(last=False) == texts(last=0) == texts(last=-1) == []
    # The thread of a message is the one that is asked for, where nobody says another.
    assert texts(last=0, include=[around]) == []
    included = {**around, "threadId": two}
    assert texts(last=1, include=[included]) == ["a5", "b1", "b2", "b3"]
    assert texts(last=0, include=[{**included, **beyond}]) == ["b0", "b1", "b2", "b3", "b4"]
    assert texts("none", last=0, include=[included, {"id": "none"}]) == ["b1", "b2", "b3"]
    # Those included are none of the last ones, and each is there once.
    own = {"id": first[5]["id"], "withPreviousMessages": 1}
    assert texts(last=2, include=[own, own]) == ["a2", "a3", "a4", "a5"]


def test_40_messages_are_the_last_ones(call: Caller) -> None:
    thread_id = _id("thread")
    call(
        "save_messages",
        messages=[_v2(thread_id, str(number), number) for number in range(45)],
        format="v2",
    )
    found = call("get_messages", thread_id=thread_id, format="v2")
    assert _texts(found) == [str(number) for number in range(5, 45)]
    page = call("get_messages_paginated", thread_id=thread_id)
    assert _texts(page.pop("messages")) == [str(number) for number in range(5, 45)]
    assert page == {"total": 45, "page": 0, "perPage": 40, "hasMore": True}


def test_messages_of_another_resource_are_none(call: Caller) -> None:
    mine, theirs = _id("thread"), _id("thread")
    own = [_v2(mine, f"m{number}", number) for number in range(3)]
    foreign = [_v2(theirs, f"t{number}", number, resourceId="other") for number in range(3)]
    mixed = _v2(mine, "mixed", 9, resourceId="other")
    call("save_messages", messages=[*own, *foreign, mixed], format="v2")
    include = [
        {"id": foreign[1]["id"], "threadId": theirs, "withPreviousMessages": 2},
        {"id": mixed["id"], "withPreviousMessages": 2},
        {"id": own[2]["id"], "withNextMessages": 5},
    ]
    for method in ("get_messages", "get_messages_paginated"):
        found = call(
            method, thread_id=mine, resource_id="r", format="v2", select_by={"include": include}
        )
        messages = found if isinstance(found, list) else found["messages"]
        assert _texts(messages) == ["m0", "m1", "m2"]
        assert isinstance(found, list) or found["total"] == 3
    assert call("get_messages", thread_id=theirs, resource_id="r") == []


def test_pages_of_messages(call: Caller) -> None:
    thread_id, other = _id("thread"), _id("thread")
    messages = [_v2(thread_id, str(number), number) for number in range(15)]
    call("save_messages", messages=[*messages, _v2(other, "x", 99)], format="v2")

    def page(**pagination: Any) -> tuple[list[str], int, bool]:
        found = call(
            "get_messages_paginated", thread_id=thread_id, select_by={"pagination": pagination}
        )
        return _texts(found["messages"]), found["total"], found["hasMore"]

    assert page(page=0, perPage=5) == (["10", "11", "12", "13", "14"], 15, True)
    assert page(page=2, perPage=5) == (["0", "1", "2", "3", "4"], 15, False)
    assert page(page=7, perPage=5) == ([], 15, False)
    dates = {"start": NOW + timedelta(minutes=3), "end": NOW + timedelta(minutes=6)}
    assert page(perPage=3, dateRange=dates) == (["4", "5", "6"], 4, True)
    assert page(dateRange={"end": NOW}) == (["0"], 1, False)
    include = [{"id": messages[13]["id"]}]
    found = call(
        "get_messages_paginated",
        thread_id=thread_id,
        format="v1",
        select_by={"include": include, "pagination": {"page": 0, "perPage": 2}},
    )
    assert [one["content"] for one in found["messages"]] == ["12", "13", "14"]
    for pagination, words in (
        ({"page": -1}, "page must be >= 0"),
        ({"perPage": -1}, "perPage must be >= 0"),
    ):
        with pytest.raises(InvalidArgument, match=words):
            page(**pagination)


def test_messages_are_changed_and_deleted(call: Caller) -> None:
    old, new = (call("save_thread", thread=_thread()) for _ in range(2))
    message = _v2(old["id"], "text")
    message["content"]["metadata"] = {"kept": True, "changed": 1}
    call("save_messages", messages=[message, _v2(old["id"], "other", 1)], format="v2")
    (changed,) = call(
        "update_messages",
        messages=[
            {"id": "none", "role": "assistant"},
            {"id": message["id"], "content": {"metadata": {"changed": 2, "$new": 3}}},
        ],
    )
    assert changed["content"]["metadata"] == {"kept": True, "changed": 2, "$new": 3}
    assert changed["content"]["parts"] == message["content"]["parts"]
    before = [call("get_thread_by_id", thread_id=one["id"])["updatedAt"] for one in (old, new)]
    move = {"id": message["id"], "threadId": new["id"], "role": "assistant"}
    (moved,) = call("update_messages", messages=[move])
    assert (moved["role"], moved["threadId"]) == ("assistant", new["id"])
    after = [call("get_thread_by_id", thread_id=one["id"])["updatedAt"] for one in (old, new)]
    assert all(_at(left) < _at(right) for left, right in zip(before, after, strict=True))
    assert call("update_messages", messages=[]) == []
    call("delete_messages", [message["id"], "none"])
    call("delete_messages", [])
    assert call("get_messages", thread_id=new["id"]) == []
    assert _at(call("get_thread_by_id", thread_id=new["id"])["updatedAt"]) > _at(after[1])
    assert len(call("get_messages", thread_id=old["id"])) == 1


def _trace(name: str, minutes: int = 0, **fields: Any) -> Json:
    start = int((NOW + timedelta(minutes=minutes)).timestamp() * 1_000_000) + 123
    return {
        "id": _id("span"),
        "parentSpanId": "parent",
        "traceId": _id("trace"),
        "name": name,
        "scope": "tests",
        "kind": 0,
        "status": json.dumps({"code": 1}),
        "events": json.dumps([{"name": "start"}]),
        "links": "[]",
        "attributes": json.dumps({"http.method": "GET", "count": 3}),
        "startTime": start,
        "endTime": start + 7,
        "other": json.dumps({"$custom": None}),
        "createdAt": NOW + timedelta(minutes=minutes),
        **fields,
    }


def test_traces(call: Caller) -> None:
    call("clear_table", table_name="mastra_traces")
    rows = [_trace(f"agent.{number}", number) for number in range(6)]
    rows[3]["scope"] = "others"
    call("batch_insert", table_name="mastra_traces", records=rows[:4])
    call("batch_trace_insert", records=rows[4:])
    call("batch_insert", table_name="mastra_traces", records=[])
    found = call("get_traces", page=0, per_page=10)
    assert [one["name"] for one in found] == [f"agent.{number}" for number in reversed(range(6))]
    assert found[-1] == {
        **_plain(rows[0]),
        "status": {"code": 1},
        "events": [{"name": "start"}],
        "links": [],
        "attributes": {"http.method": "GET", "count": 3},
        "other": {"$custom": None},
    }
    page = call("get_traces_paginated", scope="tests", page=1, per_page=2)
    assert [one["name"] for one in page.pop("traces")] == ["agent.2", "agent.1"]
    assert page == {"total": 5, "page": 1, "perPage": 2, "hasMore": True}
    last = call("get_traces_paginated", scope="tests", page=2, per_page=2)
    assert (len(last["traces"]), last["hasMore"]) == (1, False)
    for conditions, names in (
        ({"name": "agent.4"}, ["agent.4"]),
        ({"name": "agent.", "scope": "others"}, ["agent.3"]),
        ({"name": "gent"}, []),
        ({"attributes": {"http.method": "POST"}}, []),
        ({"attributes": {"count": "3"}, "name": "agent.1"}, ["agent.1"]),
        ({"filters": {"traceId": rows[2]["traceId"], "kind": 0}}, ["agent.2"]),
        ({"filters": {"parentSpanId": None}}, []),
        ({"name": "agent"}, [f"agent.{number}" for number in reversed(range(6))]),
        ({"name": "agent.", "page": 1, "per_page": 2}, ["agent.3", "agent.2"]),
        ({"filters": {"name": "agent.2"}}, ["agent.2"]),
        ({"filters": {"name": "agent."}}, []),
        ({"filters": {"traceId": rows[2]["traceId"]}, "name": "agent.3"}, []),
    ):
        assert [one["name"] for one in call("get_traces", **conditions)] == names
    dates = {"start": rows[1]["createdAt"], "end": rows[2]["createdAt"]}
    assert call("get_traces_paginated", date_range=dates)["total"] == 2
    between = {"from_date": dates["start"], "to_date": dates["end"]}
    assert [one["name"] for one in call("get_traces", **between)] == ["agent.2", "agent.1"]
    # Those of 0.10 are given as for a list, those of versions since then as a range.
    assert call("get_traces_paginated", **between)["total"] == 2
    assert call("get_traces_paginated", from_date=dates["start"])["total"] == 5
    with pytest.raises(InvalidArgument, match="fromDate and toDate, or else dateRange"):
        call("get_traces_paginated", **between, date_range=dates)
    with pytest.raises(InvalidArgument, match="no such column: wrong"):
        call("get_traces", filters={"wrong": 1})
    with pytest.raises(InvalidArgument, match="perPage must be >= 0"):
        call("get_traces", per_page=-1)
    # A span is replaced by its ID alone.
    call("insert", table_name="mastra_traces", record={**rows[0], "traceId": "another"})
    assert call("get_traces_paginated")["total"] == 6


@pytest.mark.parametrize("call", ["sync"], indirect=True)
def test_traces_are_found_by_name_among_many(call: Caller) -> None:
    """Of which a call reads no more than those, as long as it can put these in order."""
    call("clear_table", table_name="mastra_traces")
    call.storage.traces.save_many(
        Trace(
            trace_id=f"t{number}",
            span_id=f"s{number}",
            name=f"{'rare' if number % 500 == 7 else 'often'}.{number % 3}",
            started_at=NOW + timedelta(seconds=number),
        )
        for number in range(2100)
    )
    rare = call("get_traces_paginated", name="rare", per_page=3)
    assert [one["name"] for one in rare["traces"]] == ["rare.0", "rare.1", "rare.2"]
    assert (rare["total"], rare["hasMore"]) == (5, True)
    often = call("get_traces_paginated", name="often", page=104, per_page=20)
    assert (len(often["traces"]), often["total"], often["hasMore"]) == (15, 2095, False)
    assert often["traces"][-1]["id"] == "s0"
    call("clear_table", table_name="mastra_traces")


LARGE = "x" * (2 << 20)
"""Of which a function reads seven, and what is in the tests below are nine.

What goes over the same lines of a method as another of these tests does so in one of both storages:
each of them writes and reads many mebibytes.
"""


def test_large_traces_and_evaluations_are_read_in_parts(call: Caller) -> None:
    for table in ("mastra_traces", "mastra_evals"):
        call("clear_table", table_name=table)
    agent = _id("agent")
    for number in range(9):
        trace = _trace(f"large.{number}", number, attributes={"n": number, "text": LARGE})
        call("insert", table_name="mastra_traces", record=trace)
        row = _eval(agent, number, input=LARGE, instructions=f"{number}")
        call("insert", table_name="mastra_evals", record=row)
    for conditions in ({}, {"name": "large."}, {"scope": "tests"}):
        found = call("get_traces_paginated", **conditions)
        assert [one["attributes"]["n"] for one in found["traces"]] == list(reversed(range(9)))
        assert all(one["attributes"]["text"] == LARGE for one in found["traces"])
        assert (found["total"], found["hasMore"]) == (9, False)
        page = call("get_traces_paginated", page=1, per_page=4, **conditions)
        assert [one["attributes"]["n"] for one in page["traces"]] == [4, 3, 2, 1]
        assert (page["total"], page["hasMore"]) == (9, True)
    (third,) = call("get_traces", attributes={"n": 3})
    assert third["name"] == "large.3"
    for agents in ({"agent_name": agent}, {}):
        page = call("get_evals", page=1, per_page=4, **agents)
        assert [one["instructions"] for one in page["evals"]] == ["4", "3", "2", "1"]
        assert (page["total"], page["hasMore"]) == (9, True)
    found = call("get_evals_by_agent_name", agent)
    assert [one["instructions"] for one in found] == [f"{n}" for n in reversed(range(9))]
    assert all(one["input"] == LARGE for one in found)
    for table in ("mastra_traces", "mastra_evals"):
        call("clear_table", table_name=table)


def test_large_messages_are_replaced_and_changed_in_parts(call: Caller) -> None:
    """Which each take little to say, and which are read before."""
    thread = call("save_thread", thread=_thread())
    messages = [_v2(thread["id"], f"{number}", number) for number in range(9)]
    for message in messages:
        large = {**message, "content": {**message["content"], "content": LARGE}}
        call("save_messages", messages=[large], format="v2")
    changes = [{"id": one["id"], "content": {"metadata": {"new": 1}}} for one in messages]
    changed = call("update_messages", messages=changes)
    assert [one["content"]["metadata"] for one in changed] == [{"new": 1}] * 9
    assert all(one["content"]["content"] == LARGE for one in changed)
    call("save_messages", messages=messages, format="v2")
    found = call("get_messages", thread_id=thread["id"], format="v2")
    assert [one["content"]["content"] for one in found] == [f"{number}" for number in range(9)]


@pytest.mark.parametrize("call", ["sync"], indirect=True)
def test_contents_too_large_to_be_read_twice(call: Caller) -> None:
    """They are replaced, and what is beside them changes."""
    thread = call("save_thread", thread=_thread())
    message = _v2(thread["id"], "")
    for text in ("x" * 9_000_000, "y" * 9_000_000, "small"):
        saved = {**message, "content": {"format": 2, "parts": [], "content": text}}
        call("save_messages", messages=[saved], format="v2")
        (changed,) = call("update_messages", messages=[{"id": message["id"], "type": "note"}])
        assert changed["type"] == "note"
        (stored,) = call("get_messages", thread_id=thread["id"], format="v2")
        assert changed["content"]["content"] == stored["content"]["content"] == text


@pytest.mark.parametrize(
    ("call", "many", "size"), [("sync", 40, 500_000), ("async", 8200, 1)], indirect=["call"]
)
def test_messages_that_no_call_takes_at_once(call: Caller, many: int, size: int) -> None:
    """Since they are more JSON than arguments have, or more elements than a list."""
    thread_id, text = _id("thread"), "x" * size
    messages = [_v1(thread_id, "", number, content=text) for number in range(many)]
    late = {**messages[-1], "content": "x" * 16_000_000}
    with pytest.raises(LimitExceeded):
        call("save_messages", messages=[*messages[:-1], late])
    assert call("get_messages_paginated", thread_id=thread_id)["total"] == 0
    saved = call("save_messages", messages=[messages[-1], *messages])
    assert [one["id"] for one in saved] == [one["id"] for one in messages]
    assert call("get_messages_paginated", thread_id=thread_id)["total"] == many
    call("clear_table", table_name="mastra_messages")


def _tool_call(number: int, text: str) -> Json:
    """An answer, of which the first format makes two messages or more."""
    invocation = {"state": "result", "toolCallId": f"c{number}", "toolName": "t", "args": {}}
    called = {"type": "tool-invocation", "toolInvocation": {**invocation, "result": 1}}
    return {"format": 2, "parts": [{"type": "text", "text": text}, called]}


def _shape(value: Any) -> Any:
    """A value without what only long texts have, and its thread."""
    if isinstance(value, list):
        return [_shape(one) for one in value]
    if isinstance(value, dict):
        return {key: _shape(one) for key, one in value.items() if key != "threadId"}
    return value.rstrip("x").removesuffix("!") if isinstance(value, str) else value


@pytest.mark.parametrize("call", ["sync"], indirect=True)
def test_functions_say_themselves_what_is_too_much(backend: EmbeddedBackend, call: Caller) -> None:
    """By the code of an error: of Convex's own words, production says none."""
    thread_id = _id("thread")
    for number in range(24):
        message = _v2(thread_id, "x" * 350_000, number, id=f"{thread_id}-{number}")
        call("save_messages", messages=[message], format="v2")
    around = {"id": f"{thread_id}-12", "withPreviousMessages": 99.0, "withNextMessages": 99.0}
    functions = Functions(backend)
    for name in ("getMessages", "getMessagesPaginated"):
        for select in ({"last": 4000.0}, {"last": 0.0, "include": [around]}):
            with pytest.raises(Refused) as refused:
                functions.call(
                    f"mastra/legacy/messages:{name}", threadId=thread_id, selectBy=select
                )
            told = refused.value.data
            assert told is not None
            assert told["code"] == "LimitExceeded"
    functions.close()
    select_by = {"last": 0, "include": [{**around, "withPreviousMessages": 99}]}
    assert len(call("get_messages", thread_id=thread_id, select_by={"last": 4000})) == 24
    assert len(call("get_messages", thread_id=thread_id, select_by=select_by)) == 24
    call("clear_table", table_name="mastra_messages")


def test_pages_of_large_threads(call: Caller) -> None:
    resource = _id("resource")
    threads = [
        _thread(
            resourceId=resource,
            metadata={"text": "x" * 900_000},
            createdAt=NOW + timedelta(minutes=number),
        )
        for number in range(20)
    ]
    for thread in threads:
        call("save_thread", thread=thread)
    newest = [thread["id"] for thread in reversed(threads)]
    page = call("get_threads_by_resource_id_paginated", resource_id=resource, per_page=19)
    assert [one["id"] for one in page.pop("threads")] == newest[:19]
    assert page == {"total": 20, "page": 0, "perPage": 19, "hasMore": True}
    found = call("get_threads_by_resource_id", resource_id=resource, sort_direction="ASC")
    assert [one["id"] for one in found] == newest[::-1]
    call("clear_table", table_name="mastra_threads")


def test_threads_of_no_resource_are_not_those_of_all(call: Caller) -> None:
    call("save_thread", thread=_thread())
    for method in ("get_threads_by_resource_id", "get_threads_by_resource_id_paginated"):
        with pytest.raises(InvalidArgument, match="resourceId must be a non-empty string"):
            call(method, resource_id="")


# Of which a document holds the first, and others hold the second for it.
@pytest.mark.parametrize(
    ("call", "text"),
    [("sync", "x" * 850_000), ("async", "x" * 950_000)],
    indirect=["call"],
    ids=["inside", "outside"],
)
def test_large_messages_are_read_in_parts(call: Caller, text: str) -> None:
    """As they are read at once, where they are small."""
    small, large = _id("thread"), _id("thread")
    for number in range(22):
        for thread, said in ((small, f"{number}!"), (large, f"{number}!{text}")):
            message = _v2(thread, said, number // 2, id=f"{thread}-{number}")
            if number % 3:
                answer = _tool_call(number, said)
                message |= {"role": "assistant", "content": answer}
            if number % 5 == 4:
                message["resourceId"] = "other"
            call("save_messages", messages=[message], format="v2")

    def expect_same(method: str, **asked: Any) -> None:
        def read(thread: str) -> Any:
            include = [
                {**one, "id": f"{thread}-{one['id']}"}
                for one in asked.get("select_by", {}).get("include", [])
            ]
            select = {**asked.get("select_by", {}), "include": include}
            found = call(method, thread_id=thread, **{**asked, "select_by": select})
            return json.loads(json.dumps(found).replace(thread, "thread"))

        assert _shape(read(large)) == _shape(read(small))

    around = {"id": "11", "withPreviousMessages": 9, "withNextMessages": 9}
    expect_same("get_messages", select_by={"include": [around], "last": 4}, format="v2")
    expect_same("get_messages", select_by={"include": [around, {"id": "none"}]})
    expect_same("get_messages", resource_id="r", select_by={"include": [around]})
    dates = {"start": NOW + timedelta(minutes=1), "end": NOW + timedelta(minutes=10)}
    pagination = {"page": 1, "perPage": 1, "dateRange": dates}
    expect_same("get_messages_paginated", select_by={"pagination": pagination, "include": [around]})
    expect_same("get_messages_paginated")
    call("clear_table", table_name="mastra_messages")


@pytest.mark.parametrize("call", ["async"], indirect=True)
def test_messages_of_one_role_are_one_however_many_calls_read_them(call: Caller) -> None:
    """And a result of a tool has its call, which lies in another part."""
    small, large = _id("thread"), _id("thread")
    for number in range(20):
        for thread, more in ((small, ""), (large, "x" * 700_000)):
            parts = [{"type": "text", "text": f"{number}{more}"}]
            said = _v2(thread, "", number, id=f"{thread}-{number}", content={"parts": parts})
            if number == 4:
                called = {"type": "tool-call", "toolCallId": "c", "toolName": "t", "args": {}}
                said |= {"role": "assistant", "content": [called]}
            elif number == 17:
                result = {"type": "tool-result", "toolCallId": "c", "toolName": "t", "result": 1}
                said |= {"role": "tool", "content": [result]}
            call("save_messages", messages=[said])

    def read(method: str, thread: str) -> Any:
        found = call(method, thread_id=thread, format="v1")
        return _shape(json.loads(json.dumps(found).replace(thread, "thread")))

    for method in ("get_messages", "get_messages_paginated"):
        assert read(method, large) == read(method, small)
    assert [one["role"] for one in read("get_messages", large)].count("user") == 3
    call("clear_table", table_name="mastra_messages")


@pytest.mark.parametrize("call", ["async"], indirect=True)
def test_a_trace_that_is_all_that_a_call_reads_is_found_beside_others(call: Caller) -> None:
    call("clear_table", table_name="mastra_traces")
    for number in range(6):
        attributes = {"text": "x" * 900_000}
        trace = _trace(f"many.{number}", number, attributes=attributes)
        call("insert", table_name="mastra_traces", record=trace)
    whole = {"text": "x" * (15 << 20)}
    call("insert", table_name="mastra_traces", record=_trace("many.7", 7, attributes=whole))
    found = call("get_traces_paginated", name="many.", per_page=2)
    assert [one["name"] for one in found["traces"]] == ["many.7", "many.5"]
    assert (found["total"], found["traces"][0]["attributes"] == whole) == (7, True)
    call("clear_table", table_name="mastra_traces")


@pytest.mark.parametrize("field", ["threadId", "resourceId"])
def test_no_message_is_moved_or_inserted_out_of_reach(call: Caller, field: str) -> None:
    thread = call("save_thread", thread=_thread())
    saved = call("save_messages", messages=[_v2(thread["id"], "One")], format="v2")
    problem = f"Expected to find a {field} for message"
    for one in ({"id": saved[0]["id"]}, {"id": "none"}):
        with pytest.raises(InvalidArgument, match=problem):
            call("update_messages", messages=[{**one, field: ""}])
    column = {"threadId": "thread_id"}.get(field, field)
    row = {"id": _id("message"), "thread_id": thread["id"], "role": "user", "content": "Two"}
    with pytest.raises(InvalidArgument, match=problem):
        call("insert", table_name="mastra_messages", record={**row, column: ""})
    found = call("get_messages", thread_id=thread["id"], format="v2")
    assert found == saved


def test_more_rows_than_a_transaction_writes_are_inserted(call: Caller) -> None:
    call("clear_table", table_name="mastra_traces")
    rows = [_trace("row", number % 7) for number in range(1500)]
    wrong = {**_trace("row"), "kind": "server"}
    with pytest.raises(InvalidArgument, match=r"mastra_traces\.kind is no number: server"):
        call("batch_trace_insert", records=[*rows, wrong])
    assert call("get_traces") == []
    call("batch_trace_insert", records=rows)
    assert call("get_traces_paginated", per_page=1)["total"] == len(rows)
    call("clear_table", table_name="mastra_traces")


def test_json_is_compared_whatever_the_order_of_its_keys(call: Caller) -> None:
    kept = {"b": 1, "$a": [{"d": 0, "c": None}]}
    asked = {"$a": [{"c": None, "d": -0.0}], "b": 1}
    trace = _trace(_id("name"), attributes={"nested": kept})
    call("insert", table_name="mastra_traces", record=trace)
    for nested, number in ((asked, 1), (json.dumps(asked), 1), ({**asked, "b": 2}, 0)):
        conditions = {"name": trace["name"], "attributes": {"nested": nested}}
        assert len(call("get_traces", **conditions)) == number
    for attributes, is_there in (({"nested": asked}, True), ({"nested": {}}, False)):
        by = {"id": trace["id"], "attributes": attributes}
        assert len(call("get_traces", filters=by)) == is_there
        loaded = call("load", table_name="mastra_traces", keys=by)
        assert (loaded is not None) == is_there


def _eval(agent: str, minutes: int = 0, **fields: Any) -> Json:
    created = NOW + timedelta(minutes=minutes)
    return {
        "agent_name": agent,
        "input": "in",
        "output": '["out"]',
        "result": json.dumps({"score": 0.5, "info": {"$why": 1}}),
        "metric_name": "metric",
        "instructions": "Be good",
        "test_info": None,
        "global_run_id": "global",
        "run_id": _id("run"),
        "created_at": created,
        "createdAt": created,
        **fields,
    }


def test_evaluations(call: Caller) -> None:
    call("clear_table", table_name="mastra_evals")
    agent = _id("agent")
    info = {"testName": "A test", "testPath": "test/path.ts"}
    rows = [
        _eval(agent, 0),
        _eval(agent, 1, test_info=json.dumps(info)),
        _eval(agent, 2, test_info={"testName": "No path"}, result={"score": 1}),
    ]
    call("insert", table_name="mastra_evals", record=rows[0])
    call("batch_insert", table_name="mastra_evals", records=[*rows[1:], _eval("other", 9)])
    found = call("get_evals_by_agent_name", agent)
    assert [one["runId"] for one in found] == [one["run_id"] for one in reversed(rows)]
    assert found[1] == {
        "input": "in",
        "output": '["out"]',
        "result": {"score": 0.5, "info": {"$why": 1}},
        "agentName": agent,
        "createdAt": _plain(rows[1]["created_at"]),
        "metricName": "metric",
        "instructions": "Be good",
        "runId": rows[1]["run_id"],
        "globalRunId": "global",
        "testInfo": info,
    }
    assert "testInfo" not in found[2]
    assert len(call("get_evals_by_agent_name", agent, "test")) == 1
    assert len(call("get_evals_by_agent_name", agent, "live")) == 2
    assert call("get_evals_by_agent_name", "none") == []
    page = call("get_evals", agent_name=agent, page=0, per_page=2)
    assert (len(page.pop("evals")), page) == (
        2,
        {"total": 3, "page": 0, "perPage": 2, "hasMore": True},
    )
    assert call("get_evals")["total"] == 4
    assert call("get_evals", agent_name=agent, type="live", page=1, per_page=1)["total"] == 2
    dates = {"start": rows[1]["created_at"], "end": rows[1]["created_at"]}
    assert call("get_evals", agent_name=agent, date_range=dates)["total"] == 1
    call("insert", table_name="mastra_evals", record=_eval(agent, result={"info": 1}))
    with pytest.raises(InvalidArgument, match="Invalid MetricResult format"):
        call("get_evals_by_agent_name", agent)


def test_the_newest_of_many_large_rows_is_loaded(call: Caller) -> None:
    """By whichever columns an index leads to, without the others."""
    name, thread = _id("name"), _thread()
    call("insert", table_name="mastra_threads", record=thread)
    for number in range(24):
        at = NOW + timedelta(minutes=number)
        message = {
            "id": f"{name}-{number}",
            "thread_id": thread["id"],
            "content": "x" * 800_000,
            "role": "user",
            "type": "v2",
            "createdAt": at,
            "resourceId": name,
        }
        call("insert", table_name="mastra_messages", record=message)
        run = {
            "workflow_name": name,
            "run_id": f"{name}-{number}",
            "resourceId": name,
            "snapshot": {"context": {"s": {"output": "x" * 800_000}}},
            "createdAt": at,
            "updatedAt": at,
        }
        call("insert", table_name="mastra_workflow_snapshot", record=run)
        evaluation = {
            "input": "x" * 800_000,
            "output": f"{name}-{number}",
            "result": {"score": 1},
            "agent_name": name,
            "metric_name": "m",
            "instructions": "i",
            "global_run_id": "g",
            "run_id": name,
            "created_at": at,
        }
        call("insert", table_name="mastra_evals", record=evaluation)
    own = {"resourceId": name}
    for keys in ({"thread_id": thread["id"]}, own, {**own, "role": "user"}):
        assert call("load", table_name="mastra_messages", keys=keys)["id"] == f"{name}-23"
    for keys in ({"workflow_name": name}, own):
        found = call("load", table_name="mastra_workflow_snapshot", keys=keys)
        assert found["run_id"] == f"{name}-23"
    for keys in ({"agent_name": name}, {"run_id": name}):
        assert call("load", table_name="mastra_evals", keys=keys)["output"] == f"{name}-23"
    with pytest.raises(LimitExceeded, match="no index over resourceId, role"):
        call("load", table_name="mastra_messages", keys={**own, "role": "tool"})


def test_of_rows_of_one_time_the_last_one_is_loaded(call: Caller) -> None:
    resource = _id("resource")
    threads = [_thread(resourceId=resource) for _ in range(3)]
    for thread in threads:
        call("insert", table_name="mastra_threads", record=thread)
    found = call("load", table_name="mastra_threads", keys={"resourceId": resource})
    assert found["id"] == threads[-1]["id"]


def test_rows_are_inserted_and_loaded_by_their_columns(call: Caller) -> None:
    thread = {
        "id": _id("thread"),
        "resourceId": _id("owner"),
        "title": "{no json",
        "metadata": json.dumps({"$a": [1]}),
        "createdAt": NOW,
        "updatedAt": NOW,
    }
    loaded = {**_plain(thread), "metadata": {"$a": [1]}}
    call("insert", table_name="mastra_threads", record=thread)
    assert call("load", table_name="mastra_threads", keys={"id": thread["id"]}) == loaded
    keys = {"resourceId": thread["resourceId"], "title": "{no json"}
    assert call("load", table_name="mastra_threads", keys=keys) == loaded
    assert call("load", table_name="mastra_threads", keys={"id": "none"}) is None
    assert call("load", table_name="mastra_threads", keys={"title": None}) is None
    # Another row with the key replaces it, and the newest row is the one that is loaded.
    later = {**thread, "title": None, "createdAt": NOW + timedelta(days=1)}
    call("batch_insert", table_name="mastra_threads", records=[later, {**later, "id": _id("t")}])
    found = call("load", table_name="mastra_threads", keys={"id": thread["id"]})
    assert found["title"] is None
    assert found["createdAt"] == _plain(later["createdAt"])
    message = {
        "id": _id("message"),
        "thread_id": thread["id"],
        "content": json.dumps({"format": 2, "parts": [], "content": "hi"}),
        "role": "user",
        "type": "v2",
        "createdAt": NOW,
        "resourceId": "r",
    }
    old = [{"type": "text", "text": "old"}]
    call("insert", table_name="mastra_messages", record=message)
    first = {**message, "id": _id("message"), "type": "text", "content": json.dumps(old)}
    call("insert", table_name="mastra_messages", record=first)
    assert call("load", table_name="mastra_messages", keys={"id": message["id"]}) == {
        **_plain(message),
        "content": {"format": 2, "parts": [], "content": "hi"},
    }
    (_, found) = call("get_messages", thread_id=thread["id"], format="v2")
    assert found["content"] == {"format": 2, "parts": old}
    trace = _trace("loaded")
    call("insert", table_name="mastra_traces", record=trace)
    found = call("load", table_name="mastra_traces", keys={"id": trace["id"]})
    assert (found["startTime"], found["attributes"]["count"]) == (trace["startTime"], 3)
    resource = {
        "id": _id("resource"),
        "workingMemory": '{"a": 1}',
        "createdAt": NOW,
        "updatedAt": NOW,
    }
    call("insert", table_name="mastra_resources", record=resource)
    assert call("load", table_name="mastra_resources", keys={"id": resource["id"]}) == {
        **_plain(resource),
        "workingMemory": {"a": 1},
        "metadata": None,
    }
    run = _eval(_id("agent"))
    call("insert", table_name="mastra_evals", record=run)
    found = call("load", table_name="mastra_evals", keys={"run_id": run["run_id"]})
    assert found == {**_plain(run), "result": json.loads(run["result"]), "output": ["out"]}


def test_dates_of_python_are_taken_in_rows(backend: EmbeddedBackend) -> None:
    with ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        key = _id("thread")
        row = {"id": key, "resourceId": "r", "createdAt": NOW, "updatedAt": NOW}
        storage.insert(table_name="mastra_threads", record=row)
        found = storage.load(table_name="mastra_threads", keys={"id": key, "createdAt": NOW})
        assert found is not None
        assert found["createdAt"] == ISO


def test_wrong_rows_are_refused_and_none_is_written(call: Caller) -> None:
    key = _id("thread")
    good = {"id": key, "resourceId": "r", "createdAt": NOW, "updatedAt": NOW}
    for bad, words in (
        ({**good, "wrong": 1}, "table mastra_threads has no column named wrong"),
        ({"id": "t"}, "mastra_threads.resourceId is required"),
        ({**good, "createdAt": "soon"}, "mastra_threads.createdAt is no date: soon"),
    ):
        with pytest.raises(InvalidArgument, match=words):
            call("batch_insert", table_name="mastra_threads", records=[good, bad])
        assert call("get_thread_by_id", thread_id=key) is None
    with pytest.raises(InvalidArgument, match="no such table: mine"):
        call("insert", table_name="mine", record={})
    with pytest.raises(InvalidArgument, match="no such table: mine"):
        call("load", table_name="mine", keys={"id": 1})
    with pytest.raises(InvalidArgument, match="no column named wrong"):
        call("load", table_name="mastra_threads", keys={"wrong": 1})
    row = {"id": "m", "thread_id": "t", "content": "", "role": "judge"}
    with pytest.raises(InvalidArgument, match="is no role: judge"):
        call("insert", table_name="mastra_messages", record=row)


@pytest.mark.defect(20)
def test_tables_are_those_of_the_schema(call: Caller) -> None:
    columns = {"id": {"type": "text", "primaryKey": True}}
    assert call("init") is None
    assert call("create_table", table_name="mine", schema=columns) is None
    assert call("alter_table", table_name="mine", schema=columns, if_not_exists=["id"]) is None
    assert call("has_column", "mastra_threads", "resourceId") is True
    assert call("has_column", "mastra_threads", "wrong") is False
    assert call("has_column", "mine", "id") is False
    assert call("clear_table", table_name="mine") is None
    assert call("drop_table", table_name="mine") is None


def test_tables_are_cleared_apart(call: Caller) -> None:
    thread = call("save_thread", thread=_thread())
    call("save_messages", messages=[_v2(thread["id"], "kept")], format="v2")
    call("insert", table_name="mastra_evals", record=_eval("agent"))
    call("save_score", _score(_id("scorer")))
    call("clear_table", table_name="mastra_evals")
    assert call("get_evals")["total"] == 0
    call("clear_table", table_name="mastra_threads")
    assert call("get_thread_by_id", thread_id=thread["id"]) is None
    assert len(call("get_messages", thread_id=thread["id"])) == 1
    call("drop_table", table_name="mastra_messages")
    assert call("get_messages", thread_id=thread["id"]) == []
    call("batch_insert", table_name="mastra_traces", records=[_trace(f"{n}") for n in range(450)])
    call("clear_table", table_name="mastra_traces")
    assert call("get_traces") == []


def test_tables_of_large_rows_are_cleared(call: Caller) -> None:
    large = "x" * 800_000
    for number in range(24):
        call("insert", table_name="mastra_evals", record=_eval("large", input=large))
        call("save_score", _score("large", reason=large))
        trace = _trace(f"large.{number}", attributes={"text": large})
        call("insert", table_name="mastra_traces", record=trace)
    for name in ("mastra_evals", "mastra_scorers", "mastra_traces"):
        call("clear_table", table_name=name)
    assert call("get_evals")["total"] == 0
    pagination = {"page": 0, "perPage": 10}
    found = call("get_scores_by_scorer_id", scorer_id="large", pagination=pagination)
    assert found["scores"] == []
    assert call("get_traces") == []


def _score(scorer: str, **fields: Any) -> Json:
    return {
        "id": _id("score"),
        "scorerId": scorer,
        "entityId": "agent",
        "entityType": "AGENT",
        "runId": _id("run"),
        "score": 0.8,
        "reason": "It was good",
        "scorer": {"id": scorer, "name": "A scorer"},
        "input": [{"id": "i", "$value": 1}],
        "output": {"text": "out"},
        "source": "LIVE",
        "entity": {"id": "agent"},
        "runtimeContext": {"$locale": "nb"},
        "createdAt": NOW,
        "updatedAt": NOW,
        **fields,
    }


def test_scores(call: Caller) -> None:
    scorer, agent = _id("scorer"), _id("agent")
    scores = [_score(scorer, entityId=agent, source=one) for one in ("LIVE", "TEST", "LIVE")]
    for score in scores:
        saved = call("save_score", score)["score"]
        assert saved["runtimeContext"] == {"$locale": "nb"}
        assert call("get_score_by_id", id=saved["id"]) == saved
    assert call("get_score_by_id", id="none") is None
    all_ = {"page": 0, "perPage": 10}
    found = call("get_scores_by_scorer_id", scorer_id=scorer, pagination=all_)
    assert found["pagination"] == {"total": 3, "page": 0, "perPage": 10, "hasMore": False}
    assert {one["runId"] for one in found["scores"]} == {one["runId"] for one in scores}
    some = {"page": 0, "perPage": 1}
    found = call("get_scores_by_scorer_id", scorer_id=scorer, source="LIVE", pagination=some)
    assert (len(found["scores"]), found["pagination"]["hasMore"]) == (1, True)
    found = call("get_scores_by_run_id", run_id=scores[1]["runId"], pagination=all_)
    assert [one["source"] for one in found["scores"]] == ["TEST"]
    found = call("get_scores_by_entity_id", entity_id=agent, entity_type="AGENT", pagination=all_)
    assert found["pagination"]["total"] == 3
    call("clear_table", table_name="mastra_scorers")
    found = call("get_scores_by_scorer_id", scorer_id=scorer, pagination=all_)
    assert found["scores"] == []
    row = {**scores[0], "scorer": json.dumps(scores[0]["scorer"])}
    call("insert", table_name="mastra_scorers", record=row)
    loaded = call("load", table_name="mastra_scorers", keys={"id": row["id"]})
    assert (loaded["scorer"], loaded["score"]) == (scores[0]["scorer"], 0.8)
    assert call("get_score_by_id", id=row["id"])["scorer"] == scores[0]["scorer"]


def _snapshot(run: str, status: str = "running") -> Json:
    return {
        "runId": run,
        "status": status,
        "value": {},
        "context": {"input": {"$a": 1}, "step": {"status": status, "payload": {}}},
        "serializedStepGraph": [],
        "activePaths": [],
        "suspendedPaths": {},
        "timestamp": 1,
    }


def test_workflow_runs(call: Caller) -> None:
    call("clear_table", table_name="mastra_workflow_snapshot")
    name, runs = _id("flow"), [_id("run") for _ in range(3)]
    for run in runs:
        call("persist_workflow_snapshot", workflow_name=name, run_id=run, snapshot=_snapshot(run))
    found = call("load_workflow_snapshot", workflow_name=name, run_id=runs[0])
    assert found == _snapshot(runs[0])
    assert call("load_workflow_snapshot", workflow_name=name, run_id="none") is None
    before = call("get_workflow_run_by_id", run_id=runs[0])
    ended = _snapshot(runs[0], "completed")
    call("persist_workflow_snapshot", workflow_name=name, run_id=runs[0], snapshot=ended)
    after = call("get_workflow_run_by_id", run_id=runs[0], workflow_name=name)
    assert after["snapshot"] == ended
    # The time of the creation is that of the last snapshot.
    assert _at(after["createdAt"]) >= _at(before["updatedAt"])
    assert after["workflowName"] == name
    assert call("get_workflow_run_by_id", run_id=runs[0], workflow_name="none") is None
    found = call("get_workflow_runs")
    assert found["total"] == 3
    for part, total, length in (
        ({"limit": 2, "offset": 0}, 3, 2),
        ({"limit": 2, "offset": 2}, 3, 1),
        ({"limit": 2, "offset": 1}, 3, 2),
        ({"limit": 2}, 3, 3),
        ({"workflow_name": "none"}, 0, 0),
    ):
        found = call("get_workflow_runs", **part)
        assert (found["total"], len(found["runs"])) == (total, length)
    with pytest.raises(InvalidArgument, match="limit must be >= 0"):
        call("get_workflow_runs", limit=-1, offset=0)
    rows = [
        {
            "workflow_name": "inserted",
            "run_id": _id("run"),
            "resourceId": "owner",
            "snapshot": json.dumps(_snapshot("x")),
            "createdAt": NOW + timedelta(days=number),
            "updatedAt": NOW,
        }
        for number in range(3)
    ]
    call("batch_insert", table_name="mastra_workflow_snapshot", records=rows)
    found = call("get_workflow_runs", resource_id="owner", workflow_name="inserted")
    assert [one["createdAt"] for one in found["runs"]] == [
        _plain(one["createdAt"]) for one in reversed(rows)
    ]
    dates = {"from_date": rows[1]["createdAt"], "to_date": rows[2]["createdAt"]}
    assert call("get_workflow_runs", workflow_name="inserted", **dates)["total"] == 2
    keys = {"workflow_name": "inserted", "run_id": rows[0]["run_id"]}
    assert call("load", table_name="mastra_workflow_snapshot", keys=keys) == {
        **_plain(rows[0]),
        "snapshot": _snapshot("x"),
    }
    # What has no types may give anything for a number: it is refused as one that is too small.
    for wrong in (None, "1"):
        for numbers in ({"limit": wrong, "offset": 0}, {"limit": 1, "offset": wrong}):
            with pytest.raises(InvalidArgument, match="must be >= 0"):
                call.made("get_workflow_runs", **numbers)
