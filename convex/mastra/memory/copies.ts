/*
 * Copied by convexgen from schema/mastra/memory/copies.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { type ObjectType, v, type Value } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import type { MutationCtx, QueryCtx } from "../../_generated/server.js";
import { encodeJson, type Exact } from "../../lib/json.js";
import { allWhole, wholeSize } from "../../lib/large.js";
import * as Messages from "../../model/messages.js";
import * as Threads from "../../model/threads.js";
import { type Bounds, boundsOf } from "../dates.js";
import { failure } from "../failures.js";
import {
  cursorOf,
  inOrder,
  type Left,
  leftFrom,
  leftOf,
  readPart,
  totalOf,
} from "../reading.js";
import { entriesOf, threadOf, type ThreadRecord } from "./records.js";
import { messageRow } from "./rows.js";

/** What one transaction copies of a table with three counted indexes. */
const BUDGET = { documents: 150, bytes: 3 * 1024 * 1024 };

export const copyArgs = {
  sourceThreadId: v.string(),
  newThreadId: v.optional(v.string()),
  resourceId: v.optional(v.string()),
  title: v.optional(v.string()),
  metadata: v.optional(v.any()),
  options: v.optional(
    v.object({
      messageLimit: v.optional(v.number()),
      messageFilter: v.optional(
        v.object({
          startDate: v.optional(v.number()),
          endDate: v.optional(v.number()),
          messageIds: v.optional(v.array(v.string())),
        }),
      ),
    }),
  ),
  cursor: v.optional(v.string()),
};

type Copying = ObjectType<typeof copyArgs>;

type Message = Doc<"messages">;

export interface Copied {
  thread: ThreadRecord;
  messageIdMap: Value;
  cursor?: string;
}

/** What is copied by one call, and what is left for others. */
interface Chosen {
  messages: Message[];
  left: Left | null;
  /** The latest of all that are copied. */
  latest?: Message | undefined;
}

/** Copies messages, and begins with the thread. Throws `NotFound`, `AlreadyExists`. */
export async function copy(ctx: MutationCtx, given: Copying): Promise<Copied> {
  const { sourceThreadId, cursor } = given;
  const source = await Threads.find(ctx, { threadId: sourceThreadId });
  if (source === null) {
    throw failure(
      "NotFound",
      `Source thread with id ${sourceThreadId} not found`,
    );
  }
  const threadId = nonEmpty(given.newThreadId) ?? crypto.randomUUID();
  const there = await Threads.find(ctx, { threadId });
  if (there !== null && cursor === undefined) {
    throw failure("AlreadyExists", `Thread with id ${threadId} already exists`);
  }
  const chosen = await chosenOf(ctx, given);
  const messageIdMap = await copyMessages(ctx, chosen.messages, {
    threadId,
    resourceId: nonEmpty(given.resourceId),
  });
  const thread =
    there === null
      ? await copyThread(ctx, source, threadId, given, chosen.latest)
      : // To be copied to is no activity.
        await Threads.patch(ctx, {
          threadId,
          set: { updatedAt: there.createdAt },
        });
  return {
    thread: threadOf(thread),
    messageIdMap,
    ...(chosen.left !== null && { cursor: cursorOf(chosen.left) }),
  };
}

async function copyThread(
  ctx: MutationCtx,
  source: Doc<"threads">,
  threadId: string,
  given: Copying,
  latest: Message | undefined,
): Promise<Doc<"threads">> {
  const now = Date.now();
  const ofSource = nonEmpty(source.title);
  const title = nonEmpty(given.title) ?? (ofSource && `Clone of ${ofSource}`);
  const clone = {
    sourceThreadId: source.threadId,
    clonedAt: new Date(now).toISOString(),
    ...(latest !== undefined && { lastMessageId: latest.messageId }),
  };
  const metadata: [string, Exact][] = [
    ...(entriesOf(given.metadata as Value | undefined) as [string, Exact][]),
    ["clone", clone],
  ];
  return await Threads.save(ctx, {
    threadId,
    resourceId: nonEmpty(given.resourceId) ?? source.resourceId,
    ...(title !== undefined && { title }),
    metadata: encodeJson(Object.fromEntries(metadata)),
    createdAt: now,
    updatedAt: now,
  });
}

