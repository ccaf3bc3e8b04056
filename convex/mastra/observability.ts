/*
 * Copied by convexgen from schema/mastra/observability.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { v } from "convex/values";

import { internal } from "../_generated/api.js";
import { internalQuery } from "../_generated/server.js";
import { DeletionBudget } from "../lib/budget.js";
import { internalMutation } from "../lib/counts/functions.js";
import { deleteFound } from "../lib/deletion.js";
import * as Traces from "../model/traces.js";
import { deleteSome } from "./observability/deleting.js";
import { find, place, rootOf } from "./observability/finding.js";
import {
  deltaArgs,
  list,
  listAll,
  listArgs,
  pageArgs,
  pagination,
} from "./observability/listing.js";
import {
  readAfter,
  readAll,
  readEach,
  requireWhole,
} from "./observability/reading.js";
import {
  createdSpan,
  isSpan,
  lightSpanRecord,
  spanKey,
  spanRecord,
  spanUpdates,
  structuralSpan,
  traceSpan,
} from "./observability/records.js";
import {
  lightSpan,
  structure,
  wholeSpan,
  wholeTraceSpan,
} from "./observability/views.js";
import { create, update, updatesBySpan } from "./observability/writing.js";
import { tried } from "./trials.js";

// The storage domain `observability` of @mastra/core 1.71: the functions that the
// clients call. What is more than a call reads or writes, they go on with in others.

/** Stores a span; one that is there is replaced. */
export const createSpan = internalMutation({
  args: { span: createdSpan },
  returns: v.null(),
  handler: async (ctx, { span }) => {
    await create(ctx, [span]);
    return null;
  },
});

export const batchCreateSpans = internalMutation({
  args: { records: v.array(createdSpan) },
  returns: v.null(),
  handler: async (ctx, { records }) => {
    await create(ctx, records);
    return null;
  },
});

/** Tries to store spans, before the first of several transactions. */
export const checkSpans = internalMutation({
  args: { records: v.array(createdSpan) },
  returns: v.null(),
  handler: async (ctx, args): Promise<null> =>
    await tried(ctx, internal.mastra.observability.batchCreateSpans, args),
});

export const updateSpan = internalMutation({
  args: { ...Traces.key, updates: spanUpdates },
  returns: v.null(),
  handler: async (ctx, args) => {
    await update(ctx, args, args.updates);
    return null;
  },
});

const spanChanges = v.array(spanKey.extend({ updates: spanUpdates }));

export const batchUpdateSpans = internalMutation({
  args: { records: spanChanges },
  returns: v.null(),
  handler: async (ctx, { records }) => {
    for (const { key, updates } of updatesBySpan(records))
      await update(ctx, key, updates);
    return null;
  },
});

/** Tries to change spans, before the first of several transactions. */
export const checkSpanUpdates = internalMutation({
  args: { records: spanChanges },
  returns: v.null(),
  handler: async (ctx, args): Promise<null> =>
    await tried(ctx, internal.mastra.observability.batchUpdateSpans, args),
});

const structureResponse = v.nullable(
  v.object({ traceId: v.string(), spans: v.array(structuralSpan) }),
);

const spanResponse = v.nullable(v.object({ span: spanRecord }));

export const getSpan = internalQuery({
  args: Traces.key,
  returns: spanResponse,
  handler: async (ctx, args) => {
    const found = await find(ctx, args);
    if (found === null || !isSpan(found)) return null;
    return { span: await wholeSpan.show(ctx, found) };
  },
});

export const getRootSpan = internalQuery({
  args: { traceId: v.string() },
  returns: spanResponse,
  handler: async (ctx, { traceId }) => {
    const found = await rootOf(ctx, traceId);
    return found === null ? null : { span: await wholeSpan.show(ctx, found) };
  },
});

/** The spans of a trace, the first started first. */
export const getTrace = internalQuery({
  args: { traceId: v.string() },
  returns: v.nullable(
    v.object({ traceId: v.string(), spans: v.array(spanRecord) }),
  ),
  handler: async (ctx, { traceId }) => await readAll(ctx, wholeSpan, traceId),
});

/** The same without what is large. */
export const getStructure = internalQuery({
  args: { traceId: v.string() },
  returns: structureResponse,
  handler: async (ctx, { traceId }) => await readAll(ctx, structure, traceId),
});

/** As `getStructure`, by its former name. */
export const getTraceLight = internalQuery({
  args: { traceId: v.string() },
  returns: structureResponse,
  handler: async (ctx, { traceId }) => await readAll(ctx, structure, traceId),
});

