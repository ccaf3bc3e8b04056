/*
 * Copied by convexgen from schema/mastra/memory/including.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { type Infer, v } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import type { QueryCtx } from "../../_generated/server.js";
import { wholeSize } from "../../lib/large.js";
import {
  documentsIn,
  type Order,
  type Place,
  placeOf,
  placeOfNext,
} from "../reading.js";
import { messageById } from "./finding.js";
import { messageRow } from "./rows.js";

// Messages that are asked for by their IDs, with those around them, of which a
// call reads a part.

/** How many messages a call reads around others. */
const MAX_INCLUDED = 4000;

export const MAX_INCLUDED_BYTES = 8 * 1024 * 1024;

export const include = v.object({
  id: v.string(),
  threadId: v.optional(v.string()),
  withPreviousMessages: v.optional(v.number()),
  withNextMessages: v.optional(v.number()),
});

/** A message that is asked for, in the thread that is said of it, where one is. */
type Asked = Infer<typeof include> & { within?: string };

/** Where the next call goes on: at which of those asked for, and around it. */
export interface Position {
  index: number;
  order: Order;
  /** Where to go on around the message; null where it is to be read itself. */
  around: { threadId: string; own: Place; place: Place } | null;
  /** How many were read in this order. */
  taken: number;
}

const START: Position = { index: 0, order: "desc", around: null, taken: 0 };

/**
 * Messages with those around them in their own threads, or in the one that is said
 * of each, as many as a call reads that has read something already. Where there is
 * a resource, all of them are of it. Beside one that is as large as a call reads, no
 * other is read.
 */
export async function includedIn(
  ctx: QueryCtx,
  include: readonly Asked[],
  resourceId: string | undefined,
  { from = START, before = 0 }: { from?: Position; before?: number } = {},
): Promise<{ messages: Doc<"messages">[]; next: Position | null }> {
  const messages: Doc<"messages">[] = [];
  let bytes = before;
  let at = from;
  /** Whether there was room for another one. */
  const take = (one: Doc<"messages">): boolean => {
    bytes += wholeSize("messages", one);
    const isFull =
      bytes > MAX_INCLUDED_BYTES || messages.length === MAX_INCLUDED;
    if (isFull && (messages.length > 0 || before > 0)) return false;
    messages.push(one);
    return true;
  };
  for (; at.index < include.length; at = { ...START, index: at.index + 1 }) {
    const asked = include[at.index];
    if (asked === undefined) continue;
    const window = windowOf(ctx, asked, resourceId, at);
    for await (const { one, before, after } of window) {
      if (!take(one)) return { messages, next: before };
      at = after;
      if (bytes > MAX_INCLUDED_BYTES) return { messages, next: at };
    }
  }
  return { messages, next: null };
}

interface Included {
  one: Doc<"messages">;
  before: Position;
  after: Position;
}

/** A message and those around it, from a position on, each with those of the ones beside it. */
async function* windowOf(
  ctx: QueryCtx,
  asked: Asked,
  resourceId: string | undefined,
  from: Position,
): AsyncGenerator<Included, void> {
  const ofResource = resourceId === undefined ? {} : { resourceId };
  let { around } = from;
  if (around === null) {
    const target = await targetOf(ctx, asked, resourceId);
    if (target === null) return;
    const { threadId } = target;
    const own = placeOf(messageRow({ threadId, ...ofResource }), target);
    around = { threadId, own, place: own };
    yield { one: target, before: from, after: { ...from, around } };
  }
  const { threadId, own } = around;
  const row = messageRow({ threadId, ...ofResource });
  const { withPreviousMessages = 0, withNextMessages = 0 } = asked;
  const sides: [Order, number][] = [
    ["desc", withPreviousMessages],
    ["asc", withNextMessages],
  ];
  for (const [order, most] of sides) {
    if (order === "desc" && from.order === "asc") continue;
    const isBegun = order === from.order;
    let taken = isBegun ? from.taken : 0;
    if (taken >= most) continue;
    const place = isBegun ? around.place : own;
    for await (const one of documentsIn(ctx, row, {}, order, place)) {
      const at = (where: Place) => ({
        ...from,
        order,
        around: { threadId, own, place: where },
        taken,
      });
      const before = at(placeOfNext(row, one));
      taken += 1;
      yield { one, before, after: at(placeOf(row, one)) };
      if (taken >= most) break;
    }
  }
}

/** The message that is asked for, where it is of the thread and the resource. */
async function targetOf(
  ctx: QueryCtx,
  { id, within }: Asked,
  resourceId: string | undefined,
): Promise<Doc<"messages"> | null> {
  const target = await messageById(ctx, id);
  if (target === null) return null;
  const isOf =
    (resourceId === undefined || target.resourceId === resourceId) &&
    (within === undefined || target.threadId === within);
  return isOf ? target : null;
}
