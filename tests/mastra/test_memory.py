"""Threads, messages and resources of Mastra's memory domain, through both stores."""

from __future__ import annotations

import asyncio
import inspect
import os
import typing
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import (
    MISSING,
    AccessDenied,
    AlreadyExists,
    InvalidArgument,
    MastraDBMessage,
    MastraDBMessageUpdate,
    NotFound,
    StorageCloneFilter,
    StorageCloneOptions,
    StorageMessageDateRange,
    StorageMessageFilter,
    StorageMessageInclude,
    StorageOrderBy,
    StorageResourceType,
    StorageThreadFilter,
    StorageThreadType,
)
from mastra_convex.mastra import AsyncMastraStore, MastraStore
from mastra_convex.mastra.memory import AsyncMastraMemory, MastraMemory
from project import ROOT
from pydantic import TypeAdapter, ValidationError

KEYS = {"$ref": "#", "clé": {"": [1, None]}, "a.b": True, "__proto__": {"x": 1}}
"""JSON whose keys Convex refuses, or that JavaScript treats specially."""

ODD_IDS = ["a b", "ä/ö:ü", "$id", "__proto__", "'; --", "😀", "a\nb", "x" * 500]

START = datetime(2026, 5, 1, 12, 30, 0, 250000, tzinfo=UTC)

MANY = int(os.environ.get("MASTRA_MESSAGES", "1200"))
"""Of a large thread: 100,000 take some minutes."""

DESCENDING = StorageOrderBy(field="createdAt", direction="DESC")


class Blocking:
    """The methods of an asynchronous object, called one at a time."""

    def __init__(self, runner: asyncio.Runner, target: Any) -> None:
        self._runner = runner
        self._target = target

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._target, name)
        if not inspect.iscoroutinefunction(found):
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


@pytest.fixture(params=["sync", "async"])
def memory(
    request: pytest.FixtureRequest, backend: EmbeddedBackend, store: MastraStore
) -> Iterator[Any]:
    if request.param == "sync":
        yield store.memory
        return
    with asyncio.Runner() as runner:
        opened = AsyncMastraStore(backend.url, deploy_key=backend.admin_key)
        yield Blocking(runner, opened.memory)
        runner.run(opened.close())


def thread(**given: Any) -> StorageThreadType:
    fields = {"id": str(uuid4()), "resource_id": str(uuid4()), "title": "Title"}
    times = {"created_at": START, "updated_at": START}
    return StorageThreadType(**{**fields, **times, **given})


def message(number: int, thread_id: str, resource_id: str = "r", **given: Any) -> MastraDBMessage:
    text = f"message {number}"
    fields = {
        "id": f"{thread_id}-{number}",
        "thread_id": thread_id,
        "resource_id": resource_id,
        "role": "user",
        "content": {"format": 2, "parts": [{"type": "text", "text": text}], "content": text},
        "created_at": START + timedelta(seconds=number),
    }
    return MastraDBMessage(**{**fields, **given})


def saved(memory: Any, count: int, resource_id: str = "r", **given: Any) -> str:
    """The ID of a thread with some messages."""
    thread_id = str(uuid4())
    memory.save_thread(thread=thread(id=thread_id, resource_id=resource_id))
    memory.save_messages(
        messages=[message(number, thread_id, resource_id, **given) for number in range(count)]
    )
    return thread_id


def numbers(output: Any) -> list[int]:
    """The numbers of messages."""
    found = output if isinstance(output, list) else output.messages
    return [int(one.id.rsplit("-", 1)[1]) for one in found]


def refused(message: str, call: Callable[..., object], **given: Any) -> None:
    with pytest.raises(InvalidArgument) as caught:
        call(**given)
    assert message in str(caught.value)


# Threads


@pytest.mark.defect(6)
def test_a_thread_comes_back_as_it_was_saved(memory: Any) -> None:
    for key in ODD_IDS:
        one = thread(id=f"{key} {uuid4()}", resource_id=key, metadata={**KEYS, "id": key})
        assert memory.save_thread(thread=one) == one
        assert memory.get_thread_by_id(thread_id=one.id) == one
        assert memory.get_thread_by_id(thread_id=one.id, resource_id=key) == one
        assert memory.get_thread_by_id(thread_id=one.id, resource_id=f"{key}-") is None
    assert memory.get_thread_by_id(thread_id="none") is None


def test_a_saved_thread_replaces_the_one_that_is_there(memory: Any) -> None:
    one = thread(metadata={"a": 1})
    memory.save_thread(thread=one)
    later = START + timedelta(days=1)
    other = StorageThreadType(
        id=one.id, resource_id="other", created_at=later, updated_at=START - timedelta(days=1)
    )
    assert memory.save_thread(thread=other) == other
    assert memory.get_thread_by_id(thread_id=one.id) == other


@pytest.mark.defect(11)
def test_an_update_of_a_thread_changes_what_is_given(memory: Any) -> None:
    one = thread(metadata={"a": {"x": 1}, "b": 2})
    memory.save_thread(thread=one)
    titled = memory.update_thread(id=one.id, title="New")
    assert (titled.title, titled.metadata) == ("New", one.metadata)
    assert titled.created_at == START
    assert titled.updated_at > START
    merged = memory.patch_thread(id=one.id, metadata={"a": {"y": 2}, **KEYS})
    assert (merged.title, merged.metadata) == ("New", {"a": {"y": 2}, "b": 2, **KEYS})
    assert merged.updated_at > titled.updated_at
    assert memory.get_thread_by_id(thread_id=one.id) == merged
    with pytest.raises(NotFound, match="Thread with id none not found"):
        memory.update_thread(id="none", title="New")


@pytest.mark.defect(4)
def test_a_deleted_thread_takes_its_messages_with_it(memory: Any) -> None:
    thread_id = saved(memory, 450)
    kept = saved(memory, 2)
    memory.delete_thread(thread_id=thread_id)
    assert memory.get_thread_by_id(thread_id=thread_id) is None
    assert memory.list_messages(thread_id=thread_id).total == 0
    assert memory.list_messages(thread_id=kept).total == 2
    memory.delete_thread(thread_id=thread_id)


