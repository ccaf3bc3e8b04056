import type { IndexRange } from "convex/server";
import { type Infer, type ObjectType, v } from "convex/values";

import type { Doc } from "../_generated/dataModel.js";
import { internalQuery, type QueryCtx } from "../_generated/server.js";
import { internalMutation } from "../lib/counts/functions.js";
import { countedIndexes } from "../lib/counts/indexes.js";
import type { OpenRange } from "../lib/counts/keys.js";
import { count, pageAt } from "../lib/counts/reads.js";
import { limitExceeded } from "../lib/errors.js";
import { allWhole } from "../lib/large.js";
import * as Evals from "../model/evals.js";
import { invalid } from "./failures.js";
import { requireAll, windowOf } from "./pagination.js";

// The storage domain `scores` of @mastra/core 1.71. A score is a row of `evals`
// whose field `scorerId` is there.

/** How many scores are read at once. */
const MAX_SCORES = 1000;

/** What a function leaves unread of a transaction for what it does besides. */
const MARGIN = 2 * 1024 * 1024;

/** What evaluations have in place of the source of scores. */
const TYPES = new Map([
  ["LIVE", "live" as const],
  ["TEST", "test" as const],
]);

const optionalText = v.optional(v.string());

const optionalJson = v.optional(v.any());

const optionalId = v.optional(v.nullable(v.string()));

/** What scores have in common, before and after they are saved. */
const common = {
  scorerId: v.string(),
  entityId: v.string(),
  runId: v.string(),
  input: optionalJson,
  output: v.any(),
  additionalContext: optionalJson,
  requestContext: optionalJson,
  runtimeContext: optionalJson,
  extractStepResult: optionalJson,
  extractPrompt: optionalText,
  score: v.number(),
  analyzeStepResult: optionalJson,
  analyzePrompt: optionalText,
  reason: optionalText,
  reasonPrompt: optionalText,
  scorer: v.any(),
  metadata: optionalJson,
  source: v.string(),
  entity: v.any(),
  entityType: optionalText,
  structuredOutput: v.optional(v.boolean()),
  traceId: optionalText,
  spanId: optionalText,
  resourceId: optionalText,
  threadId: optionalText,
  organizationId: optionalId,
  projectId: optionalId,
  batchId: optionalId,
  datasetId: optionalId,
  datasetItemId: optionalId,
  preprocessStepResult: optionalJson,
  preprocessPrompt: optionalText,
  generateScorePrompt: optionalText,
  generateReasonPrompt: optionalText,
};

const saveScorePayload = v.object({
  ...common,
  id: optionalText,
  createdAt: v.optional(v.number()),
  updatedAt: v.optional(v.nullable(v.number())),
});

const scoreRowData = v.object({
  ...common,
  id: v.string(),
  createdAt: v.number(),
  updatedAt: v.nullable(v.number()),
});

const perPage = v.union(v.number(), v.literal(false));

const listScoresResponse = v.object({
  pagination: v.object({
    total: v.number(),
    page: v.number(),
    perPage,
    hasMore: v.boolean(),
  }),
  scores: v.array(scoreRowData),
});

const paging = {
  pagination: v.object({ page: v.number(), perPage }),
  filters: v.optional(
    v.object({ organizationId: optionalText, projectId: optionalText }),
  ),
};

type Paging = ObjectType<typeof paging>;

type Score = Infer<typeof scoreRowData>;

export const saveScore = internalMutation({
  args: { score: saveScorePayload },
  returns: v.object({ score: scoreRowData }),
  handler: async (ctx, { score }) => {
    const { id, createdAt, updatedAt: _, ...fields } = score;
    const evalId = id ?? crypto.randomUUID();
    const existing = await ctx.db
      .query("evals")
      .withIndex("by_evalId", (q) => q.eq("evalId", evalId))
      .first();
    const type = TYPES.get(fields.source);
    const saved = await Evals.save(ctx, {
      ...fields,
      evalId,
      createdAt: existing?.createdAt ?? createdAt ?? Date.now(),
      ...(type !== undefined && { type }),
    });
    return { score: asScore(saved) };
  },
});

export const getScoreById = internalQuery({
  args: { id: v.string() },
  returns: v.nullable(scoreRowData),
  handler: async (ctx, { id }) => {
    const found = await Evals.find(ctx, { evalId: id });
    return found?.scorerId === undefined ? null : asScore(found);
  },
});

export const listScoresByScorerId = internalQuery({
  args: {
    scorerId: v.string(),
    entityId: optionalText,
    entityType: optionalText,
    source: optionalText,
    ...paging,
  },
  returns: listScoresResponse,
  handler: async (ctx, { scorerId, entityId, entityType, source, ...paging }) =>
    await list(
      ctx,
      { scorerId, ...present({ entityId, entityType, source }) },
      paging,
    ),
});

export const listScoresByRunId = internalQuery({
  args: { runId: v.string(), ...paging },
  returns: listScoresResponse,
  handler: async (ctx, { runId, ...paging }) =>
    await list(ctx, { runId }, paging),
});

export const listScoresByEntityId = internalQuery({
  args: { entityId: v.string(), entityType: v.string(), ...paging },
  returns: listScoresResponse,
  handler: async (ctx, { entityId, entityType, ...paging }) =>
    await list(ctx, { entityId, entityType }, paging),
});

export const listScoresBySpan = internalQuery({
  args: { traceId: v.string(), spanId: v.string(), ...paging },
  returns: listScoresResponse,
  handler: async (ctx, { traceId, spanId, ...paging }) =>
    await list(ctx, { traceId, spanId }, paging),
});

