/*
 * Copied by convexgen from schema/mastra/observationalMemory.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { v } from "convex/values";

import { internalQuery } from "../_generated/server.js";
import { DeletionBudget } from "../lib/budget.js";
import { internalMutation } from "../lib/counts/functions.js";
import { limitExceeded } from "../lib/errors.js";
import * as Records from "../model/observationalMemory.js";
import * as Chunks from "../model/observationChunks.js";
import { failure, requireObject, requireObjects } from "./failures.js";
import {
  activate,
  activation,
  activationArgs,
} from "./observationalMemory/activation.js";
import {
  change,
  find,
  generation,
  generationsOf,
  lookupKeyOf,
  reflect,
  set,
  withValues,
} from "./observationalMemory/generations.js";
import { historyArgs, place, readPart } from "./observationalMemory/history.js";
import {
  chunkInput,
  record,
  recordOf,
  scope,
  waitingFor,
} from "./observationalMemory/records.js";
import { requireRoom } from "./observationalMemory/room.js";

// The observational memory of @mastra/core: each function is one of the methods
// of its memory storage. A record is a generation of the memory of a thread or a
// resource, the latest of which is the current one; what waits to become active
// are documents of their own, so that no writer loses what another one adds.

export const getObservationalMemory = internalQuery({
  args: { threadId: v.union(v.string(), v.null()), resourceId: v.string() },
  returns: v.union(record, v.null()),
  handler: async (ctx, { threadId, resourceId }) => {
    const generations = generationsOf(ctx, threadId, resourceId);
    const current = await generations.order("desc").first();
    return current && (await recordOf(ctx, current));
  },
});

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
    requireObject("config", given.config);
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
    await requireRoom(ctx, first);
    return await recordOf(ctx, first);
  },
});

export const insertObservationalMemoryRecord = internalMutation({
  args: { record },
  returns: v.null(),
  handler: async (ctx, args) => {
    const { id, bufferedObservationChunks = [], ...given } = args.record;
    requireObjects(given, ["config", "metadata"], "record");
    for (const one of bufferedObservationChunks)
      requireObjects(one, ["extractedValues"]);
    const inserted = await Records.insert(ctx, {
      ...given,
      recordId: id,
      lookupKey: lookupKeyOf(given.threadId, given.resourceId),
    });
    for (const [position, one] of bufferedObservationChunks.entries()) {
      const { id: chunkId, ...waiting } = one;
      await Chunks.insert(ctx, { ...waiting, recordId: id, position, chunkId });
    }
    await requireRoom(ctx, inserted);
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
    await requireRoom(ctx, await generation(ctx, id));
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
    requireObjects(chunk, ["extractedValues"], "chunk");
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
    await requireRoom(ctx, await generation(ctx, id));
    return null;
  },
});

export const swapBufferedToActive = internalMutation({
  args: activationArgs,
  returns: activation,
  handler: activate,
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
        : await withValues(ctx, stored, ["config", "metadata"], []);
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
    const names: ["bufferedReflection"] = ["bufferedReflection"];
    const { bufferedReflection } = await withValues(ctx, stored, names, names);
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
    await requireRoom(ctx, await generation(ctx, id));
    return null;
  },
});

export const swapBufferedReflectionToActive = internalMutation({
  args: { currentRecord: record, tokenCount: v.number() },
  returns: record,
  handler: async (ctx, { currentRecord: { id }, tokenCount }) => {
    const current = await withValues(
      ctx,
      await generation(ctx, id),
      ["activeObservations", "bufferedReflection", "config", "metadata"],
      ["bufferedReflection"],
    );
    const { bufferedReflection, reflectedObservationLineCount = 0 } = current;
    if (!bufferedReflection) {
      throw failure("Conflict", "No buffered reflection to swap");
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
  handler: async (ctx, { id, config }) => {
    requireObject("config", config);
    await set(ctx, id, { config });
    await requireRoom(ctx, await generation(ctx, id));
    return null;
  },
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
