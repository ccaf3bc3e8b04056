/*
 * Copied by convexgen from schema/mastra/observationalMemory.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { type Infer, type ObjectType, v } from "convex/values";

import type { Doc } from "../_generated/dataModel.js";
import {
  internalMutation,
  internalQuery,
  type MutationCtx,
  type QueryCtx,
} from "../_generated/server.js";
import { DeletionBudget } from "../lib/budget.js";
import { sizeOf } from "../lib/documents.js";
import { invalidArgument, limitExceeded } from "../lib/errors.js";
import { allWhole, whole, wholeIn, wholeSize } from "../lib/large.js";
import * as Chunks from "../model/observationChunks.js";
import * as Records from "../model/observationalMemory.js";
import { failure } from "./failures.js";

// The observational memory of @mastra/core: each function is one of the methods
// of its memory storage. A record is a generation of the memory of a thread or a
// resource, the latest of which is the current one; what waits to become active
// are documents of their own, so that no writer loses what another one adds.

/** A document that has its large values, and not where they lie. */
type Whole<Document> = {
  [Field in keyof Document]: Exclude<Document[Field], { jsonChunks: unknown }>;
};

type Generation = Doc<"observationalMemory">;

type Chunk = Whole<Doc<"observationChunks">>;

/**
 * How much of a history a query reads, in bytes: half of what a transaction can,
 * https://docs.convex.dev/production/state/limits, as what waits is read as well.
 */
const MAX_READ = 8 * 1024 * 1024;

const scope = Records.document.fields.scope;

const chunkInput = v.object({
  cycleId: v.string(),
  observations: v.string(),
  tokenCount: v.number(),
  messageIds: v.array(v.string()),
  messageTokens: v.number(),
  lastObservedAt: v.number(),
  suggestedContinuation: v.optional(v.string()),
  currentTask: v.optional(v.string()),
  threadTitle: v.optional(v.string()),
  extractedValues: v.optional(v.any()),
  extractionFailures: v.optional(
    v.array(v.object({ slug: v.string(), error: v.string() })),
  ),
});

const chunk = chunkInput.extend({ id: v.string(), createdAt: v.number() });

const record = Records.document
  .omit("_id", "_creationTime", "recordId", "lookupKey")
  .extend({
    id: v.string(),
    activeObservations: v.string(),
    bufferedObservationChunks: v.optional(v.array(chunk)),
    bufferedObservations: v.optional(v.string()),
    bufferedMessageIds: v.optional(v.array(v.string())),
    bufferedReflection: v.optional(v.string()),
    observedMessageIds: v.optional(v.array(v.string())),
  });

export const getObservationalMemory = internalQuery({
  args: { threadId: v.union(v.string(), v.null()), resourceId: v.string() },
  returns: v.union(record, v.null()),
  handler: async (ctx, { threadId, resourceId }) => {
    const generations = generationsOf(ctx, threadId, resourceId);
    const current = await generations.order("desc").first();
    return current && (await recordOf(ctx, current));
  },
});

const historyArgs = {
  threadId: v.union(v.string(), v.null()),
  resourceId: v.string(),
  limit: v.optional(v.union(v.number(), v.null())),
  options: v.optional(
    v.union(
      v.object({
        from: v.optional(v.number()),
        to: v.optional(v.number()),
        offset: v.optional(v.number()),
      }),
      v.null(),
    ),
  ),
};

export const getObservationalMemoryHistory = internalQuery({
  args: historyArgs,
  returns: v.array(record),
  handler: async (ctx, args) => {
    const { records, next } = await readPart(ctx, args);
    if (next === undefined) return records;
    const problem = "the history holds more than a query reads";
    throw limitExceeded(`${problem}: read it with readGenerations`, {
      fits: records.length,
    });
  },
});

/** Where the reading of a history goes on. */
const place = v.object({
  generationCount: v.number(),
  insertedAt: v.number(),
  passed: v.number(),
});

export const readGenerations = internalQuery({
  args: { ...historyArgs, after: v.optional(place) },
  returns: v.object({ records: v.array(record), next: v.optional(place) }),
  handler: readPart,
});

