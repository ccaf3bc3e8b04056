/*
 * Copied by convexgen from schema/mastra/workflows/steps.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import type { Value } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import type { MutationCtx, QueryCtx } from "../../_generated/server.js";
import { MAX_DOCUMENT_SIZE } from "../../lib/documents.js";
import { textOf } from "../../lib/json.js";
import { whole, wholeSize } from "../../lib/large.js";
import type * as WorkflowRuns from "../../model/workflowRuns.js";
import type { EntryTexts } from "../jsonTexts.js";
import { chunksOf, discardChunks, placed } from "./texts.js";

// The results of the steps of a run, each a document of its own.

export type Step = Doc<"workflowSteps">;

/** The documents of the steps of a run. */
export async function stepsOf(
  ctx: QueryCtx,
  run: WorkflowRuns.Key,
): Promise<Step[]> {
  return (await stepsWithin(ctx, run, Infinity)) ?? [];
}

/** The same; null where the results take more than so many bytes. */
export async function stepsWithin(
  ctx: QueryCtx,
  { workflowName, runId }: WorkflowRuns.Key,
  most: number,
): Promise<Step[] | null> {
  const steps: Step[] = [];
  const found = ctx.db
    .query("workflowSteps")
    .withIndex("by_workflowName_and_runId_and_stepId", (q) =>
      q.eq("workflowName", workflowName).eq("runId", runId),
    );
  let left = most;
  // The next one, which is read to be seen, may be as large as documents are.
  if (left < MAX_DOCUMENT_SIZE) return null;
  for await (const step of found) {
    left -= wholeSize("workflowSteps", step);
    if (left < MAX_DOCUMENT_SIZE) return null;
    steps.push(step);
  }
  return steps;
}

export async function resultOf(ctx: QueryCtx, step: Step): Promise<string> {
  const { result } = await whole(ctx, "workflowSteps", step);
  return textOf(result as Value);
}

export async function resultsOf(
  ctx: QueryCtx,
  run: WorkflowRuns.Key,
  steps?: Step[],
): Promise<EntryTexts> {
  const results: EntryTexts = new Map();
  for (const step of steps ?? (await stepsOf(ctx, run))) {
    results.set(step.stepId, await resultOf(ctx, step));
  }
  return results;
}

/** Stores the steps of a run, and deletes those that it has no more. */
export async function replaceSteps(
  ctx: MutationCtx,
  { workflowName, runId }: WorkflowRuns.Key,
  steps: EntryTexts,
): Promise<void> {
  const key = { workflowName, runId };
  const missing = new Map(steps);
  const replaced: Step[] = [];
  for (const step of await stepsOf(ctx, key)) {
    const result = missing.get(step.stepId);
    missing.delete(step.stepId);
    if (result === undefined) {
      await ctx.db.delete("workflowSteps", step._id);
      replaced.push(step);
    } else if (result !== textOf(step.result as Value)) {
      await storeStep(ctx, key, step.stepId, result, step);
      replaced.push(step);
    }
  }
  for (const [stepId, result] of missing) {
    await storeStep(ctx, key, stepId, result, undefined);
  }
  await discardResults(ctx, replaced);
}

/** Deletes the chunks of results that are replaced. */
export async function discardResults(
  ctx: MutationCtx,
  replaced: Step[],
): Promise<void> {
  await discardChunks(
    ctx,
    chunksOf(...replaced.map(({ result }) => result as Value)),
  );
}

/** Stores a result, and leaves the chunks of the one that it replaces. */
export async function storeStep(
  ctx: MutationCtx,
  key: WorkflowRuns.Key,
  stepId: string,
  text: string,
  existing: Step | undefined,
): Promise<void> {
  const result = await placed(ctx, text);
  if (existing === undefined) {
    await ctx.db.insert("workflowSteps", { ...key, stepId, result });
  } else {
    await ctx.db.patch("workflowSteps", existing._id, { result });
  }
}
