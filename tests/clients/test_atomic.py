"""Atomic blocks: writes and conditions over several stores in one transaction."""

from __future__ import annotations

import asyncio
import importlib
import random
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest
from convexgen.embedded import EmbeddedBackend
from node_program import bundle, run_node
from project import ROOT, Project, make_project

T = TypeVar("T")

FOLDER = ROOT / "tests" / "clients" / "transactions"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = make_project(tmp_path_factory.mktemp("atomic") / "project", FOLDER / "spec.yaml")
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
        for store in stores(opened):
            store.clear()


def stores(storage: Any) -> list[Any]:
    return [
        storage.accounts,
        storage.threads,
        storage.messages,
        storage.events,
        storage.markers,
        storage.notes,
    ]


def everything(storage: Any) -> list[list[Any]]:
    return [store.list().all() for store in stores(storage)]


def do(storage: Any, collect: Callable[[Any], T]) -> T:
    """What a block gives that collects so."""
    with storage.atomic() as tx:
        return collect(tx)


def message(package: Any, number: int, content: Any = "", thread_id: str = "t1") -> Any:
    return package.Message(thread_id=thread_id, number=number, content=content)


def test_writes_of_several_stores_are_one_transaction(storage: Any, package: Any) -> None:
    storage.events.save(package.EventClick(event_id="old", x=1))
    storage.markers.create(package.Marker(marker_id="gone"))
    storage.accounts.save_many(
        package.Account(account_id=one, balance=balance)
        for one, balance in (("kept", 1), ("spent", 0))
    )
    with storage.atomic() as tx:
        # The message refers to the thread, which the block creates before.
        thread = tx.threads.create(package.Thread(thread_id="t1", title="Oslo"))
        first = tx.messages.create(message(package, 1, ["x" * 2_000_000]))
        tx.threads.expect("t1", {"status": "open", "title": "Oslo", "state": package.UNSET})
        changed = tx.threads.update(
            "t1",
            set={"state": {"phase": "asking"}},
            unset=["title"],
            expected={"title": "Oslo"},
        )
        event = tx.events.update("old", set={"x": 2})
        tx.accounts.save(package.Account(account_id="kept", balance=2), expected={"balance": 1})
        tx.accounts.delete("spent", expected={"balance": 0})
        tx.accounts.upsert("kept", set={"balance": package.Increment(5)})
        upserted = tx.accounts.upsert("new", set={"balance": package.Increment(5)})
        deleted = tx.markers.delete("gone")
        missed = tx.markers.delete("never")
        tx.messages.expect_absent(("t1", 2))
        tx.messages.expect(("t1", 1))
        assert storage.threads.get("t1") is None
        with pytest.raises(package.InvalidArgument, match="there is no result"):
            _ = thread.result
    assert thread.result.title == "Oslo"
    assert first.result.content == ["x" * 2_000_000]
    assert (changed.result.phase, changed.result.title) == ("asking", package.MISSING)
    assert event.result == storage.events.get("old")
    assert event.result.x == 2
    assert (deleted.result, missed.result) == (True, False)
    stored = storage.threads.get("t1")
    assert stored == changed.result
    assert [one.balance for one in storage.accounts.get_many(["kept", "new"])] == [7, 5]
    assert storage.accounts.get("spent") is None
    assert upserted.result == storage.accounts.get("new")
    assert storage.messages.get("t1", 1) == first.result
    # Derived fields and counts hold, and the time of the thread went on with each write.
    assert thread.result.updated_at < stored.updated_at
    assert storage.threads.by_status_and_updated_at("open").count() == 1


def failing(package: Any) -> dict[str, Callable[[Any], object]]:
    """Operations that fail, each by its own error, named by class."""
    return {
        "AlreadyExists": lambda tx: tx.accounts.create(package.Account(account_id="a0", balance=9)),
        "AlreadyExists of unique": lambda tx: tx.threads.create(
            package.Thread(thread_id="other", title="taken")
        ),
        "AlreadyExists of absence": lambda tx: tx.accounts.expect_absent("a0"),
        "NotFound": lambda tx: tx.accounts.update("nobody", set={"balance": 1}),
        "NotFound of a condition": lambda tx: tx.accounts.expect("nobody"),
        "NotFound of a target": lambda tx: tx.messages.save(message(package, 1, "", "nowhere")),
        "Conflict": lambda tx: tx.threads.expect("taken", {"status": "closed"}),
        "Conflict of absence": lambda tx: tx.threads.expect("taken", {"title": package.UNSET}),
        "Conflict of a save": lambda tx: tx.threads.save(
            package.Thread(thread_id="taken"), expected={"status": "closed"}
        ),
        "Conflict of a deletion": lambda tx: tx.accounts.delete("a0", expected={"balance": 5}),
        "Conflict of an update": lambda tx: tx.accounts.update(
            "a0", set={"balance": 1}, expected={"balance": 5}
        ),
    }


