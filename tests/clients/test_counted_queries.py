"""Totals, pages at an offset and ranks, through every way to write, from the Python clients."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from plain_functions import Functions
from project import ROOT, Project, make_project
from waiting import wait_until

FOLDER = ROOT / "tests" / "clients" / "counted"
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = make_project(tmp_path_factory.mktemp("counted") / "project", FOLDER / "spec.yaml")
    project.generate()
    for name in ("oracle.ts", "plain.ts"):
        (project.root / "convex" / name).write_text((FOLDER / name).read_text())
    return project


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture
def functions(backend: EmbeddedBackend) -> Iterator[Functions]:
    opened = Functions(backend)
    yield opened
    opened.close()


@pytest.fixture
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("tally_convex")


@pytest.fixture
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        for table in ("messages", "threads", "events"):
            opened.system.clear(table)
        yield opened


def message(package: Any, number: int, thread: str = "t", **more: Any) -> Any:
    at = START + timedelta(seconds=number)
    fields = {"message_id": f"{thread}-{number}", "thread_id": thread, "text": "", **more}
    return package.Message(**{"created_at": at, **fields})


def numbers(found: Any) -> list[int]:
    return [int(one.message_id.rpartition("-")[2]) for one in found]


def test_pages_totals_and_ranks(storage: Any, package: Any) -> None:
    storage.messages.save_many(message(package, number) for number in range(700))
    newest = storage.messages.newest_of_thread("t")
    assert newest.count() == 700
    page = newest.page(offset=100, limit=5)
    assert (numbers(page), page.total) == ([599, 598, 597, 596, 595], 700)
    oldest = storage.messages.newest_of_thread("t", order="asc")
    assert numbers(oldest.page(offset=698)) == [698, 699]
    assert numbers(oldest.page(offset=700)) == []
    assert (newest.rank("t-699"), oldest.rank("t-699")) == (0, 699)
    assert newest.rank("none") is None
    # A page after a cursor is what it was.
    assert numbers(oldest.page(limit=2).items) == [0, 1]


def test_bounds_and_prefixes(storage: Any, package: Any) -> None:
    for number in range(60):
        status = {"status": "ab"[number % 2]} if number % 3 else {}
        storage.messages.save(message(package, number, **status))
    by_status = storage.messages.by_thread_id_and_status_and_created_at
    for status in ("a", "b", package.UNSET):
        for given in (
            package.Range(gte=START + timedelta(seconds=10), lt=START + timedelta(seconds=50)),
            START + timedelta(seconds=7),
        ):
            query = by_status("t", status, created_at=given)
            everything = query.all()
            assert query.count() == len(everything)
            assert query.page(offset=0, limit=1000).items == everything
            for position, one in enumerate(everything):
                assert query.rank(one.message_id) == position
    assert by_status("nobody", "a").count() == 0
    assert storage.messages.by_created_at().count() == 60
    outside = storage.messages.by_created_at(created_at=package.Range(gt=START))
    assert outside.rank("t-0") is None


def test_every_way_to_write_is_counted(storage: Any, package: Any) -> None:
    def counts() -> tuple[int, ...]:
        queries = [storage.messages.newest_of_thread(thread) for thread in ("t", "u")]
        found = tuple(one.count() for one in [*queries, storage.messages.by_created_at()])
        assert storage.system.verify_counts() == []
        return found

    storage.messages.create(message(package, 1))
    storage.messages.create(message(package, 1))
    assert counts() == (1, 0, 1)
    storage.messages.save(message(package, 2))
    storage.messages.save(message(package, 2, text="again"))
    assert counts() == (2, 0, 2)
    storage.messages.update("t-2", thread_id="u")
    assert counts() == (1, 1, 2)
    storage.messages.update("t-2", created_at=START, status="a")
    assert counts() == (1, 1, 2)
    storage.messages.save_many(message(package, number, "u") for number in range(20))
    assert counts() == (1, 21, 22)
    assert storage.messages.delete("u-3")
    assert storage.messages.delete_many(["u-4", "u-5", "none"]) == 2
    assert counts() == (1, 18, 19)
    storage.threads.save(package.Thread(thread_id="u", owner="o"))
    assert storage.threads.delete("u")
    assert counts() == (1, 0, 1)
    found = next(iter(storage.messages.list()))
    assert storage.system.delete("messages", found.doc_id)
    assert counts() == (0, 0, 0)
    storage.messages.save_many(message(package, number) for number in range(2000))
    assert counts() == (2000, 0, 2000)
    assert storage.messages.clear() == 2000
    assert counts() == (0, 0, 0)


def test_a_touch_moves_what_it_touches(storage: Any, package: Any) -> None:
    for name in ("a", "b", "c"):
        saved = storage.threads.save(package.Thread(thread_id=name, owner="o"))
    # Times are of whole milliseconds: what was written in the same one is ordered by its creation.
    wait_until(lambda: datetime.now(UTC) - saved.updated_at > timedelta(milliseconds=2))
    mine = storage.threads.by_owner_and_updated_at("o", order="desc")
    storage.messages.save(message(package, 1, "a"))
    assert mine.count() == 3
    assert [mine.rank(name) for name in ("a", "c", "b")] == [0, 1, 2]
    assert storage.system.verify_counts() == []


def test_variants_are_counted_where_they_have_the_field(storage: Any, package: Any) -> None:
    for number in range(10):
        storage.events.save(package.EventNote(event_id=f"n{number}", position=number, text=""))
        storage.events.save(package.EventMark(event_id=f"m{number}", position=number, score=number))
    assert storage.events.by_kind_and_position("note").count() == 10
    assert storage.events.by_score().count() == 20
    assert storage.events.by_score(score=package.Range(gte=5)).count() == 5
    storage.events.update("m1", score=100)
    assert storage.events.by_score(score=package.Range(gte=5)).rank("m1") == 5
    assert storage.system.verify_counts() == []


def test_from_asyncio(backend: EmbeddedBackend, storage: Any, package: Any) -> None:
    async def run() -> None:
        opened = package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key)
        async with opened as there:
            await there.messages.save_many([message(package, number) for number in range(9)])
            query = there.messages.newest_of_thread("t")
            assert await query.count() == 9
            page = await query.page(offset=8, limit=4)
            assert (numbers(page), page.total, len(page)) == ([0], 9, 1)
            assert await query.rank("t-8") == 0
            assert await there.system.verify_counts() == []

    asyncio.run(run())


def test_documents_of_before(storage: Any, package: Any, functions: Functions) -> None:
    storage.messages.save_many(message(package, number) for number in range(900))
    query = storage.messages.newest_of_thread("t")
    functions.call("oracle:discard", index="messages.by_threadId_and_createdAt")
    with pytest.raises(package.NotCounted, match="fillCounts"):
        query.count()
    # What does not read counts goes on.
    storage.messages.save(message(package, 900))
    seen: list[int] = []
    assert storage.system.fill_counts(progress=seen.append) == 901
    assert seen == sorted(seen)
    assert query.count() == 901
    assert storage.system.fill_counts() == 0
    name = "messages.by_createdAt"
    assert storage.system.refill_counts(name) == 901
    assert storage.system.verify_counts() == []


def test_what_functions_of_ones_own_write(storage: Any, package: Any, functions: Functions) -> None:
    functions.call("plain:counted", messageId="m1", threadId="t")
    assert storage.messages.newest_of_thread("t").count() == 1
    with pytest.raises(Exception, match=r"lib/counts/functions\.ts"):
        functions.call("plain:uncounted", messageId="m2", threadId="t")
    functions.call("plain:past", messageId="m3", threadId="t")
    assert storage.messages.newest_of_thread("t").count() == 1
    (problem, *_) = storage.system.verify_counts()
    assert "is not counted" in problem
    functions.call("plain:remove", messageId="m1")
    with pytest.raises(package.NotCounted):
        storage.messages.newest_of_thread("t").page(offset=0)
    for name in ("threadId_and_createdAt", "threadId_and_status_and_createdAt", "createdAt"):
        storage.system.refill_counts(f"messages.by_{name}")
    assert storage.system.verify_counts() == []
    assert storage.messages.newest_of_thread("t").count() == 1


def test_large_documents_are_verified_in_parts(
    storage: Any, package: Any, functions: Functions
) -> None:
    """Those of one leaf can be more than a function reads."""
    text = "x" * 600_000
    storage.messages.save_many(
        package.Message(
            message_id=f"m{number:02}", thread_id="t", created_at=START, text=text if number else ""
        )
        for number in range(70)
    )
    assert storage.system.verify_counts() == []
    # What is wrong is found wherever a part begins.
    for number in (69, 40, 1):
        functions.call("plain:remove", messageId=f"m{number:02}")
        problems = storage.system.verify_counts()
        assert len(problems) >= 3, number
        assert all("is counted where it is not" in problem for problem in problems)
        for name in ("threadId_and_createdAt", "threadId_and_status_and_createdAt", "createdAt"):
            storage.system.refill_counts(f"messages.by_{name}")
        assert storage.system.verify_counts() == []


def test_what_a_query_within_a_mutation_counts(storage: Any, functions: Functions) -> None:
    for number in range(20):
        found = functions.call("plain:counting", messageId=f"m{number}", threadId="t")
        assert found == [number, number + 1]
    assert functions.call("plain:counting", messageId="m0", threadId="u") == [0, 1]
    assert storage.messages.newest_of_thread("t").count() == 19
    assert storage.system.verify_counts() == []


@pytest.mark.parametrize("was_there", [False, True])
@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"inner": {}}, {"t": 0, "u": 0}),
        ({"inner": {"threadId": "u"}}, {"t": 0, "u": 1}),
        ({"inner": {"fails": True}}, {"t": 1, "u": 0}),
        ({"inner": {"threadId": "u"}, "last": "t"}, {"t": 1, "u": 0}),
        ({"inner": {"threadId": "u", "fails": True}, "last": "v"}, {"t": 0, "u": 0}),
    ],
)
def test_what_a_mutation_within_another_one_writes(
    storage: Any,
    functions: Functions,
    was_there: bool,
    arguments: dict[str, Any],
    found: dict[str, int],
) -> None:
    for number in range(20):
        one = {"messageId": f"m{number}", "threadId": "t"}
        if was_there:
            functions.call("plain:counted", messageId=f"m{number}", threadId="s")
        functions.call("plain:within", **one, **arguments)
    for thread, count in found.items():
        newest = storage.messages.newest_of_thread(thread)
        assert newest.count() == 20 * count
        assert len(newest.page(offset=0, limit=100)) == 20 * count
    assert storage.messages.newest_of_thread("s").count() == 0
    assert storage.system.verify_counts() == []


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"offset": -1}, "offset"),
        ({"offset": 0, "limit": 0}, "limit"),
        ({"offset": 0, "limit": 1001}, "limit"),
        ({"offset": 1, "cursor": "x"}, "offset or a cursor"),
    ],
)
def test_pages_that_are_refused(
    storage: Any, package: Any, arguments: dict[str, Any], problem: str
) -> None:
    with pytest.raises(package.InvalidArgument, match=problem):
        storage.messages.newest_of_thread("t").page(**arguments)


def test_documents_as_large_as_can_be(storage: Any, package: Any) -> None:
    """Counting reads documents once more, within the 16 MiB of a transaction."""
    notes = [
        package.EventNote(event_id=f"n{number}", position=number, text="x" * 1_040_000)
        for number in range(30)
    ]
    assert storage.events.save_many(notes) == 30
    moved = [package.EventNote(event_id=one.event_id, position=99, text=one.text) for one in notes]
    assert storage.events.save_many(moved) == 30
    by_kind = storage.events.by_kind_and_position("note")
    assert storage.events.by_kind_and_position("note", position=99).count() == 30
    assert len(by_kind.page(offset=20, limit=10)) == 10
    assert storage.events.delete_many([f"n{number}" for number in range(15)]) == 15
    assert by_kind.count() == 15
    assert storage.events.clear() == 15
    storage.messages.save_many(
        message(package, number, text="x" * 1_000_000) for number in range(9)
    )
    storage.messages.save(message(package, 0, text="x" * 15_000_000))
    storage.messages.save(message(package, 0, text="y" * 15_000_000))
    storage.threads.save(package.Thread(thread_id="t", owner="o"))
    storage.threads.delete("t")
    assert storage.messages.by_created_at().count() == 0
    assert storage.system.verify_counts() == []
