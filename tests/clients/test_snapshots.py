"""Snapshots: reads of one moment over several stores."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle, run_node
from project import ROOT, Project, make_project
from waiting import PATIENCE

FOLDER = ROOT / "tests" / "clients" / "transactions"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("snapshots") / "project", FOLDER / "spec.yaml")
    made.generate()
    return made


@pytest.fixture(scope="module")
def backend(project: Project) -> Iterator[EmbeddedBackend]:
    sys.path.insert(0, str(project.root / "generated" / "python"))
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture(scope="module")
def package(backend: EmbeddedBackend) -> Any:
    return importlib.import_module("transactions_convex")


@pytest.fixture
def storage(backend: EmbeddedBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened
        for store in (opened.accounts, opened.threads, opened.messages, opened.notes):
            store.clear()


def fill(storage: Any, package: Any) -> None:
    storage.accounts.save(package.Account(account_id="a", balance=100))
    storage.threads.save(package.Thread(thread_id="t1", title="Oslo"))
    storage.messages.save_many(
        package.Message(thread_id="t1", number=number, content=["x" * 40]) for number in range(250)
    )
    storage.notes.save(package.Note(note_id="n", text="in Oslo", embedding=[1, 0]))


def change(storage: Any, package: Any) -> None:
    storage.accounts.update("a", balance=0)
    storage.messages.delete_many([("t1", number) for number in range(100)])
    storage.messages.save(package.Message(thread_id="t1", number=900, content=""))
    storage.threads.save(package.Thread(thread_id="t2"))
    storage.notes.delete("n")


def test_all_reads_are_of_one_moment(storage: Any, package: Any) -> None:
    fill(storage, package)
    thread = storage.threads.get("t1")
    with storage.snapshot() as at:
        query = at.messages.by_thread("t1")
        first = query.page(limit=100)
        change(storage, package)
        rest = query.page(cursor=first.cursor, limit=1000)
        assert [one.number for one in (*first, *rest)] == list(range(250))
        assert [one.number for one in query] == list(range(250))
        assert query.first().content == ["x" * 40]
        assert at.accounts.get("a").balance == 100
        assert at.threads.get("t1") == thread
        assert at.threads.get_many(["t1", "t2"]) == [thread, None]
        assert len(at.threads.list().all()) == 1
        open_ones = at.threads.by_status_and_updated_at("open")
        assert (open_ones.count(), open_ones.rank("t1")) == (1, 0)
        assert open_ones.page(offset=0).total == 1
        # What is asked of the storage meanwhile is of the present.
        assert storage.accounts.get("a").balance == 0
        assert storage.threads.by_status_and_updated_at("open").count() == 2
        with storage.snapshot() as later:
            assert later.accounts.get("a").balance == 0
        assert at.accounts.get("a").balance == 100
    assert len(storage.messages.list().all()) == 151


def test_a_snapshot_only_reads(storage: Any, package: Any) -> None:
    def refused(words: str) -> Any:
        return pytest.raises(package.InvalidArgument, match=words)

    fill(storage, package)
    account = package.Account(account_id="b", balance=1)
    with storage.snapshot() as at:
        for write in (
            lambda: at.accounts.create(account),
            lambda: at.accounts.save(account),
            lambda: at.accounts.save_many([account]),
            lambda: at.accounts.update("a", balance=1),
            lambda: at.accounts.delete("a"),
            lambda: at.accounts.delete_many(["a"]),
            at.accounts.clear,
            lambda: at.system.delete("accounts", "x"),
        ):
            with refused("a snapshot only reads: write by the storage"):
                write()
        with refused("a snapshot only reads"), at.atomic() as tx:
            tx.accounts.create(account)
        with refused("this is an action, as searches of vectors"):
            at.notes.nearest_by_embedding([1, 0])
        with refused("does not change: watch by the storage"):
            at.accounts.watch("a")
        with refused("does not change: watch by the storage"):
            at.accounts.list().watch()
        with refused("this is a snapshot already"), at.snapshot():
            pass
    with refused("the snapshot has ended"):
        at.accounts.get("a")
    assert [one.account_id for one in storage.accounts.list()] == ["a"]


def test_errors_are_those_of_queries(storage: Any, package: Any) -> None:
    fill(storage, package)
    with storage.snapshot() as at:
        with pytest.raises(package.InvalidArgument, match="cursor"):
            at.messages.list().page(cursor="none")
        with pytest.raises(package.InvalidArgument, match="thread_id"):
            at.threads.get(None)


def test_a_snapshot_that_is_too_old_is_refused_at_once(storage: Any, package: Any) -> None:
    fill(storage, package)
    with storage.snapshot() as at:
        for written in range(9):
            storage.messages.save_many(
                package.Message(thread_id="t1", number=number, content=written)
                for number in range(500)
            )
        with pytest.raises(package.LimitExceeded, match="Begin another one") as caught:
            at.accounts.get("a")
        assert "get account by ID 'a'" in str(caught.value)
        with pytest.raises(package.LimitExceeded, match="Begin another one"):
            at.messages.list().all()
    with storage.snapshot() as at:
        assert at.accounts.get("a").balance == 100


def test_the_deployment_is_named_where_none_answers(package: Any) -> None:
    with (
        package.ConvexStorage("http://127.0.0.1:9", timeout=PATIENCE) as storage,
        pytest.raises(package.Unavailable, match="begin a snapshot"),
    ):
        storage.snapshot().__enter__()


def test_from_asyncio(backend: EmbeddedBackend, storage: Any, package: Any) -> None:
    fill(storage, package)

    async def run() -> None:
        async with package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
            async with opened.snapshot() as at:
                change(storage, package)
                account, thread, messages = await asyncio.gather(
                    at.accounts.get("a"),
                    at.threads.get("t2"),
                    at.messages.by_thread("t1").all(),
                )
                assert (account.balance, thread, len(messages)) == (100, None, 250)
                assert [one.note_id async for one in at.notes.list()] == ["n"]
                with pytest.raises(package.InvalidArgument, match="only reads"):
                    await at.accounts.delete("a")
                with pytest.raises(package.InvalidArgument, match="does not change"):
                    at.accounts.watch("a")
            with pytest.raises(package.InvalidArgument, match="has ended"):
                await at.accounts.get("a")
            assert (await opened.accounts.get("a")).balance == 0

    asyncio.run(run())


def test_typescript(project: Project, backend: EmbeddedBackend, tmp_path: Path) -> None:
    client = project.root / "generated" / "typescript"
    run_node(["--test", bundle("../transactions/snapshots.ts", tmp_path, client)], backend)
