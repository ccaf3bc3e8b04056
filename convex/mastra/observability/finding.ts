/*
 * Copied by convexgen from schema/mastra/observability/finding.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { type Infer, v } from "convex/values";

import type { QueryCtx } from "../../_generated/server.js";
import type * as Traces from "../../model/traces.js";
import { documentsIn, placeOf, type Row } from "../reading.js";
import { isSpan, type Stored } from "./records.js";

// Spans as they are stored, with large values left where they lie.

/**
 * Where a call goes on: the time by which spans are in order, and what tells equal
 * ones apart. It begins behind it, or with it where it is the next one.
 */
export const place = v.object({
  startedAt: v.number(),
  creationTime: v.number(),
  document: v.string(),
  isNext: v.optional(v.boolean()),
});

export type Place = Infer<typeof place>;

function rowOf(traceId: string): Row<"traces"> {
  return {
    table: "traces",
    index: "by_traceId_and_startedAt",
    equal: [["traceId", traceId]],
    time: "startedAt",
    counted: null,
  };
}

export function placeIn(span: Stored): Place {
  const [startedAt, creationTime, document] = placeOf(
    rowOf(span.traceId),
    span,
  );
  return { startedAt, creationTime, document };
}

export async function find(
  ctx: QueryCtx,
  { traceId, spanId }: Traces.Key,
): Promise<Stored | null> {
  return await ctx.db
    .query("traces")
    .withIndex("by_traceId_and_spanId", (q) =>
      q.eq("traceId", traceId).eq("spanId", spanId),
    )
    .first();
}

/** The span of a trace that has no parent; of several, the last one stored. */
export async function rootOf(
  ctx: QueryCtx,
  traceId: string,
): Promise<Stored | null> {
  for await (const one of rootsOf(ctx, traceId)) return one;
  return null;
}

/** The spans of a trace that have no parent, the last one stored first. */
export async function* rootsOf(
  ctx: QueryCtx,
  traceId: string,
): AsyncGenerator<Stored, void> {
  const found = ctx.db
    .query("traces")
    .withIndex("by_traceId_and_parentSpanId", (q) =>
      q.eq("traceId", traceId).eq("parentSpanId", undefined),
    )
    .order("desc");
  for await (const one of found) if (isSpan(one)) yield one;
}

/** The spans of a trace, from a place on. */
export async function* spansAfter(
  ctx: QueryCtx,
  traceId: string,
  after?: Place,
): AsyncGenerator<Stored, void> {
  const found = documentsIn(
    ctx,
    rowOf(traceId),
    {},
    "asc",
    after && [
      after.startedAt,
      after.creationTime,
      after.document,
      after.isNext ?? false,
    ],
  );
  for await (const one of found) if (isSpan(one)) yield one;
}