@pytest.mark.parametrize("position", [0, 7, 19])
def test_one_failing_operation_among_20_changes_nothing(
    storage: Any, package: Any, position: int
) -> None:
    storage.accounts.create(package.Account(account_id="a0", balance=1))
    storage.threads.create(package.Thread(thread_id="taken", title="taken"))
    before = everything(storage)
    for name, fail in failing(package).items():

        def collect(tx: Any, fail: Callable[[Any], object] = fail) -> None:
            for number in range(20):
                if number == position:
                    fail(tx)
                elif number % 2:
                    tx.accounts.save(package.Account(account_id=f"a{number}", balance=number))
                else:
                    tx.markers.create(package.Marker(marker_id=f"m{number}"))

        with pytest.raises(getattr(package, name.split()[0])) as caught:
            do(storage, collect)
        assert everything(storage) == before, name
        assert caught.value.index == position
        assert f"operation {position} of 20 in one transaction" in str(caught.value)
        assert caught.value.key


def test_an_error_names_the_operation(storage: Any, package: Any) -> None:
    def collect(tx: Any) -> None:
        tx.accounts.save(package.Account(account_id="a", balance=1))
        tx.messages.update(("t1", 7), set={"content": 1})

    with pytest.raises(package.NotFound) as caught:
        do(storage, collect)
    assert str(caught.value) == (
        "Failed to update message by thread ID 't1' and number 7, operation 1 of 2 in one "
        'transaction: Message with threadId "t1" and number 7 does not exist'
    )
    assert caught.value.key == {"threadId": "t1", "number": 7}
    assert caught.value.batch is None


def test_what_cannot_be_sent_is_refused_where_it_stands(storage: Any, package: Any) -> None:
    def refused(words: str) -> Any:
        return pytest.raises(package.InvalidArgument, match=words)

    with storage.atomic() as tx:
        with refused("has no field 'nope'"):
            tx.threads.update("t1", set={"nope": 1})
        with refused("has no field 'nope'"):
            tx.threads.expect("t1", {"nope": 1})
        with refused("set by the backend"):
            tx.threads.update("t1", set={"phase": "x"})
        with refused("expected text"):
            tx.threads.delete(object())
    assert everything(storage) == [[], [], [], [], [], []]
    with refused("atomic block has ended"):
        tx.markers.create(package.Marker(marker_id="late"))
    thread = package.Thread(thread_id="t1")
    changes = {"title": "x" * 21}
    with refused("title"):
        do(storage, lambda tx: (tx.threads.create(thread), tx.threads.update("t1", changes)))
    assert everything(storage) == [[], [], [], [], [], []]


def test_nothing_is_sent_where_the_block_raises_or_is_empty(package: Any) -> None:
    with package.ConvexStorage("http://127.0.0.1:9", deploy_key="k") as storage:
        with storage.atomic():
            pass
        collected: list[Any] = []

        def fail(tx: Any) -> None:
            collected.append(tx.markers.create(package.Marker(marker_id="m")))
            raise RuntimeError("on purpose")

        with pytest.raises(RuntimeError, match="on purpose"):
            do(storage, fail)
        with pytest.raises(package.InvalidArgument, match="there is no result"):
            _ = collected[0].result


def test_too_many_or_too_large_operations_are_refused_before_they_are_sent(package: Any) -> None:
    with package.ConvexStorage("http://127.0.0.1:9", deploy_key="k") as storage:
        with pytest.raises(package.LimitExceeded, match="at most 4096"):
            do(storage, lambda tx: [tx.markers.delete(str(number)) for number in range(4097)])
        contents = ["x" * 5_000_000, "x", "x" * 12_900_000]
        messages = [message(package, number, one) for number, one in enumerate(contents)]
        with pytest.raises(package.LimitExceeded, match=r"`operations\[2\]` takes 12"):
            do(storage, lambda tx: [tx.messages.create(one) for one in messages])


def test_a_thousand_operations_are_one_transaction(storage: Any, package: Any) -> None:
    with storage.atomic() as tx:
        made = [
            tx.accounts.create(package.Account(account_id=f"a{number}", balance=number))
            for number in range(1000)
        ]
    assert [one.result.balance for one in made] == list(range(1000))
    assert len(storage.accounts.list().all()) == 1000


def test_a_deletion_of_more_than_one_transaction_deletes_is_refused(
    storage: Any, package: Any
) -> None:
    storage.threads.create(package.Thread(thread_id="t1"))
    storage.messages.save_many(message(package, number) for number in range(1500))
    account = package.Account(account_id="a", balance=1)
    with pytest.raises(package.LimitExceeded, match="Delete it before the block") as caught:
        do(storage, lambda tx: (tx.accounts.save(account), tx.threads.delete("t1")))
    assert caught.value.index == 1
    assert (len(storage.messages.list().all()), storage.accounts.get("a")) == (1500, None)
    storage.threads.delete("t1")
    storage.threads.create(package.Thread(thread_id="t1"))
    storage.messages.save_many(message(package, number) for number in range(50))
    with storage.atomic() as tx:
        tx.threads.delete("t1")
        tx.threads.create(package.Thread(thread_id="t1", title="anew"))
    assert storage.messages.list().all() == []
    assert storage.threads.by_status_and_updated_at("open").count() == 1


