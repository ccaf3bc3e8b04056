import type { IndexRange } from "convex/server";
import { getConvexSize, type Infer, type ObjectType, v } from "convex/values";

import type { QueryCtx } from "../../_generated/server.js";
import { countedIndexes } from "../../lib/counts/indexes.js";
import type { OpenRange } from "../../lib/counts/keys.js";
import { count, pageAt } from "../../lib/counts/reads.js";
import { limitExceeded } from "../../lib/errors.js";
import { wholeSize } from "../../lib/large.js";
import { within } from "../../lib/ranges.js";
import {
  cursorOf,
  type Left,
  leftOf,
  NOTHING_LEFT,
  type Part,
  readPart,
  type Row,
} from "../reading.js";
import { asRun, type Run, runKey, type WorkflowRun } from "./runs.js";
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
  given: Filters,
  offset: number,
  limit: number,
): Promise<{ runs: WorkflowRun[]; total: number }> {
  const { values, fields, dates } = conditionsOf(given);
  const { threadId } = given;
  if (isGiven(threadId)) {
    const part = await partOfThread(ctx, threadId, given, begun(offset, limit));
    const runs = await readable(ctx, part.documents, 0);
    const isNone = runs.length === 0 && part.documents.length > 0;
    if (part.left !== null || isNone) {
      throw limitExceeded(
        "the runs of the thread are more than a query reads: find them in parts",
        { threadId },
      );
    }
    return { runs, total: part.found };
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
  return { runs: await readable(ctx, page, 1), total };
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

function begun(offset: number, limit: number): Left {
  const isPage = Number.isFinite(limit);
  return { ...NOTHING_LEFT, skip: offset, limit: isPage ? limit : null };
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
  const state = cursor === undefined ? begun(offset, limit) : leftOf(cursor);
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
    const { bytesRead, databaseQueries } =
      await ctx.meta.getTransactionMetrics();
    const isLeast = runs.length < least;
    if (!isLeast && databaseQueries.remaining < MAX_RANGES_OF_RUN) return runs;
    const most = Math.min(bytesRead.remaining, left);
    const size = wholeSize("workflowRuns", run);
    const steps = await stepsWithin(ctx, run, isLeast ? Infinity : most - size);
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
