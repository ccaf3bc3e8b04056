import { type Infer, type ObjectType, v, type Value } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import type { MutationCtx, QueryCtx } from "../../_generated/server.js";
import { sizeOf } from "../../lib/documents.js";
import { limitExceeded } from "../../lib/errors.js";
import { encodeJson, type Exact } from "../../lib/json.js";
import { allWhole, wholeSize } from "../../lib/large.js";
import { isObject } from "../../lib/values.js";
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
import { messageById, requireThread } from "./finding.js";
import {
  entriesOf,
  metadataIn,
  messagePlace,
  placeOf,
  threadOf,
  threadRecord,
} from "./records.js";
import { messageRow } from "./rows.js";

/** What one transaction copies of a table with three counted indexes. */
const BUDGET = { documents: 150, bytes: 3 * 1024 * 1024 };

/** How many messages a call looks up by their IDs, and how much of them, in bytes. */
const MAX_IDS = 1000;
const MAX_LOOKED_UP = 8 * 1024 * 1024;

/** What a call reads of messages, of the 16 MiB that a transaction does. */
const MAX_READ = 14 * 1024 * 1024;

const times = {
  startDate: v.optional(v.number()),
  endDate: v.optional(v.number()),
};

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
        v.object({ ...times, messageIds: v.optional(v.array(v.string())) }),
      ),
    }),
  ),
  lastMessageId: v.optional(v.string()),
  cursor: v.optional(v.string()),
  copyId: v.optional(v.string()),
};

export const goOnArgs = {
  sourceThreadId: v.string(),
  threadId: v.string(),
  resourceId: v.optional(v.string()),
  messageIds: v.array(v.string()),
  copyId: v.optional(v.string()),
  isLast: v.optional(v.boolean()),
};

export const dropArgs = { threadId: v.string(), copyId: v.string() };

export const lookUpArgs = {
  sourceThreadId: v.string(),
  messageIds: v.array(v.string()),
  ...times,
};

/** A message to copy, and where it is among those of the thread. */
export const placed = messagePlace.extend({
  id: v.string(),
  createdAt: v.number(),
});

type Copying = ObjectType<typeof copyArgs>;

type Message = Doc<"messages">;

export const copied = v.object({
  thread: threadRecord,
  messageIdMap: v.any(),
  cursor: v.optional(v.string()),
  /** The IDs of what is left of some messages, in their order. */
  remaining: v.array(v.string()),
});

type Copied = Infer<typeof copied>;

/** What is copied by one call, and what is left for others. */
interface Chosen {
  messages: Message[];
  left: Left | null;
  remaining?: string[];
  /** The latest of all that are copied. */
  lastMessageId?: string | undefined;
}

/** Copies messages, and begins with the thread. Throws `NotFound`, `AlreadyExists`. */
export async function copy(ctx: MutationCtx, given: Copying): Promise<Copied> {
  const { sourceThreadId, cursor, copyId } = given;
  const source = await sourceOf(ctx, sourceThreadId);
  const threadId = nonEmpty(given.newThreadId) ?? crypto.randomUUID();
  const begun =
    cursor === undefined
      ? await requireNone(ctx, threadId)
      : await requireBegun(ctx, threadId, copyId);
  const chosen = await chosenOf(ctx, given);
  const messageIdMap = await copyMessages(ctx, chosen.messages, {
    threadId,
    resourceId: nonEmpty(given.resourceId),
  });
  const { left, remaining = [] } = chosen;
  const isToGoOn =
    left !== null ||
    remaining.length > 0 ||
    nonEmpty(given.lastMessageId) !== undefined;
  const thread =
    begun === null
      ? await copyThread(ctx, source, threadId, given, {
          lastMessageId: chosen.lastMessageId,
          copyId: isToGoOn ? copyId : undefined,
        })
      : await untouched(ctx, begun, !isToGoOn);
  return {
    thread: threadOf(thread),
    messageIdMap,
    remaining,
    ...(left !== null && { cursor: cursorOf(left) }),
  };
}