export const initializeObservationalMemory = internalMutation({
  args: {
    threadId: v.union(v.string(), v.null()),
    resourceId: v.string(),
    scope,
    config: v.any(),
    observedTimezone: v.optional(v.string()),
  },
  returns: record,
  handler: async (ctx, given) => {
    const now = Date.now();
    const first = await Records.insert(ctx, {
      ...given,
      recordId: crypto.randomUUID(),
      lookupKey: lookupKeyOf(given.threadId, given.resourceId),
      originType: "initial",
      generationCount: 0,
      activeObservations: "",
      metadata: {},
      createdAt: now,
      updatedAt: now,
    });
    return await recordOf(ctx, first);
  },
});

export const insertObservationalMemoryRecord = internalMutation({
  args: { record },
  returns: v.null(),
  handler: async (ctx, args) => {
    const { id, bufferedObservationChunks = [], ...given } = args.record;
    await Records.insert(ctx, {
      ...given,
      recordId: id,
      lookupKey: lookupKeyOf(given.threadId, given.resourceId),
    });
    for (const [position, one] of bufferedObservationChunks.entries()) {
      const { id: chunkId, ...waiting } = one;
      await Chunks.insert(ctx, { ...waiting, recordId: id, position, chunkId });
    }
    return null;
  },
});

export const updateActiveObservations = internalMutation({
  args: {
    id: v.string(),
    observations: v.string(),
    tokenCount: v.number(),
    lastObservedAt: v.number(),
    observedMessageIds: v.optional(v.array(v.string())),
    observedTimezone: v.optional(v.string()),
  },
  returns: v.null(),
  handler: async (ctx, { id, observations, tokenCount, ...given }) => {
    const { totalTokensObserved } = await generation(ctx, id);
    await change(ctx, id, {
      ...given,
      activeObservations: observations,
      observationTokenCount: tokenCount,
      totalTokensObserved: totalTokensObserved + tokenCount,
      pendingMessageTokens: 0,
    });
    return null;
  },
});

export const updateBufferedObservations = internalMutation({
  args: {
    id: v.string(),
    chunk: chunkInput,
    lastBufferedAtTime: v.optional(v.number()),
  },
  returns: v.null(),
  handler: async (ctx, { id, chunk, ...given }) => {
    await generation(ctx, id);
    const noted = await ctx.db
      .query("observationChunks")
      .withIndex("by_recordId_and_cycleId", (q) =>
        q.eq("recordId", id).eq("cycleId", chunk.cycleId),
      )
      .first();
    if (noted !== null) return null;
    const last = await waitingFor(ctx, id).order("desc").first();
    await Chunks.insert(ctx, {
      ...chunk,
      recordId: id,
      position: last === null ? 0 : last.position + 1,
      chunkId: `ombuf-${crypto.randomUUID()}`,
    });
    await change(ctx, id, given);
    return null;
  },
});

