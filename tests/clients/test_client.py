"""The generated client of Mastra storage, against the functions that it comes with.

With CONVEX_SELF_HOSTED_URL and CONVEX_SELF_HOSTED_ADMIN_KEY set, against the deployment they name,
to which the functions of this repository must have been deployed. It is emptied.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import (
    MISSING,
    UNSET,
    AccessDenied,
    AlreadyExists,
    AsyncConvexStorage,
    Conflict,
    ConvexStorage,
    Eval,
    EvalType,
    InvalidArgument,
    Message,
    MessageRole,
    NotFound,
    Range,
    RunStatus,
    Thread,
    Trace,
    WorkflowRun,
)
from project import ROOT


@dataclass(frozen=True)
class Deployment:
    url: str
    key: str


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    url = os.environ.get("CONVEX_SELF_HOSTED_URL")
    if url is not None:
        yield Deployment(url, os.environ["CONVEX_SELF_HOSTED_ADMIN_KEY"])
        return
    with EmbeddedBackend.start(ROOT) as backend:
        yield Deployment(backend.url, backend.admin_key)


@pytest.fixture
def storage(deployment: Deployment) -> Iterator[ConvexStorage]:
    with ConvexStorage(deployment.url, deploy_key=deployment.key) as storage:
        for table in storage.system.tables():
            storage.system.clear(table.name)
        yield storage


@asynccontextmanager
async def asynchronous(deployment: Deployment) -> AsyncIterator[AsyncConvexStorage]:
    async with AsyncConvexStorage(deployment.url, deploy_key=deployment.key) as storage:
        yield storage


def message(message_id: str, thread_id: str = "t", text: str = "") -> Message:
    return Message(message_id=message_id, thread_id=thread_id, role=MessageRole.USER, content=text)


# One entity by its key.


def test_absent_and_value_come_back_as_they_were(storage: ConvexStorage) -> None:
    saved = storage.threads.save(Thread(thread_id="t", resource_id="Ünïcode 🚂"))
    assert saved.title is MISSING
    assert saved.metadata is MISSING
    assert storage.threads.get("t") == saved
    named = storage.threads.save(Thread(thread_id="t", resource_id="r", title=""))
    assert named.title == ""
    assert storage.threads.get("gone") is None


def test_the_backend_sets_timestamps(storage: ConvexStorage) -> None:
    before = datetime.now(UTC) - timedelta(minutes=5)
    given = datetime(2020, 2, 29, 12, 30, 15, 123456, tzinfo=UTC)
    first = storage.threads.save(Thread(thread_id="t", resource_id="r", created_at=given))
    assert first.created_at == given
    assert first.updated_at > before
    later = storage.threads.save(Thread(thread_id="t", resource_id="r"))
    assert later.created_at == given
    assert later.updated_at >= first.updated_at
    assert later.doc_id == first.doc_id


def test_creating_twice(storage: ConvexStorage) -> None:
    thread = Thread(thread_id="t", resource_id="r", metadata={"$ref": "#/a", "clé": [1, None]})
    created = storage.threads.create(thread)
    assert storage.threads.create(thread) == created
    other = thread.model_copy(update={"title": "other"})
    with pytest.raises(AlreadyExists, match="Failed to create thread with ID 't': ") as caught:
        storage.threads.create(other)
    assert caught.value.__cause__ is not None
    assert storage.threads.get("t") == created


def test_many_by_key(storage: ConvexStorage) -> None:
    done: list[int] = []
    saved = storage.messages.save_many(
        (message(f"m{n}") for n in range(1200)), progress=done.append
    )
    assert (saved, done) == (1200, [200, 400, 600, 800, 1000, 1200])
    keys = ["m7", "gone", *(f"m{n}" for n in range(300)), "m7"]
    found = storage.messages.get_many(keys)
    assert [one and one.message_id for one in found] == ["m7", None, *keys[2:]]
    assert storage.messages.delete_many(["m1", "gone", "m2"]) == 2
    assert storage.messages.clear() == 1198
    assert list(storage.messages.list()) == []


def test_many_by_key_that_no_query_reads_at_once(storage: ConvexStorage) -> None:
    large = "x" * 900_000
    keys = [f"large {n}" for n in range(40)]
    storage.messages.save_many(message(key, text=f"{key} {large}") for key in keys)
    found = storage.messages.get_many([*keys[:20], "gone", *keys[20:]])
    assert [one and one.message_id for one in found] == [*keys[:20], None, *keys[20:]]
    assert all(one is None or one.content == f"{one.message_id} {large}" for one in found)
    assert [one.message_id for one in storage.messages.by_thread_id("t")] == keys
    assert storage.messages.delete_many(keys) == 40


def test_composite_keys_stay_apart(storage: ConvexStorage) -> None:
    def run(workflow: str, run_id: str) -> WorkflowRun:
        return WorkflowRun(
            workflow_name=workflow, run_id=run_id, state_type=RunStatus.PENDING, state={}
        )

    storage.workflow_runs.save_many([run("a-b", "c"), run("a", "b-c")])
    found = storage.workflow_runs.get_many([("a", "b-c"), ("a-b", "c"), ("a", "c")])
    assert [one and (one.workflow_name, one.run_id) for one in found] == [
        ("a", "b-c"),
        ("a-b", "c"),
        None,
    ]
    assert storage.workflow_runs.delete("a", "b-c")
    assert not storage.workflow_runs.delete("a", "b-c")
    assert storage.workflow_runs.get("a-b", "c") is not None


# Updates.


def test_an_update_changes_what_it_names(storage: ConvexStorage) -> None:
    storage.threads.save(
        Thread(thread_id="t", resource_id="r", title="old", metadata={"a": 1, "b": {"c": 2}})
    )
    merged = storage.threads.update("t", metadata={"b": {"d": 3}})
    assert (merged.title, merged.metadata) == ("old", {"a": 1, "b": {"d": 3}})
    removed = storage.threads.update("t", title=UNSET, metadata=UNSET)
    assert (removed.title, removed.metadata) == (MISSING, MISSING)
    with pytest.raises(NotFound, match="Failed to update thread by ID 'gone': "):
        storage.threads.update("gone", title="x")


def test_compare_and_set(storage: ConvexStorage) -> None:
    run = WorkflowRun(
        workflow_name="w", run_id="r", state_type=RunStatus.SUSPENDED, state={"step": 1}
    )
    saved = storage.workflow_runs.save(run)
    claimed = storage.workflow_runs.update(
        "w",
        "r",
        state_type=RunStatus.RUNNING,
        expected={
            "state_type": RunStatus.SUSPENDED,
            "completed_at": UNSET,
            "updated_at": saved.updated_at,
        },
    )
    assert claimed.state_type is RunStatus.RUNNING
    with pytest.raises(Conflict, match="stateType"):
        storage.workflow_runs.update("w", "r", expected={"state_type": RunStatus.SUSPENDED})
    storage.workflow_runs.update("w", "r", completed_at=datetime.now(UTC))
    with pytest.raises(Conflict, match="completedAt"):
        storage.workflow_runs.update("w", "r", expected={"completed_at": UNSET})


def test_only_one_of_many_claims(deployment: Deployment, storage: ConvexStorage) -> None:
    storage.workflow_runs.save(
        WorkflowRun(workflow_name="w", run_id="r", state_type=RunStatus.SUSPENDED, state={})
    )

    async def claim(client: AsyncConvexStorage) -> bool:
        try:
            await client.workflow_runs.update(
                "w",
                "r",
                state_type=RunStatus.RUNNING,
                expected={"state_type": RunStatus.SUSPENDED},
            )
        except Conflict:
            return False
        return True

    async def race() -> list[bool]:
        async with asynchronous(deployment) as client:
            return list(await asyncio.gather(*(claim(client) for _ in range(10))))

    assert sorted(asyncio.run(race())) == [False] * 9 + [True]


# Queries.


def test_an_index_in_order_and_within_bounds(storage: ConvexStorage) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    hours = [start + timedelta(hours=number) for number in range(6)]
    storage.messages.save_many(
        message(f"m{number}").model_copy(update={"created_at": moment})
        for number, moment in enumerate(hours)
    )
    storage.messages.save(message("other", thread_id="u"))

    def ids(**bounds: datetime) -> list[str]:
        found = storage.messages.by_thread_id("t", created_at=Range(**bounds))
        return [one.message_id for one in found]

    assert ids() == ["m0", "m1", "m2", "m3", "m4", "m5"]
    assert ids(gte=hours[1], lt=hours[3]) == ["m1", "m2"]
    assert ids(gt=hours[1], lte=hours[3]) == ["m2", "m3"]
    exactly = storage.messages.by_thread_id("t", created_at=hours[4])
    assert [one.message_id for one in exactly] == ["m4"]
    newest = storage.messages.by_thread_id("t", order="desc").first()
    assert newest is not None
    assert newest.message_id == "m5"
    assert storage.messages.by_thread_id("gone").first() is None


def test_pages(storage: ConvexStorage) -> None:
    storage.messages.save_many(message(f"m{number:04}") for number in range(1000))
    page = storage.messages.by_thread_id("t").page(limit=300)
    found = [one.message_id for one in page]
    # Pages go on where they were, whatever was written meanwhile.
    storage.messages.delete("m0000")
    while not page.is_done:
        page = storage.messages.by_thread_id("t").page(cursor=page.cursor, limit=300)
        found += [one.message_id for one in page]
    assert found == [f"m{number:04}" for number in range(1000)]
    assert len(list(storage.messages.list().iterate(page_size=77))) == 999
    assert storage.system.measure("messages").documents == 999


def test_fault_19_a_page_larger_than_a_query_reads(
    deployment: Deployment, storage: ConvexStorage
) -> None:
    words = "is 32001: the limit of a page, or its size, is 32000 at most"
    query = storage.threads.list()
    assert query.page(limit=32_000).items == list(query.iterate(page_size=32_000)) == []
    for refused in (
        lambda: query.page(limit=32_001),
        lambda: list(query.iterate(page_size=32_001)),
    ):
        with pytest.raises(InvalidArgument, match=words):
            refused()
    with query.watch(limit=32_001) as subscription:
        assert next(subscription) == []

    async def run() -> None:
        async with AsyncConvexStorage(deployment.url, deploy_key=deployment.key) as opened:
            with pytest.raises(InvalidArgument, match=words):
                await opened.threads.list().page(limit=32_001)

    asyncio.run(run())


def test_an_absent_field_in_an_index(storage: ConvexStorage) -> None:
    evals = [
        Eval(eval_id="1", agent_name="a", type=EvalType.LIVE, score=0.5, input={"q": "?"}),
        Eval(eval_id="2", agent_name="a", type=EvalType.TEST, score=1),
        Eval(eval_id="3", agent_name="a"),
    ]
    storage.evals.save_many(evals)
    assert len(list(storage.evals.by_agent_name("a"))) == 3
    (live,) = storage.evals.by_agent_name_and_type("a", EvalType.LIVE)
    assert (live.eval_id, live.score, live.input) == ("1", 0.5, {"q": "?"})


def test_the_spans_of_a_trace(storage: ConvexStorage) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    spans = [
        Trace(
            trace_id="trace",
            span_id=f"s{number}",
            name="agent",
            kind=number,
            tags=["a", "b"],
            attributes={"gen_ai.request.model": "m", "nested": {"$schema": [[1.5]]}},
            started_at=start + timedelta(microseconds=number),
        )
        for number in (2, 0, 1)
    ]
    storage.traces.save_many(spans)
    found = list(storage.traces.by_trace_id("trace"))
    assert [span.span_id for span in found] == ["s0", "s1", "s2"]
    assert found[2].attributes == spans[0].attributes
    assert found[1].started_at == start + timedelta(microseconds=1)
    with pytest.raises(InvalidArgument, match="kind"):
        storage.traces.update("trace", "s0", kind=2**60)


# What refers to one another.


def test_a_message_touches_its_thread(storage: ConvexStorage) -> None:
    before = storage.threads.save(Thread(thread_id="t", resource_id="r")).updated_at

    def touched() -> datetime:
        thread = storage.threads.get("t")
        assert thread is not None
        return thread.updated_at

    storage.messages.save(message("m"))
    after_save = touched()
    assert after_save > before
    storage.messages.update("m", thread_id="elsewhere")
    after_move = touched()
    assert after_move > after_save
    storage.messages.save(message("m"))
    storage.messages.delete("m")
    assert touched() > after_move


def test_a_thread_goes_with_its_messages(storage: ConvexStorage) -> None:
    storage.threads.save(Thread(thread_id="t", resource_id="r"))
    # More than one transaction deletes.
    storage.messages.save_many(message(f"m{number}") for number in range(2500))
    storage.messages.save(message("kept", thread_id="u"))
    assert storage.threads.delete("t")
    assert storage.threads.get("t") is None
    assert [one.message_id for one in storage.messages.list()] == ["kept"]
    assert not storage.threads.delete("t")


# Subscriptions, and asyncio.


def test_watching(deployment: Deployment, storage: ConvexStorage) -> None:
    with (
        ConvexStorage(deployment.url, deploy_key=deployment.key) as other,
        other.threads.watch("t") as thread_snapshots,
        other.messages.by_thread_id("t").watch(limit=2) as message_snapshots,
    ):
        assert next(thread_snapshots) is None
        assert next(message_snapshots) == []
        saved = storage.threads.save(Thread(thread_id="t", resource_id="r"))
        assert next(thread_snapshots) == saved
        storage.messages.save_many([message("1"), message("2"), message("3")])
        assert [one.message_id for one in next(message_snapshots)] == ["1", "2"]


def test_asyncio(deployment: Deployment, storage: ConvexStorage) -> None:
    async def everything() -> None:
        async with asynchronous(deployment) as client:
            thread = await client.threads.create(Thread(thread_id="t", resource_id="r"))
            async with client.messages.by_thread_id("t").watch() as snapshots:
                assert await anext(snapshots) == []
                await client.messages.save_many(message(f"m{n}") for n in range(3))
                assert len(await anext(snapshots)) == 3
            assert [one.message_id async for one in client.messages.by_thread_id("t")] == [
                "m0",
                "m1",
                "m2",
            ]
            assert len(await client.messages.list().page(limit=2)) == 2
            first = await client.messages.by_thread_id("t").first()
            assert first is not None
            found = await asyncio.gather(*(client.threads.get("t") for _ in range(10)))
            assert {one.doc_id for one in found if one is not None} == {thread.doc_id}
            assert await client.threads.delete("t")
            assert await client.messages.get_many(["m0"]) == [None]
            assert await client.messages.clear() == 0

    asyncio.run(everything())


# Access.


def test_without_the_key_nothing_is_open(deployment: Deployment) -> None:
    with ConvexStorage(deployment.url) as stranger:
        for attempt in (
            lambda: stranger.threads.get("t"),
            lambda: stranger.threads.save(Thread(thread_id="t", resource_id="r")),
            stranger.threads.clear,
            stranger.system.tables,
        ):
            with pytest.raises(AccessDenied, match="deploy key"):
                attempt()


def test_fault_21_what_a_reference_checks(storage: ConvexStorage) -> None:
    """That the thread exists is not asked; one that does not is not touched either."""
    storage.messages.save(message("m1", "nowhere"))
    assert storage.threads.get("nowhere") is None
    assert [one.message_id for one in storage.messages.by_thread_id("nowhere")] == ["m1"]