/** Copies messages by their IDs, in the order of these, to a copy of their thread. Throws `NotFound`. */
export async function goOn(
  ctx: MutationCtx,
  {
    sourceThreadId,
    threadId,
    resourceId,
    messageIds,
    copyId,
    isLast = false,
  }: ObjectType<typeof goOnArgs>,
): Promise<Copied> {
  await sourceOf(ctx, sourceThreadId);
  const thread = await requireBegun(ctx, threadId, copyId);
  const messages: Message[] = [];
  let bytes = 0;
  let next = 0;
  for (; next < Math.min(messageIds.length, MAX_IDS); next += 1) {
    if (messages.length === BUDGET.documents || bytes > BUDGET.bytes) break;
    const message = await messageById(ctx, messageIds[next] ?? "");
    if (message === null) continue;
    const isOfSource = message.threadId === sourceThreadId;
    bytes += isOfSource ? wholeSize("messages", message) : sizeOf(message);
    if (!isOfSource) continue;
    if (bytes > BUDGET.bytes && messages.length > 0) break;
    messages.push(message);
  }
  const messageIdMap = await copyMessages(ctx, messages, {
    threadId,
    resourceId: nonEmpty(resourceId),
  });
  const isDone = isLast && next === messageIds.length;
  return {
    thread: threadOf(await untouched(ctx, thread, isDone)),
    messageIdMap,
    remaining: messageIds.slice(next),
  };
}

/** Deletes what there is of a copy that is not done, or a part of it: then false. */
export async function drop(
  ctx: MutationCtx,
  { threadId, copyId }: ObjectType<typeof dropArgs>,
): Promise<boolean> {
  const thread = await Threads.find(ctx, { threadId });
  if (thread === null || cloneIn(thread)["copyId"] !== copyId) return true;
  return (await Threads.remove(ctx, { threadId })).isDone;
}

/** Where messages are that a thread has within bounds, and the IDs that are for another call. */
export async function lookUp(
  ctx: QueryCtx,
  { sourceThreadId, messageIds, ...dates }: ObjectType<typeof lookUpArgs>,
): Promise<{ messages: Infer<typeof placed>[]; remaining: string[] }> {
  const bounds = boundsBetween(dates);
  const { found, remaining } = await foundByIds(
    ctx,
    sourceThreadId,
    messageIds,
    bounds,
  );
  const messages = found.map((message) => ({
    id: message.messageId,
    createdAt: message.createdAt,
    ...placeOf(message),
  }));
  return { messages, remaining };
}

async function sourceOf(
  ctx: QueryCtx,
  threadId: string,
): Promise<Doc<"threads">> {
  const source = await Threads.find(ctx, { threadId });
  if (source !== null) return source;
  throw failure("NotFound", `Source thread with id ${threadId} not found`);
}

async function requireNone(ctx: QueryCtx, threadId: string): Promise<null> {
  const there = await Threads.find(ctx, { threadId });
  if (there === null) return null;
  throw failure("AlreadyExists", `Thread with id ${threadId} already exists`);
}

/** A copy that is not done. Throws `NotFound` where somebody has deleted or replaced it. */
async function requireBegun(
  ctx: QueryCtx,
  threadId: string,
  copyId: string | undefined,
): Promise<Doc<"threads">> {
  const thread = await requireThread(ctx, threadId);
  if (copyId === undefined || cloneIn(thread)["copyId"] === copyId)
    return thread;
  throw failure(
    "NotFound",
    `Thread with id ${threadId} is not the copy that was begun`,
  );
}

/**
 * What the metadata of a copy say of it: while it is not done, they have the
 * `copyId` of who makes it, by which it is told from what others make of its ID.
 */
function cloneIn({ metadata }: Doc<"threads">): Record<string, Exact> {
  const entries = new Map(entriesOf(metadata as Value | undefined));
  const clone = (entries.get("clone") ?? null) as Exact;
  return isObject(clone) ? clone : {};
}

/** A copy as before messages were copied to it, which is no activity. */
async function untouched(
  ctx: MutationCtx,
  thread: Doc<"threads">,
  isDone: boolean,
): Promise<Doc<"threads">> {
  const { threadId, createdAt } = thread;
  const { copyId, ...clone } = cloneIn(thread);
  const isMarked = isDone && copyId !== undefined;
  const set = {
    updatedAt: createdAt,
    ...(isMarked && { metadata: encodeJson({ clone }) }),
  };
  return await Threads.patch(ctx, { threadId, set });
}