def test_threads_are_listed_by_resource_and_time(memory: Any) -> None:
    resource_id = str(uuid4())
    for number in range(5):
        moment = START + timedelta(seconds=number)
        memory.save_thread(
            thread=thread(
                id=f"{resource_id}-{number}",
                resource_id=resource_id,
                created_at=moment,
                updated_at=START - timedelta(seconds=number),
            )
        )
    wanted = StorageThreadFilter(resource_id=resource_id)

    def listed(**given: Any) -> list[str]:
        return [one.id[-1] for one in memory.list_threads(filter=wanted, **given).threads]

    assert listed() == ["4", "3", "2", "1", "0"]
    assert listed(order_by=StorageOrderBy(direction="ASC")) == ["0", "1", "2", "3", "4"]
    by_update = StorageOrderBy(field="updatedAt")
    assert listed(order_by=by_update, per_page=2, page=1) == ["2", "3"]
    found = memory.list_threads(filter=wanted, per_page=2, page=1)
    assert [one.id[-1] for one in found.threads] == ["2", "1"]
    assert (found.total, found.page, found.per_page, found.has_more) == (5, 1, 2, True)
    assert not memory.list_threads(filter=wanted, per_page=2, page=2).has_more
    whole = memory.list_threads(filter=wanted, per_page=False)
    assert (len(whole.threads), whole.per_page, whole.has_more) == (5, False, False)
    none = memory.list_threads(filter=wanted, per_page=0)
    assert (none.threads, none.total, none.per_page) == ([], 5, 0)


def test_threads_of_all_resources_are_listed(memory: Any) -> None:
    one = thread()
    memory.save_thread(thread=one)
    for given in (MISSING, StorageThreadFilter(), StorageThreadFilter(resource_id="")):
        for field in ("createdAt", "updatedAt"):
            found = memory.list_threads(
                filter=given, per_page=False, order_by=StorageOrderBy(field=field)
            )
            assert one in found.threads
            assert found.total == len(found.threads)
            times = [getattr(each, f"{field[:7]}_at") for each in found.threads]
            assert times == sorted(times, reverse=True)
            second = memory.list_threads(
                filter=given, per_page=1, page=1, order_by=StorageOrderBy(field=field)
            )
            assert second.threads == found.threads[1:2]


def test_threads_are_listed_by_metadata(memory: Any) -> None:
    resource_id = str(uuid4())
    values: list[Any] = [1, "1", True, None, {"a": [1], "b": 2}, {"b": 2, "a": [1]}, [1, 2], 1.5]
    for number, value in enumerate(values):
        memory.save_thread(
            thread=thread(
                resource_id=resource_id, title=str(number), metadata={"key": value, **KEYS}
            )
        )
    memory.save_thread(thread=thread(resource_id=resource_id, title="none"))

    def titles(metadata: dict[str, Any]) -> list[str]:
        wanted = StorageThreadFilter(resource_id=resource_id, metadata=metadata)
        found = memory.list_threads(filter=wanted)
        assert found.total == len(found.threads)
        return sorted(str(one.title) for one in found.threads)

    expected = [["0"], ["1"], ["2"], ["3"], ["4", "5"], ["4", "5"], ["6"], ["7"]]
    assert [titles({"key": value}) for value in values] == expected
    assert titles({"key": 1, "other": 2}) == []
    assert len(titles({})) == len(values) + 1


@pytest.mark.parametrize("key", ["", "a-b", "a.b", "1a", "$a", "é", "__proto__", "constructor"])
def test_keys_of_metadata_filters_are_checked(memory: Any, key: str) -> None:
    given = StorageThreadFilter(metadata={key: 1})
    refused(f'Invalid metadata key: "{key}"', memory.list_threads, filter=given)
    of_messages = StorageMessageFilter(metadata={key: 1})
    refused(
        f'Invalid metadata filter key "{key}"',
        memory.list_messages,
        thread_id="t",
        filter=of_messages,
    )


def test_long_keys_and_values_of_filters_are_checked(memory: Any) -> None:
    key = "k" * 129
    refused(
        "exceeds maximum length of 128",
        memory.list_threads,
        filter=StorageThreadFilter(metadata={key: 1}),
    )
    refused(
        "Values must be string, finite number, boolean, or null",
        memory.list_messages,
        thread_id="t",
        filter=StorageMessageFilter(metadata={"key": {"a": 1}}),
    )
    refused(
        "Metadata filter must be an object",
        memory.list_messages,
        thread_id="t",
        filter=StorageMessageFilter(metadata=[1]),
    )


@pytest.mark.defect(22)
@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"per_page": -1}, "perPage must be >= 0"),
        ({"per_page": -(10**20)}, "perPage must be >= 0"),
        ({"page": -1}, "page must be >= 0"),
        ({"page": 2**52}, "page value too large"),
        ({"page": 10**30}, "page value too large"),
        ({"page": 2**70, "per_page": 1}, "page value too large"),
        ({"page": 1, "per_page": False}, "page must be 0 when perPage is false"),
    ],
)
def test_pages_are_checked(memory: Any, given: dict[str, Any], problem: str) -> None:
    refused(problem, memory.list_threads, **given)
    refused(problem, memory.list_messages, thread_id="t", **given)
    refused(problem, memory.list_messages_by_resource_id, resource_id="r", **given)


# Messages


@pytest.mark.defect(6)
def test_messages_come_back_as_they_were_saved(memory: Any) -> None:
    thread_id = str(uuid4())
    given = [
        message(
            number,
            thread_id,
            id=f"{key} {uuid4()}",
            content={"format": 2, "parts": [], **KEYS, "metadata": KEYS},
            type="text" if number % 2 else MISSING,
            role=["user", "assistant", "system", "signal"][number % 4],
        )
        for number, key in enumerate(ODD_IDS)
    ]
    assert memory.save_messages(messages=given).messages == given
    found = memory.list_messages(thread_id=thread_id)
    assert found.messages == given
    assert memory.list_messages_by_id(message_ids=[one.id for one in given]).messages == given
    assert memory.save_messages(messages=[]).messages == []


def test_text_alone_is_a_message_of_one_part(memory: Any) -> None:
    thread_id = str(uuid4())
    memory.save_messages(messages=[message(0, thread_id, content='"quoted" é')])
    (found,) = memory.list_messages(thread_id=thread_id).messages
    text = '"quoted" é'
    assert found.content == {
        "format": 2,
        "content": text,
        "parts": [{"type": "text", "text": text}],
    }


@pytest.mark.parametrize("field", ["thread_id", "resource_id"])
@pytest.mark.parametrize("value", [MISSING, ""])
def test_messages_without_an_owner_are_refused_with_all_others(
    memory: Any, field: str, value: Any
) -> None:
    thread_id = saved(memory, 1)
    wrong = message(1, thread_id)
    setattr(wrong, field, value)
    refused("couldn't find one", memory.save_messages, messages=[message(2, thread_id), wrong])
    assert memory.list_messages(thread_id=thread_id).total == 1