/** As many spans of a trace as a call reads, the first started first. */
export const readTrace = internalQuery({
  args: { traceId: v.string(), after: v.optional(place) },
  returns: v.object({ spans: v.array(spanRecord), next: v.optional(place) }),
  handler: async (ctx, { traceId, after }) =>
    await readAfter(ctx, wholeSpan, traceId, after),
});

/** The same without what is large. */
export const readStructure = internalQuery({
  args: { traceId: v.string(), after: v.optional(place) },
  returns: v.object({
    spans: v.array(structuralSpan),
    next: v.optional(place),
  }),
  handler: async (ctx, { traceId, after }) =>
    await readAfter(ctx, structure, traceId, after),
});

/** Some spans of a trace, in the order of their IDs here. */
export const getSpans = internalQuery({
  args: { traceId: v.string(), spanIds: v.array(v.string()) },
  returns: v.object({ traceId: v.string(), spans: v.array(spanRecord) }),
  handler: async (ctx, { traceId, spanIds }) => {
    const keys = spanIds.map((spanId) => ({ traceId, spanId }));
    const { spans, pending } = await readEach(ctx, wholeSpan, keys);
    requireWhole(pending[0], "what these spans hold");
    return { traceId, spans };
  },
});

/** Spans by their keys, as many as a call reads: the keys of the others are pending. */
export const readSpans = internalQuery({
  args: { keys: v.array(spanKey) },
  returns: v.object({ spans: v.array(spanRecord), pending: v.array(spanKey) }),
  handler: async (ctx, { keys }) => await readEach(ctx, wholeSpan, keys),
});

/** The same with their status. */
export const readTraceSpans = internalQuery({
  args: { keys: v.array(spanKey) },
  returns: v.object({ spans: v.array(traceSpan), pending: v.array(spanKey) }),
  handler: async (ctx, { keys }) => await readEach(ctx, wholeTraceSpan, keys),
});

/** The same with what a list shows. */
export const readLightSpans = internalQuery({
  args: { keys: v.array(spanKey) },
  returns: v.object({
    spans: v.array(lightSpanRecord),
    pending: v.array(spanKey),
  }),
  handler: async (ctx, { keys }) => await readEach(ctx, lightSpan, keys),
});

const listed = {
  pending: v.array(spanKey),
  pagination,
  cursor: v.optional(v.string()),
};

/** A page of the traces that meet conditions, by their root spans. */
export const listTraces = internalQuery({
  args: { ...pageArgs, ...deltaArgs },
  returns: v.object({ spans: v.array(traceSpan), pagination }),
  handler: async (ctx, args) => await listAll(ctx, wholeTraceSpan, args),
});

/** The same with what a list shows of each. */
export const listTracesLight = internalQuery({
  args: { ...pageArgs, ...deltaArgs },
  returns: v.object({ spans: v.array(lightSpanRecord), pagination }),
  handler: async (ctx, args) => await listAll(ctx, lightSpan, args),
});

/** A page of the traces that meet conditions, and how many do. */
export const findTraces = internalQuery({
  args: listArgs,
  returns: v.object({ spans: v.array(traceSpan), ...listed }),
  handler: async (ctx, args) => await list(ctx, wholeTraceSpan, args),
});

/** The same with what a list shows of each. */
export const findLightTraces = internalQuery({
  args: listArgs,
  returns: v.object({ spans: v.array(lightSpanRecord), ...listed }),
  handler: async (ctx, args) => await list(ctx, lightSpan, args),
});

const looked = v.object({
  traceId: v.string(),
  after: v.optional(place),
  areRoots: v.optional(v.boolean()),
});

/** Deletes traces, or what belongs to a tenant of them, and says where the next call goes on. */
export const deleteTraces = internalMutation({
  args: {
    traceIds: v.array(v.string()),
    organizationId: v.optional(v.string()),
    resourceId: v.optional(v.string()),
    from: v.optional(looked),
  },
  returns: v.object({ isDone: v.boolean(), next: v.optional(looked) }),
  handler: async (ctx, { from, ...given }) =>
    await deleteSome(ctx, given, from),
});

/** Deletes all spans, as many as a transaction can; false where there are more. */
export const clear = internalMutation({
  args: {},
  returns: v.boolean(),
  handler: async (ctx) => {
    const budget = new DeletionBudget();
    const spans = () =>
      ctx.db
        .query("traces")
        .withIndex("by_spanType_and_startedAt", (q) => q.gte("spanType", ""));
    const { isDone } = await deleteFound(ctx, "traces", "spans", spans, budget);
    if (!isDone) return false;
    const roots = () => ctx.db.query("traceRoots");
    return (await deleteFound(ctx, "traceRoots", "roots", roots, budget))
      .isDone;
  },
});