def test_a_block_is_for_those_who_have_the_key(
    backend: EmbeddedBackend, storage: Any, package: Any
) -> None:
    with package.ConvexStorage(backend.url) as without_key:
        without_key.markers.create(package.Marker(marker_id="public"))
        with pytest.raises(package.AccessDenied), without_key.atomic() as tx:
            tx.markers.create(package.Marker(marker_id="m"))
    with storage.atomic() as tx:
        tx.markers.delete("public")
    assert storage.markers.list().all() == []


def test_racing_blocks_are_serialisable(
    backend: EmbeddedBackend, storage: Any, package: Any
) -> None:
    """Each of two moves money that it has read, on condition that it is as it was."""
    storage.accounts.create(package.Account(account_id="a", balance=1000))
    storage.accounts.create(package.Account(account_id="b", balance=1000))
    drawn = random.Random(7)
    lost = 0

    def move(opened: Any, amount: int, number: int) -> bool:
        source, target = opened.accounts.get_many(["a", "b"])
        try:
            with opened.atomic() as tx:
                for one, change in ((source, -amount), (target, amount)):
                    tx.accounts.update(
                        one.account_id,
                        set={"balance": one.balance + change},
                        expected={"balance": one.balance},
                    )
                tx.markers.create(package.Marker(marker_id=f"{number}"))
        except package.Conflict:
            return False
        return True

    with (
        package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as other,
        ThreadPoolExecutor(2) as pool,
    ):
        total = 1000
        for number in range(200):
            amounts = [drawn.randint(1, 5), drawn.randint(-5, -1)]
            moves = pool.map(move, (storage, other), amounts, (2 * number, 2 * number + 1))
            won = list(moves)
            assert any(won)
            lost += won.count(False)
            total -= sum(amount for amount, is_won in zip(amounts, won, strict=True) if is_won)
            first, second = storage.accounts.get_many(["a", "b"])
            assert (first.balance, second.balance) == (total, 2000 - total)
    assert len(storage.markers.list().all()) == 400 - lost


def test_from_asyncio(backend: EmbeddedBackend, storage: Any, package: Any) -> None:
    async def run() -> None:
        async with package.AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
            async with opened.atomic() as tx:
                thread = tx.threads.create(package.Thread(thread_id="t1"))
                tx.messages.create(message(package, 1))
            assert thread.result.thread_id == "t1"

            async def expect(status: str, error: Exception | None = None) -> None:
                async with opened.atomic() as tx:
                    tx.messages.delete(("t1", 1))
                    tx.threads.expect("t1", {"status": status})
                    if error is not None:
                        raise error

            with pytest.raises(package.Conflict) as caught:
                await expect("closed")
            assert caught.value.index == 1
            with pytest.raises(RuntimeError):
                await expect("open", RuntimeError())

    asyncio.run(run())
    assert len(storage.messages.list().all()) == 1


def test_a_block_is_repeated_where_that_is_harmless_alone(package: Any) -> None:
    def is_repeated(collect: Callable[[Any], object]) -> bool:
        with package.ConvexStorage("http://127.0.0.1:9") as storage:
            block = storage.atomic()
            collect(block.__enter__())
            return bool(block._operations.call().idempotent)

    account = package.Account(account_id="a", balance=1)
    assert is_repeated(lambda tx: (tx.accounts.save(account), tx.markers.delete("a"))) is False
    # They tell what was there.
    assert is_repeated(lambda tx: tx.accounts.delete("a")) is False
    assert is_repeated(lambda tx: (tx.accounts.save(account), tx.threads.update("a", set={})))
    assert not is_repeated(lambda tx: (tx.accounts.save(account), tx.accounts.update("a")))
    assert not is_repeated(lambda tx: (tx.accounts.save(account), tx.threads.expect("a")))
    assert is_repeated(lambda tx: tx.accounts.upsert("a", set={"balance": 1}))
    more = {"balance": package.Increment(1)}
    assert not is_repeated(lambda tx: tx.accounts.upsert("a", set=more))
    assert not is_repeated(lambda tx: tx.threads.update("a", expected={"status": "open"}))


def test_typescript(project: Project, backend: EmbeddedBackend, tmp_path: Path) -> None:
    client = project.root / "generated" / "typescript"
    run_node(["--test", bundle("../transactions/atomic.ts", tmp_path, client)], backend)
