"""The stores that have the domains of Mastra's storage."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import AsyncConvexStorage, ConvexStorage, Thread
from mastra_convex.mastra import AsyncMastraStore, MastraStore
from mastra_convex.mastra.observability import AsyncMastraObservability, MastraObservability
from project import ROOT, run


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


def test_it_is_a_storage_with_domains(
    backend: EmbeddedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVEX_URL", backend.url)
    monkeypatch.setenv("CONVEX_DEPLOY_KEY", backend.admin_key)
    with MastraStore.from_env() as store:
        assert isinstance(store, ConvexStorage)
        store.init()
        assert type(store.observability) is MastraObservability
        assert store.observability is store.observability
        store.threads.save(Thread(thread_id="t", resource_id="r"))
        with store.snapshot() as seen:
            assert isinstance(seen, MastraStore)
            assert seen.threads.get("t") is not None
            assert seen.observability is not store.observability
            assert seen.observability.get_trace(trace_id="none") is None
        store.threads.delete("t")


def test_it_is_one_from_asyncio(backend: EmbeddedBackend) -> None:
    async def main() -> None:
        async with AsyncMastraStore(backend.url, deploy_key=backend.admin_key) as store:
            assert isinstance(store, AsyncConvexStorage)
            await store.init()
            assert type(store.observability) is AsyncMastraObservability
            assert await store.observability.get_trace(trace_id="none") is None

    asyncio.run(main())


@pytest.mark.parametrize(
    "imports",
    [
        "from mastra_convex import ConvexStorage; from mastra_convex.mastra import MastraStore",
        "from mastra_convex.mastra import MastraStore; from mastra_convex import ConvexStorage",
        "from mastra_convex.mastra.store import MastraStore, ConvexStorage",
        "import mastra_convex.mastra as mastra; MastraStore = mastra.MastraStore\n"
        "import mastra_convex._storage as storage; ConvexStorage = storage.ConvexStorage",
    ],
)
def test_it_may_be_imported_in_any_order(imports: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "generated" / "python")}
    program = f"{imports}\nprint(issubclass(MastraStore, ConvexStorage))"
    ran = run([sys.executable, "-c", program], ROOT, environment)
    assert ran.stdout == "True\n", ran.stderr


def test_what_is_not_there_is_no_attribute() -> None:
    with pytest.raises(ImportError, match="Nothing"):
        from mastra_convex.mastra import Nothing  # noqa: F401
    assert not hasattr(MastraStore, "agents")
