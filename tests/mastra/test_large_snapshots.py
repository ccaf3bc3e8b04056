"""Snapshots that are large anywhere: what is stored is claimed, given results and replaced."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from convexgen.embedded import EmbeddedBackend
from mastra_convex import LimitExceeded
from mastra_convex.mastra import AsyncMastraStore, MastraStore
from node_program import bundle_text, run_node
from project import ROOT

MIB = 1 << 20
MOST = 16 * MIB - 128 * 1024
"""What a snapshot takes at most, in bytes of JSON and what is around its steps."""

RUN: dict[str, Any] = {"workflow_name": "w", "run_id": "r"}
CLAIM: Any = {"status": "running", "expectedStatus": ["suspended", "paused"]}


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    with EmbeddedBackend.start(ROOT) as started:
        yield started


def in_turns(names: Iterable[str]) -> pytest.MarkDecorator:
    """Each with one of the stores: what is large is large for the functions that both call."""
    pairs = list(zip(names, cycle(["sync", "async"]), strict=False))
    return pytest.mark.parametrize(("name", "workflows"), pairs, indirect=["workflows"])


@pytest.fixture(scope="module", params=["sync", "async"])
def workflows(request: pytest.FixtureRequest, backend: EmbeddedBackend) -> Iterator[Any]:
    if request.param == "sync":
        with MastraStore(backend.url, deploy_key=backend.admin_key) as store:
            yield store.workflows
        return
    with asyncio.Runner() as runner:
        opened = AsyncMastraStore(backend.url, deploy_key=backend.admin_key)

        class Awaited:
            def __getattr__(self, name: str) -> Callable[..., Any]:
                method = getattr(opened.workflows, name)
                assert inspect.iscoroutinefunction(method)
                return lambda *given, **named: runner.run(method(*given, **named))

        yield Awaited()
        runner.run(opened.close())


def text(size: float) -> str:
    return "x" * int(size * MIB)


def snapshot(**parts: Any) -> dict[str, Any]:
    return {"status": "suspended", "context": {}, **parts}


def of_most(missing: int, step: str | None = None) -> dict[str, Any]:
    """A snapshot of as many bytes as there may be, less some."""
    given = snapshot(**{} if step else {"value": ""}, context={step: ""} if step else {})
    around = len(json.dumps(given, separators=(",", ":"))) + 2
    if step is not None:
        # Its document, and the mark in the state in place of the context.
        around = len('{"status":"suspended","context":{"workflowSteps":true}}') + 2 + 512 + 4
    else:
        around += len('{"workflowSteps":true}') - len("{}")
    filled = "x" * (MOST - around - missing - 1)
    return snapshot(context={step: filled}) if step else snapshot(value=filled)


STORED: dict[str, Callable[[], dict[str, Any]]] = {
    "the most in value": lambda: of_most(600),
    "15.7 in the request context": lambda: snapshot(requestContext={"x": text(15.7)}),
    "as large as lies in the document, and the most of steps": lambda: snapshot(
        value=text(0.85), context={"a": text(14.9)}
    ),
    "9 beside 6 of steps": lambda: snapshot(
        value=text(9), context={"a": {"output": text(3)}, "b": {"output": text(3)}}
    ),
    "the most in a step": lambda: of_most(1000, "a"),
    "4 in the error beside 7 of steps": lambda: snapshot(
        error={"message": text(4)}, context={"a": text(7)}
    ),
}


@in_turns(STORED)
def test_what_is_stored_is_claimed_and_replaced(workflows: Any, name: str) -> None:
    stored = STORED[name]()
    for _ in range(2):
        workflows.persist_workflow_snapshot(**RUN, snapshot=stored)
    assert workflows.load_workflow_snapshot(**RUN) == stored
    claimed = stored | {"status": "running"}
    assert workflows.update_workflow_state(**RUN, opts=CLAIM) == claimed
    assert workflows.update_workflow_state(**RUN, opts=CLAIM) is None
    result = {"status": "success"}
    context = claimed["context"] | {"new": result}
    if name.startswith("the most"):
        with pytest.raises(LimitExceeded, match=r"the snapshot takes 15\.88 MiB"):
            give(workflows, "new", {"output": "x" * 700})
    else:
        assert give(workflows, "new", result, locale="nb") == context
        changed = claimed.get("requestContext", {}) | {"locale": "nb"}
        claimed |= {"requestContext": changed, "context": context}
    assert workflows.get_workflow_run_by_id(**RUN).snapshot == claimed
    assert workflows.list_workflow_runs(status="running").runs[0].snapshot == claimed
    # What was large becomes small, and large again.
    small: dict[str, Any] = {"value": {}, "error": None, "requestContext": {}}
    for change in (small, {"value": text(0.9)}):
        if name == "the most in a step":
            continue
        claimed |= change
        assert workflows.update_workflow_state(**RUN, opts=change) == claimed
    replaced = {"context": {"other": text(14)}, "value": 1}
    claimed |= replaced
    assert workflows.update_workflow_state(**RUN, opts=replaced) == claimed
    assert give(workflows, "other", {"output": text(15)}) == {"other": {"output": text(15)}}
    workflows.delete_workflow_run_by_id(**RUN)
    assert workflows.load_workflow_snapshot(**RUN) is None


def give(workflows: Any, step_id: str, result: Any, **context: Any) -> Any:
    return workflows.update_workflow_results(
        **RUN, step_id=step_id, result=result, request_context=context
    )


def test_results_of_a_large_loop_are_merged(workflows: Any) -> None:
    first = {"status": "success", "output": [text(9), None]}
    workflows.persist_workflow_snapshot(**RUN, snapshot=snapshot(value=text(1)))
    give(workflows, "loop", first)
    merged = give(workflows, "loop", {"status": "success", "output": [None, text(5)]})
    assert merged == {"loop": {"status": "success", "output": [text(9), text(5)]}}
    workflows.delete_workflow_run_by_id(**RUN)


REFUSED: dict[str, Callable[[], dict[str, Any]]] = {
    "a byte too much in value": lambda: of_most(-1),
    "a byte too much in a step": lambda: of_most(-1, "a"),
    "8 in the error": lambda: snapshot(error={"message": text(8)}),
}


@in_turns(REFUSED)
def test_what_could_not_be_read_is_not_stored(workflows: Any, name: str) -> None:
    before = snapshot(value=text(9))
    workflows.persist_workflow_snapshot(**RUN, snapshot=before)
    with pytest.raises(
        LimitExceeded,
        match=r"takes 1\d\.\d\d MiB as JSON, its error twice, and 15\.88 MiB is stored",
    ):
        workflows.persist_workflow_snapshot(**RUN, snapshot=REFUSED[name]())
    assert workflows.load_workflow_snapshot(**RUN) == before
    workflows.delete_workflow_run_by_id(**RUN)


TYPESCRIPT = """
import assert from "node:assert/strict";
import { LimitExceeded } from "./generated/typescript/index.js";
import { MastraConvexStore } from "./generated/typescript/mastra/index.js";

