"""Scheduled functions and their own records.

Sources: the backend's `application/src/scheduled_jobs/mod.rs`, `model/src/scheduled_jobs/mod.rs`
and `cancel_job` of its `isolate/src/environment/udf/async_syscall.rs`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from convex.http_client import ConvexHttpClient
from convexgen.embedded import EmbeddedBackend
from small_project import SmallProject
from waiting import wait_until

FUNCTIONS = """
import { actionGeneric as action, makeFunctionReference as ref } from "convex/server";
import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
const jobs = (ctx) => ctx.db.system.query("_scheduled_functions");
export const schedule = mutation(
  async (ctx, { path }) => await ctx.scheduler.runAfter(0, ref(path)));
export const job = query(async (ctx, { id }) => await ctx.db.system.get(id));
export const cancel = mutation(async (ctx, { id }) => await ctx.scheduler.cancel(id));
export const notes = query(
  async (ctx) => (await ctx.db.query("notes").collect()).map(({ of }) => of));
export const note = mutation(async (ctx, { of }) => { await ctx.db.insert("notes", { of }); });
export const lookUp = query(() => null);
const own = async (ctx) =>
  (await jobs(ctx).collect()).filter(({ state }) => state.kind === "inProgress");
export const seesOwn = mutation(async (ctx) => {
  const [job] = await own(ctx);
  await ctx.db.insert("notes", { of: job.state.kind });
});
export const cancelsOwn = mutation(async (ctx) => {
  const [job] = await own(ctx);
  await ctx.db.insert("notes", { of: "kept" });
  await ctx.scheduler.cancel(job._id);
});
export const nestedCancelsOwn = mutation(
  async (ctx) => { await ctx.runMutation(ref("a:cancelsOwn")); });
export const isCanceled = query(async (ctx) =>
  (await jobs(ctx).collect()).some(({ state }) => state.kind === "canceled"));
export const slow = action(async (ctx) => {
  await ctx.runMutation(ref("a:note"), { of: "begun" });
  while (!await ctx.runQuery(ref("a:isCanceled")))
    await new Promise((wake) => setTimeout(wake, 20));
  const ids = [await ctx.scheduler.runAfter(0, ref("a:note"), { of: "by the action" })];
  ids.push(await ctx.runMutation(ref("a:scheduleNote")));
  await ctx.runMutation(ref("a:note"), { of: JSON.stringify(ids) });
});
export const scheduleNote = mutation(
  async (ctx) => await ctx.scheduler.runAfter(0, ref("a:note"), { of: "by its mutation" }));
"""


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[EmbeddedBackend]:
    project = SmallProject(tmp_path)
    project.write("a.js", FUNCTIONS)
    with EmbeddedBackend.start(project.root) as started:
        yield started


@pytest.fixture
def client(backend: EmbeddedBackend) -> ConvexHttpClient:
    return ConvexHttpClient(backend.url)


def run(client: ConvexHttpClient, path: str) -> dict[str, Any]:
    """Schedules a function, and returns its record when it has ended."""
    job_id = client.mutation("a:schedule", {"path": path})

    def ended() -> Any:
        job = client.query("a:job", {"id": job_id})
        return job if "completedTime" in job else None

    job: dict[str, Any] = wait_until(ended)
    return job


def test_fault_24_a_scheduled_mutation_sees_itself_in_progress(client: ConvexHttpClient) -> None:
    assert run(client, "a:seesOwn")["state"] == {"kind": "success"}
    assert client.query("a:notes") == ["inProgress"]


def test_fault_24_a_scheduled_mutation_that_cancels_itself_goes_on(
    backend: EmbeddedBackend, client: ConvexHttpClient
) -> None:
    for path in ("a:cancelsOwn", "a:nestedCancelsOwn"):
        assert run(client, path)["state"] == {"kind": "success"}
    assert client.query("a:notes") == ["kept", "kept"]
    warning = "[WARN] A scheduled mutation canceling itself is deprecated"
    wait_until(lambda: sum(warning in line for line in backend.log_lines()) == 2)


def test_fault_24_what_a_canceled_action_schedules_never_runs(client: ConvexHttpClient) -> None:
    """It is stored as canceled, by mutations that the action calls too."""
    job_id = client.mutation("a:schedule", {"path": "a:slow"})
    wait_until(lambda: client.query("a:notes") == ["begun"])
    client.mutation("a:cancel", {"id": job_id})
    wait_until(lambda: len(client.query("a:notes")) > 1)
    _, ids = client.query("a:notes")
    for scheduled in ids.strip('[]"').split('","'):
        job = client.query("a:job", {"id": scheduled})
        assert job["state"] == {"kind": "canceled"}
        assert job["completedTime"] >= job["scheduledTime"] > 0
    assert client.query("a:job", {"id": job_id})["state"] == {"kind": "canceled"}
    # What comes later has run, and so would have these.
    assert run(client, "a:seesOwn")["state"] == {"kind": "success"}
    assert client.query("a:notes")[2:] == ["inProgress"]


def test_fault_24_a_query_cannot_be_scheduled(client: ConvexHttpClient) -> None:
    assert run(client, "a:lookUp")["state"] == {
        "kind": "failed",
        "error": 'Unsupported function type. "lookUp" in module "a.js" is defined as a Query. '
        "Only Mutation and Action can be scheduled.",
    }