def test_a_message_that_is_saved_again_keeps_its_place(memory: Any) -> None:
    thread_id = saved(memory, 3)
    other = saved(memory, 0)
    again = message(0, other, created_at=START + timedelta(days=1), content={"format": 2})
    before = memory.get_thread_by_id(thread_id=thread_id).updated_at
    memory.save_messages(messages=[again, again])
    (found,) = memory.list_messages_by_id(message_ids=[again.id]).messages or [None]
    assert found == again
    moved = message(0, other, id=f"{thread_id}-0", created_at=START + timedelta(days=1))
    memory.save_messages(messages=[moved])
    assert numbers(memory.list_messages(thread_id=thread_id)) == [1, 2]
    (there,) = memory.list_messages_by_id(message_ids=[moved.id]).messages
    assert (there.thread_id, there.created_at) == (other, START)
    assert memory.get_thread_by_id(thread_id=thread_id).updated_at > before


def test_messages_need_no_thread(memory: Any) -> None:
    thread_id = str(uuid4())
    memory.save_messages(messages=[message(0, thread_id)])
    assert memory.list_messages(thread_id=thread_id).total == 1
    assert memory.get_thread_by_id(thread_id=thread_id) is None


def test_pages_of_messages(memory: Any) -> None:
    thread_id = saved(memory, 45)
    found = memory.list_messages(thread_id=thread_id)
    assert numbers(found) == list(range(40))
    assert (found.total, found.page, found.per_page, found.has_more) == (45, 0, 40, True)
    last = memory.list_messages(thread_id=thread_id, page=1)
    assert (numbers(last), last.has_more) == ([40, 41, 42, 43, 44], False)
    newest = memory.list_messages(thread_id=thread_id, per_page=3, page=1, order_by=DESCENDING)
    assert (numbers(newest), newest.total, newest.has_more) == ([41, 40, 39], 45, True)
    whole = memory.list_messages(thread_id=thread_id, per_page=False)
    assert (numbers(whole), whole.per_page, whole.has_more) == (list(range(45)), False, False)
    beyond = memory.list_messages(thread_id=thread_id, page=10**6)
    assert (beyond.messages, beyond.total, beyond.has_more) == ([], 45, False)
    none = memory.list_messages(thread_id=thread_id, per_page=0)
    assert (none.messages, none.total, none.has_more) == ([], 0, False)
    bounded = memory.list_messages(thread_id=thread_id, per_page=3, include_total=False)
    assert (numbers(bounded), bounded.has_more) == ([0, 1, 2], True)


@pytest.mark.defect(19)
def test_messages_of_one_time_are_in_the_order_of_insertion(memory: Any) -> None:
    thread_id = str(uuid4())
    ids = [f"{thread_id}-{number}" for number in (5, 3, 9, 1, 7)]
    for key in ids:
        memory.save_messages(messages=[message(0, thread_id, id=key)])
    assert numbers(memory.list_messages(thread_id=thread_id)) == [5, 3, 9, 1, 7]
    pages = [memory.list_messages(thread_id=thread_id, per_page=2, page=n) for n in range(3)]
    assert [one for page in pages for one in numbers(page)] == [5, 3, 9, 1, 7]
    backwards = [
        memory.list_messages(thread_id=thread_id, per_page=2, page=n, order_by=DESCENDING)
        for n in range(3)
    ]
    assert [one for page in backwards for one in numbers(page)] == [7, 1, 9, 3, 5]


@pytest.mark.parametrize("thread_id", ["", "  ", [], ["t", ""]])
def test_threads_of_messages_are_named(memory: Any, thread_id: Any) -> None:
    refused(
        "threadId must be a non-empty string or array of non-empty strings",
        memory.list_messages,
        thread_id=thread_id,
    )


def test_messages_of_several_threads_are_merged(memory: Any) -> None:
    first, second = saved(memory, 6), saved(memory, 4)
    found = memory.list_messages(thread_id=[first, second, first], per_page=5, page=1)
    assert (found.total, found.has_more) == (10, False)
    assert numbers(found) == [2, 3, 3, 4, 5]
    newest = memory.list_messages(
        thread_id=[first, second], per_page=3, page=1, order_by=DESCENDING
    )
    assert numbers(newest) == [3, 2, 2]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"start": 2, "end": 4}, [2, 3, 4]),
        ({"start": 2, "end": 4, "start_exclusive": True}, [3, 4]),
        ({"start": 2, "end": 4, "end_exclusive": True}, [2, 3]),
        ({"start": 2, "end": 4, "start_exclusive": True, "end_exclusive": True}, [3]),
        ({"start": 7}, [7, 8, 9]),
        ({"end": 1}, [0, 1]),
        ({"start": 5, "end": 4}, []),
        ({}, list(range(10))),
    ],
)
def test_ranges_of_dates(memory: Any, given: dict[str, Any], expected: list[int]) -> None:
    thread_id = saved(memory, 10)
    times = {
        name: START + timedelta(seconds=value)
        if (isinstance(value, int) and value > 1) or name in ("start", "end")
        else value
        for name, value in given.items()
    }
    wanted = StorageMessageFilter(date_range=StorageMessageDateRange(**times))
    found = memory.list_messages(thread_id=thread_id, filter=wanted)
    assert (numbers(found), found.total) == (expected, len(expected))
    newest = memory.list_messages(
        thread_id=thread_id, filter=wanted, per_page=2, page=1, order_by=DESCENDING
    )
    assert numbers(newest) == expected[::-1][2:4]


def test_messages_are_listed_by_metadata(memory: Any) -> None:
    thread_id = str(uuid4())
    values: list[Any] = [1, "1", True, None, 0, False, ""]
    memory.save_messages(
        messages=[
            message(number, thread_id, content={"metadata": {"key": values[number % 7]}})
            for number in range(21)
        ]
        + [message(99, thread_id, content="text")]
    )
    for number, value in enumerate(values):
        wanted = StorageMessageFilter(metadata={"key": value})
        found = memory.list_messages(thread_id=thread_id, filter=wanted, per_page=2)
        assert (numbers(found), found.total) == ([number, number + 7], 3)
        assert found.has_more
        last = memory.list_messages(thread_id=thread_id, filter=wanted, per_page=2, page=1)
        assert (numbers(last), last.has_more) == ([number + 14], False)
        bounded = memory.list_messages(
            thread_id=thread_id, filter=wanted, per_page=2, include_total=False
        )
        assert (numbers(bounded), bounded.has_more) == ([number, number + 7], True)
    none = StorageMessageFilter(metadata={"other": None})
    assert memory.list_messages(thread_id=thread_id, filter=none).total == 0


