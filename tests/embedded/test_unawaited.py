"""What a query or a mutation does not await is a part of it, as in Convex's own runtime.

Source: `run_inner` in the backend's `isolate/src/environment/udf/mod.rs`.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import web
from convex.http_client import ConvexHttpClient
from convexgen.embedded import EmbeddedBackend
from small_project import SmallProject

FUNCTIONS = """
import { actionGeneric as action, makeFunctionReference as ref } from "convex/server";
import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
const rows = (ctx, table) => ctx.db.query(table).collect();
export const seed = mutation(async (ctx) => {
  for (const table of ["rows", "log", "kept"])
    for (const { _id } of await rows(ctx, table)) await ctx.db.delete(_id);
  for (let i = 0; i < 5; i++) await ctx.db.insert("rows", { done: 0 });
});
export const state = query(async (ctx) => ({
  done: (await rows(ctx, "rows")).map(({ done }) => done),
  logged: (await rows(ctx, "log")).length,
  kept: (await rows(ctx, "kept")).length,
}));
export const scheduled = query(async (ctx) =>
  (await ctx.db.system.query("_scheduled_functions").collect()).length);
export const add = mutation(async (ctx, { id, of }) => {
  await ctx.db.patch(id, { done: (await ctx.db.get(id)).done + of });
});
const writes = async (ctx) => {
  const all = await rows(ctx, "rows");
  all.forEach(async ({ _id }) => {
    const { done } = await ctx.db.get(_id);
    await ctx.db.patch(_id, { done: done + 1 });
    await ctx.db.insert("log", {});
  });
  return "ok";
};
export const forEach = mutation(writes);
export const calls = mutation(async (ctx) => {
  const all = await rows(ctx, "rows");
  all.forEach(async ({ _id }) => {
    await ctx.runMutation(ref("a:add"), { id: _id, of: 10 });
    await ctx.runMutation(ref("a:add"), { id: _id, of: 10 });
  });
  return "ok";
});
export const nested = mutation(async (ctx) => {
  await ctx.runMutation(ref("a:forEach"));
  return await ctx.runQuery(ref("a:state"));
});
export const inAction = action(async (ctx) => {
  await ctx.runMutation(ref("a:forEach"));
  return await ctx.runQuery(ref("a:state"));
});
export const schedules = mutation(async (ctx) => {
  [1, 2, 3].forEach(async () => {
    for (let i = 0; i < 3; i++) await ctx.scheduler.runAfter(3600_000, ref("a:seed"));
  });
});
export const digests = mutation(async (ctx) => {
  const all = await rows(ctx, "rows");
  all.forEach(async ({ _id }) => {
    const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(1));
    await ctx.db.patch(_id, { done: digest.byteLength });
  });
});
const failing = (fail) => mutation(async (ctx) => {
  await ctx.db.insert("kept", {});
  fail(ctx);
  return "ok";
});
export const fails = mutation(async () => { throw new Error("inner"); });
const throwing = async (ctx, message) => {
  await ctx.db.query("rows").first();
  throw new Error(message);
};
export const late = failing((ctx) => throwing(ctx, "late"));
export const early = failing(async () => { throw new Error("early"); });
export const wrongValue = failing((ctx) => ctx.db.insert("kept", { $bad: 1 }));
export const nestedFailure = failing((ctx) => ctx.runMutation(ref("a:fails")));
export const lateQuery = query(async (ctx) => { throwing(ctx, "late query"); return "ok"; });
export const caught = mutation(async (ctx) => {
  await ctx.db.insert("log", {});
  try { await ctx.runMutation(ref("a:late")); } catch { return "caught"; }
});
export const caughtInAction = action(async (ctx) => {
  try { await ctx.runMutation(ref("a:late")); } catch { return "caught"; }
});
const slowly = async (times) => {
  for (let i = 0; i < times; i++) await crypto.subtle.digest("SHA-256", new Uint8Array(1));
};
export const beside = mutation(async (ctx, { name }) => {
  const run = name === "a:state" ? ctx.runQuery : ctx.runMutation;
  const called = run(ref(name)).catch(() => {});
  const own = (async () => {
    for (let i = 0; i < 30; i++) {
      await ctx.db.query("rows").first();
      await ctx.db.insert("kept", {});
    }
  })();
  await Promise.all([called, own]);
});
export const nothing = mutation(async () => await slowly(1));
export const ghost = mutation(async (ctx) => {
  await ctx.db.insert("kept", {});
  await slowly(6);
  throw new Error("undone");
});
export const besideGhost = mutation(async (ctx) => {
  const called = ctx.runMutation(ref("a:ghost")).catch(() => {});
  const own = (async () => { await slowly(2); return (await rows(ctx, "kept")).length; })();
  return (await Promise.all([called, own]))[1];
});
export const strayThenWrites = mutation(async (ctx) => {
  Promise.reject(new Error("stray"));
  await slowly(5);
  await ctx.db.insert("kept", {});
});
export const throwsThenWrites = mutation(async (ctx) => {
  [1].forEach(async () => { await slowly(5); await ctx.db.insert("kept", {}); });
  throw new Error("early");
});
export const slowWrite = mutation(async (ctx) => {
  await slowly(5);
  await ctx.db.insert("kept", {});
});
export const throwsBesideACall = mutation(async (ctx) => {
  await ctx.db.insert("kept", {});
  ctx.runMutation(ref("a:slowWrite"));
  await slowly(1);
  throw new Error("early");
});
export const failed = mutation(async (ctx, { name }) => {
  await ctx.db.insert("log", {});
  try { await ctx.runMutation(ref(name)); } catch { await slowly(20); return "caught"; }
});
export const undone = mutation(async (ctx) => {
  await ctx.db.insert("never", { uncommitted: 1 });
  for (let i = 0; i < 300; i++)
    await crypto.subtle.digest("SHA-256", new Uint8Array(1_000_000));
  throw new Error("undone");
});
export const wrongDigest = failing(() => crypto.subtle.digest("BAD", new Uint8Array(1)));
export const handled = failing((ctx) => { ctx.db.insert("kept", { $bad: 1 }).catch(() => {}); });
"""


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBackend]:
    project = SmallProject(tmp_path_factory.mktemp("unawaited"))
    project.write("a.js", FUNCTIONS)
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture
def client(backend: EmbeddedBackend) -> ConvexHttpClient:
    client = ConvexHttpClient(backend.url)
    client.mutation("a:seed")
    return client


def test_fault_24_a_mutation_ends_when_nothing_is_pending(client: ConvexHttpClient) -> None:
    """`forEach` with an async function: all that it writes is written."""
    assert client.mutation("a:forEach") == "ok"
    assert client.query("a:state") == {"done": [1] * 5, "logged": 5, "kept": 0}


def test_fault_24_calls_that_nobody_awaits_are_made(client: ConvexHttpClient) -> None:
    assert client.mutation("a:calls") == "ok"
    assert client.query("a:state") == {"done": [20] * 5, "logged": 0, "kept": 0}
    client.mutation("a:schedules")
    assert client.query("a:scheduled") == 9
    client.mutation("a:digests")
    assert client.query("a:state") == {"done": [32] * 5, "logged": 0, "kept": 0}


@pytest.mark.parametrize("caller", ["mutation", "action"])
def test_fault_24_a_nested_mutation_ends_when_nothing_is_pending(
    client: ConvexHttpClient, caller: str
) -> None:
    """Its caller goes on behind all that it does."""
    path = {"mutation": "a:nested", "action": "a:inAction"}[caller]
    found = getattr(client, caller)(path)
    assert found == {"done": [1] * 5, "logged": 5, "kept": 0}


FAILURES = {
    "late": "Uncaught Error: late\n",
    "early": "Uncaught Error: early\n",
    "wrongValue": "Field name '?.bad'? ",
    "nestedFailure": "inner\n",
    "wrongDigest": "Unrecognized algorithm name",
}


@pytest.mark.parametrize("name", FAILURES)
def test_fault_24_an_error_that_nobody_handles_rolls_back(
    client: ConvexHttpClient, name: str
) -> None:
    with pytest.raises(Exception, match=FAILURES[name]):
        client.mutation(f"a:{name}")
    assert client.query("a:state")["kept"] == 0


def test_fault_24_a_query_fails_by_an_error_that_nobody_handles(client: ConvexHttpClient) -> None:
    with pytest.raises(Exception, match="Uncaught Error: late query"):
        client.query("a:lateQuery")


def test_fault_24_an_error_that_nobody_handles_is_that_of_its_function(
    client: ConvexHttpClient,
) -> None:
    """The caller of the function can catch it, and what the function wrote is gone."""
    assert client.mutation("a:caught") == "caught"
    assert client.action("a:caughtInAction") == "caught"
    assert client.query("a:state") == {"done": [0] * 5, "logged": 1, "kept": 0}


def test_fault_24_an_error_that_is_handled_is_none(client: ConvexHttpClient) -> None:
    assert client.mutation("a:handled") == "ok"
    assert client.query("a:state")["kept"] == 1


@pytest.mark.parametrize("name", ["a:state", "a:nothing", "a:fails", "a:forEach"])
def test_fault_24_writes_beside_a_call_are_the_callers_own(
    client: ConvexHttpClient, name: str
) -> None:
    """System calls of a function wait behind a function that it calls, as in Convex's runtime."""
    client.mutation("a:beside", {"name": name})
    assert client.query("a:state")["kept"] == 30


