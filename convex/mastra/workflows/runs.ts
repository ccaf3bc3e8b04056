/*
 * Copied by convexgen from schema/mastra/workflows/runs.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { type Infer, v, type Value } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import type { MutationCtx, QueryCtx } from "../../_generated/server.js";
import { textOf } from "../../lib/json.js";
import { wholeIn } from "../../lib/large.js";
import * as WorkflowRuns from "../../model/workflowRuns.js";
import { failure, invalid } from "../failures.js";
import { type EntryTexts, entryTextsOf, isObjectText } from "../jsonTexts.js";
import { columnsOf } from "./columns.js";
import {
  asJson,
  errorOf,
  inParts,
  requireReadable,
  SEPARATE,
  type State,
  whichHas,
} from "./snapshots.js";
import { replaceSteps, resultsOf, type Step } from "./steps.js";
import { chunksOf, discardChunks, placed } from "./texts.js";

// A run, stored and read with its steps.

/** How many runs of different workflows with one ID are compared; each may take 1 MiB. */
const MAX_SAME_ID = 8;

export const runKey = { workflowName: v.string(), runId: v.string() };

export const workflowRun = v.object({
  ...runKey,
  snapshot: v.any(),
  createdAt: v.number(),
  updatedAt: v.number(),
  resourceId: v.optional(v.string()),
});

export type WorkflowRun = Infer<typeof workflowRun>;

export type RunKey = WorkflowRuns.Key;

export type Run = Doc<"workflowRuns">;

/** Stores the snapshot of a run, in place of the one that is there. */
export async function persist(
  ctx: MutationCtx,
  { workflowName, runId, snapshot, ...given }: SnapshotOfRun,
): Promise<void> {
  const key = { workflowName, runId };
  const { state, steps } = inParts(textOf(snapshot));
  requireReadable(state, steps);
  const { _id } = await WorkflowRuns.save(ctx, {
    ...key,
    ...given,
    ...columnsOf(state.entries, steps, given.updatedAt),
    state: null,
  });
  await ctx.db.patch("workflowRuns", _id, await placedOf(ctx, state));
  await replaceSteps(ctx, key, steps);
}

/** What a run holds of a state. */
async function placedOf(ctx: MutationCtx, state: State) {
  const error = errorOf(state);
  return {
    state: await placed(ctx, state.text),
    error: error === undefined ? error : await placed(ctx, error),
  };
}

interface SnapshotOfRun extends RunKey {
  snapshot: Value;
  resourceId?: string;
  createdAt?: number;
  updatedAt?: number;
}

/** Gives a run another state than the one before. */
export async function change(
  ctx: MutationCtx,
  { workflowName, runId, ...run }: Run,
  before: string,
  state: State,
  steps: EntryTexts,
): Promise<void> {
  const columns = columnsOf(state.entries, steps);
  const { completedAt } = run;
  const names = ["stateType", "threadId", "completedAt"] as const;
  await WorkflowRuns.patchEach(ctx, [{ workflowName, runId }], {
    set: {
      ...columns,
      ...(columns.completedAt !== undefined &&
        completedAt !== undefined && { completedAt }),
    },
    unset: names.filter((name) => columns[name] === undefined),
  });
  if (state.text === before) return;
  await ctx.db.patch("workflowRuns", run._id, await placedOf(ctx, state));
  await discardChunks(ctx, chunksOf(run.state, run.error));
}

/** The text of the state of a run. */
export async function stateOf(ctx: QueryCtx, run: Run): Promise<string> {
  const { state } = await wholeIn(ctx, "workflowRuns", run, ["state"], []);
  return textOf(state as Value);
}

/**
 * Stores the steps of a run apart from its state, of which these are the entries, where
 * the functions of the table stored it. Throws `NotFound` where it has no
 * context, and `InvalidArgument` where that is no object.
 */
export async function setStepsApart(
  ctx: MutationCtx,
  run: Run,
  state: EntryTexts,
): Promise<void> {
  const context = state.get("context");
  if (!isObjectText(context)) {
    if (isAbsent(context)) {
      const message = `Snapshot not found for runId ${run.runId}`;
      throw failure("NotFound", message);
    }
    throw invalid(
      `the context of the snapshot of runId ${run.runId} is no object`,
    );
  }
  if (context !== SEPARATE) {
    await replaceSteps(ctx, run, entryTextsOf(context));
    state.set("context", SEPARATE);
  }
}

/** Whether there is nothing where JavaScript asks for it. */
function isAbsent(text: string | undefined): boolean {
  return text === undefined || ["null", "false", "0", '""'].includes(text);
}

/** The text of the whole snapshot of a run. */
export async function snapshotOf(
  ctx: QueryCtx,
  run: Run,
  steps?: Step[],
): Promise<string> {
  const state = await stateOf(ctx, run);
  const entries = entryTextsOf(state);
  if (entries.get("context") !== SEPARATE) return state;
  return whichHas(entries, await resultsOf(ctx, run, steps));
}

/** A run as it is stored, whose state may lie in chunks. */
export async function findRun(
  ctx: QueryCtx,
  { workflowName, runId }: RunKey,
): Promise<Run | null> {
  return await ctx.db
    .query("workflowRuns")
    .withIndex("by_workflowName_and_runId", (q) =>
      q.eq("workflowName", workflowName).eq("runId", runId),
    )
    .first();
}

/** The newest run with an ID, which are of different workflows. */
export async function newest(
  ctx: QueryCtx,
  runId: string,
): Promise<Run | null> {
  const runs = await ctx.db
    .query("workflowRuns")
    .withIndex("by_runId", (q) => q.eq("runId", runId))
    .order("desc")
    .take(MAX_SAME_ID);
  // Of those of one moment, the first one is the last that was inserted.
  runs.sort((left, right) => right.createdAt - left.createdAt);
  return runs[0] ?? null;
}

/** A run as Mastra's stores give it. */
export async function asRun(
  ctx: QueryCtx,
  run: Run,
  steps?: Step[],
): Promise<WorkflowRun> {
  const { workflowName, runId, createdAt, updatedAt, resourceId } = run;
  const snapshot = asJson(await snapshotOf(ctx, run, steps));
  return {
    workflowName,
    runId,
    snapshot,
    createdAt,
    updatedAt,
    ...(resourceId !== undefined && { resourceId }),
  };
}
