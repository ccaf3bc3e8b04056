"""Projects with the packs of frameworks for agents."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from project import make_project
from savers_in_threads import Drive, SaverInThreads

SPEC = """convexgen: 1
name: agents
include: [pack:langgraph, pack:pydantic-ai]
functions:
  checks:documents:
    kind: query
    args: {}
    returns: record<string, integer>
    code: agents/checks.ts
"""

CHECKS = """import { v } from "convex/values";

import { internalQuery } from "./_generated/server.js";
import schema from "./schema.js";

export const documents = internalQuery({
  args: {},
  returns: v.record(v.string(), v.number()),
  handler: async (ctx) => {
    const found: Record<string, number> = {};
    for (const table of Object.keys(schema.tables) as (keyof typeof schema.tables)[]) {
      found[table] = 0;
      for await (const one of ctx.db.query(table)) if (one._creationTime > 0) found[table] += 1;
    }
    return found;
  },
});
"""
"""How many documents there are: with what is deleted, all that belongs to it is."""


@pytest.fixture(scope="session")
def agents_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with the packs, whose package can be imported."""
    written = tmp_path_factory.mktemp("agents") / "written"
    (written / "agents").mkdir(parents=True)
    (written / "agents" / "checks.ts").write_text(CHECKS)
    spec = written / "agents.yaml"
    spec.write_text(SPEC)
    project = make_project(tmp_path_factory.mktemp("agents") / "project", spec)
    project.generate()
    package = str(project.root / "generated" / "python")
    sys.path.insert(0, package)
    yield project.root
    sys.path.remove(package)


@pytest.fixture(scope="module")
def backend(agents_project: Path) -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(agents_project, is_controlled=True) as started:
        yield started


@pytest.fixture(scope="module")
def storage(backend: EmbeddedBackend) -> Iterator[Any]:
    from agents_convex import ConvexStorage

    with ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
        yield opened


@pytest.fixture(params=["ConvexSaver", "AsyncConvexSaver"])
def drive(request: pytest.FixtureRequest, backend: EmbeddedBackend) -> Drive:
    """Runs what is given a saver with asynchronous methods."""
    from agents_convex import AsyncConvexStorage, ConvexStorage
    from agents_convex.langgraph import AsyncConvexSaver, ConvexSaver

    async def main(use: Callable[[Any], Awaitable[Any]]) -> Any:
        if request.param == "ConvexSaver":
            with ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
                return await use(SaverInThreads(ConvexSaver(opened)))
        async with AsyncConvexStorage(backend.url, deploy_key=backend.admin_key) as awaited:
            return await use(AsyncConvexSaver(awaited))

    return lambda use: asyncio.run(main(use))


@pytest.fixture(params=["ConvexStore", "AsyncConvexStore"])
def run_batch(
    request: pytest.FixtureRequest, backend: EmbeddedBackend
) -> Iterator[Callable[[Sequence[Any]], list[Any]]]:
    """Runs operations in a store."""
    from agents_convex import AsyncConvexStorage, ConvexStorage
    from agents_convex.langgraph import AsyncConvexStore, ConvexStore

    if request.param == "ConvexStore":
        with ConvexStorage(backend.url, deploy_key=backend.admin_key) as opened:
            yield ConvexStore(opened).batch
        return

    async def opening() -> tuple[Any, Any]:
        awaited = AsyncConvexStorage(backend.url, deploy_key=backend.admin_key)
        return await awaited.__aenter__(), AsyncConvexStore(awaited)

    with asyncio.Runner() as runner:
        opened, store = runner.run(opening())
        yield lambda ops: runner.run(store.abatch(ops))
        runner.run(opened.__aexit__(None, None, None))