def test_messages_around_others_are_included(memory: Any) -> None:
    first, second = saved(memory, 10), saved(memory, 10)

    def listed(*include: tuple[str, int, int], **given: Any) -> Any:
        wanted = [
            StorageMessageInclude(id=key, with_previous_messages=before, with_next_messages=after)
            for key, before, after in include
        ]
        return memory.list_messages(**{"thread_id": first, "include": wanted, **given})

    found = listed((f"{second}-5", 1, 2), per_page=0)
    assert [one.id for one in found.messages] == [f"{second}-{n}" for n in (4, 5, 6, 7)]
    assert (found.total, found.has_more) == (0, False)
    found = listed((f"{first}-8", 0, 5), (f"{first}-9", 9, 0), ("none", 1, 1), per_page=2)
    assert (numbers(found), found.total) == (list(range(10)), 10)
    assert not found.has_more
    found = listed((f"{first}-5", 1, 0), per_page=2, order_by=DESCENDING)
    assert (numbers(found), found.has_more) == ([9, 8, 5, 4], True)
    alone = [StorageMessageInclude(id=f"{second}-0", thread_id="any")]
    found = memory.list_messages(thread_id=first, include=alone, per_page=1)
    assert numbers(found) == [0, 0]


def test_large_messages_are_included(memory: Any) -> None:
    """More of them than a call reads, around others and by themselves."""
    first, second = saved(memory, 10), str(uuid4())
    sizes = [800_000] * 14 + [14_000_000] + [800_000] * 5
    for number, size in enumerate(sizes):
        content = {"format": 2, "parts": [], "content": "x" * size}
        memory.save_messages(messages=[message(number, second, content=content)])
    alone = StorageMessageInclude(id=f"{second}-14")
    around = StorageMessageInclude(id=f"{second}-9", with_previous_messages=8, with_next_messages=6)
    after = StorageMessageInclude(id=f"{second}-17", with_next_messages=9)
    found = memory.list_messages(thread_id=first, include=[alone], per_page=0)
    assert (numbers(found), found.total, found.has_more) == ([14], 0, False)
    found = memory.list_messages(
        thread_id=second, include=[around, after], per_page=1, order_by=DESCENDING
    )
    assert (numbers(found), found.total) == ([*range(19, 16, -1), *range(15, 0, -1)], 20)
    assert found.has_more
    found = memory.list_messages(thread_id=first, resource_id="r", include=[around, alone])
    assert (numbers(found), found.total) == (sorted([*range(10), *range(1, 16)]), 10)
    assert not found.has_more
    assert (
        memory.list_messages(thread_id=first, resource_id="none", include=[around]).messages == []
    )


@pytest.mark.parametrize("descending", [False, True])
def test_messages_of_one_time_keep_their_order_in_lists_of_several_parts(
    memory: Any, descending: bool
) -> None:
    large = {"format": 2, "parts": [{"type": "text", "text": "x" * 1_100_000}]}
    thread_id = saved(memory, 8, created_at=START, content=large)
    around = [StorageMessageInclude(id=f"{thread_id}-{number}") for number in (1, 5)]
    order = {"order_by": DESCENDING} if descending else {}
    found = memory.list_messages(thread_id=thread_id, include=around, page=1, per_page=3, **order)
    page = {4, 3, 2} if descending else {3, 4, 5}
    assert numbers(found) == sorted({*page, 1, 5}, reverse=descending)


def test_messages_by_their_ids_keep_their_order_in_time(memory: Any) -> None:
    thread_id = saved(memory, 5, created_at=START)
    ids = [f"{thread_id}-{number}" for number in (3, 0, 4, 1)]
    assert numbers(memory.list_messages_by_id(message_ids=ids)) == [0, 1, 3, 4]


def test_messages_are_found_by_many_ids(memory: Any) -> None:
    thread_id = saved(memory, 3)
    ids = [f"{thread_id}-{number}" for number in range(8500)]
    assert numbers(memory.list_messages_by_id(message_ids=ids)) == [0, 1, 2]


@pytest.mark.defect(2)
def test_no_message_of_another_resource_appears(memory: Any) -> None:
    """Neither as the one that is included nor around it, in threads that several share."""
    mine, theirs = str(uuid4()), str(uuid4())
    thread_id = str(uuid4())
    memory.save_messages(
        messages=[message(n, thread_id, mine if n % 2 else theirs) for n in range(10)]
    )

    def listed(key: int, **given: Any) -> Any:
        wanted = [
            StorageMessageInclude(
                id=f"{thread_id}-{key}", with_previous_messages=2, with_next_messages=2
            )
        ]
        return memory.list_messages(thread_id=thread_id, include=wanted, **given)

    assert listed(4, resource_id=mine, per_page=0).messages == []
    assert numbers(listed(5, resource_id=mine, per_page=0)) == [1, 3, 5, 7, 9]
    assert numbers(listed(5, per_page=0)) == [3, 4, 5, 6, 7]
    found = memory.list_messages(thread_id=thread_id, resource_id=mine)
    assert (numbers(found), found.total) == ([1, 3, 5, 7, 9], 5)
    of_resource = memory.list_messages_by_resource_id(
        resource_id=theirs, include=[StorageMessageInclude(id=f"{thread_id}-1")]
    )
    assert numbers(of_resource) == [0, 2, 4, 6, 8]


@pytest.mark.defect(15)
def test_ids_are_not_joined(memory: Any) -> None:
    """`a-b` and `c` are other ones than `a` and `b-c`."""
    suffix = str(uuid4())
    memory.save_messages(
        messages=[
            message(0, f"a-b{suffix}", f"c{suffix}", id=f"1{suffix}"),
            message(0, f"a{suffix}", f"b-c{suffix}", id=f"2{suffix}"),
        ]
    )
    for thread_id, resource_id in (("a-b", "c"), ("a", "b-c")):
        found = memory.list_messages(
            thread_id=f"{thread_id}{suffix}", resource_id=f"{resource_id}{suffix}"
        )
        assert found.total == 1
    found = memory.list_messages(thread_id=f"a-b{suffix}", resource_id=f"b-c{suffix}")
    assert found.total == 0


def test_messages_of_a_resource_in_all_threads(memory: Any) -> None:
    resource_id = str(uuid4())
    first, second = saved(memory, 3, resource_id), saved(memory, 5, resource_id)
    found = memory.list_messages_by_resource_id(resource_id=resource_id, per_page=6)
    assert (numbers(found), found.total) == ([0, 0, 1, 1, 2, 2], 8)
    assert found.has_more
    assert {one.thread_id for one in found.messages} == {first, second}
    start = StorageMessageFilter(
        date_range=StorageMessageDateRange(start=START + timedelta(seconds=2), start_exclusive=True)
    )
    late = memory.list_messages_by_resource_id(
        resource_id=resource_id, filter=start, order_by=DESCENDING
    )
    assert (numbers(late), late.total) == ([4, 3], 2)
    none = memory.list_messages_by_resource_id(resource_id=str(uuid4()))
    assert (none.messages, none.total, none.has_more) == ([], 0, False)
    refused("resourceId is required", memory.list_messages_by_resource_id, resource_id="")


