/*
 * Copied by convexgen from schema/mastra/dates.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { type Infer, v } from "convex/values";

// Times between two dates.

export const dateRangeArg = v.object({
  start: v.optional(v.number()),
  end: v.optional(v.number()),
  startExclusive: v.optional(v.boolean()),
  endExclusive: v.optional(v.boolean()),
});

/** Bounds of times, as indexes have them. */
export interface Bounds {
  gt?: number;
  gte?: number;
  lt?: number;
  lte?: number;
}

export function boundsOf(range: Infer<typeof dateRangeArg> = {}): Bounds {
  const { start, end, startExclusive = false, endExclusive = false } = range;
  return {
    ...(start !== undefined &&
      (startExclusive ? { gt: start } : { gte: start })),
    ...(end !== undefined && (endExclusive ? { lt: end } : { lte: end })),
  };
}
