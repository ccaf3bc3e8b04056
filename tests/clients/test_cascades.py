"""Deletions that take several transactions: they go on by themselves, also after a kill."""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from convexgen.testing.backend import ConvexBackend, fresh_backend
from node_program import bundle_text, run_node
from plain_functions import Functions
from project import ROOT, Project, make_project
from waiting import wait_until

FOLDER = ROOT / "tests" / "clients" / "cascades"
MANY = 1300
"""More documents than a transaction deletes, twice."""
ROWS = int(os.environ.get("CASCADE_ROWS", "4000"))
"""How many a deletion has that is killed."""
NOON = datetime(2031, 1, 1, 12, tzinfo=UTC)
PATIENCE = timedelta(seconds=3)
"""When nobody has called for so long, the backend goes on."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = make_project(tmp_path_factory.mktemp("cascades") / "project", FOLDER / "spec.yaml")
    project.generate()
    (project.root / "convex" / "state.ts").write_text((FOLDER / "state.ts").read_text())
    sys.path.insert(0, str(project.root / "generated" / "python"))
    return project


@pytest.fixture(scope="module")
def server(project: Project) -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(project.root, is_controlled=True) as started:
        yield started


@pytest.fixture
def backend(server: EmbeddedBackend) -> ConvexBackend:
    return fresh_backend(server)


@pytest.fixture
def package(project: Project) -> Any:
    return importlib.import_module("cascades_convex")


@pytest.fixture
def storage(backend: ConvexBackend, package: Any) -> Iterator[Any]:
    with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened


@pytest.fixture
def functions(backend: ConvexBackend, server: EmbeddedBackend) -> Iterator[Functions]:
    opened = Functions(server)
    yield opened
    opened.close()


def fill(storage: Any, package: Any, thread: str = "t", count: int = MANY) -> None:
    storage.threads.save(package.Thread(thread_id=thread))
    storage.messages.save_many(
        package.Message(message_id=f"{thread}-{number}", thread_id=thread, at=number // 3)
        for number in range(count)
    )


def remove(functions: Functions, **key: str) -> Any:
    """One call of the function, as of a client that dies before the next one."""
    return functions.call("threads:remove", **key)


def test_one_transaction_leaves_nothing_behind(
    storage: Any, package: Any, functions: Functions
) -> None:
    fill(storage, package, count=5)
    assert storage.threads.delete("t") is True
    assert storage.threads.delete("t") is False
    state = functions.call("state:left")
    assert (state["threads"], state["messages"], state["unfinished"]) == (0, 0, 0)
    assert state["jobs"] == []


def test_a_client_that_goes_on_needs_no_help(
    storage: Any, package: Any, functions: Functions, backend: ConvexBackend
) -> None:
    backend.clock.set(NOON)
    fill(storage, package)
    assert storage.threads.delete("t") is True
    state = functions.call("state:left")
    assert (state["threads"], state["messages"], state["unfinished"]) == (0, 0, 0)
    # One job for all calls, and it has not run.
    assert state["jobs"] == ["canceled"]


def test_what_a_dead_client_has_begun_goes_on(
    storage: Any, package: Any, functions: Functions, backend: ConvexBackend
) -> None:
    backend.clock.set(NOON)
    fill(storage, package)
    fill(storage, package, "other", 3)
    storage.notes.save(package.Note(note_id="n", thread_id="t"))
    assert remove(functions, threadId="t") == {"removed": True, "isDone": False}
    begun = functions.call("state:left")
    assert 0 < begun["messages"] - 3 < MANY
    # What it is about is there until all below it is gone.
    assert (begun["threads"], begun["unfinished"], begun["jobs"]) == (2, 1, ["pending"])
    backend.clock.advance(PATIENCE - timedelta(seconds=1))
    assert functions.call("state:left") == begun
    backend.clock.advance(PATIENCE)
    state = functions.call("state:left")
    assert (state["threads"], state["messages"], state["unfinished"]) == (1, 3, 0)
    assert set(state["jobs"]) == {"success"}
    assert storage.threads.get("t") is None
    assert storage.notes.get("n").thread_id is package.MISSING
    assert storage.messages.by_thread_id_and_at("t").count() == 0
    assert storage.messages.by_thread_id_and_at("other").count() == 3
    # Who comes back finds it done.
    assert remove(functions, threadId="t") == {"removed": False, "isDone": True}


def test_a_client_that_is_slow_goes_on_again(
    storage: Any, package: Any, functions: Functions, backend: ConvexBackend
) -> None:
    backend.clock.set(NOON)
    fill(storage, package)
    seconds = 0
    while not remove(functions, threadId="t")["isDone"]:
        # It always calls before patience ends: whoever watches it never deletes.
        before = functions.call("state:left")["messages"]
        backend.clock.advance(timedelta(seconds=2))
        assert functions.call("state:left")["messages"] == before
        seconds += 2
    assert seconds > 2
    assert functions.call("state:left")["unfinished"] == 0


def test_what_is_created_anew_stays(
    storage: Any, package: Any, functions: Functions, backend: ConvexBackend
) -> None:
    backend.clock.set(NOON)
    fill(storage, package)
    remove(functions, threadId="t")
    assert storage.threads.delete("t") is True
    fill(storage, package, count=2)
    backend.clock.advance(10 * PATIENCE)
    assert storage.threads.get("t") is not None
    assert len(storage.messages.by_thread_id_and_at("t").all()) == 2


def test_what_another_has_in_place_of_it_stays(
    storage: Any, package: Any, functions: Functions, backend: ConvexBackend
) -> None:
    backend.clock.set(NOON)
    fill(storage, package)
    remove(functions, threadId="t")
    (document,) = storage.threads.list().all()
    storage.system.delete("threads", document.doc_id)
    storage.threads.save(package.Thread(thread_id="t"))
    backend.clock.advance(10 * PATIENCE)
    assert storage.threads.get("t") is not None
    assert functions.call("state:left")["unfinished"] == 0


def test_orphans_of_one_that_is_gone(
    storage: Any, package: Any, functions: Functions, backend: ConvexBackend
) -> None:
    backend.clock.set(NOON)
    fill(storage, package)
    storage.system.clear("threads")
    assert remove(functions, threadId="t") == {"removed": False, "isDone": False}
    backend.clock.advance(2 * PATIENCE)
    assert functions.call("state:left")["messages"] == 0


def test_what_comes_late_goes_as_well(
    storage: Any, package: Any, functions: Functions, backend: ConvexBackend
) -> None:
    backend.clock.set(NOON)
    fill(storage, package)
    remove(functions, threadId="t")
    # Before the place where the deletion is.
    storage.messages.save(package.Message(message_id="late", thread_id="t", at=-1))
    backend.clock.advance(2 * PATIENCE)
    assert functions.call("state:left")["messages"] == 0


def test_a_job_that_was_canceled_is_replaced(
    storage: Any, package: Any, functions: Functions, backend: ConvexBackend
) -> None:
    backend.clock.set(NOON)
    fill(storage, package)
    remove(functions, threadId="t")
    functions.call("state:cancelAll")
    backend.clock.advance(2 * PATIENCE)
    assert functions.call("state:left")["messages"] > 0
    remove(functions, threadId="t")
    backend.clock.advance(2 * PATIENCE)
    assert functions.call("state:left")["messages"] == 0


def test_functions_of_ones_own(
    storage: Any, package: Any, functions: Functions, backend: ConvexBackend
) -> None:
    backend.clock.set(NOON)
    fill(storage, package)
    outcome = functions.call("state:removeAfterReading", threadId="t")
    assert outcome == {"removed": True, "isDone": False}
    backend.clock.advance(2 * PATIENCE)
    assert functions.call("state:left")["messages"] == 0
    assert storage.threads.get("t") is None


def test_many_keys_are_counted_exactly(
    storage: Any, package: Any, functions: Functions, backend: ConvexBackend
) -> None:
    backend.clock.set(NOON)
    for thread in ("a", "b", "c"):
        fill(storage, package, thread, 600)
    told: list[int] = []
    assert storage.threads.delete_many(["a", "none", "b", "c", "a"], progress=told.append) == 3
    assert told[-1] == 3
    state = functions.call("state:left")
    assert (state["threads"], state["messages"], state["unfinished"]) == (0, 0, 0)
    # The backend is faster than the caller.
    fill(storage, package, "a", MANY)
    answer = functions.call("threads:removeMany", keys=[{"threadId": "a"}, {"threadId": "b"}])
    assert answer == {
        "removed": 1,
        "remaining": [{"threadId": "b"}],
        "unfinished": {"threadId": "a"},
    }
    backend.clock.advance(2 * PATIENCE)
    assert functions.call("state:left")["messages"] == 0


def test_from_asyncio(storage: Any, package: Any, backend: ConvexBackend) -> None:
    for thread in ("a", "b"):
        fill(storage, package, thread)

    async def run() -> tuple[bool, int]:
        url, key = backend.url, backend.admin_key
        async with package.AsyncConvexStorage(url, deploy_key=key) as opened:
            return await opened.threads.delete("a"), await opened.threads.delete_many(["a", "b"])

    assert asyncio.run(run()) == (True, 1)


def test_several_callers_at_once(
    storage: Any, package: Any, functions: Functions, backend: ConvexBackend
) -> None:
    fill(storage, package)

    async def run() -> list[bool]:
        url, key = backend.url, backend.admin_key
        async with package.AsyncConvexStorage(url, deploy_key=key) as opened:
            return await asyncio.gather(*(opened.threads.delete("t") for _ in range(4)))

    assert any(asyncio.run(run()))
    state = functions.call("state:left")
    assert (state["threads"], state["messages"], state["unfinished"]) == (0, 0, 0)


def test_trees_and_large_values(
    storage: Any, package: Any, functions: Functions, backend: ConvexBackend
) -> None:
    backend.clock.set(NOON)
    storage.folders.save(package.Folder(folder_id="root"))
    storage.folders.save_many(
        package.Folder(
            folder_id=f"f{number}", parent_id=f"f{number % 9}" if number > 700 else "root"
        )
        for number in range(1500)
    )
    storage.papers.save_many(
        package.Paper(paper_id=f"p{number}", folder_id=f"f{number}", body={"text": "x" * 1_500_000})
        for number in range(7)
    )
    outcome = functions.call("folders:remove", folderId="root")
    assert outcome == {"removed": True, "isDone": False}
    backend.clock.advance(2 * PATIENCE)
    state = functions.call("state:left")
    assert (state["folders"], state["papers"], state["unfinished"]) == (0, 0, 0)


def test_long_chains(storage: Any, package: Any) -> None:
    """Each of a conversation refers to the one before it: what is above all goes from its end."""
    count = 5000
    storage.threads.save(package.Thread(thread_id="t"))
    storage.branches.save_many(
        package.Branch(
            branch_id=f"{number:04}",
            thread_id="t",
            **({"onto": f"{number - 1:04}"} if number else {}),
        )
        for number in range(count)
    )
    with pytest.raises(package.LimitExceeded):
        storage.branches.delete("0000")
    assert storage.branches.delete_many(["4999", "4998"]) == 2
    assert storage.branches.delete("2500")
    assert storage.threads.delete("t")
    assert storage.branches.list().first() is None


def test_from_typescript(
    storage: Any,
    package: Any,
    project: Project,
    server: EmbeddedBackend,
    functions: Functions,
    tmp_path: Path,
) -> None:
    for thread in ("a", "b", "c"):
        fill(storage, package, thread)
    client = project.root / "generated" / "typescript" / "index.js"
    text = f"""
    import {{ ConvexStorage }} from {str(client)!r};
    const {{ CONVEX_URL, CONVEX_DEPLOY_KEY }} = process.env;
    const storage = new ConvexStorage(CONVEX_URL ?? "", {{ deployKey: CONVEX_DEPLOY_KEY }});
    console.log(await storage.threads.delete("a"), await storage.threads.delete("a"));
    console.log(await storage.threads.deleteMany(["b", "none", "c", "b"]));
    await storage.close();
    """
    assert run_node([bundle_text(text, tmp_path)], server).split() == ["true", "false", "2"]
    state = functions.call("state:left")
    assert (state["threads"], state["messages"], state["unfinished"]) == (0, 0, 0)


def test_a_kill_in_the_middle(project: Project, package: Any, tmp_path: Path) -> None:
    """`CASCADE_ROWS=50000` has it delete as many."""
    data = tmp_path / "convex.data"
    with EmbeddedBackend.start(project.root, data=data) as backend:
        with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
            fill(storage, package, count=ROWS)
            fill(storage, package, "other", 3)
        functions = Functions(backend)
        remove(functions, threadId="t")
        remove(functions, threadId="t")
        assert functions.call("state:left")["threads"] == 2
        os.kill(backend.pid, signal.SIGKILL)
        backend.wait()
        functions.close()
    with EmbeddedBackend.start(project.root, data=data) as backend:
        functions = Functions(backend)
        # It looks, and calls nothing that deletes.
        wait_until(lambda: functions.call("state:left")["unfinished"] == 0)
        state = functions.call("state:left")
        functions.close()
        assert (state["threads"], state["messages"]) == (1, 3)
        with package.ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
            assert storage.threads.get("t") is None
            assert storage.messages.by_thread_id_and_at("t").count() == 0
            assert storage.messages.get("t-0") is None
            assert storage.messages.by_thread_id_and_at("other").count() == 3
            assert storage.system.verify_counts() == []
