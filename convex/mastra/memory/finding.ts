/*
 * Copied by convexgen from schema/mastra/memory/finding.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import type { Doc } from "../../_generated/dataModel.js";
import type { QueryCtx } from "../../_generated/server.js";
import * as Threads from "../../model/threads.js";
import { failure } from "../failures.js";

// Documents by what they are found by, with contents left where they lie.

/** How many messages one transaction writes, whose three indexes are counted. */
export const MAX_WRITES = 150;

/** A message as it is stored, whose content may lie in chunks. */
export async function messageById(
  ctx: QueryCtx,
  messageId: string,
): Promise<Doc<"messages"> | null> {
  return await ctx.db
    .query("messages")
    .withIndex("by_messageId", (q) => q.eq("messageId", messageId))
    .first();
}

export async function messagesOfOthers(
  ctx: QueryCtx,
  threadId: string,
  resourceId: string,
): Promise<Doc<"messages">[]> {
  const before = await ctx.db
    .query("messages")
    .withIndex("by_threadId_and_resourceId_and_createdAt", (q) =>
      q.eq("threadId", threadId).lt("resourceId", resourceId),
    )
    .take(MAX_WRITES);
  const after = await ctx.db
    .query("messages")
    .withIndex("by_threadId_and_resourceId_and_createdAt", (q) =>
      q.eq("threadId", threadId).gt("resourceId", resourceId),
    )
    .take(MAX_WRITES);
  return [...before, ...after].slice(0, MAX_WRITES);
}

export async function requireThread(
  ctx: QueryCtx,
  threadId: string,
): Promise<Doc<"threads">> {
  const thread = await Threads.find(ctx, { threadId });
  if (thread !== null) return thread;
  throw failure("NotFound", `Thread with id ${threadId} not found`);
}
