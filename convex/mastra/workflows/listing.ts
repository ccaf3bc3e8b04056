/*
 * Copied by convexgen from schema/mastra/workflows/listing.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import type { IndexRange } from "convex/server";
import { getConvexSize, type Infer, type ObjectType, v } from "convex/values";

import type { QueryCtx } from "../../_generated/server.js";
import { countedIndexes } from "../../lib/counts/indexes.js";
import type { OpenRange } from "../../lib/counts/keys.js";
import { count, pageAt } from "../../lib/counts/reads.js";
import { MAX_DOCUMENT_SIZE } from "../../lib/documents.js";
import { limitExceeded } from "../../lib/errors.js";
import { wholeSize } from "../../lib/large.js";
import { within } from "../../lib/ranges.js";
import {
  cursorOf,
  type Left,
  leftOf,
  type Part,
  readPart,
  type Row,
  unread,
} from "../reading.js";
import {
  asRun,
  findRun,
  type Run,
  type RunKey,
  runKey,
  type WorkflowRun,
} from "./runs.js";
import { MAX_READ } from "./snapshots.js";
import { stepsWithin } from "./steps.js";

// Runs that meet conditions, the newest first.

/** How many runs are read at once. */
const MAX_RUNS = 1000;

/** How many index ranges it may take to read a run. */
const MAX_RANGES_OF_RUN = 1100;

/** What runs are filtered by; an empty text is no condition, as in Mastra. */
export const filters = {
  workflowName: v.optional(v.string()),
  fromDate: v.optional(v.number()),
  toDate: v.optional(v.number()),
  resourceId: v.optional(v.string()),
  threadId: v.optional(v.string()),
  status: v.optional(v.string()),
};

type Filters = ObjectType<typeof filters>;

const { threadId: _, ...otherFilters } = filters;

/** What runs are listed by in parts, which are not those of a thread. */
export const someArgs = {
  ...otherFilters,
  offset: v.number(),
  limit: v.number(),
};

export const ofThreadArgs = {
  ...filters,
  threadId: v.string(),
  offset: v.number(),
  limit: v.optional(v.number()),
  cursor: v.optional(v.string()),
};

export const foundOfThread = v.object({
  keys: v.array(v.object(runKey)),
  total: v.number(),
  cursor: v.optional(v.string()),
});

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
export async function read(
  ctx: QueryCtx,
  given: Omit<Filters, "threadId">,
  offset: number,
  limit: number,
): Promise<{ runs: WorkflowRun[]; total: number }> {
  const { values, fields, dates } = conditionsOf(given);
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
  const least = page.length === 1 ? 1 : 0;
  const runs = await readable(ctx, page, least);
  if (runs.length === 0 && page.length > 0) {
    throw limitExceeded(
      "beside others, the first run is more than a query reads: ask for one",
      { fits: 1 },
    );
  }
  return { runs, total };
}

/** The runs of a thread on a page, and how many it has. */
export async function readOfThread(
  ctx: QueryCtx,
  threadId: string,
  given: Filters,
  offset: number,
  limit: number,
): Promise<{ runs: WorkflowRun[]; total: number }> {
  const part = await partOfThread(
    ctx,
    threadId,
    given,
    unread({ offset, limit }),
  );
  const runs = await readable(ctx, part.documents, 0);
  if (part.left !== null || runs.length < part.documents.length) {
    throw limitExceeded(
      "the runs of the thread are more than a query reads: find them in parts",
      { threadId },
    );
  }
  return { runs, total: part.found };
}

function conditionsOf(given: Filters) {
  const values = { ...given, stateType: given.status };
  return {
    values,
    fields: FIELDS.filter((name) => isGiven(values[name])),
    dates: {
      ...(given.fromDate !== undefined && { gte: given.fromDate }),
      ...(given.toDate !== undefined && { lte: given.toDate }),
    },
  };
}

/** The runs of a thread on a page, as far as a call reads, and how many it has found. */
async function partOfThread(
  ctx: QueryCtx,
  threadId: string,
  given: Filters,
  state: Left,
): Promise<Part<"workflowRuns">> {
  const { values, fields, dates } = conditionsOf(given);
  const row: Row<"workflowRuns"> = {
    table: "workflowRuns",
    index: "by_threadId_and_createdAt",
    equal: [["threadId", threadId]],
    time: "createdAt",
    counted: null,
  };
  const matches = (run: Run) =>
    fields.every((name) => run[name] === values[name]);
  const filter = { matches, readsWhole: false, findAll: true };
  return await readPart(ctx, [row], dates, "desc", state, filter);
}

/** Which runs of a thread are on a page, the newest first, and how many it has so far. */
export async function findOfThread(
  ctx: QueryCtx,
  {
    threadId,
    offset,
    limit = Infinity,
    cursor,
    ...given
  }: ObjectType<typeof ofThreadArgs>,
): Promise<Infer<typeof foundOfThread>> {
  const state =
    cursor === undefined ? unread({ offset, limit }) : leftOf(cursor);
  const part = await partOfThread(ctx, threadId, given, state);
  return {
    keys: part.documents.map(({ workflowName, runId }) => ({
      workflowName,
      runId,
    })),
    total: part.found,
    ...(part.left !== null && { cursor: cursorOf(part.left) }),
  };
}

/** As many of the first runs as a query reads, and so many at least. */
async function readable(
  ctx: QueryCtx,
  found: readonly Run[],
  least: 0 | 1,
): Promise<WorkflowRun[]> {
  const runs: WorkflowRun[] = [];
  let left = MAX_READ;
  for (const run of found) {
    const one = await readWithin(
      ctx,
      run,
      runs.length < least ? Infinity : left,
    );
    if (one === null) return runs;
    left -= getConvexSize(one.snapshot);
    runs.push(one);
  }
  return runs;
}

/** Runs by their keys, as many as a query reads: the keys of the others are pending. */
export async function readByKeys(
  ctx: QueryCtx,
  keys: RunKey[],
): Promise<{ runs: WorkflowRun[]; pending: RunKey[] }> {
  const runs: WorkflowRun[] = [];
  let left = MAX_READ;
  for (const [index, key] of keys.entries()) {
    const isFirst = runs.length === 0;
    const { bytesRead } = await ctx.meta.getTransactionMetrics();
    const hasRoom = isFirst || bytesRead.remaining > MAX_DOCUMENT_SIZE;
    const run = hasRoom ? await findRun(ctx, key) : null;
    if (hasRoom && run === null) continue;
    const one = run && (await readWithin(ctx, run, isFirst ? Infinity : left));
    if (one === null) return { runs, pending: keys.slice(index) };
    left -= getConvexSize(one.snapshot);
    runs.push(one);
  }
  return { runs, pending: [] };
}

/** A run whole; null where it takes more than is left, or the query cannot read it any more. */
async function readWithin(
  ctx: QueryCtx,
  run: Run,
  left: number,
): Promise<WorkflowRun | null> {
  const { bytesRead, databaseQueries } = await ctx.meta.getTransactionMetrics();
  const isBound = left !== Infinity;
  if (isBound && databaseQueries.remaining < MAX_RANGES_OF_RUN) return null;
  const most = isBound
    ? Math.min(bytesRead.remaining, left) - wholeSize("workflowRuns", run)
    : Infinity;
  const steps = await stepsWithin(ctx, run, most);
  return steps && (await asRun(ctx, run, steps));
}

export function isGiven(condition: string | undefined): condition is string {
  return condition !== undefined && condition !== "";
}