const store = new MastraConvexStore({
  url: process.env.CONVEX_URL ?? "",
  deployKey: process.env.CONVEX_DEPLOY_KEY,
});
const { workflows } = store.stores;
const run = { workflowName: "typescript", runId: "r" };
const large = (size: number) => ({ x: "x".repeat(size * 1024 * 1024) });
const suspended = (name: string, size: number) => ({
  runId: "r",
  status: "suspended" as const,
  value: {},
  context: {},
  activePaths: [],
  activeStepsPath: {},
  serializedStepGraph: [],
  suspendedPaths: {},
  resumeLabels: {},
  waitingPaths: {},
  timestamp: 1,
  [name]: large(size),
});
for (const [name, size] of [["value", 15.8], ["requestContext", 9]] as const) {
  const snapshot = suspended(name, size) as never;
  await workflows.persistWorkflowSnapshot({ ...run, snapshot });
  const opts = { status: "running" as const, expectedStatus: "suspended" as const };
  const claimed = await workflows.updateWorkflowState({ ...run, opts });
  assert.equal(claimed?.status, "running");
  assert.equal(await workflows.updateWorkflowState({ ...run, opts }), undefined);
  const result = { status: "success", output: 1 } as never;
  const given = { ...run, stepId: "a", result, requestContext: { locale: "nb" } };
  assert.deepEqual(Object.keys(await workflows.updateWorkflowResults(given)), ["a"]);
  const loaded = (await workflows.loadWorkflowSnapshot(run)) as never as Record<string, object>;
  assert.equal(loaded.status, "running");
  assert.equal((loaded[name] as { x: string }).x.length, Math.floor(size * 1024 * 1024));
}
const snapshot = suspended("value", 15.9) as never;
await assert.rejects(workflows.persistWorkflowSnapshot({ ...run, snapshot }), LimitExceeded);
await workflows.deleteWorkflowRunById(run);
await store.close();
"""


def test_it_is_so_in_typescript(backend: EmbeddedBackend, tmp_path: Path) -> None:
    run_node([bundle_text(TYPESCRIPT, tmp_path)], backend)