export const swapBufferedToActive = internalMutation({
  args: {
    id: v.string(),
    activationRatio: v.number(),
    messageTokensThreshold: v.number(),
    currentPendingTokens: v.number(),
    forceMaxActivation: v.optional(v.boolean()),
    lastObservedAt: v.optional(v.number()),
    bufferedChunks: v.optional(v.array(chunk)),
  },
  returns: v.object({
    chunksActivated: v.number(),
    messageTokensActivated: v.number(),
    observationTokensActivated: v.number(),
    messagesActivated: v.number(),
    activatedCycleIds: v.array(v.string()),
    activatedMessageIds: v.array(v.string()),
    observations: v.optional(v.string()),
    perChunk: v.optional(
      v.array(
        v.object({
          cycleId: v.string(),
          messageTokens: v.number(),
          observationTokens: v.number(),
          messageCount: v.number(),
          observations: v.string(),
        }),
      ),
    ),
    suggestedContinuation: v.optional(v.string()),
    currentTask: v.optional(v.string()),
  }),
  handler: async (ctx, { id, bufferedChunks, ...given }) => {
    const stored = await generation(ctx, id);
    const waiting = await weighed(ctx, id, bufferedChunks);
    const activated = waiting.slice(0, countToActivate(waiting, given));
    const perChunk = activated.map((one) => ({
      cycleId: one.cycleId,
      messageTokens: one.messageTokens,
      observationTokens: one.tokenCount,
      messageCount: one.messageIds.length,
      observations: one.observations,
    }));
    const result = {
      chunksActivated: activated.length,
      messageTokensActivated: sum(perChunk.map((one) => one.messageTokens)),
      observationTokensActivated: sum(
        perChunk.map((one) => one.observationTokens),
      ),
      messagesActivated: sum(perChunk.map((one) => one.messageCount)),
      activatedCycleIds: activated
        .map((one) => one.cycleId)
        .filter((cycleId) => cycleId !== ""),
      activatedMessageIds: activated.flatMap((one) => one.messageIds),
    };
    const latest = activated.at(-1);
    if (latest === undefined) return result;
    for (const { recordId, position } of activated) {
      await Chunks.remove(ctx, { recordId, position });
    }
    const observations = perChunk.map((one) => one.observations).join("\n\n");
    const lastObservedAt = given.lastObservedAt ?? latest.lastObservedAt;
    const { activeObservations } = await withValues(ctx, stored, [
      "activeObservations",
    ]);
    const boundary = new Date(lastObservedAt).toISOString();
    await change(ctx, id, {
      activeObservations:
        activeObservations === ""
          ? observations
          : `${activeObservations}\n\n--- message boundary (${boundary}) ---\n\n${observations}`,
      observationTokenCount:
        stored.observationTokenCount + result.observationTokensActivated,
      pendingMessageTokens: Math.max(
        0,
        stored.pendingMessageTokens - result.messageTokensActivated,
      ),
      lastObservedAt,
    });
    return {
      ...result,
      observations,
      perChunk,
      ...(latest.suggestedContinuation === undefined
        ? {}
        : { suggestedContinuation: latest.suggestedContinuation }),
      ...(latest.currentTask === undefined
        ? {}
        : { currentTask: latest.currentTask }),
    };
  },
});

export const createReflectionGeneration = internalMutation({
  args: {
    currentRecord: record,
    reflection: v.string(),
    tokenCount: v.number(),
  },
  returns: record,
  handler: async (ctx, { currentRecord, reflection, tokenCount }) => {
    const stored = await find(ctx, currentRecord.id);
    // What was stored since the caller read it counts.
    const current =
      stored === null
        ? currentRecord
        : await withValues(ctx, stored, ["config", "metadata"]);
    return await reflect(ctx, current, reflection, tokenCount);
  },
});

export const updateBufferedReflection = internalMutation({
  args: {
    id: v.string(),
    reflection: v.string(),
    tokenCount: v.number(),
    inputTokenCount: v.number(),
    reflectedObservationLineCount: v.number(),
  },
  returns: v.null(),
  handler: async (ctx, { id, reflection, ...given }) => {
    const stored = await generation(ctx, id);
    const { bufferedReflection } = await withValues(ctx, stored, [
      "bufferedReflection",
    ]);
    await change(ctx, id, {
      bufferedReflection: bufferedReflection
        ? `${bufferedReflection}\n\n${reflection}`
        : reflection,
      bufferedReflectionTokens:
        (stored.bufferedReflectionTokens ?? 0) + given.tokenCount,
      bufferedReflectionInputTokens:
        (stored.bufferedReflectionInputTokens ?? 0) + given.inputTokenCount,
      reflectedObservationLineCount: given.reflectedObservationLineCount,
    });
    return null;
  },
});

