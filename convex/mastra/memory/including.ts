/*
 * Copied by convexgen from schema/mastra/memory/including.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { v } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import type { QueryCtx } from "../../_generated/server.js";
import { limitExceeded } from "../../lib/errors.js";
import { wholeSize } from "../../lib/large.js";
import { neighboursOf } from "../reading.js";
import { messageById } from "./finding.js";
import { messageRow } from "./rows.js";

// Messages that are asked for by their IDs, with those around them.

/** What the messages around others may be. */
const MAX_INCLUDED = 4000;

export const MAX_INCLUDED_BYTES = 8 * 1024 * 1024;

export const include = v.object({
  id: v.string(),
  threadId: v.optional(v.string()),
  withPreviousMessages: v.optional(v.number()),
  withNextMessages: v.optional(v.number()),
});

/**
 * Messages with those around them in their own threads, or in the one that is said
 * of each. Where there is a resource, all of them are of it.
 */
export async function includedIn(
  ctx: QueryCtx,
  include: {
    id: string;
    within?: string;
    withPreviousMessages?: number;
    withNextMessages?: number;
  }[],
  resourceId: string | undefined,
): Promise<Doc<"messages">[]> {
  const included: Doc<"messages">[] = [];
  let count = 0;
  let bytes = 0;
  const spend = (one: Doc<"messages">) => {
    count += 1;
    bytes += wholeSize("messages", one);
    if (count <= MAX_INCLUDED && bytes <= MAX_INCLUDED_BYTES) return;
    throw limitExceeded("include asks for more messages than a call reads", {});
  };
  for (const {
    id,
    within,
    withPreviousMessages = 0,
    withNextMessages = 0,
  } of include) {
    const target = await messageById(ctx, id);
    if (target === null) continue;
    if (resourceId !== undefined && target.resourceId !== resourceId) continue;
    const { threadId } = target;
    if (within !== undefined && threadId !== within) continue;
    const row = messageRow({
      threadId,
      ...(resourceId !== undefined && { resourceId }),
    });
    const around = { before: withPreviousMessages, after: withNextMessages };
    spend(target);
    included.push(...(await neighboursOf(ctx, row, target, around, spend)));
  }
  return included;
}