async function copyThread(
  ctx: MutationCtx,
  source: Doc<"threads">,
  threadId: string,
  given: Copying,
  {
    lastMessageId,
    copyId,
  }: { lastMessageId: string | undefined; copyId: string | undefined },
): Promise<Doc<"threads">> {
  const now = Date.now();
  const ofSource = nonEmpty(source.title);
  const title = nonEmpty(given.title) ?? (ofSource && `Clone of ${ofSource}`);
  const clone = {
    sourceThreadId: source.threadId,
    clonedAt: new Date(now).toISOString(),
    ...(lastMessageId !== undefined && { lastMessageId }),
    ...(copyId !== undefined && { copyId }),
  };
  const own = metadataIn(given.metadata as Value | undefined).metadata;
  const metadata: [string, Exact][] = [
    ...(entriesOf(own) as [string, Exact][]),
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
  if (given.lastMessageId !== undefined) {
    const lastMessageId = nonEmpty(given.lastMessageId);
    return { messages: [], left: null, lastMessageId };
  }
  const { messageFilter = {}, messageLimit = 0 } = given.options ?? {};
  const { messageIds = [], ...dates } = messageFilter;
  const bounds = boundsBetween(dates);
  const limit = messageLimit > 0 ? messageLimit : Infinity;
  const { sourceThreadId: threadId } = given;
  if (messageIds.length > 0)
    return await chosenByIds(ctx, threadId, messageIds, bounds, limit);
  const left = given.cursor === undefined ? null : leftOf(given.cursor);
  return await chosenByTime(ctx, threadId, bounds, limit, left);
}

function boundsBetween({
  startDate,
  endDate,
}: {
  startDate?: number;
  endDate?: number;
}): Bounds {
  return boundsOf({
    ...(startDate !== undefined && { start: startDate }),
    ...(endDate !== undefined && { end: endDate }),
  });
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
  const lastMessageId = latest?.messageId;
  const bytes = documents.reduce(
    (sum, one) => sum + wholeSize("messages", one),
    latest === undefined ? 0 : sizeOf(latest),
  );
  // The first may be as much as a call reads, which has read the latest.
  return bytes > MAX_READ
    ? { messages: [], left: state, lastMessageId }
    : { messages: documents, left: rest, lastMessageId };
}

/**
 * Those of some messages that are of a thread and within bounds, the latest of them.
 * Throws `LimitExceeded` where these are more than a call looks up.
 */
async function chosenByIds(
  ctx: QueryCtx,
  threadId: string,
  messageIds: string[],
  bounds: Bounds,
  limit: number,
): Promise<Chosen> {
  const looked = await foundByIds(ctx, threadId, messageIds, bounds);
  const row = messageRow({ threadId });
  const ordered = inOrder(row, looked.found, "asc").slice(-limit);
  const messages: Message[] = [];
  let bytes = 0;
  for (const message of ordered.slice(0, BUDGET.documents)) {
    bytes += wholeSize("messages", message);
    if (bytes > BUDGET.bytes && messages.length > 0) break;
    messages.push(message);
  }
  const remaining = ordered.slice(messages.length);
  const [first] = messages;
  const size = first === undefined ? 0 : wholeSize("messages", first);
  if (looked.remaining.length > 0 || looked.bytes + size > MAX_READ) {
    throw limitExceeded(
      "the messages to choose from are more than a call reads: look them up in parts",
      {},
    );
  }
  return {
    messages,
    left: null,
    remaining: remaining.map(({ messageId }) => messageId),
    lastMessageId: ordered.at(-1)?.messageId,
  };
}

/** The messages with some IDs that a thread has within bounds, as many as a call looks up. */
async function foundByIds(
  ctx: QueryCtx,
  threadId: string,
  messageIds: string[],
  bounds: Bounds,
): Promise<{ found: Message[]; bytes: number; remaining: string[] }> {
  const found: Message[] = [];
  let bytes = 0;
  const ids = [...new Set(messageIds)];
  for (const [index, messageId] of ids.entries()) {
    if (index === MAX_IDS || bytes > MAX_LOOKED_UP)
      return { found, bytes, remaining: ids.slice(index) };
    const message = await messageById(ctx, messageId);
    if (message === null) continue;
    bytes += sizeOf(message);
    if (message.threadId === threadId && isWithin(message.createdAt, bounds))
      found.push(message);
  }
  return { found, bytes, remaining: [] };
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