export const swapBufferedReflectionToActive = internalMutation({
  args: { currentRecord: record, tokenCount: v.number() },
  returns: record,
  handler: async (ctx, { currentRecord: { id }, tokenCount }) => {
    const current = await withValues(ctx, await generation(ctx, id), [
      "activeObservations",
      "bufferedReflection",
      "config",
      "metadata",
    ]);
    const { bufferedReflection, reflectedObservationLineCount = 0 } = current;
    if (!bufferedReflection) {
      const message = "No buffered reflection to swap";
      throw failure("Conflict", message);
    }
    const since = current.activeObservations
      .split("\n")
      .slice(reflectedObservationLineCount)
      .join("\n")
      .trim();
    const reflection =
      since === "" ? bufferedReflection : `${bufferedReflection}\n\n${since}`;
    await change(ctx, id, {}, [
      "bufferedReflection",
      "bufferedReflectionTokens",
      "bufferedReflectionInputTokens",
      "reflectedObservationLineCount",
    ]);
    return await reflect(ctx, current, reflection, tokenCount);
  },
});

export const setReflectingFlag = internalMutation({
  args: { id: v.string(), isReflecting: v.boolean() },
  returns: v.null(),
  handler: async (ctx, { id, isReflecting }) =>
    await set(ctx, id, { isReflecting }),
});

export const setObservingFlag = internalMutation({
  args: { id: v.string(), isObserving: v.boolean() },
  returns: v.null(),
  handler: async (ctx, { id, isObserving }) =>
    await set(ctx, id, { isObserving }),
});

export const setBufferingObservationFlag = internalMutation({
  args: {
    id: v.string(),
    isBuffering: v.boolean(),
    lastBufferedAtTokens: v.optional(v.union(v.number(), v.null())),
  },
  returns: v.null(),
  handler: async (ctx, { id, isBuffering, lastBufferedAtTokens }) =>
    await set(ctx, id, {
      isBufferingObservation: isBuffering,
      ...(lastBufferedAtTokens != null && { lastBufferedAtTokens }),
    }),
});

export const setBufferingReflectionFlag = internalMutation({
  args: { id: v.string(), isBuffering: v.boolean() },
  returns: v.null(),
  handler: async (ctx, { id, isBuffering }) =>
    await set(ctx, id, { isBufferingReflection: isBuffering }),
});

export const setPendingMessageTokens = internalMutation({
  args: { id: v.string(), tokenCount: v.number() },
  returns: v.null(),
  handler: async (ctx, { id, tokenCount }) =>
    await set(ctx, id, { pendingMessageTokens: tokenCount }),
});

export const updateObservationalMemoryConfig = internalMutation({
  args: { id: v.string(), config: v.any() },
  returns: v.null(),
  handler: async (ctx, { id, config }) => await set(ctx, id, { config }),
});

export const removeGenerations = internalMutation({
  args: { threadId: v.union(v.string(), v.null()), resourceId: v.string() },
  returns: v.boolean(),
  handler: async (ctx, { threadId, resourceId }) => {
    const budget = new DeletionBudget();
    const generations = generationsOf(ctx, threadId, resourceId).order("asc");
    // The current one is the last to go, so that no earlier one takes its place.
    for await (const { recordId } of generations) {
      const { isDone } = await Records.remove(ctx, { recordId }, budget);
      if (!isDone || budget.isSpent) return false;
    }
    return true;
  },
});

/** A thread has a memory of its own, whichever resource it belongs to. */
function lookupKeyOf(threadId: string | null, resourceId: string): string {
  return threadId ? `thread:${threadId}` : `resource:${resourceId}`;
}

/** The generations of a thread or a resource, those of one count in the order of their insertion. */
function generationsOf(
  ctx: QueryCtx,
  threadId: string | null,
  resourceId: string,
) {
  return ctx.db
    .query("observationalMemory")
    .withIndex("by_lookupKey_and_generationCount", (q) =>
      q.eq("lookupKey", lookupKeyOf(threadId, resourceId)),
    );
}

