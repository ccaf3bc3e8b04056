"""Updates of many documents in one transaction, through both clients."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle, run_node
from project import ROOT, Project, make_project

FOLDER = ROOT / "tests" / "clients" / "writing"
FUTURE = datetime(2999, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("updates") / "project", FOLDER / "spec.yaml")
    made.generate()
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("writing_convex")


@pytest.fixture
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened
        for store in (opened.messages, opened.threads, opened.events):
            store.clear()


def fill(storage: Any, package: Any, count: int = 3) -> None:
    storage.messages.save_many(
        package.Message(thread_id="t", number=number, content=number) for number in range(count)
    )


def states(storage: Any) -> list[str]:
    return [one.state for one in storage.messages.list()]


def test_several_are_changed_and_come_back_in_order(storage: Any, package: Any) -> None:
    fill(storage, package)
    update = package.Update
    updated = storage.messages.update_many(
        [
            update(("t", 2), set={"owner": "me", "content": {"$a": [1]}}),
            update(("t", 0), set={"state": "done"}, expected={"state": "open"}),
            update(("t", 2), unset=["owner"], expected={"owner": "me"}),
        ]
    )
    # Each as it is in the end.
    assert [(one.number, one.state) for one in updated] == [(2, "open"), (0, "done"), (2, "open")]
    assert updated[0] == updated[2] == storage.messages.get("t", 2)
    assert updated[0].owner is package.MISSING
    assert updated[0].content == {"$a": [1]}
    assert storage.messages.update_many([]) == []


def test_all_or_none(storage: Any, package: Any) -> None:
    fill(storage, package)
    update = package.Update
    good = update(("t", 0), set={"state": "done"})
    with pytest.raises(package.NotFound) as missing:
        storage.messages.update_many([good, update(("t", 9), set={"state": "done"})])
    assert (missing.value.index, missing.value.entity) == (1, "Message")
    assert "item 1 (number 9, threadId 't'), in batch 1, after 0 were done" in str(missing.value)
    with pytest.raises(package.Conflict, match="`owner` differs") as conflict:
        storage.messages.update_many([good, update(("t", 1), expected={"owner": "me"})])
    assert conflict.value.index == 1
    storage.threads.save_many(package.Thread(thread_id=name, title=name) for name in "ab")
    with pytest.raises(package.AlreadyExists):
        storage.threads.update_many(
            [update("a", set={"title": "c"}), update("b", set={"title": "c"})]
        )
    assert states(storage) == ["open"] * 3
    assert storage.threads.get("a").title == "a"
    # In order: what one frees, the next may take.
    swapped = [update("a", unset=["title"]), update("b", set={"title": "a"})]
    assert [one.thread_id for one in storage.threads.update_many(swapped)] == ["a", "b"]


def test_those_that_are_not_there_may_be_skipped(storage: Any, package: Any) -> None:
    fill(storage, package, 1)
    update = package.Update
    found = storage.messages.update_many(
        [update(("t", 7), set={"state": "x"}), update(("t", 0), set={"state": "done"})],
        missing="skip",
    )
    assert [one and one.state for one in found] == [None, "done"]
    assert len(list(storage.messages.list())) == 1


def test_what_does_not_fit_is_refused_with_its_index(storage: Any, package: Any) -> None:
    update = package.Update
    for wrong, problem in (
        (update("a", set={"titel": "x"}), r"\[1\]: Thread has no field 'titel'"),
        (update("a", set={"thread_id": "b"}), r"threadId|thread_id"),
        (update("a", unset=["updated_at"]), r"\[1\]: .*cannot be removed"),
        (update("a", set={"title": 5}), r"\[1\]: "),
        (update("a", set={"title": "x"}, unset=["title"]), r"\[1\]: `title` is in `set` and in"),
        ("a", r"\[1\]: expected an Update, found str"),
    ):
        storage.threads.save_many(package.Thread(thread_id=name) for name in "ab")
        with pytest.raises(package.InvalidArgument, match=problem) as refused:
            storage.threads.update_many([update("b", set={"title": "new"}), wrong])
        assert refused.value.index == 1
        assert storage.threads.get("b").title is package.MISSING
    with pytest.raises(package.InvalidArgument, match="expected a list"):
        storage.threads.update_many("ab")
    with pytest.raises(package.InvalidArgument) as caught:
        storage.threads.update_many([update("a"), update("b", set={"title": "x" * 21})])
    assert "title" in str(caught.value)


def test_parents_are_touched_once_a_call(storage: Any, package: Any) -> None:
    storage.threads.save(package.Thread(thread_id="t", updated_at=FUTURE))
    fill(storage, package)
    before = storage.threads.get("t").updated_at
    updates = [package.Update(("t", number), set={"state": "done"}) for number in range(3)]
    storage.messages.update_many(updates)
    assert storage.threads.get("t").updated_at == before + timedelta(milliseconds=1)


def test_variants_and_asyncio(storage: Any, package: Any, backend: EmbeddedBackend) -> None:
    storage.events.save(package.EventClick(event_id="c", x=1))
    storage.events.save(package.EventPress(kind="press", event_id="p", key="k"))
    updates = [package.Update("c", set={"x": 2}), package.Update("p", set={"key": "l"})]

    async def update() -> list[Any]:
        async with package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
            found: list[Any] = await opened.events.update_many(updates)
            return found

    click, press = asyncio.run(update())
    assert (click.x, press.key) == (2, "l")
    with pytest.raises(package.InvalidArgument):
        storage.events.update_many([package.Update("p", set={"x": 2})])


def test_of_several_who_claim_the_same_one_gets_all(storage: Any, package: Any) -> None:
    fill(storage, package, 4)

    def claim(owner: str) -> bool:
        updates = [
            package.Update(("t", number), set={"owner": owner}, expected={"owner": package.UNSET})
            for number in range(4)
        ]
        try:
            storage.messages.update_many(updates)
        except package.Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(claim, map(str, range(8))))
    assert won.count(True) == 1
    owners = {one.owner for one in storage.messages.list()}
    assert owners == {str(won.index(True))}


def test_typescript_updates_many(
    project: Project, backend: EmbeddedBackend, storage: Any, tmp_path: Path
) -> None:
    client = project.root / "generated" / "typescript"
    run_node(["--test", bundle("../writing/updates.ts", tmp_path, client)], backend)