/** Copies messages under new IDs, and gives these by the old ones. */
async function copyMessages(
  ctx: MutationCtx,
  messages: Message[],
  {
    threadId,
    resourceId,
  }: { threadId: string; resourceId: string | undefined },
): Promise<Value> {
  const ids: [string, string][] = [];
  const inputs = (await allWhole(ctx, "messages", messages)).map((message) => {
    const { _id, _creationTime, ...content } = message;
    const messageId = crypto.randomUUID();
    ids.push([message.messageId, messageId]);
    const owner = resourceId === undefined ? {} : { resourceId };
    return { ...content, messageId, threadId, ...owner };
  });
  await Messages.saveMany(ctx, inputs);
  return encodeJson(Object.fromEntries(ids));
}

async function chosenOf(ctx: QueryCtx, given: Copying): Promise<Chosen> {
  const { messageFilter = {}, messageLimit = 0 } = given.options ?? {};
  const { startDate, endDate, messageIds = [] } = messageFilter;
  const bounds = boundsOf({
    ...(startDate !== undefined && { start: startDate }),
    ...(endDate !== undefined && { end: endDate }),
  });
  const left = given.cursor === undefined ? null : leftOf(given.cursor);
  const limit = messageLimit > 0 ? messageLimit : Infinity;
  return messageIds.length > 0
    ? await chosenByIds(
        ctx,
        given.sourceThreadId,
        messageIds,
        bounds,
        limit,
        left,
      )
    : await chosenByTime(ctx, given.sourceThreadId, bounds, limit, left);
}

/** The latest messages of a thread within bounds. */
async function chosenByTime(
  ctx: QueryCtx,
  threadId: string,
  bounds: Bounds,
  limit: number,
  left: Left | null,
): Promise<Chosen> {
  const rows = [messageRow({ threadId })];
  const read = async (order: "asc" | "desc", state: Left) =>
    await readPart(ctx, rows, bounds, order, state, null, BUDGET);
  if (left !== null) {
    const { documents, left: rest } = await read("asc", left);
    return { messages: documents, left: rest };
  }
  const total = await totalOf(ctx, rows, bounds);
  const count = Math.min(limit, total);
  const extent = { offset: total - count, limit: count, total };
  const state = await leftFrom(ctx, rows, bounds, "asc", extent);
  const last = { ...state, place: null, skip: 0, limit: Math.min(count, 1) };
  const [latest] = (await read("desc", last)).documents;
  const { documents, left: rest } = await read("asc", state);
  return { messages: documents, left: rest, latest };
}

/** Those of some messages that are of a thread and within bounds, the latest of them. */
async function chosenByIds(
  ctx: QueryCtx,
  threadId: string,
  messageIds: string[],
  bounds: Bounds,
  limit: number,
  left: Left | null,
): Promise<Chosen> {
  const found: Message[] = [];
  for (const messageId of new Set(messageIds)) {
    const message = await ctx.db
      .query("messages")
      .withIndex("by_messageId", (q) => q.eq("messageId", messageId))
      .first();
    if (message?.threadId === threadId && isWithin(message.createdAt, bounds)) {
      found.push(message);
    }
  }
  const ordered = inOrder(messageRow({ threadId }), found, "asc").slice(-limit);
  const start = left?.taken ?? 0;
  const messages: Message[] = [];
  let { bytes } = BUDGET;
  for (const message of ordered.slice(start, start + BUDGET.documents)) {
    bytes -= wholeSize("messages", message);
    if (bytes < 0 && messages.length > 0) break;
    messages.push(message);
  }
  const taken = start + messages.length;
  const rest = { place: null, skip: 0, limit: null, taken, found: 0, total: 0 };
  return {
    messages,
    left: taken < ordered.length ? rest : null,
    latest: ordered.at(-1),
  };
}

function isWithin(
  time: number,
  { gte = -Infinity, lte = Infinity }: Bounds,
): boolean {
  return time >= gte && time <= lte;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
