"""What deletions tell of what was there, also where answers are lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import AsyncConvexStorage, ConvexStorage, Thread
from node_program import bundle, run_node
from project import ROOT

ALL_FIRST = {"kind": "dropAnswer", "path": None, "nth": None, "isFirstAttempt": True}


@pytest.fixture(scope="module")
def controlled() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT, is_controlled=True) as backend:
        yield backend


@pytest.fixture(params=["answered", "lost"])
def backend(controlled: EmbeddedBackend, request: pytest.FixtureRequest) -> EmbeddedBackend:
    controlled.control("reset")
    if request.param == "lost":
        controlled.control("faults.add", {"fault": ALL_FIRST})
    return controlled


def threads(*ids: str) -> list[Thread]:
    return [Thread(thread_id=thread_id, resource_id="r") for thread_id in ids]


def test_deletions(backend: EmbeddedBackend) -> None:
    """They are run once, and each has its own answer."""
    with ConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
        store = storage.threads
        store.save_many(threads("a", "b", "c", "d"))
        assert store.delete("a") is True
        assert store.delete("a") is False
        assert store.delete_many(["b", "none"]) == 1
        created = store.create(*threads("e"))
        assert store.clear() == 3
        assert store.clear() == 0
        (again,) = threads("e")
        doc_id = store.create(again).doc_id
        assert isinstance(doc_id, str)
        assert doc_id != created.doc_id
        assert storage.system.delete("threads", doc_id) is True
        assert storage.system.delete("threads", doc_id) is False
        store.save_many(threads("f", "g"))
        assert storage.system.clear("threads") == 2
        store.save_many(threads("h"))
        with storage.atomic() as tx:
            deleted = tx.threads.delete("h")
        assert deleted.result is True


def test_deletions_of_tasks(backend: EmbeddedBackend) -> None:
    async def main() -> None:
        async with AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as storage:
            store = storage.threads
            await store.save_many(threads("a", "b", "c"))
            assert await store.delete("a") is True
            assert await store.delete_many(["b", "none"]) == 1
            assert await store.clear() == 1

    asyncio.run(main())


@pytest.mark.parametrize("fate", ["answered", "lost"])
def test_deletions_in_typescript(controlled: EmbeddedBackend, fate: str, tmp_path: Path) -> None:
    """They are repeated, and say where it is not known what was there."""
    controlled.control("reset")
    if fate == "lost":
        controlled.control("faults.add", {"fault": ALL_FIRST})
    run_node([bundle("lostAnswers.ts", tmp_path), fate], controlled)
