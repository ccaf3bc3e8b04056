import {
  compareValues,
  type Infer,
  type ObjectType,
  v,
  type Value,
} from "convex/values";

import type { QueryCtx } from "../../_generated/server.js";
import { sizeOf } from "../../lib/documents.js";
import { invalidArgument } from "../../lib/errors.js";
import { wholeSize } from "../../lib/large.js";
import { lookupKeyOf } from "./generations.js";
import {
  type Generation,
  record,
  recordOf,
  type Waiting,
  waitingFor,
} from "./records.js";

// The generations of a history, of which a call reads a part.

/**
 * How much of a history a query reads, in bytes: half of what a transaction can,
 * https://docs.convex.dev/production/state/limits, as it may look at what waits with one more.
 */
const MAX_READ = 8 * 1024 * 1024;

export const historyArgs = {
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

/** Where the reading of a history goes on. */
export const place = v.object({
  generationCount: v.number(),
  insertedAt: v.number(),
  document: v.string(),
  passed: v.number(),
});

/** As many generations of a history as a transaction reads, from a place on, and where to go on. */
export async function readPart(
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
  const found: Found[] = [];
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
    const isBefore =
      after !== undefined &&
      compareValues(orderOf(placeOf(one)), orderOf(after)) >= 0;
    if (isBefore) continue;
    if (passed >= offset + count) break;
    const isAsked = one.createdAt >= from && one.createdAt <= to;
    const isShown = isAsked && passed >= offset;
    const waiting = isShown
      ? await waitingFor(ctx, one.recordId).collect()
      : [];
    bytes += isShown ? wholeSize("observationalMemory", one) : sizeOf(one);
    for (const row of waiting) bytes += wholeSize("observationChunks", row);
    if (bytes > MAX_READ && last !== undefined && last !== after) {
      return { records: await recordsOf(ctx, found), next: last };
    }
    if (isAsked) passed += 1;
    if (isShown) found.push({ generation: one, waiting });
    last = { ...placeOf(one), passed };
    // Beside one that is as large as a call reads, no other is read.
    if (bytes > MAX_READ) {
      return { records: await recordsOf(ctx, found), next: last };
    }
  }
  return { records: await recordsOf(ctx, found) };
}

type Order = Omit<Infer<typeof place>, "passed">;

function placeOf({ generationCount, _creationTime, _id }: Generation): Order {
  return { generationCount, insertedAt: _creationTime, document: _id };
}

/** What generations are in the order of. */
function orderOf({ generationCount, insertedAt, document }: Order): Value {
  return [generationCount, insertedAt, document];
}

/** A generation, and what waits with it. */
interface Found {
  generation: Generation;
  waiting: Waiting[];
}

async function recordsOf(
  ctx: QueryCtx,
  found: Found[],
): Promise<Infer<typeof record>[]> {
  return await Promise.all(
    found.map(({ generation, waiting }) => recordOf(ctx, generation, waiting)),
  );
}
