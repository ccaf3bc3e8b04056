/*
 * Copied by convexgen from schema/mastra/workflows.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import type { IndexRange } from "convex/server";
import {
  getConvexSize,
  type Infer,
  type ObjectType,
  type Value,
  v,
} from "convex/values";

import type { Doc } from "../_generated/dataModel.js";
import {
  internalQuery,
  type MutationCtx,
  type QueryCtx,
} from "../_generated/server.js";
import { internalMutation } from "../lib/counts/functions.js";
import { countedIndexes } from "../lib/counts/indexes.js";
import type { OpenRange } from "../lib/counts/keys.js";
import { count, pageAt } from "../lib/counts/reads.js";
import { limitExceeded, mebibytes } from "../lib/errors.js";
import { decodeExactly, encodeJson, type Exact, textOf } from "../lib/json.js";
import { discard, inChunks, whole, wholeSize } from "../lib/large.js";
import { within } from "../lib/ranges.js";
import { isObject } from "../lib/values.js";
import * as WorkflowRuns from "../model/workflowRuns.js";
import { failure } from "./failures.js";
import {
  type EntryTexts,
  entryTextsOf,
  isObjectText,
  written,
} from "./jsonTexts.js";
import { requireAll, windowOf } from "./pagination.js";

// The storage domain `workflows` of @mastra/core 1.71. A snapshot is stored in
// parts: what its context says of each step is a document of `workflowSteps`,
// and the rest is in the run. Both are handled as text, of which only what is
// compared or merged is parsed, since a function has one second.

/** The context of a state whose entries are documents of `workflowSteps`. */
const SEPARATE = '{"workflowSteps":true}';

/** The length of a text from which on it lies in chunks, which need not be read to be replaced. */
const MAX_INLINE = 16 * 1024;

/** What a transaction reads, and a function returns, less what is around the text. */
const MAX_READ = (16 * 1024 - 128) * 1024;

/** What the document of a step and its chunks take besides their text, at most. */
const STEP_OVERHEAD = 512;

/** Replacing a step may take two index ranges, of the 4,096 of a transaction. */
const MAX_STEPS = 1800;

/** How many steps, each not much larger than `MAX_INLINE`, are read at once. */
const BATCH_SIZE = 64;

/** How many runs are read at once. */
const MAX_RUNS = 1000;

/** How many runs of different workflows with one ID are compared; each may take 1 MiB. */
const MAX_SAME_ID = 8;

/** How many index ranges it may take to read a run. */
const MAX_RANGES_OF_RUN = 1100;

/** The statuses of runs that have ended. */
const ENDED = new Set([
  "success",
  "failed",
  "canceled",
  "bailed",
  "tripwire",
  "skipped",
]);

const runKey = { workflowName: v.string(), runId: v.string() };

const workflowRun = v.object({
  ...runKey,
  snapshot: v.any(),
  createdAt: v.number(),
  updatedAt: v.number(),
  resourceId: v.optional(v.string()),
});

const workflowRuns = v.object({
  runs: v.array(workflowRun),
  total: v.number(),
});

/** What runs are filtered by; an empty text is no condition, as in Mastra. */
const filters = {
  workflowName: v.optional(v.string()),
  fromDate: v.optional(v.number()),
  toDate: v.optional(v.number()),
  resourceId: v.optional(v.string()),
  threadId: v.optional(v.string()),
  status: v.optional(v.string()),
};

type Filters = ObjectType<typeof filters>;

type WorkflowRun = Infer<typeof workflowRun>;

type RunKey = WorkflowRuns.Key;

type Run = Doc<"workflowRuns">;

type Step = Doc<"workflowSteps">;

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
    await persist(ctx, { snapshot: snapshot as Value, ...given });
    return null;
  },
});

export const loadWorkflowSnapshot = internalQuery({
  args: runKey,
  returns: v.any(),
  handler: async (ctx, key) => {
    const run = await WorkflowRuns.find(ctx, key);
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
    const run = await WorkflowRuns.find(ctx, key);
    if (run === null) return {};
    const state = await withStepsApart(ctx, run);
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
        ...entryTextsOf(textOf(given.requestContext as Value)),
      ]),
    );
    requireReadable(written(state), steps);
    await storeStep(ctx, key, stepId, result, existing);
    await change(ctx, run, written(state), steps);
    return asJson(written(steps));
  },
});