def test_messages_by_their_ids(memory: Any) -> None:
    thread_id = saved(memory, 4)
    ids = [f"{thread_id}-{number}" for number in (2, 0, 2, 9, 3)]
    assert numbers(memory.list_messages_by_id(message_ids=ids)) == [0, 2, 3]
    assert memory.list_messages_by_id(message_ids=[]).messages == []


def test_updates_of_messages_merge_their_contents(memory: Any) -> None:
    thread_id, other = saved(memory, 3), saved(memory, 0)
    content = {"format": 2, "content": "old", "metadata": {"a": {"x": 1}, "b": 2}}
    memory.save_messages(messages=[message(0, thread_id, content=content)])
    before = memory.get_thread_by_id(thread_id=thread_id).updated_at
    updated = memory.update_messages(
        messages=[
            MastraDBMessageUpdate(
                id=f"{thread_id}-0", content={"metadata": {"a": {"y": 2}, **KEYS}}
            ),
            MastraDBMessageUpdate(id="none", role="assistant"),
            MastraDBMessageUpdate(
                id=f"{thread_id}-0", role="assistant", content={"content": "new"}
            ),
            MastraDBMessageUpdate(id=f"{thread_id}-1", thread_id=other, type="text"),
        ]
    )
    merged = {"format": 2, "content": "new", "metadata": {"a": {"y": 2}, "b": 2, **KEYS}}
    assert [one.id for one in updated] == [f"{thread_id}-0", f"{thread_id}-1"]
    assert (updated[0].content, updated[0].role) == (merged, "assistant")
    assert (updated[1].thread_id, updated[1].type) == (other, "text")
    assert numbers(memory.list_messages(thread_id=thread_id)) == [0, 2]
    assert numbers(memory.list_messages(thread_id=other)) == [1]
    assert memory.get_thread_by_id(thread_id=thread_id).updated_at > before
    assert memory.get_thread_by_id(thread_id=other).updated_at > before
    assert memory.update_messages(messages=[]) == []


@pytest.mark.parametrize("size", [200_000, 300_000, 1_000_000])
def test_more_updates_than_a_transaction_writes(memory: Any, size: int) -> None:
    count = 5_000_000 // size
    thread_id = saved(memory, count)
    for text in ("x" * size, "y" * size):
        changes = [
            MastraDBMessageUpdate(id=f"{thread_id}-{n}", content={"text": text})
            for n in range(count)
        ]
        updated = memory.update_messages(messages=changes)
        assert numbers(updated) == list(range(count))
        assert all(one.content["text"] == text for one in updated)


@pytest.mark.defect(13)
@pytest.mark.parametrize("field", ["thread_id", "resource_id"])
def test_no_message_is_moved_out_of_reach(memory: Any, field: str) -> None:
    thread_id = saved(memory, 200)
    name = field.replace("_id", "Id")
    for given in ({"id": f"{thread_id}-199"}, {"id": "none"}):
        changes = [
            *(MastraDBMessageUpdate(id=f"{thread_id}-{n}", type="new") for n in range(199)),
            MastraDBMessageUpdate(**given, **{field: ""}),
        ]
        problem = f"Expected to find a {name} for message, but couldn't find one."
        refused(problem, memory.update_messages, messages=changes)
        refused(problem, memory.update_messages, messages=changes[-1:])
    found = memory.list_messages(thread_id=thread_id, resource_id="r", per_page=False)
    assert [one.type for one in found.messages] == [MISSING] * 200


def test_no_thread_is_saved_or_moved_out_of_reach(memory: Any) -> None:
    one = thread()
    memory.save_thread(thread=one)
    problem = "resourceId must be a non-empty string"
    refused(problem, memory.update_thread_resource_id, thread_id=one.id, resource_id="")
    assert memory.get_thread_by_id(thread_id=one.id) == one
    problem = "threadId must be a non-empty string"
    refused(problem, memory.save_thread, thread=thread(id=""))
    assert memory.get_thread_by_id(thread_id="") is None


def test_deleted_messages_are_gone_and_touch_their_thread(memory: Any) -> None:
    thread_id, other = saved(memory, 200), saved(memory, 2)
    before = memory.get_thread_by_id(thread_id=thread_id).updated_at
    untouched = memory.get_thread_by_id(thread_id=other)
    memory.delete_messages([f"{thread_id}-{n}" for n in range(190)] + ["none"])
    found = memory.list_messages(thread_id=thread_id)
    assert (numbers(found), found.total) == (list(range(190, 200)), 10)
    assert memory.get_thread_by_id(thread_id=thread_id).updated_at > before
    assert memory.get_thread_by_id(thread_id=other) == untouched
    memory.delete_messages([])
    memory.delete_messages(["none"])


# Resources


@pytest.mark.defect(6)
def test_resources(memory: Any) -> None:
    for key in ODD_IDS:
        one = StorageResourceType(
            id=f"{key} {uuid4()}",
            working_memory=key,
            metadata=KEYS,
            created_at=START,
            updated_at=START - timedelta(days=1),
        )
        assert memory.save_resource(resource=one) == one
        assert memory.get_resource_by_id(resource_id=one.id) == one
    changed = memory.update_resource(resource_id=one.id, metadata={"a": 1})
    assert (changed.working_memory, changed.metadata) == (key, {**KEYS, "a": 1})
    assert changed.created_at == START
    assert changed.updated_at > one.updated_at
    blank = memory.update_resource(resource_id=one.id, working_memory="")
    assert (blank.working_memory, blank.metadata) == ("", {**KEYS, "a": 1})
    assert memory.get_resource_by_id(resource_id=one.id) == blank
    assert memory.get_resource_by_id(resource_id="none") is None
    bare = StorageResourceType(id=one.id, created_at=START, updated_at=START)
    assert memory.save_resource(resource=bare) == bare
    assert memory.get_resource_by_id(resource_id=one.id) == bare


def test_an_update_makes_a_resource_where_there_is_none(memory: Any) -> None:
    first = memory.update_resource(resource_id=str(uuid4()), working_memory="w")
    assert (first.working_memory, first.metadata) == ("w", {})
    second = memory.update_resource(resource_id=str(uuid4()), metadata=KEYS)
    assert (second.working_memory, second.metadata) == (MISSING, KEYS)
    assert memory.get_resource_by_id(resource_id=second.id) == second


# Copies and moves