/** As many generations of a history as a transaction reads, from a place on, and where to go on. */
async function readPart(
  ctx: QueryCtx,
  {
    threadId,
    resourceId,
    limit,
    options,
    after,
  }: ObjectType<typeof historyArgs> & { after?: Infer<typeof place> },
): Promise<{ records: Infer<typeof record>[]; next?: Infer<typeof place> }> {
  const { from = -Infinity, to = Infinity, offset = 0 } = options ?? {};
  const count = limit ?? Infinity;
  if (count < 0) throw invalidArgument("limit", "must be at least 0");
  if (offset < 0) throw invalidArgument("offset", "must be at least 0");
  const found: Generation[] = [];
  let { passed } = after ?? { passed: 0 };
  let bytes = 0;
  let last = after;
  const generations = ctx.db
    .query("observationalMemory")
    .withIndex("by_lookupKey_and_generationCount", (q) => {
      const range = q.eq("lookupKey", lookupKeyOf(threadId, resourceId));
      return after === undefined
        ? range
        : range.lte("generationCount", after.generationCount);
    });
  for await (const one of generations.order("desc")) {
    const { generationCount, _creationTime: insertedAt } = one;
    const isBefore =
      after?.generationCount === generationCount &&
      insertedAt >= after.insertedAt;
    if (isBefore) continue;
    if (passed >= offset + count) break;
    const isAsked = one.createdAt >= from && one.createdAt <= to;
    const isShown = isAsked && passed >= offset;
    bytes += isShown ? wholeSize("observationalMemory", one) : sizeOf(one);
    if (bytes > MAX_READ && last !== undefined && last !== after) {
      return { records: await recordsOf(ctx, found), next: last };
    }
    if (isAsked) passed += 1;
    if (isShown) found.push(one);
    last = { generationCount, insertedAt, passed };
  }
  return { records: await recordsOf(ctx, found) };
}

async function recordsOf(
  ctx: QueryCtx,
  found: Generation[],
): Promise<Infer<typeof record>[]> {
  return await Promise.all(found.map((one) => recordOf(ctx, one)));
}

/** A record with its large values where they lie, or null. */
async function find(ctx: QueryCtx, id: string): Promise<Generation | null> {
  return await ctx.db
    .query("observationalMemory")
    .withIndex("by_recordId", (q) => q.eq("recordId", id))
    .unique();
}

async function generation(ctx: QueryCtx, id: string): Promise<Generation> {
  const found = await find(ctx, id);
  if (found !== null) return found;
  const message = `Observational memory record not found: ${id}`;
  throw failure("NotFound", message);
}

/** A record with the large values that are named, to be replaced. */
async function withValues<Name extends keyof Generation>(
  ctx: QueryCtx,
  stored: Generation,
  names: Name[],
): Promise<Omit<Generation, Name> & Whole<Pick<Generation, Name>>> {
  const table = "observationalMemory";
  const found = await wholeIn(ctx, table, stored, names, names);
  return found as Generation & Whole<Pick<Generation, Name>>;
}

/** Changes a record that is there, and reads none of its large values for it. */
async function change(
  ctx: MutationCtx,
  recordId: string,
  set: Records.Patch["set"],
  unset: Records.Patch["unset"] = [],
): Promise<void> {
  await Records.patchEach(ctx, [{ recordId }], { set, unset });
}

async function set(
  ctx: MutationCtx,
  id: string,
  fields: Records.Patch["set"],
): Promise<null> {
  await generation(ctx, id);
  await change(ctx, id, fields);
  return null;
}

/** What waits to become active, the first noted first. */
function waitingFor(ctx: QueryCtx, recordId: string) {
  return ctx.db
    .query("observationChunks")
    .withIndex("by_recordId_and_position", (q) => q.eq("recordId", recordId));
}

async function allWaiting(ctx: QueryCtx, recordId: string): Promise<Chunk[]> {
  const found = await waitingFor(ctx, recordId).collect();
  return (await allWhole(ctx, "observationChunks", found)) as Chunk[];
}

/** A record as Mastra has it. */
async function recordOf(
  ctx: QueryCtx,
  generation: Generation,
): Promise<Infer<typeof record>> {
  const document = await whole(ctx, "observationalMemory", generation);
  const { _id, _creationTime, recordId, lookupKey, ...fields } =
    document as Whole<Generation>;
  const waiting = await allWaiting(ctx, recordId);
  return {
    ...fields,
    id: recordId,
    ...(waiting.length > 0 && {
      bufferedObservationChunks: waiting.map(chunkOf),
    }),
  };
}

