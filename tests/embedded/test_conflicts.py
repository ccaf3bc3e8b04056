"""Conflicts that tests ask for: a mutation that has run is undone and runs again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import web
from convex.http_client import ConvexHttpClient
from convexgen.embedded import EmbeddedBackend
from convexgen.testing.backend import ConvexBackend, fresh_backend
from small_project import SmallProject
from waiting import wait_until

COUNTERS = """
import {
  actionGeneric as action,
  internalMutationGeneric as internalMutation,
  makeFunctionReference,
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

let runs: string[] = [];
const counting = makeFunctionReference<"mutation">("counters:count");

const add = async (ctx: any, name: string) => {
  const found = await ctx.db.query("counters").collect();
  const counter = found.find((one: any) => one.name === name);
  if (counter === undefined) await ctx.db.insert("counters", { name, value: 1 });
  else await ctx.db.patch(counter._id, { value: counter.value + 1 });
  return (counter?.value ?? 0) + 1;
};

export const takeRuns = query({
  args: { salt: v.number() },
  handler: async () => {
    const taken = runs;
    runs = [];
    return taken;
  },
});

export const count = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    runs.push(name);
    console.log("counted", name);
    return await add(ctx, name);
  },
});

export const nested = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await ctx.runMutation(counting, { name });
    return await ctx.runMutation(counting, { name });
  },
});

export const acting = action({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    console.log("before");
    await ctx.runMutation(counting, { name });
    return await ctx.runMutation(counting, { name });
  },
});

export const both = action({
  args: { name: v.string() },
  handler: async (ctx, { name }) =>
    await Promise.all([1, 2].map(() => ctx.runMutation(counting, { name }))),
});

export const later = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await ctx.scheduler.runAfter(0, counting, { name });
  },
});

export const failing = mutation({
  args: {},
  handler: async (ctx) => {
    runs.push("failing");
    await add(ctx, "failing");
    throw new Error("It fails");
  },
});

export const all = query({
  args: {},
  handler: async (ctx) =>
    Object.fromEntries(
      (await ctx.db.query("counters").collect()).map((one) => [one.name, one.value]),
    ),
});
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBackend]:
    project = SmallProject(tmp_path_factory.mktemp("conflicts"))
    project.write("counters.ts", COUNTERS)
    with EmbeddedBackend.start(project.root, is_controlled=True) as started:
        yield started


@pytest.fixture
def backend(server: EmbeddedBackend) -> ConvexBackend:
    fresh = fresh_backend(server)
    runs(fresh)
    return fresh


def call(backend: ConvexBackend, kind: str, function: str, **arguments: Any) -> Any:
    client = ConvexHttpClient(backend.url)
    return getattr(client, kind)(f"counters:{function}", arguments)


def answer_of(backend: ConvexBackend, kind: str, function: str, **arguments: Any) -> Any:
    """The whole answer, with the lines that functions logged."""
    body = {"path": f"counters:{function}", "args": arguments, "format": "json"}
    return web.post(f"{backend.url}/api/{kind}", json=body).json()


def runs(backend: ConvexBackend) -> list[str]:
    found: list[str] = call(backend, "query", "takeRuns", salt=time.time())
    return found


def test_all_run_twice_and_are_exact(backend: ConvexBackend) -> None:
    backend.faults.conflict("counters:count")
    with ThreadPoolExecutor(16) as pool:
        futures = [pool.submit(call, backend, "mutation", "count", name="a") for _ in range(16)]
    assert sorted(future.result() for future in futures) == [*range(1, 17)]
    assert runs(backend) == ["a"] * 32
    assert call(backend, "query", "all") == {"a": 16}


def test_a_conflict_lets_others_go_first(backend: ConvexBackend) -> None:
    """The first of two has run when the other one waits, and runs again on what that writes."""
    backend.faults.conflict("counters:count", nth=1)
    assert call(backend, "action", "both", name="a") == [2, 1]
    assert runs(backend) == ["a"] * 3
    # After that one, there is none.
    assert call(backend, "mutation", "count", name="a") == 3
    assert runs(backend) == ["a"]


def test_nothing_of_the_first_run_is_left(backend: ConvexBackend) -> None:
    backend.faults.conflict("counters:nested", nth=1)
    backend.faults.conflict("counters:acting")
    assert call(backend, "mutation", "nested", name="a") == 2
    # Mutations within a mutation have no conflicts of their own.
    backend.faults.conflict("counters:count")
    assert call(backend, "mutation", "nested", name="a") == 4
    assert runs(backend) == ["a"] * 6
    # Neither lines nor documents are there twice.
    answer = answer_of(backend, "mutation", "count", name="b")
    assert answer["value"] == 1
    assert len(answer["logLines"]) == 1
    assert call(backend, "query", "all") == {"a": 4, "b": 1}


def test_mutations_of_actions_and_jobs(backend: ConvexBackend) -> None:
    backend.faults.conflict("counters:count", nth=2)
    answer = answer_of(backend, "action", "acting", name="a")
    assert answer["value"] == 2
    assert [line.split()[-1] for line in answer["logLines"]] == ["'before'", "'a'", "'a'"]
    assert runs(backend) == ["a"] * 3
    backend.faults.clear()
    backend.faults.conflict("counters:count")
    call(backend, "mutation", "later", name="b")
    wait_until(lambda: call(backend, "query", "all").get("b") == 1)
    assert runs(backend) == ["b"] * 2


def test_what_has_no_conflicts(backend: ConvexBackend) -> None:
    """What fails commits nothing; a URL is no mutation; what is cleared is over."""
    backend.faults.conflict()
    with pytest.raises(Exception, match="It fails"):
        call(backend, "mutation", "failing")
    assert runs(backend) == ["failing"]
    with pytest.raises(ValueError, match="/version is no mutation"):
        backend.faults.conflict("/version")
    with pytest.raises(ValueError, match="counted from 1"):
        backend.faults.conflict(nth=0)
    backend.faults.clear()
    assert call(backend, "mutation", "count", name="a") == 1
    assert runs(backend) == ["a"]