@pytest.mark.defect(11)
def test_a_copy_has_the_messages_under_other_ids(memory: Any) -> None:
    source = saved(memory, 320)
    copy = memory.copy_thread(source_thread_id=source, metadata=KEYS)
    assert copy.thread.title == "Clone of Title"
    assert copy.thread.resource_id == "r"
    assert copy.thread.created_at == copy.thread.updated_at
    clone = copy.thread.metadata.pop("clone")
    assert copy.thread.metadata == KEYS
    assert clone["sourceThreadId"] == source
    assert clone["lastMessageId"] == f"{source}-319"
    assert datetime.fromisoformat(clone["clonedAt"]) == copy.thread.created_at
    there = memory.get_thread_by_id(thread_id=copy.thread.id)
    assert there.metadata == {**KEYS, "clone": clone}
    assert there.updated_at == copy.thread.updated_at
    given = memory.list_messages(thread_id=source, per_page=False).messages
    copied = memory.list_messages(thread_id=copy.thread.id, per_page=False).messages
    assert [one.content for one in copied] == [one.content for one in given]
    assert [one.created_at for one in copied] == [one.created_at for one in given]
    assert [copy.message_id_map[one.id] for one in given] == [one.id for one in copied]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"message_limit": 3}, [7, 8, 9]),
        ({"message_limit": 99}, list(range(10))),
        ({"start": 2, "end": 4}, [2, 3, 4]),
        ({"start": 2, "message_limit": 2}, [8, 9]),
        ({"ids": [7, 2, 2, 99]}, [2, 7]),
        ({"ids": [7, 2, 5], "start": 3}, [5, 7]),
        ({"ids": [7, 2, 5], "message_limit": 1}, [7]),
        ({"end": -1}, []),
    ],
)
def test_a_clone_may_have_a_part_of_the_messages(
    memory: Any, options: dict[str, Any], expected: list[int]
) -> None:
    source = saved(memory, 10)

    def at(name: str) -> Any:
        return START + timedelta(seconds=options[name]) if name in options else MISSING

    ids = options.get("ids")
    chosen = StorageCloneFilter(
        start_date=at("start"),
        end_date=at("end"),
        message_ids=MISSING if ids is None else [f"{source}-{number}" for number in ids],
    )
    clone = memory.clone_thread(
        source_thread_id=source,
        new_thread_id=str(uuid4()),
        resource_id="other",
        title="Mine",
        options=StorageCloneOptions(
            message_limit=options.get("message_limit", MISSING), message_filter=chosen
        ),
    )
    assert (clone.thread.title, clone.thread.resource_id) == ("Mine", "other")
    texts = [one.content["content"] for one in clone.cloned_messages]
    assert texts == [f"message {number}" for number in expected]
    assert {one.resource_id for one in clone.cloned_messages} <= {"other"}
    last = clone.thread.metadata["clone"].get("lastMessageId")
    assert last == (f"{source}-{expected[-1]}" if expected else None)


def _copied_by_ids(
    memory: Any, source: str, message_ids: list[str], **options: Any
) -> list[MastraDBMessage]:
    """The messages of a copy, whose IDs are those that the copy says."""
    chosen = StorageCloneFilter(message_ids=message_ids)
    clone = memory.clone_thread(
        source_thread_id=source,
        resource_id="other",
        options=StorageCloneOptions(message_filter=chosen, **options),
    )
    messages: list[MastraDBMessage] = clone.cloned_messages
    assert sorted(clone.message_id_map.values()) == sorted(one.id for one in messages)
    texts = {one.content["content"] for one in messages}
    given = memory.list_messages_by_id(message_ids=list(clone.message_id_map)).messages
    assert {one.content["content"] for one in given} == texts
    last = clone.thread.metadata["clone"].get("lastMessageId")
    assert last == (given[-1].id if given else None)
    assert clone.thread.created_at == clone.thread.updated_at
    return messages


def test_messages_are_copied_by_more_ids_than_a_call_looks_up(memory: Any) -> None:
    """And than an argument may have, of which the most are of none, or of another thread."""
    source, other = saved(memory, 9), saved(memory, 3)
    none = [f"none-{number}" for number in range(8_500)]
    own = [f"{source}-{number}" for number in (7, 3, 5, 3)]
    ids = [own[0], f"{other}-1", *none, *own[1:]]
    assert [one.content["content"] for one in _copied_by_ids(memory, source, ids)] == [
        "message 3",
        "message 5",
        "message 7",
    ]
    copied = _copied_by_ids(memory, source, ids, message_limit=2)
    assert [one.content["content"] for one in copied] == ["message 5", "message 7"]
    assert _copied_by_ids(memory, source, none) == []
    with pytest.raises(AlreadyExists):
        memory.copy_thread(
            source_thread_id=source,
            new_thread_id=other,
            options=StorageCloneOptions(message_filter=StorageCloneFilter(message_ids=ids)),
        )


def test_messages_of_one_time_are_copied_by_their_ids_in_their_order(memory: Any) -> None:
    source = saved(memory, 320, created_at=START)
    ids = [f"{source}-{number}" for number in range(0, 320, 2)]
    copied = _copied_by_ids(memory, source, ids[::-1])
    assert [one.content["content"] for one in copied] == [
        f"message {number}" for number in range(0, 320, 2)
    ]


def test_large_messages_are_copied_by_their_ids(memory: Any) -> None:
    """Of which a transaction does not even look all up."""
    source = saved(memory, 0)
    for number in range(20):
        content = {"format": 2, "parts": ["x" * 850_000], "content": f"message {number}"}
        memory.save_messages(messages=[message(number, source, content=content)])
    huge = {"format": 2, "parts": ["x" * (13 << 20)], "content": "message 20"}
    memory.save_messages(messages=[message(20, source, content=huge)])
    ids = [f"{source}-{number}" for number in range(21)]
    copied = _copied_by_ids(memory, source, ids)
    assert [one.content["content"] for one in copied] == [f"message {n}" for n in range(21)]
    copied = _copied_by_ids(memory, source, ids[:8] + ids[20:], message_limit=1)
    assert [one.content["content"] for one in copied] == ["message 20"]


def test_what_cannot_be_copied(memory: Any) -> None:
    source = saved(memory, 1)
    with pytest.raises(NotFound, match="Source thread with id none not found"):
        memory.copy_thread(source_thread_id="none")
    with pytest.raises(AlreadyExists, match=f"Thread with id {source} already exists"):
        memory.copy_thread(source_thread_id=source, new_thread_id=source)
    assert memory.list_messages(thread_id=source).total == 1


