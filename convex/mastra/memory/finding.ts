/*
 * Copied by convexgen from schema/mastra/memory/finding.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import type { Doc } from "../../_generated/dataModel.js";
import type { QueryCtx } from "../../_generated/server.js";
import { sizeOf } from "../../lib/documents.js";
import * as Threads from "../../model/threads.js";
import { failure, invalid } from "../failures.js";

// Documents by what they are found by, with contents left where they lie.

/** How many messages one transaction writes, whose three indexes are counted. */
const MAX_WRITES = 150;

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

/** How much of what is stored one transaction moves, which reads it several times. */
const MAX_MOVED_BYTES = 2 * 1024 * 1024;

/** Messages of a thread that are of other resources, as many as one transaction moves, and whether these are all. */
export async function messagesOfOthers(
  ctx: QueryCtx,
  threadId: string,
  resourceId: string,
): Promise<{ messages: Doc<"messages">[]; areAll: boolean }> {
  const sides = [
    ctx.db
      .query("messages")
      .withIndex("by_threadId_and_resourceId_and_createdAt", (q) =>
        q.eq("threadId", threadId).lt("resourceId", resourceId),
      ),
    ctx.db
      .query("messages")
      .withIndex("by_threadId_and_resourceId_and_createdAt", (q) =>
        q.eq("threadId", threadId).gt("resourceId", resourceId),
      ),
  ];
  const messages: Doc<"messages">[] = [];
  let bytes = 0;
  for (const side of sides) {
    for await (const message of side) {
      bytes += sizeOf(message);
      const isFull = bytes > MAX_MOVED_BYTES || messages.length === MAX_WRITES;
      if (isFull && messages.length > 0) return { messages, areAll: false };
      messages.push(message);
    }
  }
  return { messages, areAll: true };
}

/** Throws for a message that no list would have, as one of the thread "" is. */
export function requireReachable(message: {
  threadId?: string;
  resourceId?: string;
}): void {
  for (const field of ["threadId", "resourceId"] as const) {
    if (message[field] !== "") continue;
    throw invalid(
      `Expected to find a ${field} for message, but couldn't find one. ` +
        "An unexpected error has occurred.",
    );
  }
}

/** Throws for an ID that is none. */
export function requireNonEmpty(name: string, id: string): void {
  if (id === "") throw invalid(`${name} must be a non-empty string`);
}

/** A thread, or null where there is none of the resource that is given. */
export async function threadOfResource(
  ctx: QueryCtx,
  threadId: string,
  resourceId: string | undefined,
): Promise<Doc<"threads"> | null> {
  const thread = await Threads.find(ctx, { threadId });
  const isOfAnother =
    resourceId !== undefined && thread?.resourceId !== resourceId;
  return isOfAnother ? null : thread;
}

export async function requireThread(
  ctx: QueryCtx,
  threadId: string,
): Promise<Doc<"threads">> {
  const thread = await Threads.find(ctx, { threadId });
  if (thread !== null) return thread;
  throw failure("NotFound", `Thread with id ${threadId} not found`);
}
