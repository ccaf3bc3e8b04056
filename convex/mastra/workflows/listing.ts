/*
 * Copied by convexgen from schema/mastra/workflows/listing.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import type { IndexRange } from "convex/server";
import { getConvexSize, type ObjectType, v } from "convex/values";

import type { QueryCtx } from "../../_generated/server.js";
import { countedIndexes } from "../../lib/counts/indexes.js";
import type { OpenRange } from "../../lib/counts/keys.js";
import { count, pageAt } from "../../lib/counts/reads.js";
import { limitExceeded } from "../../lib/errors.js";
import { wholeSize } from "../../lib/large.js";
import { within } from "../../lib/ranges.js";
import { asRun, type Run, type WorkflowRun } from "./runs.js";
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

export function isGiven(condition: string | undefined): condition is string {
  return condition !== undefined && condition !== "";
}
