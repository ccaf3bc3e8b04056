/*
 * Copied by convexgen from schema/mastra/scores.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import type { IndexRange } from "convex/server";
import { type Infer, type ObjectType, v } from "convex/values";

import type { Doc } from "../_generated/dataModel.js";
import { internalQuery, type QueryCtx } from "../_generated/server.js";
import { internalMutation } from "../lib/counts/functions.js";
import { countedIndexes } from "../lib/counts/indexes.js";
import type { OpenRange } from "../lib/counts/keys.js";
import { count, pageAt } from "../lib/counts/reads.js";
import { sizeOf } from "../lib/documents.js";
import { limitExceeded } from "../lib/errors.js";
import { allWhole, whole, wholeSize } from "../lib/large.js";
import * as Evals from "../model/evals.js";
import { invalid, requireObjects } from "./failures.js";
import { requireAll, windowOf } from "./pagination.js";
import {
  cursorOf,
  type Left,
  leftOf,
  type Part,
  readPart,
  type Row,
  unread,
} from "./reading.js";
import { OBJECTS, typeOfSource } from "./scoreFields.js";

// The storage domain `scores` of @mastra/core 1.71. A score is a row of `evals`
// whose field `scorerId` is there.

/** How many scores are read at once. */
const MAX_SCORES = 1000;

/** What a call reads of scores, unless one is more, in bytes: a function reads 16 MiB. */
const MAX_READ = 12 * 1024 * 1024;

/** What it reads of those that it finds by their counts, with what these read. */
const MAX_FOUND = 15 * 1024 * 1024;

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
    if (!Number.isFinite(fields.score))
      throw invalid("score must be a finite number");
    requireObjects(fields, OBJECTS);
    const type = typeOfSource(fields.source);
    const evalId = id ?? crypto.randomUUID();
    const existing = await scoreById(ctx, evalId);
    const saved = await Evals.save(ctx, {
      ...fields,
      evalId,
      createdAt: existing?.createdAt ?? createdAt ?? Date.now(),
      type,
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

/** Which scores are on a page, and where the next call goes on. */
export const findScores = internalQuery({
  args: {
    conditions: v.record(v.string(), v.string()),
    offset: v.number(),
    limit: v.optional(v.number()),
    cursor: v.optional(v.string()),
  },
  returns: v.object({
    ids: v.array(v.string()),
    total: v.number(),
    cursor: v.optional(v.string()),
  }),
  handler: async (ctx, { conditions, offset, limit = Infinity, cursor }) => {
    const row = rowOf(bestIndex(conditions), conditions);
    const state =
      cursor === undefined ? unread({ offset, limit }) : leftOf(cursor);
    const part = await compare(ctx, row, conditions, state);
    return {
      ids: part.documents.map(({ evalId }) => evalId),
      total: part.found,
      ...(part.left !== null && { cursor: cursorOf(part.left) }),
    };
  },
});

/** Scores by their IDs, as many as a call reads: the IDs of the others are pending. */
export const readScores = internalQuery({
  args: { ids: v.array(v.string()) },
  returns: v.object({
    scores: v.array(scoreRowData),
    pending: v.array(v.string()),
  }),
  handler: async (ctx, { ids }) => {
    const scores: Score[] = [];
    let bytes = 0;
    for (const [index, evalId] of ids.entries()) {
      const found = await scoreById(ctx, evalId);
      if (found === null) continue;
      bytes += wholeSize("evals", found);
      const isFull = bytes > MAX_READ || index === MAX_SCORES;
      if (isFull && index > 0) return { scores, pending: ids.slice(index) };
      scores.push(asScore(await whole(ctx, "evals", found)));
    }
    return { scores, pending: [] };
  },
});

async function scoreById(
  ctx: QueryCtx,
  evalId: string,
): Promise<Doc<"evals"> | null> {
  return await ctx.db
    .query("evals")
    .withIndex("by_evalId", (q) => q.eq("evalId", evalId))
    .first();
}

type Conditions = Record<string, string>;

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

type Best = (typeof INDEXES)[number];

/** The index that leaves the fewest to be compared. Throws `InvalidArgument`. */
function bestIndex(conditions: Conditions): Best {
  const names = Object.keys(conditions);
  const [best] = INDEXES.filter(({ fields }) =>
    fields.every((name) => names.includes(name)),
  ).sort((left, right) => right.fields.length - left.fields.length);
  if (best === undefined)
    throw invalid("a scorer, run, entity or span is missing");
  return best;
}

function rowOf({ index, fields }: Best, conditions: Conditions): Row<"evals"> {
  return {
    table: "evals",
    index: index.name.slice("evals.".length),
    equal: fields.map((name) => [name, conditions[name]]),
    time: "createdAt",
    counted: null,
  };
}

/** As many scores from an offset on as a query reads, up to a limit, and the total. */
async function read(
  ctx: QueryCtx,
  conditions: Conditions,
  offset: number,
  limit: number,
): Promise<{ scores: Score[]; total: number }> {
  const { index, fields } = bestIndex(conditions);
  const isExact =
    fields.length === Object.keys(conditions).length &&
    (await areScores(ctx, conditions));
  if (!isExact) {
    const row = rowOf({ index, fields }, conditions);
    return await scan(ctx, row, conditions, offset, limit);
  }
  const narrow = (range: OpenRange): IndexRange =>
    fields.reduce((q, name) => q.eq(name, conditions[name]), range);
  const size = Math.min(limit, MAX_SCORES);
  if (size < 1) return { scores: [], total: await count(ctx, index, narrow) };
  const found = await pageAt(ctx, index, narrow, {
    offset,
    limit: size,
    order: "desc",
  });
  const rows = await allWhole(ctx, "evals", readable(found.page));
  return { scores: rows.map(asScore), total: found.total };
}

/** Of scores that were found together, those whose large values a query reads as well. */
function readable(found: Doc<"evals">[]): Doc<"evals">[] {
  const [first] = found;
  if (first === undefined || found.length === 1) return found;
  let bytes = found.reduce((sum, one) => sum + sizeOf(one), 0);
  const count = found.findIndex((one) => {
    bytes += wholeSize("evals", one) - sizeOf(one);
    return bytes > MAX_FOUND;
  });
  if (count !== 0) return count === -1 ? found : found.slice(0, count);
  throw limitExceeded(
    "beside others, the first score is more than a query reads: ask for one",
    { fits: 1 },
  );
}

/** The same by comparing all that an index finds, for conditions that none counts. */
async function scan(
  ctx: QueryCtx,
  row: Row<"evals">,
  conditions: Conditions,
  offset: number,
  limit: number,
): Promise<{ scores: Score[]; total: number }> {
  const part = await compare(ctx, row, conditions, unread({ offset, limit }));
  if (part.left !== null) {
    throw limitExceeded(
      "the scores to compare are more than a query reads: find them in parts",
      { conditions },
    );
  }
  const rows = await allWhole(ctx, "evals", part.documents);
  return { scores: rows.map(asScore), total: part.found };
}

async function compare(
  ctx: QueryCtx,
  row: Row<"evals">,
  conditions: Conditions,
  state: Left,
): Promise<Part<"evals">> {
  const matches = (found: Doc<"evals">) =>
    found.scorerId !== undefined &&
    Object.entries(conditions).every(
      ([field, value]) => found[field as keyof typeof found] === value,
    );
  const filter = { matches, readsWhole: false, findAll: true };
  return await readPart(ctx, [row], {}, "desc", state, filter);
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
