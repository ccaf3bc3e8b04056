"""What a caller expects of what a save replaces or a deletion removes, such as a revision."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle, run_node
from project import ROOT, Project, make_project

FOLDER = ROOT / "tests" / "clients" / "partial_writes"
PAST = datetime(2020, 2, 29, 12, 30, 15, 123000, tzinfo=UTC)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("conditions") / "project", FOLDER / "spec.yaml")
    made.generate()
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("partial_convex")


@pytest.fixture
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened
        for store in (
            opened.messages,
            opened.threads,
            opened.events,
            opened.pins,
            opened.notes,
        ):
            store.clear()


def message(package: Any, number: int = 1, **fields: Any) -> Any:
    return package.Message(**{"thread_id": "t", "number": number, "content": "x", **fields})


def test_a_save_replaces_only_what_is_as_expected(storage: Any, package: Any) -> None:
    threads, thread = storage.threads, package.Thread
    threads.save(thread(thread_id="t", owner="me"))
    saved = threads.save(thread(thread_id="t", owner="you"), expected={"owner": "me"})
    assert saved.owner == "you"
    for expected in (
        {"owner": "me"},
        {"owner": package.UNSET},
        {"owner": package.MISSING},
        {"owner": "you", "title": "x"},
    ):
        with pytest.raises(package.Conflict):
            threads.save(thread(thread_id="t", owner="them"), expected=expected)
    assert threads.get("t") == saved
    freed = threads.save(thread(thread_id="t"), expected={"owner": "you", "title": package.UNSET})
    assert freed.owner is package.MISSING
    assert threads.save(thread(thread_id="t"), expected={"owner": package.UNSET})
    # What is expected is of one that is there.
    with pytest.raises(package.NotFound):
        threads.save(thread(thread_id="new"), expected={"owner": package.UNSET})
    assert threads.get("new") is None
    assert threads.save(thread(thread_id="new"), expected={}).thread_id == "new"


def test_what_is_expected_is_checked_before_it_is_sent(storage: Any, package: Any) -> None:
    thread = package.Thread(thread_id="t")
    storage.threads.save(thread)
    for wrong, problem in (
        ({"ownr": "me"}, "has no field 'ownr'"),
        ({"owner": 5}, "owner"),
        ({"status": package.UNSET}, "cannot be absent"),
    ):
        with pytest.raises(package.InvalidArgument, match=problem):
            storage.threads.save(thread, expected=wrong)
        with pytest.raises(package.InvalidArgument, match=problem):
            storage.threads.delete("t", expected=wrong)
    assert storage.threads.get("t") is not None


# Each pair is of one value of JSON, in text whose keys and numbers are written otherwise.
SAME_JSON = (
    ({"$a": 1, "b": [2]}, {"b": [2.0], "$a": 1.0}),
    ({"": {"é": 0, "x": 1}}, {"": {"x": 1, "é": -0.0}}),
    ({"a": 0}, {"a": -0.0}),
    ({"$a": 2**60}, {"$a": 2.0**60}),
    ([{"a": 2**60}], [{"a": 2.0**60}]),
)


@pytest.mark.parametrize(("stored", "given"), SAME_JSON)
def test_what_is_the_same_is_as_expected_wherever_it_lies(
    storage: Any, package: Any, stored: Any, given: Any
) -> None:
    def fields(value: Any, zero: float) -> dict[str, Any]:
        box = package.Box(inner=value, sizes=[zero])
        several = {"whole": value, "parts": [value, 1], "by_name": {"a": value}}
        return {"ratio": zero, "box": box, "kept": box, **several}

    first = package.Note(note_id="n", **fields(stored, 0.0))
    other = package.Note(note_id="n", **fields(given, -0.0))
    storage.notes.create(first)
    for name, value in fields(given, -0.0).items():
        storage.notes.update("n", expected={name: value})
    storage.notes.create(other)  # A repeat.
    storage.notes.save(other)  # It keeps what is immutable.
    different = fields({"$a": 1, "b": [2, 3]}, 1e-9)
    for name, value in different.items():
        with pytest.raises(package.Conflict, match=f"`{name.replace('_n', 'N')}` differs"):
            storage.notes.update("n", expected={name: value})
    with pytest.raises(package.Conflict, match="immutable"):
        storage.notes.save(first.model_copy(update={"kept": different["kept"]}))
    with pytest.raises(package.AlreadyExists):
        storage.notes.create(first.model_copy(update={"parts": different["parts"]}))


def test_a_deletion_removes_only_what_is_as_expected(storage: Any, package: Any) -> None:
    storage.threads.save(package.Thread(thread_id="t", owner="me"))
    storage.messages.save_many(message(package, number) for number in range(3))
    with pytest.raises(package.Conflict, match="`owner` differs"):
        storage.threads.delete("t", expected={"owner": "you"})
    assert len(list(storage.messages.list())) == 3
    assert storage.threads.delete("t", expected={"owner": "me", "title": package.UNSET})
    assert list(storage.messages.list()) == []
    # As ever, it is no error where there is nothing to delete.
    assert not storage.threads.delete("t", expected={"owner": "me"})
    # A parent that is touched, a composite key, and a value that may be large.
    storage.messages.save(message(package, content={"$a": "x" * 2_000_000}))
    with pytest.raises(package.Conflict, match="`content` differs"):
        storage.messages.delete("t", 1, expected={"content": {"$a": "y"}})
    assert storage.messages.delete("t", 1, expected={"content": {"$a": "x" * 2_000_000}})
    assert storage.messages.get("t", 1) is None


def test_a_deletion_of_several_transactions_asks_first(storage: Any, package: Any) -> None:
    storage.threads.save(package.Thread(thread_id="t"))
    storage.messages.save_many(message(package, number) for number in range(2500))
    with pytest.raises(package.Conflict):
        storage.threads.delete("t", expected={"revision": 9})
    assert storage.messages.get("t", 0) is not None
    assert storage.threads.delete("t", expected={"revision": 1})
    assert storage.messages.list().first() is None


def test_large_values_may_be_expected_of_what_is_replaced(storage: Any, package: Any) -> None:
    large = {"text": "x" * 2_000_000}
    storage.messages.save(message(package, content=large))
    with pytest.raises(package.Conflict, match="`content` differs"):
        storage.messages.save(message(package), expected={"content": {"text": "y"}})
    saved = storage.messages.save(message(package, content=[1]), expected={"content": large})
    assert saved.content == [1]


def test_of_several_who_save_over_one_revision_one_wins(storage: Any, package: Any) -> None:
    first = storage.threads.save(package.Thread(thread_id="t"))

    def take(owner: str) -> bool:
        try:
            mine = package.Thread(thread_id="t", owner=owner)
            storage.threads.save(mine, expected={"revision": first.revision})
        except package.Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(take, map(str, range(8))))
    assert won.count(True) == 1
    assert storage.threads.get("t").owner == str(won.index(True))
    assert storage.threads.get("t").revision == first.revision + 1


def test_each_write_raises_the_revision(storage: Any, package: Any) -> None:
    threads, thread = storage.threads, package.Thread
    first = threads.create(thread(thread_id="t"))
    assert first.revision == 1
    assert threads.create(thread(thread_id="t")).revision == 1  # nothing is written
    assert threads.update("t", owner="a", expected={"revision": 1}).revision == 2
    assert threads.save(first).revision == 3
    threads.save_many([first, first])
    [updated] = threads.update_many([package.Update("t", set={"owner": "b"})])
    assert (updated.revision, updated.round) == (6, 6)
    with pytest.raises(package.Conflict, match="`revision` differs"):
        threads.update("t", owner="c", expected={"revision": 5})
    with pytest.raises(package.Conflict, match="`revision` differs"):
        threads.delete("t", expected={"revision": 5})
    # What touches it writes something else.
    storage.messages.save(message(package))
    assert threads.get("t").revision == 6
    assert [threads.by_round(round=number).count() for number in (5, 6)] == [0, 1]
    # What is deleted and made again begins anew.
    assert threads.delete("t", expected={"revision": 6})
    assert threads.create(thread(thread_id="t")).revision == 1


def test_a_reference_that_is_freed_is_a_write(storage: Any, package: Any) -> None:
    storage.threads.save(package.Thread(thread_id="t"))
    storage.pins.save(package.Pin(pin_id="p", thread_id="t"))
    storage.threads.delete("t")
    pin = storage.pins.get("p")
    assert (pin.thread_id, pin.turn) == (package.MISSING, 2)


def test_revisions_of_variants(storage: Any, package: Any) -> None:
    press = package.EventPress(kind="press", event_id="e", key="k")
    assert storage.events.save(press).turn == 1
    assert storage.events.update("e", key="l").turn == 2
    assert storage.events.save(press, expected={"turn": 2, "key": "l"}).turn == 3
    with pytest.raises(package.Conflict):
        storage.events.save(press, expected={"turn": 2})
    # One of another shape has none, and one with a field of that name goes on counting.
    assert storage.events.save(package.EventDrag(event_id="e")).turn == 4
    storage.events.save(package.EventClick(event_id="e", x=1))
    assert storage.events.update("e", x=2).x == 2
    assert storage.events.save(press).turn == 1
    assert storage.events.delete("e", expected={"kind": "press"})


def test_nobody_gives_a_revision(storage: Any, package: Any) -> None:
    given = package.Thread(thread_id="t", revision=7)
    for write in (
        lambda: storage.threads.create(given),
        lambda: storage.threads.save(given),
        lambda: storage.threads.save_many([given]),
        lambda: storage.threads.update("t", revision=9),
        lambda: storage.threads.update_many([package.Update("t", set={"revision": 9})]),
    ):
        with pytest.raises(package.InvalidArgument, match="revision is set by the backend"):
            write()
    assert storage.threads.get("t") is None
    first = storage.threads.save(package.Thread(thread_id="t"))
    with pytest.raises(package.InvalidArgument, match="revision is set by the backend"):
        first.revision = 7


def test_from_asyncio(backend: EmbeddedBackend, storage: Any, package: Any) -> None:
    async def write() -> None:
        async with package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
            first = await opened.threads.save(package.Thread(thread_id="t"))
            assert (await opened.threads.save(first, expected={"revision": 1})).revision == 2
            with pytest.raises(package.Conflict):
                await opened.threads.save(first, expected={"revision": 1})
            with pytest.raises(package.Conflict):
                await opened.threads.delete("t", expected={"revision": 1})
            assert await opened.threads.delete("t", expected={"revision": 2})

    asyncio.run(write())


def test_in_typescript(
    project: Project, backend: EmbeddedBackend, storage: Any, tmp_path: Path
) -> None:
    client = project.root / "generated" / "typescript"
    run_node(["--test", bundle("../partial_writes/conditions.ts", tmp_path, client)], backend)