def test_a_thread_moves_with_its_messages(memory: Any) -> None:
    resource_id = str(uuid4())
    thread_id = saved(memory, 320)
    moved = memory.update_thread_resource_id(thread_id=thread_id, resource_id=resource_id)
    assert (moved.resource_id, moved.created_at) == (resource_id, START)
    assert memory.list_messages(thread_id=thread_id, resource_id=resource_id).total == 320
    assert memory.list_messages_by_resource_id(resource_id=resource_id).total == 320
    again = memory.update_thread_resource_id(thread_id=thread_id, resource_id=resource_id)
    assert again == moved
    with pytest.raises(NotFound, match="Thread with id none not found"):
        memory.update_thread_resource_id(thread_id="none", resource_id=resource_id)


def test_a_thread_whose_move_was_interrupted_moves_back(memory: Any) -> None:
    thread_id, resource_id = saved(memory, 320), str(uuid4())
    begun = memory.move_thread(thread_id=thread_id, resource_id=resource_id)
    assert not begun.is_done
    memory.update_thread_resource_id(thread_id=thread_id, resource_id="r")
    assert memory.list_messages(thread_id=thread_id, resource_id="r").total == 320
    assert memory.list_messages_by_resource_id(resource_id=resource_id).total == 0


def test_a_thread_takes_messages_of_others_to_its_own_resource(memory: Any) -> None:
    thread_id, resource_id = saved(memory, 1), str(uuid4())
    memory.save_messages(messages=[message(1, thread_id, resource_id)])
    memory.update_thread_resource_id(thread_id=thread_id, resource_id="r")
    assert memory.list_messages(thread_id=thread_id, resource_id="r").total == 2
    assert memory.list_messages_by_resource_id(resource_id=resource_id).total == 0


def test_text_that_is_none_is_refused(memory: Any) -> None:
    """By the models as it is given, and by the store where a program copies it into one."""
    good = message(1, "surrogates")
    for wrong in ({"id": "\ud800"}, {"resource_id": "a\udfff"}):
        with pytest.raises(ValidationError, match="lone surrogate"):
            message(1, "surrogates", **wrong)
        given = [message(0, "surrogates"), good.model_copy(update=wrong)]
        with pytest.raises(InvalidArgument, match="lone surrogate"):
            memory.save_messages(messages=given)
    assert memory.list_messages(thread_id="surrogates").total == 0
    update = MastraDBMessageUpdate(id="m", type="v2")
    with pytest.raises(InvalidArgument, match="lone surrogate"):
        memory.update_messages(messages=[update.model_copy(update={"id": "\ud800"})])


def test_a_thread_moves_with_large_messages(memory: Any) -> None:
    """A transaction reads each of those that it moves several times."""
    resource_id = str(uuid4())
    large = {"format": 2, "parts": [], "content": "x" * 850_000}
    thread_id = saved(memory, 14, content=large)
    larger = {**large, "content": "x" * 14_000_000}
    memory.save_messages(messages=[message(14, thread_id, content=larger)])
    memory.update_thread_resource_id(thread_id=thread_id, resource_id=resource_id)
    assert memory.list_messages_by_resource_id(resource_id=resource_id, per_page=1).total == 15


# Sizes


@pytest.mark.defect(17)
def test_values_of_many_mebibytes(memory: Any) -> None:
    thread_id = str(uuid4())
    text = "é" * (3 * 1024 * 1024)
    given = [message(number, thread_id, content={"text": text, "n": number}) for number in range(5)]
    for one in given:
        memory.save_messages(messages=[one])
    include = [StorageMessageInclude(id=given[0].id)]
    found = memory.list_messages(thread_id=thread_id, per_page=2, page=1, include=include)
    assert numbers(found) == [0, 2, 3]
    assert [one.content["n"] for one in found.messages] == [0, 2, 3]
    assert found.messages[0].content["text"] == text
    assert numbers(memory.list_messages(thread_id=thread_id, per_page=False)) == [0, 1, 2, 3, 4]
    by_id = memory.list_messages_by_id(message_ids=[one.id for one in given])
    assert numbers(by_id) == [0, 1, 2, 3, 4]
    changes = [MastraDBMessageUpdate(id=one.id, content={"n": -1}) for one in given[:2]]
    changed = memory.update_messages(messages=changes)
    assert [one.content for one in changed] == [{"text": text, "n": -1}] * 2
    resource = memory.update_resource(resource_id=thread_id, working_memory=text)
    assert resource.working_memory == text
    memory.delete_thread(thread_id=thread_id)
    assert memory.list_messages(thread_id=thread_id).total == 0


def test_large_messages_are_replaced_by_small_ones(memory: Any) -> None:
    """Which each take little to say, and which are read before."""
    thread_id = saved(memory, 0)
    for number in range(9):
        content = {"format": 2, "parts": [], "content": "x" * (2 << 20)}
        memory.save_messages(messages=[message(number, thread_id, content=content)])
    memory.save_messages(messages=[message(number, thread_id) for number in range(9)])
    found = memory.list_messages(thread_id=thread_id, per_page=False)
    assert [one.content["content"] for one in found.messages] == [f"message {n}" for n in range(9)]


def test_a_message_of_many_mebibytes_is_found_by_its_metadata(memory: Any) -> None:
    thread_id = saved(memory, 2)
    content = {"parts": [], "content": "x" * (9 << 20), "metadata": {"a": 1}}
    large = message(2, thread_id, content={"format": 2, **content})
    memory.save_messages(messages=[large])
    found = memory.list_messages(
        thread_id=thread_id, filter=StorageMessageFilter(metadata={"a": 1})
    )
    assert numbers(found) == [2]
    assert found.messages[0].content == large.content


