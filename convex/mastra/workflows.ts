/*
 * Copied by convexgen from schema/mastra/workflows.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { v, type Value } from "convex/values";

import { internalQuery } from "../_generated/server.js";
import { internalMutation } from "../lib/counts/functions.js";
import { textOf } from "../lib/json.js";
import * as WorkflowRuns from "../model/workflowRuns.js";
import { requireObject } from "./failures.js";
import { type EntryTexts, entryTextsOf, written } from "./jsonTexts.js";
import { requireAll, windowOf } from "./pagination.js";
import {
  filters,
  findOfThread,
  foundOfThread,
  isGiven,
  ofThreadArgs,
  read,
  readByKeys,
  readOfThread,
  someArgs,
} from "./workflows/listing.js";
import { merged } from "./workflows/loops.js";
import {
  asRun,
  change,
  findRun,
  newest,
  persist,
  runKey,
  setStepsApart,
  snapshotOf,
  stateOf,
  workflowRun,
} from "./workflows/runs.js";
import {
  asJson,
  inParts,
  isExpected,
  requireReadable,
  stateWith,
  whichHas,
} from "./workflows/snapshots.js";
import {
  discardResults,
  replaceSteps,
  resultOf,
  resultsOf,
  type Step,
  stepsOf,
  storeStep,
} from "./workflows/steps.js";
import { discardChunks as discard } from "./workflows/texts.js";

// The storage domain `workflows` of @mastra/core 1.71: the functions that the clients call.

/** The entries of an argument. Throws `InvalidArgument` for what is no object. */
function objectOf(name: string, given: unknown): EntryTexts {
  requireObject(name, given);
  return entryTextsOf(textOf(given as Value));
}

const workflowRuns = v.object({
  runs: v.array(workflowRun),
  total: v.number(),
});

export const persistWorkflowSnapshot = internalMutation({
  args: {
    ...runKey,
    resourceId: v.optional(v.string()),
    snapshot: v.any(),
    createdAt: v.optional(v.number()),
    updatedAt: v.optional(v.number()),
  },
  returns: v.null(),
  handler: async (ctx, { snapshot, ...given }) => {
    requireObject("snapshot", snapshot);
    await persist(ctx, { snapshot: snapshot as Value, ...given });
    return null;
  },
});

export const loadWorkflowSnapshot = internalQuery({
  args: runKey,
  returns: v.any(),
  handler: async (ctx, key) => {
    const run = await findRun(ctx, key);
    return run === null ? null : asJson(await snapshotOf(ctx, run));
  },
});

export const updateWorkflowResults = internalMutation({
  args: {
    ...runKey,
    stepId: v.string(),
    result: v.any(),
    requestContext: v.any(),
  },
  returns: v.any(),
  handler: async (ctx, { workflowName, runId, stepId, ...given }) => {
    const key = { workflowName, runId };
    const requestContext = objectOf("requestContext", given.requestContext);
    const run = await findRun(ctx, key);
    if (run === null) return {};
    const before = await stateOf(ctx, run);
    const state = entryTextsOf(before);
    await setStepsApart(ctx, run, state);
    const steps: EntryTexts = new Map();
    let existing: Step | undefined;
    for (const step of await stepsOf(ctx, key)) {
      if (step.stepId === stepId) existing = step;
      else steps.set(step.stepId, await resultOf(ctx, step));
    }
    const result = await merged(ctx, existing, textOf(given.result as Value));
    steps.set(stepId, result);
    state.set(
      "requestContext",
      written([
        ...entryTextsOf(state.get("requestContext")),
        ...requestContext,
      ]),
    );
    const next = stateWith(state);
    requireReadable(next, steps);
    await storeStep(ctx, key, stepId, result, existing);
    await change(ctx, run, before, next, steps);
    await discardResults(ctx, existing === undefined ? [] : [existing]);
    return asJson(written(steps));
  },
});

export const updateWorkflowState = internalMutation({
  args: { ...runKey, opts: v.any() },
  returns: v.any(),
  handler: async (ctx, { workflowName, runId, opts }) => {
    const key = { workflowName, runId };
    const changes = objectOf("opts", opts);
    const run = await findRun(ctx, key);
    if (run === null) return null;
    const before = await stateOf(ctx, run);
    const state = entryTextsOf(before);
    const expected = changes.get("expectedStatus");
    changes.delete("expectedStatus");
    if (!isExpected(state, expected)) return null;
    await setStepsApart(ctx, run, state);
    const next = stateWith(new Map([...state, ...changes]));
    if (changes.has("context")) {
      const parts = inParts(next.text);
      requireReadable(parts.state, parts.steps);
      await replaceSteps(ctx, key, parts.steps);
      await change(ctx, run, before, parts.state, parts.steps);
      return asJson(next.text);
    }
    const steps = await resultsOf(ctx, key);
    requireReadable(next, steps);
    await change(ctx, run, before, next, steps);
    return asJson(whichHas(next.entries, steps));
  },
});

export const listWorkflowRuns = internalQuery({
  args: {
    ...filters,
    perPage: v.optional(v.union(v.number(), v.literal(false))),
    page: v.optional(v.number()),
  },
  returns: workflowRuns,
  handler: async (ctx, { perPage, page, ...given }) => {
    const asked = windowOf(page ?? 0, perPage ?? false);
    // As in Mastra, `perPage` alone makes no page.
    const window = page === undefined ? windowOf(0, false) : asked;
    const { offset, limit } = window;
    const { threadId, ...others } = given;
    if (isGiven(threadId))
      return await readOfThread(ctx, threadId, others, offset, limit);
    const found = await read(ctx, others, offset, limit);
    requireAll(found.runs.length, found.total, window);
    return found;
  },
});

export const listSomeWorkflowRuns = internalQuery({
  args: someArgs,
  returns: workflowRuns,
  handler: async (ctx, { offset, limit, ...given }) =>
    await read(ctx, given, offset, limit),
});

/** Which runs of a thread are on a page, and where the next call goes on. */
export const findWorkflowRunsOfThread = internalQuery({
  args: ofThreadArgs,
  returns: foundOfThread,
  handler: findOfThread,
});

/** Runs by their keys, as many as a call reads: the keys of the others are pending. */
export const readWorkflowRuns = internalQuery({
  args: { keys: v.array(v.object(runKey)) },
  returns: v.object({
    runs: v.array(workflowRun),
    pending: v.array(v.object(runKey)),
  }),
  handler: async (ctx, { keys }) => await readByKeys(ctx, keys),
});

export const getWorkflowRunById = internalQuery({
  args: { runId: v.string(), workflowName: v.optional(v.string()) },
  returns: v.nullable(workflowRun),
  handler: async (ctx, { runId, workflowName }) => {
    const run = isGiven(workflowName)
      ? await findRun(ctx, { workflowName, runId })
      : await newest(ctx, runId);
    return run === null ? null : await asRun(ctx, run);
  },
});

export const deleteWorkflowRunById = internalMutation({
  args: runKey,
  returns: v.null(),
  handler: async (ctx, key) => {
    await replaceSteps(ctx, key, new Map());
    await WorkflowRuns.remove(ctx, key);
    return null;
  },
});

/** Deletes chunks that no run has any more. */
export const discardChunks = internalMutation({
  args: { ids: v.array(v.id("jsonChunks")) },
  returns: v.null(),
  handler: async (ctx, { ids }) => {
    await discard(ctx, ids);
    return null;
  },
});