export const listSomeScores = internalQuery({
  args: {
    conditions: v.record(v.string(), v.string()),
    offset: v.number(),
    limit: v.number(),
  },
  returns: v.object({ scores: v.array(scoreRowData), total: v.number() }),
  handler: async (ctx, { conditions, offset, limit }) =>
    await read(ctx, conditions, offset, limit),
});

type Conditions = Record<string, string>;

interface Found {
  index: Index;
  narrow: (range: OpenRange) => IndexRange;
}

async function list(
  ctx: QueryCtx,
  conditions: Conditions,
  { pagination: { page, perPage }, filters }: Paging,
): Promise<Infer<typeof listScoresResponse>> {
  const window = windowOf(page, perPage);
  const all = { ...conditions, ...defined(filters ?? {}) };
  const { scores, total } = await read(ctx, all, window.offset, window.limit);
  requireAll(scores.length, total, window);
  const hasMore = perPage !== false && total > window.offset + perPage;
  return { pagination: { total, page, perPage, hasMore }, scores };
}

type Counted = (typeof countedIndexes)[keyof typeof countedIndexes];

type Index = Extract<Counted, { table: "evals" }>;

/** The counted indexes whose order is by time, after some fields. */
const INDEXES = Object.values<Counted>(countedIndexes)
  .filter((index): index is Index => index.table === "evals")
  .filter((index) => index.fields.at(-1) === "createdAt")
  .map((index) => ({ index, fields: index.fields.slice(0, -1) }));

/** As many scores from an offset on as a query reads, up to a limit, and the total. */
async function read(
  ctx: QueryCtx,
  conditions: Conditions,
  offset: number,
  limit: number,
): Promise<{ scores: Score[]; total: number }> {
  const names = Object.keys(conditions);
  const [best] = INDEXES.filter(({ fields }) =>
    fields.every((name) => names.includes(name)),
  ).sort((left, right) => right.fields.length - left.fields.length);
  if (best === undefined)
    throw invalid("a scorer, run, entity or span is missing");
  const { index, fields } = best;
  const narrow = (range: OpenRange): IndexRange =>
    fields.reduce((q, name) => q.eq(name, conditions[name]), range);
  const isExact =
    fields.length === names.length && (await areScores(ctx, conditions));
  if (!isExact) {
    return await scan(ctx, { index, narrow }, conditions, offset, limit);
  }
  const size = Math.min(limit, MAX_SCORES);
  if (size < 1) return { scores: [], total: await count(ctx, index, narrow) };
  const found = await pageAt(ctx, index, narrow, {
    offset,
    limit: size,
    order: "desc",
  });
  const rows = await allWhole(ctx, "evals", found.page);
  return { scores: rows.map(asScore), total: found.total };
}

/** The same by reading all that the index finds, for conditions that no index counts. */
async function scan(
  ctx: QueryCtx,
  { index, narrow }: Found,
  conditions: Conditions,
  offset: number,
  limit: number,
): Promise<{ scores: Score[]; total: number }> {
  const name = index.name.slice("evals.".length);
  const found = ctx.db
    .query("evals")
    .withIndex(name as "by_runId_and_createdAt", (q) =>
      narrow(q as unknown as OpenRange),
    )
    .order("desc");
  const page: Doc<"evals">[] = [];
  let total = 0;
  for await (const row of found) {
    const { bytesRead } = await ctx.meta.getTransactionMetrics();
    if (bytesRead.remaining < MARGIN) {
      throw limitExceeded(
        "the scores to compare are more than a query reads: leave out a filter",
        { conditions },
      );
    }
    const isMatch = Object.entries(conditions).every(
      ([field, value]) => row[field as keyof typeof row] === value,
    );
    if (!isMatch || row.scorerId === undefined) continue;
    if (total >= offset && page.length < limit) page.push(row);
    total += 1;
  }
  const rows = await allWhole(ctx, "evals", page);
  return { scores: rows.map(asScore), total };
}

/** Whether an index finds scores alone, and no evaluations from before scorers. */
async function areScores(
  ctx: QueryCtx,
  { runId }: Conditions,
): Promise<boolean> {
  if (runId === undefined) return true;
  const other = await ctx.db
    .query("evals")
    .withIndex("by_runId_and_scorerId", (q) =>
      q.eq("runId", runId).eq("scorerId", undefined),
    )
    .first();
  return other === null;
}

/** A row as Mastra knows it. One that other functions wrote may lack what scores have. */
function asScore(row: Doc<"evals">): Score {
  const {
    _id,
    _creationTime,
    evalId,
    type,
    agentName,
    metricName,
    instructions,
    result,
    testInfo,
    data,
    globalRunId,
    ...score
  } = row;
  return {
    ...score,
    id: evalId,
    scorerId: row.scorerId ?? "",
    entityId: row.entityId ?? "",
    runId: row.runId ?? "",
    source: row.source ?? "LIVE",
    score: row.score ?? 0,
    output: row.output ?? null,
    scorer: row.scorer ?? {},
    entity: row.entity ?? {},
    // Its large texts are whole, which the type of documents does not say.
  } as Score;
}

/** The conditions that are any: an empty text is none, as in Mastra. */
function present(conditions: Record<string, string | undefined>): Conditions {
  const all = defined(conditions);
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== ""),
  );
}

function defined(conditions: Record<string, string | undefined>): Conditions {
  const entries = Object.entries(conditions).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return Object.fromEntries(entries);
}
