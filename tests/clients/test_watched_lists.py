"""Lists that are watched: in several pages without gaps, as changes, and up to what was written."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import (
    AsyncConvexStorage,
    ConvexStorage,
    InvalidArgument,
    ListChange,
    Resource,
    Thread,
    Timeout,
    Unavailable,
)
from mastra_convex._runtime import following_pages
from page_examples import blocks
from project import ROOT
from waiting import PATIENCE, wait_until

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


@pytest.fixture
def storage(backend: EmbeddedBackend) -> Iterator[ConvexStorage]:
    with ConvexStorage(backend.url, deploy_key=backend.admin_key, timeout=PATIENCE) as opened:
        yield opened
        opened.resources.clear()
        opened.threads.clear()


def thread(number: int, minute: int | None = None, **fields: Any) -> Thread:
    created_at = START + timedelta(minutes=number if minute is None else minute)
    return Thread(thread_id=f"t{number:03}", resource_id="r", created_at=created_at, **fields)


def keys(threads: list[Thread]) -> list[str]:
    return [one.thread_id for one in threads]


def applied(known: dict[str, Thread], change: ListChange[Thread]) -> dict[str, Thread]:
    """What is in the list after a change, which has to fit what was in it before."""
    after = dict(known)
    for one in change.removed:
        assert after.pop(one.thread_id) == one
    for both in change.changed:
        assert after[both.before.thread_id] == both.before != both.after
        after[both.after.thread_id] = both.after
    for one in change.added:
        assert after.setdefault(one.thread_id, one) is one
    return after


def test_changes_tell_what_was_added_changed_and_removed(storage: ConvexStorage) -> None:
    storage.threads.save_many([thread(1, title="one"), thread(2)])
    with storage.threads.by_resource_id_and_created_at("r").watch().changes() as changes:
        first = changes.next(PATIENCE)
        assert (keys(first.added), first.changed, first.removed) == (["t001", "t002"], [], [])
        storage.threads.update("t001", title="two")
        (both,) = changes.next(PATIENCE).changed
        assert (both.before.title, both.after.title) == ("one", "two")
        storage.threads.delete("t002")
        change = changes.next(PATIENCE)
        assert (change.added, change.changed, keys(change.removed)) == ([], [], ["t002"])
        # What has happened since the last one that was taken is one change.
        storage.threads.save(thread(3))
        storage.threads.delete("t001")
        change = changes.latest(PATIENCE)
        assert (keys(change.added), keys(change.removed)) == (["t003"], ["t001"])
        assert not changes.latest(PATIENCE)


def test_the_example_of_the_page(
    backend: EmbeddedBackend, storage: ConvexStorage, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = ""

    def has_printed(line: str) -> bool:
        nonlocal printed
        printed += capsys.readouterr().out
        return line in printed

    (program,) = blocks("docs/python.md", "py changes")
    own = ConvexStorage(backend.url, deploy_key=backend.admin_key)
    storage.threads.save(Thread(thread_id="t1", resource_id="user-7", title="Draft"))
    ending = threading.Thread(target=exec, args=(program, {"storage": own}), daemon=True)
    ending.start()
    wait_until(lambda: has_printed("new: t1"))
    storage.threads.update("t1", title="Trip")
    wait_until(lambda: has_printed("Draft is called Trip"))
    storage.threads.delete("t1")
    wait_until(lambda: has_printed("gone: t1"))
    own.close()
    ending.join(PATIENCE)
    assert not ending.is_alive()


def some_writes(drawn: random.Random, count: int) -> list[tuple[str, Thread]]:
    return [
        (
            drawn.choice(["save", "save", "delete"]),
            thread(drawn.randrange(30), drawn.randrange(20), title=str(drawn.random())),
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("limit", [1, 10, 100])
def test_a_list_in_pages_is_what_a_query_finds(
    storage: ConvexStorage, monkeypatch: pytest.MonkeyPatch, limit: int, seed: int
) -> None:
    monkeypatch.setattr(following_pages, "_ITEMS_PER_PAGE", 3)
    drawn = random.Random(seed)
    query = storage.threads.by_created_at(order=drawn.choice(["asc", "desc"]))
    known: dict[str, Thread] = {}
    with query.watch(limit=limit) as lists, query.watch(limit=limit).changes() as changes:
        for _ in range(25):
            for kind, one in some_writes(drawn, drawn.randrange(1, 6)):
                if kind == "save":
                    storage.threads.save(one)
                else:
                    storage.threads.delete(one.thread_id)
            found = query.page(limit=limit).items
            assert lists.latest(PATIENCE) == found
            known = applied(known, changes.latest(PATIENCE))
            assert known == {one.thread_id: one for one in found}


def test_a_list_in_pages_from_asyncio(
    backend: EmbeddedBackend, storage: ConvexStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following_pages, "_ITEMS_PER_PAGE", 3)
    drawn = random.Random(7)

    async def main() -> None:
        known: dict[str, Thread] = {}
        async with AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as other:
            query = other.threads.by_created_at(order="desc")
            lists, changes = query.watch(limit=10), query.watch(limit=10).changes()
            async with lists, changes:
                for _ in range(25):
                    for kind, one in some_writes(drawn, drawn.randrange(1, 6)):
                        if kind == "save":
                            await other.threads.save(one)
                        else:
                            await other.threads.delete(one.thread_id)
                    found = (await query.page(limit=10)).items
                    assert await lists.latest(PATIENCE) == found
                    known = applied(known, await changes.latest(PATIENCE))
                    assert known == {one.thread_id: one for one in found}

    asyncio.run(main())


def test_a_list_of_more_than_one_result_holds_is_whole(storage: ConvexStorage) -> None:
    """A function reads 16 MiB, and pages end at 8."""
    text = "x" * 900_000
    storage.resources.save_many(
        Resource(resource_id=f"r{number:02}", working_memory=text) for number in range(25)
    )
    with storage.resources.list().watch(limit=24) as lists:
        assert [one.resource_id for one in lists.next(PATIENCE)] == [
            f"r{number:02}" for number in range(24)
        ]
        storage.resources.delete("r00")
        assert [one.resource_id for one in lists.next(PATIENCE)] == [
            f"r{number:02}" for number in range(1, 25)
        ]


def test_a_page_that_grows_beyond_what_a_function_reads_is_read_in_several(
    storage: ConvexStorage,
) -> None:
    text = "x" * 900_000
    with storage.resources.list(order="desc").watch(limit=40) as lists:
        assert lists.next(PATIENCE) == []
        for number in range(22):
            storage.resources.save(Resource(resource_id=f"r{number:02}", working_memory=text))
        expected = [f"r{number:02}" for number in reversed(range(22))]
        assert [one.resource_id for one in lists.latest(PATIENCE)] == expected


def test_who_has_the_answer_to_a_mutation_finds_it_in_what_is_watched(
    storage: ConvexStorage,
) -> None:
    """That of one that runs once comes over the connection of the subscriptions."""
    query = storage.threads.by_created_at()
    with storage.threads.watch("t001") as snapshots, query.watch() as lists:
        for number in range(50):
            # This one comes to be shown by itself, and is old by the time of the answer after it.
            storage.threads.save(thread(1, title=f"draft {number}"))
            storage.threads.update("t001", title=f"{number}", expected={"title": f"draft {number}"})
            found, (listed,) = snapshots.next(PATIENCE), lists.next(PATIENCE)
            assert found is not None
            assert found.title == listed.title == f"{number}"


def test_who_has_the_answer_finds_it_from_asyncio(
    backend: EmbeddedBackend, storage: ConvexStorage
) -> None:
    async def main() -> None:
        async with (
            AsyncConvexStorage(storage.client.url, deploy_key=backend.admin_key) as other,
            other.threads.watch("t001") as snapshots,
        ):
            for number in range(50):
                await other.threads.save(thread(1, title=f"draft {number}"))
                await other.threads.update(
                    "t001", title=f"{number}", expected={"title": f"draft {number}"}
                )
                found = await snapshots.next(PATIENCE)
                assert found is not None
                assert found.title == f"{number}"

    asyncio.run(main())


def test_the_latest_shows_what_others_have_written(
    backend: EmbeddedBackend, storage: ConvexStorage
) -> None:
    with (
        ConvexStorage(backend.url, deploy_key=backend.admin_key) as other,
        storage.threads.watch("t001") as snapshots,
    ):
        for number in range(50):
            other.threads.save(thread(1, title=f"{number}"))
            found = snapshots.latest(PATIENCE)
            assert found is not None
            assert found.title == f"{number}"
        # It may be asked for again, and is taken by then.
        assert snapshots.latest(PATIENCE) == found
        with pytest.raises(Timeout):
            snapshots.next(0)
    with pytest.raises(InvalidArgument, match="the subscription is closed"):
        snapshots.latest()


def test_the_latest_of_a_deployment_that_is_gone() -> None:
    with EmbeddedBackend.start(ROOT) as own:
        storage = ConvexStorage(own.url, deploy_key=own.admin_key, timeout=PATIENCE)
        snapshots = storage.threads.watch("t1")
        assert snapshots.next(PATIENCE) is None
    with storage, pytest.raises(Unavailable):
        snapshots.latest()
