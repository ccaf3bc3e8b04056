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
  const found = rootsIn(ctx, traceId, 0).order("desc");
  for await (const one of found) if (isSpan(one)) return one;
  return null;
}

/** The spans of a trace that have no parent, from a place on, the first one stored first. */
export async function* rootsAfter(
  ctx: QueryCtx,
  traceId: string,
  after?: Place,
): AsyncGenerator<Stored, void> {
  const { creationTime = 0, document = "", isNext = false } = after ?? {};
  for await (const one of rootsIn(ctx, traceId, creationTime)) {
    const isBefore =
      one._creationTime === creationTime &&
      (one._id < document || (one._id === document && !isNext));
    if (!isBefore && isSpan(one)) yield one;
  }
}

/** What has no parent in a trace, from the time on at which it was stored. */
function rootsIn(ctx: QueryCtx, traceId: string, creationTime: number) {
  return ctx.db
    .query("traces")
    .withIndex("by_traceId_and_parentSpanId", (q) =>
      q
        .eq("traceId", traceId)
        .eq("parentSpanId", undefined)
        .gte("_creationTime", creationTime),
    );
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