function chunkOf({
  _id,
  _creationTime,
  recordId,
  position,
  chunkId,
  ...fields
}: Chunk): Infer<typeof chunk> {
  return { ...fields, id: chunkId };
}

/**
 * What may become active: all that waits, or what the caller knows of it, with
 * its tokens as they are now. What came since, or is active by now, is left out.
 */
async function weighed(
  ctx: MutationCtx,
  id: string,
  known: Infer<typeof chunk>[] | undefined,
): Promise<Chunk[]> {
  const waiting = await allWaiting(ctx, id);
  if (known === undefined) return waiting;
  const left = new Map(waiting.map((one) => [one.chunkId, one]));
  const found: Chunk[] = [];
  for (const { id: chunkId, tokenCount, messageTokens } of known) {
    const one = left.get(chunkId);
    if (one === undefined || !left.delete(chunkId)) continue;
    found.push({ ...one, tokenCount, messageTokens });
    if (one.tokenCount !== tokenCount || one.messageTokens !== messageTokens) {
      const { recordId, position } = one;
      const set = { tokenCount, messageTokens };
      await Chunks.patchEach(ctx, [{ recordId, position }], { set });
    }
  }
  return found;
}

/**
 * How many chunks bring the pending tokens down to the part of the threshold
 * that is kept: the fewest that reach it, unless they go so far below it that
 * the most that do not reach it are better.
 */
function countToActivate(
  waiting: Chunk[],
  given: {
    activationRatio: number;
    messageTokensThreshold: number;
    currentPendingTokens: number;
    forceMaxActivation?: boolean;
  },
): number {
  const kept = given.messageTokensThreshold * (1 - given.activationRatio);
  const target = Math.max(0, given.currentPendingTokens - kept);
  const over = { count: 0, tokens: 0 };
  const under = { count: 0, tokens: 0 };
  let tokens = 0;
  for (const [index, one] of waiting.entries()) {
    tokens += one.messageTokens;
    if (tokens < target) {
      if (tokens > under.tokens)
        Object.assign(under, { count: index + 1, tokens });
    } else if (over.count === 0 || tokens < over.tokens) {
      Object.assign(over, { count: index + 1, tokens });
    }
  }
  const least = Math.min(1000, kept);
  const leaves = (side: typeof over) =>
    side.count > 0 && given.currentPendingTokens - side.tokens >= least;
  const isClose = over.tokens - target <= kept * 0.95;
  if (leaves(over) && (given.forceMaxActivation || isClose)) return over.count;
  if (leaves(under)) return under.count;
  return over.count || 1;
}

/** Begins the next generation of a thread or a resource. */
async function reflect(
  ctx: MutationCtx,
  current: Pick<
    Generation,
    | "scope"
    | "threadId"
    | "resourceId"
    | "generationCount"
    | "totalTokensObserved"
    | "lastObservedAt"
    | "observedTimezone"
    | "config"
    | "metadata"
  >,
  activeObservations: string,
  observationTokenCount: number,
): Promise<Infer<typeof record>> {
  const now = Date.now();
  const { threadId, resourceId } = current;
  const next = await Records.insert(ctx, {
    scope: current.scope,
    threadId,
    resourceId,
    config: current.config,
    metadata: current.metadata ?? {},
    ...(current.observedTimezone === undefined
      ? {}
      : { observedTimezone: current.observedTimezone }),
    totalTokensObserved: current.totalTokensObserved,
    lastObservedAt: current.lastObservedAt ?? now,
    recordId: crypto.randomUUID(),
    lookupKey: lookupKeyOf(threadId, resourceId),
    originType: "reflection",
    generationCount: current.generationCount + 1,
    activeObservations,
    observationTokenCount,
    createdAt: now,
    updatedAt: now,
  });
  return await recordOf(ctx, next);
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