export const updateWorkflowState = internalMutation({
  args: { ...runKey, opts: v.any() },
  returns: v.any(),
  handler: async (ctx, { workflowName, runId, opts }) => {
    const key = { workflowName, runId };
    const run = await WorkflowRuns.find(ctx, key);
    if (run === null) return null;
    const changes = entryTextsOf(textOf(opts as Value));
    const expected = changes.get("expectedStatus");
    changes.delete("expectedStatus");
    if (!isExpected(textOf(run.state), expected)) return null;
    const state = await withStepsApart(ctx, run);
    const next = written([...state, ...changes]);
    if (changes.has("context")) {
      const parts = inParts(next);
      requireReadable(parts.state, parts.steps);
      await replaceSteps(ctx, key, parts.steps);
      await change(ctx, run, parts.state, parts.steps);
      return asJson(next);
    }
    const steps = await resultsOf(ctx, key);
    requireReadable(next, steps);
    await change(ctx, run, next, steps);
    return asJson(whichHas(entryTextsOf(next), steps));
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
    const found = await read(ctx, given, window.offset, window.limit);
    requireAll(found.runs.length, found.total, window);
    return found;
  },
});

export const listSomeWorkflowRuns = internalQuery({
  args: { ...filters, offset: v.number(), limit: v.number() },
  returns: workflowRuns,
  handler: async (ctx, { offset, limit, ...given }) =>
    await read(ctx, given, offset, limit),
});