@pytest.mark.defect(3)
def test_a_large_thread_is_counted_and_paged_in_one_call(
    backend: EmbeddedBackend, store: MastraStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource_id = str(uuid4())
    thread_id = saved(store.memory, 0, resource_id)
    store.memory.save_messages(
        messages=[
            message(number // 3, thread_id, resource_id, id=f"{thread_id}-{number}")
            for number in range(MANY)
        ]
    )
    client = store.memory._client
    calls: list[Any] = []
    run = type(client).run
    monkeypatch.setattr(client, "run", lambda call: calls.append(call) or run(client, call))
    middle = MANY // 2 // 40
    for order_by in (MISSING, DESCENDING):
        for page in (0, middle, (MANY - 1) // 40, MANY):
            for scope in (MISSING, resource_id):
                found = store.memory.list_messages(
                    thread_id=thread_id, resource_id=scope, page=page, order_by=order_by
                )
                ordered = range(MANY) if order_by is MISSING else range(MANY - 1, -1, -1)
                assert numbers(found) == list(ordered[page * 40 : page * 40 + 40])
                assert found.total == MANY
    assert len(calls) == 16
    monkeypatch.undo()
    whole = store.memory.list_messages(thread_id=thread_id, per_page=False)
    assert numbers(whole) == list(range(MANY))


# Concurrency


def in_threads(count: int, call: Callable[[int], object]) -> None:
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(call, range(count)))


@pytest.mark.defect(12)
def test_concurrent_updates_of_metadata_lose_nothing(store: MastraStore) -> None:
    one = thread(metadata={"count": 0})
    store.memory.save_thread(thread=one)

    def count(_number: int) -> None:
        def update(found: StorageThreadType) -> dict[str, Any]:
            assert isinstance(found.metadata, dict)
            return {"count": typing.cast("int", found.metadata["count"]) + 1}

        store.memory.update_thread_metadata(id=one.id, update=update)
        store.memory.update_resource(resource_id=one.id, metadata={str(_number): True})

    in_threads(16, count)
    found = store.memory.get_thread_by_id(thread_id=one.id)
    assert found is not None
    assert found.metadata == {"count": 16}
    resource = store.memory.get_resource_by_id(resource_id=one.id)
    assert resource is not None
    assert resource.metadata == {str(number): True for number in range(16)}


@pytest.mark.parametrize(
    "changed", [{"metadata": {**KEYS, "n": 10**18}}, {"resource_id": "s"}, {"title": "New"}]
)
def test_an_update_of_metadata_sees_what_is_saved_meanwhile_with_the_same_time(
    memory: Any, store: MastraStore, changed: dict[str, Any]
) -> None:
    before = thread(metadata={**KEYS, "n": 10**17, "zero": -0.0})
    after = before.model_copy(update=changed)
    memory.save_thread(thread=before)
    seen: list[StorageThreadType] = []

    def update(found: StorageThreadType) -> dict[str, Any]:
        seen.append(found)
        if len(seen) == 1:
            store.memory.save_thread(thread=after)
        assert isinstance(found.metadata, dict)
        return {"n": typing.cast("int", found.metadata["n"]) + 1}

    given = memory.update_thread_metadata(id=before.id, update=update)
    assert seen == [before, after]
    expected = {**typing.cast("dict[str, Any]", after.metadata), "n": seen[1].metadata["n"] + 1}
    assert given.metadata == expected
    assert memory.get_thread_by_id(thread_id=before.id) == given


def test_no_thread_is_there_whose_metadata_are_updated(memory: Any, store: MastraStore) -> None:
    one = thread()
    memory.save_thread(thread=one)

    def update(_: StorageThreadType) -> dict[str, Any]:
        store.memory.delete_thread(thread_id=one.id)
        return {"n": 1}

    assert memory.update_thread_metadata(id=one.id, update=update) is None


def test_metadata_that_is_not_to_be_changed(memory: Any) -> None:
    one = thread()
    memory.save_thread(thread=one)
    assert memory.update_thread_metadata(id=one.id, update=lambda _: None) == one
    nobody = memory.update_thread_metadata(
        id=one.id, resource_id="other", update=lambda _: {"a": 1}
    )
    assert nobody is None


# What follows, and who may


@pytest.mark.defect(18)
def test_threads_and_messages_are_followed(store: MastraStore) -> None:
    thread_id = saved(store.memory, 3)
    with store.memory.watch_messages(thread_id=thread_id, limit=2) as updates:
        assert numbers(next(updates)) == [1, 2]
        store.memory.save_messages(messages=[message(3, thread_id)])
        assert numbers(next(updates)) == [2, 3]
    with store.memory.watch_thread(thread_id=thread_id) as updates_of_thread:
        first = next(updates_of_thread)
        assert first is not None
        store.memory.update_thread(id=thread_id, title="New")
        changed = next(updates_of_thread)
        assert changed is not None
        assert changed.title == "New"


def test_they_are_followed_from_asyncio(backend: EmbeddedBackend) -> None:
    async def main() -> None:
        async with AsyncMastraStore(backend.url, deploy_key=backend.admin_key) as store:
            thread_id = str(uuid4())
            async with store.memory.watch_messages(thread_id=thread_id) as updates:
                assert await anext(updates) == []
                await store.memory.save_messages(messages=[message(0, thread_id)])
                assert numbers(await anext(updates)) == [0]

    asyncio.run(main())


@pytest.mark.defect(1)
def test_nobody_without_the_key_gets_in(backend: EmbeddedBackend) -> None:
    with MastraStore(backend.url) as stranger:
        for call in (
            lambda: stranger.memory.get_thread_by_id(thread_id="t"),
            lambda: stranger.memory.list_messages(thread_id="t"),
            lambda: stranger.memory.save_messages(messages=[message(0, "t")]),
            stranger.memory.dangerously_clear_all,
        ):
            with pytest.raises(AccessDenied):
                call()


def test_all_is_cleared() -> None:
    with (
        EmbeddedBackend.start(ROOT) as backend,
        MastraStore(backend.url, deploy_key=backend.admin_key) as store,
    ):
        thread_id = saved(store.memory, 3)
        store.memory.update_resource(resource_id="r", working_memory="w")
        store.memory.dangerously_clear_all()
        assert store.memory.list_threads().total == 0
        assert store.memory.list_messages(thread_id=thread_id).total == 0
        assert store.memory.get_resource_by_id(resource_id="r") is None


# The convention of calls


def test_flags_are_read_without_a_call() -> None:
    for kind in (MastraMemory, AsyncMastraMemory):
        assert kind.supports_observational_memory is True
        assert kind.supports_partial_thread_update is True


METHODS = [
    name
    for name, method in inspect.getmembers(MastraMemory, inspect.isfunction)
    if not name.startswith("_")
]


@pytest.mark.parametrize("kind", [MastraMemory, AsyncMastraMemory])
@pytest.mark.parametrize("name", METHODS)
def test_annotations_are_resolved_and_one_kind_of_parameters(kind: type, name: str) -> None:
    method = getattr(kind, name)
    hints = typing.get_type_hints(method)
    parameters = list(inspect.signature(method).parameters.values())[1:]
    assert len({one.kind for one in parameters}) <= 1
    assert {one.name for one in parameters} | {"return"} == hints.keys()


def test_the_wire_format_has_the_names_of_mastra() -> None:
    hints = typing.get_type_hints(MastraMemory.list_messages, include_extras=True)
    include: Any = TypeAdapter(hints["include"]).validate_json(
        '[{"id": "m", "withPreviousMessages": 2}]', by_alias=True, by_name=False
    )
    assert include[0].with_previous_messages == 2
    given = TypeAdapter(hints["per_page"]).validate_json("false", by_alias=True, by_name=False)
    assert given is False
    dumped = TypeAdapter(MastraDBMessage).dump_python(message(0, "t"), by_alias=True)
    assert dumped.keys() == {"id", "role", "createdAt", "threadId", "resourceId", "content"}
    assert dumped["createdAt"] == START