def test_fault_24_reads_beside_a_call_see_nothing_that_is_undone(client: ConvexHttpClient) -> None:
    assert client.mutation("a:besideGhost") == 0
    assert client.query("a:state")["kept"] == 0


@pytest.mark.parametrize(
    "name", ["a:strayThenWrites", "a:throwsThenWrites", "a:throwsBesideACall", "a:ghost"]
)
def test_fault_24_a_failed_function_writes_nothing_more(
    client: ConvexHttpClient, name: str
) -> None:
    """Neither what it goes on to do, nor what it has called, is kept by its caller."""
    assert client.mutation("a:failed", {"name": name}) == "caught"
    assert client.query("a:state") == {"done": [0] * 5, "logged": 1, "kept": 0}


def test_what_tables_hold_is_said_of_what_is_committed(
    backend: EmbeddedBackend, client: ConvexHttpClient
) -> None:
    """Nothing of a mutation that goes on, and is undone in the end."""
    headers = {"Authorization": f"Convex {backend.admin_key}"}
    with ThreadPoolExecutor(1) as threads:
        mutation = threads.submit(client.mutation, "a:undone")
        while not mutation.done():
            shapes = web.get(f"{backend.url}/api/shapes2", headers=headers).text
            assert "kept" in shapes
            assert "uncommitted" not in shapes
        with pytest.raises(Exception, match="undone"):
            mutation.result()