export const getWorkflowRunById = internalQuery({
  args: { runId: v.string(), workflowName: v.optional(v.string()) },
  returns: v.nullable(workflowRun),
  handler: async (ctx, { runId, workflowName }) => {
    const run = isGiven(workflowName)
      ? await WorkflowRuns.find(ctx, { workflowName, runId })
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

/** Stores the snapshot of a run, in place of the one that is there. */
export async function persist(
  ctx: MutationCtx,
  { workflowName, runId, snapshot, ...given }: SnapshotOfRun,
): Promise<void> {
  const key = { workflowName, runId };
  const { state, steps } = inParts(textOf(snapshot));
  requireReadable(state, steps);
  const columns = columnsOf(state, steps, given.updatedAt);
  await WorkflowRuns.save(ctx, { ...key, ...given, ...columns });
  await replaceSteps(ctx, key, steps);
}

interface SnapshotOfRun extends RunKey {
  snapshot: Value;
  resourceId?: string;
  createdAt?: number;
  updatedAt?: number;
}

/** The state of a run and the results of its steps, where the snapshot has a context. */
function inParts(snapshot: string): { state: string; steps: EntryTexts } {
  const state = entryTextsOf(snapshot);
  const context = state.get("context");
  if (!isObjectText(context)) return { state: snapshot, steps: new Map() };
  state.set("context", SEPARATE);
  return { state: written(state), steps: entryTextsOf(context) };
}

/** What the columns of a run say of its snapshot. */
function columnsOf(state: string, steps: EntryTexts, now: number = Date.now()) {
  const entries = entryTextsOf(state);
  const status = parsed(entries.get("status"));
  const error = entries.get("error") ?? "null";
  const threadId = threadOf(steps);
  return {
    state: stored(state),
    ...(typeof status === "string" && { stateType: status }),
    ...(error !== "null" && { error: stored(error) }),
    ...(threadId !== undefined && { threadId }),
    ...(ENDED.has(`${status}`) && { completedAt: now }),
  };
}

/** Gives a run another state. */
async function change(
  ctx: MutationCtx,
  { workflowName, runId, ...run }: Run,
  state: string,
  steps: EntryTexts,
): Promise<void> {
  const { state: json, ...columns } = columnsOf(state, steps);
  const isSame = textOf(run.state as Value) === state;
  const { completedAt } = run;
  const names = ["stateType", "error", "threadId", "completedAt"] as const;
  await WorkflowRuns.patch(ctx, {
    workflowName,
    runId,
    set: {
      ...(!isSame && { state: json }),
      ...columns,
      ...(columns.completedAt !== undefined &&
        completedAt !== undefined && { completedAt }),
    },
    unset: names.filter((name) => columns[name] === undefined),
  });
}

/**
 * The entries of the state of a run whose steps are documents of their own, which
 * they become where the functions of the table stored it. Throws `NotFound`
 * where it has no context.
 */
async function withStepsApart(ctx: MutationCtx, run: Run): Promise<EntryTexts> {
  const state = entryTextsOf(textOf(run.state as Value));
  const context = state.get("context");
  if (!isObjectText(context)) {
    const message = `Snapshot not found for runId ${run.runId}`;
    throw failure("NotFound", message);
  }
  if (context !== SEPARATE) {
    await replaceSteps(ctx, run, entryTextsOf(context));
    state.set("context", SEPARATE);
  }
  return state;
}

/** Whether a state has the status, or one of those, that a caller expects. */
function isExpected(state: string, expected: string | undefined): boolean {
  if (expected === undefined) return true;
  const status = entryTextsOf(state).get("status");
  if (status === undefined) return false;
  const statuses = parsed(expected);
  const listed: unknown[] = Array.isArray(statuses) ? statuses : [statuses];
  return listed.includes(parsed(status));
}

/** The text of the whole snapshot of a run. */
async function snapshotOf(
  ctx: QueryCtx,
  run: Run,
  steps?: Step[],
): Promise<string> {
  const state = textOf(run.state as Value);
  const entries = entryTextsOf(state);
  if (entries.get("context") !== SEPARATE) return state;
  return whichHas(entries, await resultsOf(ctx, run, steps));
}

function whichHas(state: EntryTexts, steps: EntryTexts): string {
  return written([...state, ["context", written(steps)]]);
}

/** The newest run with an ID, which are of different workflows. */
async function newest(ctx: QueryCtx, runId: string): Promise<Run | null> {
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
  found: Run,
  steps?: Step[],
): Promise<WorkflowRun> {
  const run = await whole(ctx, "workflowRuns", found);
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

/** The documents of the steps of a run. */
async function stepsOf(ctx: QueryCtx, run: RunKey): Promise<Step[]> {
  return (await stepsWithin(ctx, run, Infinity)) ?? [];
}

/** The same; null where the results take more than so many bytes. */
async function stepsWithin(
  ctx: QueryCtx,
  { workflowName, runId }: RunKey,
  most: number,
): Promise<Step[] | null> {
  const steps: Step[] = [];
  let left = most;
  while (left >= 0) {
    const last = steps.at(-1)?.stepId;
    const batch = await ctx.db
      .query("workflowSteps")
      .withIndex("by_workflowName_and_runId_and_stepId", (q) => {
        const own = q.eq("workflowName", workflowName).eq("runId", runId);
        return last === undefined ? own : own.gt("stepId", last);
      })
      .take(BATCH_SIZE);
    for (const step of batch) left -= wholeSize("workflowSteps", step);
    steps.push(...batch);
    if (batch.length < BATCH_SIZE) return left < 0 ? null : steps;
  }
  return null;
}

async function resultOf(ctx: QueryCtx, step: Step): Promise<string> {
  const { result } = await whole(ctx, "workflowSteps", step);
  return textOf(result as Value);
}

async function resultsOf(
  ctx: QueryCtx,
  run: RunKey,
  steps?: Step[],
): Promise<EntryTexts> {
  const results: EntryTexts = new Map();
  for (const step of steps ?? (await stepsOf(ctx, run))) {
    results.set(step.stepId, await resultOf(ctx, step));
  }
  return results;
}

/** Stores the steps of a run, and deletes those that it has no more. */
async function replaceSteps(
  ctx: MutationCtx,
  { workflowName, runId }: RunKey,
  steps: EntryTexts,
): Promise<void> {
  const key = { workflowName, runId };
  const missing = new Map(steps);
  for (const step of await stepsOf(ctx, key)) {
    const result = missing.get(step.stepId);
    missing.delete(step.stepId);
    if (result === undefined) {
      await ctx.db.delete("workflowSteps", step._id);
      await discard(ctx, "workflowSteps", step);
    } else if (result !== textOf(step.result as Value)) {
      await storeStep(ctx, key, step.stepId, result, step);
    }
  }
  for (const [stepId, result] of missing) {
    await storeStep(ctx, key, stepId, result, undefined);
  }
}

async function storeStep(
  ctx: MutationCtx,
  key: RunKey,
  stepId: string,
  text: string,
  existing: Step | undefined,
): Promise<void> {
  const result =
    text.length > MAX_INLINE ? await inChunks(ctx, text) : stored(text);
  if (existing === undefined) {
    await ctx.db.insert("workflowSteps", { ...key, stepId, result });
  } else {
    await ctx.db.patch("workflowSteps", existing._id, { result });
    await discard(ctx, "workflowSteps", existing);
  }
}

/** Throws `LimitExceeded` where a snapshot is more than a function reads and returns. */
function requireReadable(state: string, steps: EntryTexts): void {
  if (steps.size > MAX_STEPS) {
    throw limitExceeded(
      `the snapshot has ${steps.size} steps, and ${MAX_STEPS} are stored`,
      { steps: steps.size },
    );
  }
  let bytes = getConvexSize(state);
  for (const result of steps.values()) {
    bytes += getConvexSize(result) + STEP_OVERHEAD;
  }
  if (bytes > MAX_READ) {
    throw limitExceeded(
      `the snapshot takes ${mebibytes(bytes)}, and a function returns 16 MiB ` +
        "at most",
      { bytes },
    );
  }
}

/** The result of a step, with that of the parts of a loop that are there already. */
async function merged(
  ctx: QueryCtx,
  existing: Step | undefined,
  given: string,
): Promise<string> {
  if (existing === undefined || !entryTextsOf(given).has("output"))
    return given;
  const result = parsed(given);
  if (!hasOutputs(result)) return given;
  const before = parsed(await resultOf(ctx, existing));
  if (!hasOutputs(before)) return given;
  const isReset = result.output.some(isPending);
  const output = [...before.output];
  for (const [index, one] of result.output.entries()) {
    const there = before.output[index];
    const isNew = there === undefined;
    if (isPending(one)) {
      if (isNew || isResettable(there)) output[index] = null;
    } else if (one !== null && !isReset) {
      output[index] = one;
    } else if (isNew) {
      output[index] = null;
    }
  }
  return textOf(encodeJson({ ...before, ...(isReset ? {} : result), output }));
}

function hasOutputs(
  result: Exact | undefined,
): result is { [key: string]: Exact; output: Exact[] } {
  return isObject(result) && Array.isArray(result["output"]);
}

/** Says that a part of a loop runs again. */
function isPending(value: Exact): boolean {
  return (
    isObject(value) &&
    value["__mastra_pending__"] === true &&
    Object.keys(value).length === 1
  );
}

function isResettable(value: Exact): boolean {
  if (value === null || isPending(value)) return true;
  return (
    isObject(value) &&
    value["status"] === "suspended" &&
    ("suspendPayload" in value || "suspendedAt" in value)
  );
}

/**
 * The thread of the agent that a run is of: `getSnapshotMemoryInfo` of
 * @mastra/core looks for it in these places.
 */
function threadOf(steps: EntryTexts): string | undefined {
  for (const result of steps.values()) {
    if (!result.includes('"__streamState"')) continue;
    const step = parsed(result);
    const state = valueAt(step, "suspendPayload", "__streamState");
    if (valueAt(step, "status") === "suspended" && state) {
      return textAt(state, "messageList", "memoryInfo", "threadId");
    }
  }
  const input = steps.get("input");
  return input?.includes('"messageListState"') === true
    ? textAt(parsed(input), "messageListState", "memoryInfo", "threadId")
    : undefined;
}

function valueAt(
  value: Exact | undefined,
  ...path: string[]
): Exact | undefined {
  return path.reduce(
    (inner, name) => (isObject(inner) ? inner[name] : undefined),
    value,
  );
}

function textAt(value: Exact | undefined, ...path: string[]) {
  const found = valueAt(value, ...path);
  return typeof found === "string" ? found : undefined;
}

/** The fields by which runs may be compared, in the order of those of indexes. */
const FIELDS = ["workflowName", "resourceId", "stateType"] as const;

type Counted = (typeof countedIndexes)[keyof typeof countedIndexes];

type Index = Extract<Counted, { table: "workflowRuns" }>;

/** The counted indexes, by their fields. */
const INDEXES = new Map(
  Object.values<Counted>(countedIndexes)
    .filter((index): index is Index => index.table === "workflowRuns")
    .map((index) => [index.fields.join(), index]),
);

/** As many runs from an offset on as a query reads, up to a limit, and the total. */
async function read(
  ctx: QueryCtx,
  given: Filters,
  offset: number,
  limit: number,
): Promise<{ runs: WorkflowRun[]; total: number }> {
  const values = { ...given, stateType: given.status };
  const fields = FIELDS.filter((name) => isGiven(values[name]));
  const dates = {
    ...(given.fromDate !== undefined && { gte: given.fromDate }),
    ...(given.toDate !== undefined && { lte: given.toDate }),
  };
  const { threadId } = given;
  if (isGiven(threadId)) {
    const ofThread = await ctx.db
      .query("workflowRuns")
      .withIndex("by_threadId_and_createdAt", (q) =>
        within(q.eq("threadId", threadId), "createdAt", dates),
      )
      .order("desc")
      .take(MAX_RUNS + 1);
    if (ofThread.length > MAX_RUNS) {
      throw limitExceeded(`the thread has over ${MAX_RUNS} runs`, { threadId });
    }
    const found = ofThread.filter((run) =>
      fields.every((name) => run[name] === values[name]),
    );
    const page = found.slice(offset, offset + limit);
    return { runs: await readable(ctx, page), total: found.length };
  }
  const index = INDEXES.get([...fields, "createdAt"].join());
  if (index === undefined) throw new Error(`no index counts ${fields.join()}`);
  const narrow = (range: OpenRange): IndexRange => {
    const equal = fields.reduce((q, name) => q.eq(name, values[name]), range);
    return within(equal, "createdAt", dates);
  };
  const size = Math.min(limit, MAX_RUNS);
  if (size < 1) return { runs: [], total: await count(ctx, index, narrow) };
  const { page, total } = await pageAt(ctx, index, narrow, {
    offset,
    limit: size,
    order: "desc",
  });
  return { runs: await readable(ctx, page), total };
}

/** As many of the first runs as a query reads, and one at least. */
async function readable(
  ctx: QueryCtx,
  found: readonly Run[],
): Promise<WorkflowRun[]> {
  const runs: WorkflowRun[] = [];
  let left = MAX_READ;
  for (const run of found) {
    const { bytesRead, databaseQueries } =
      await ctx.meta.getTransactionMetrics();
    const isFirst = runs.length === 0;
    if (!isFirst && databaseQueries.remaining < MAX_RANGES_OF_RUN) return runs;
    const most = Math.min(bytesRead.remaining, left);
    const size = wholeSize("workflowRuns", run);
    const steps = await stepsWithin(ctx, run, isFirst ? Infinity : most - size);
    if (steps === null) return runs;
    const one = await asRun(ctx, run, steps);
    left -= getConvexSize(one.snapshot);
    runs.push(one);
  }
  return runs;
}

function isGiven(condition: string | undefined): condition is string {
  return condition !== undefined && condition !== "";
}

function parsed(text: string | undefined): Exact | undefined {
  return text === undefined ? undefined : decodeExactly(asJson(text));
}

/** The form in which a field holds the value of a text: readable, unless it is long. */
function stored(text: string): Value {
  const json = asJson(text);
  return text.length > MAX_INLINE ? json : encodeJson(decodeExactly(json));
}

function asJson(text: string) {
  return { jsonText: text };
}
