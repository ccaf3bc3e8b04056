import { v, type Value } from "convex/values";

import type { Doc } from "../_generated/dataModel.js";
import {
  internalQuery,
  type MutationCtx,
  type QueryCtx,
} from "../_generated/server.js";
import { internalMutation } from "../lib/counts/functions.js";
import { limitExceeded } from "../lib/errors.js";
import { mergeJson } from "../lib/json.js";
import { allWhole, whole, wholeSize } from "../lib/large.js";
import * as Messages from "../model/messages.js";
import * as Resources from "../model/resources.js";
import * as Threads from "../model/threads.js";
import { failure, invalid } from "./failures.js";
import {
  boundsOf,
  dateRangeArg,
  type Entries,
  hasEntries,
  messageMetadata,
  type Order,
  orderByArg,
  orderOf,
  pages,
  perPageArg,
  threadIdsOf,
  threadMetadata,
} from "./memoryArguments.js";
import { copy, copyArgs } from "./memoryCopies.js";
import {
  cursorOf,
  inOrder,
  type Left,
  leftFrom,
  leftOf,
  messageRow,
  neighboursOf,
  type Part,
  readPart,
  type Row,
  threadRow,
  totalOf,
} from "./memoryReading.js";
import {
  entriesOf,
  messageOf,
  messageRecord,
  metadataIn,
  resourceOf,
  resourceRecord,
  threadOf,
  threadRecord,
} from "./memoryRecords.js";
import { windowOf } from "./pagination.js";

// The storage domain `memory` of @mastra/core 1.71, but for observational memory.
// What may be more than a transaction takes is a function that does a part, and
// says where the next call goes on; the clients' methods call it until all is done.

/** How many messages one transaction writes, whose three indexes are counted. */
const MAX_WRITES = 150;

/** How much of what is stored one transaction changes, which reads it up to six times. */
const MAX_CHANGED_BYTES = 1.5 * 1024 * 1024;

/** What a page may take for the messages around others to be read in the same call. */
const MAX_BESIDE_INCLUDED = 3 * 1024 * 1024;

/** What the messages around others may be. */
const MAX_INCLUDED = 4000;
const MAX_INCLUDED_BYTES = 8 * 1024 * 1024;

const include = v.object({
  id: v.string(),
  threadId: v.optional(v.string()),
  withPreviousMessages: v.optional(v.number()),
  withNextMessages: v.optional(v.number()),
});

const page = {
  total: v.number(),
  page: v.number(),
  perPage: perPageArg,
  hasMore: v.boolean(),
  cursor: v.optional(v.string()),
};

const listArgs = {
  page: v.optional(v.number()),
  perPage: v.optional(perPageArg),
  orderBy: v.optional(orderByArg),
  cursor: v.optional(v.string()),
};

export const getThreadById = internalQuery({
  args: { threadId: v.string(), resourceId: v.optional(v.string()) },
  returns: v.nullable(threadRecord),
  handler: async (ctx, { threadId, resourceId }) => {
    const thread = await Threads.find(ctx, { threadId });
    if (thread === null) return null;
    const isOfAnother =
      resourceId !== undefined && thread.resourceId !== resourceId;
    return isOfAnother ? null : threadOf(thread);
  },
});

export const saveThread = internalMutation({
  args: { thread: threadRecord },
  returns: threadRecord,
  handler: async (ctx, { thread: { id, metadata, ...given } }) =>
    threadOf(
      await Threads.save(ctx, {
        ...given,
        threadId: id,
        ...metadataIn(metadata as Value | undefined),
      }),
    ),
});

export const updateThread = internalMutation({
  args: {
    id: v.string(),
    title: v.optional(v.string()),
    metadata: v.optional(v.any()),
  },
  returns: threadRecord,
  handler: async (ctx, { id, title, metadata }) => {
    await requireThread(ctx, id);
    const set = {
      ...(title !== undefined && { title }),
      ...metadataIn(metadata as Value | undefined),
    };
    return threadOf(await Threads.patch(ctx, { threadId: id, set }));
  },
});

/** Deletes a thread with its messages, or a part of them: then false. */
export const removeThread = internalMutation({
  args: { threadId: v.string() },
  returns: v.boolean(),
  handler: async (ctx, { threadId }) =>
    (await Threads.remove(ctx, { threadId })).isDone,
});

export const findThreads = internalQuery({
  args: {
    ...listArgs,
    filter: v.optional(
      v.object({
        resourceId: v.optional(v.string()),
        metadata: v.optional(v.any()),
      }),
    ),
  },
  returns: v.object({ threads: v.array(threadRecord), ...page }),
  handler: async (ctx, { filter = {}, cursor, orderBy, ...given }) => {
    const { page = 0, perPage = 100 } = given;
    const { offset, limit } = windowOf(page, perPage, pages);
    const wanted = threadMetadata(filter.metadata as Value | undefined);
    const order = orderOf(orderBy, "desc");
    // As in Mastra, an empty text is no condition.
    const resourceId = filter.resourceId === "" ? undefined : filter.resourceId;
    const rows = [
      threadRow(
        orderBy?.field === "updatedAt" ? "updatedAt" : "createdAt",
        resourceId,
      ),
    ];
    const isFiltered = wanted.length > 0;
    const state =
      cursor !== undefined
        ? leftOf(cursor)
        : await begun(
            ctx,
            rows,
            [threadRow("createdAt", resourceId)],
            {},
            order,
            {
              offset,
              limit,
              isFiltered,
            },
          );
    const matches = (document: Doc<"threads">) =>
      hasEntries(document.metadata as Value | undefined, wanted);
    const part = await readPart(
      ctx,
      rows,
      {},
      order,
      state,
      isFiltered ? { matches, findAll: true } : null,
    );
    const total = isFiltered ? part.found : state.total;
    return {
      threads: part.documents.map(threadOf),
      total,
      page,
      perPage,
      hasMore: perPage !== false && offset + perPage < total,
      ...(part.left !== null && { cursor: cursorOf(part.left) }),
    };
  },
});

export const findMessages = internalQuery({
  args: {
    ...listArgs,
    threadId: v.optional(v.union(v.string(), v.array(v.string()))),
    resourceId: v.optional(v.string()),
    include: v.optional(v.array(include)),
    filter: v.optional(
      v.object({
        dateRange: v.optional(dateRangeArg),
        metadata: v.optional(v.any()),
      }),
    ),
    includeTotal: v.optional(v.boolean()),
  },
  returns: v.object({ messages: v.array(messageRecord), ...page }),
  handler: async (
    ctx,
    { threadId, filter = {}, cursor, orderBy, ...given },
  ) => {
    const { page = 0, perPage = 40, include = [], includeTotal = true } = given;
    const { offset, limit } = windowOf(page, perPage, pages);
    const wanted = messageMetadata(filter.metadata as Value | undefined);
    const scope = scopeOf(threadId, given.resourceId);
    const order = orderOf(orderBy, "asc");
    const bounds = boundsOf(filter.dateRange);
    if (perPage === 0 && include.length === 0) {
      return { messages: [], total: 0, page, perPage, hasMore: false };
    }
    const isFiltered = wanted.length > 0;
    const state =
      cursor !== undefined
        ? leftOf(cursor)
        : perPage === 0
          ? { place: null, skip: 0, limit: 0, taken: 0, found: 0, total: 0 }
          : await begun(ctx, scope.rows, scope.rows, bounds, order, {
              offset,
              limit,
              isFiltered,
            });
    const part =
      perPage === 0 || (cursor !== undefined && state.place === null)
        ? {
            documents: [],
            left: null,
            taken: state.taken,
            found: state.found,
            bytes: 0,
          }
        : await readPart(
            ctx,
            scope.rows,
            bounds,
            order,
            state,
            isFiltered
              ? { matches: withMetadata(ctx, wanted), findAll: includeTotal }
              : null,
          );
    const total = isFiltered ? part.found : state.total;
    const left = part.left ?? apart(part, state, include.length > 0);
    const included =
      left === null ? await includedIn(ctx, include, scope.resourceId) : [];
    const found = inOrder(scope.row, [...part.documents, ...included], order);
    const messages = (await allWhole(ctx, "messages", found)).map(messageOf);
    const hasMore =
      perPage !== false &&
      perPage > 0 &&
      (threadId !== undefined && !isFiltered && include.length > 0
        ? found.filter((one) => scope.threadIds.has(one.threadId)).length <
          total
        : offset + part.taken < total);
    return {
      messages,
      total,
      page,
      perPage,
      hasMore,
      ...(left !== null && { cursor: cursorOf(left) }),
    };
  },
});

/** What a list is of: its threads, or a resource. Throws `InvalidArgument`. */
function scopeOf(
  threadId: string | string[] | undefined,
  given: string | undefined,
): {
  row: Row<"messages">;
  rows: Row<"messages">[];
  threadIds: Set<string>;
  resourceId?: string;
} {
  // As in Mastra, an empty text is no condition.
  const resourceId = given === "" ? undefined : given;
  const ofResource = resourceId === undefined ? {} : { resourceId };
  if (threadId === undefined && resourceId === undefined) {
    throw invalid("resourceId is required");
  }
  const ids = threadId === undefined ? [] : threadIdsOf(threadId);
  const rows = ids.map((id) => messageRow({ threadId: id, ...ofResource }));
  const row = rows[0] ?? messageRow(ofResource);
  return {
    row,
    rows: rows.length === 0 ? [row] : rows,
    threadIds: new Set(ids),
    ...ofResource,
  };
}

/** Where a list begins. */
async function begun<Kind extends "messages" | "threads">(
  ctx: QueryCtx,
  rows: Row<Kind>[],
  counted: Row<Kind>[],
  bounds: ReturnType<typeof boundsOf>,
  order: Order,
  {
    offset,
    limit,
    isFiltered,
  }: { offset: number; limit: number; isFiltered: boolean },
): Promise<Left> {
  if (!isFiltered) {
    const total = await totalOf(ctx, counted, bounds);
    return await leftFrom(ctx, rows, bounds, order, { offset, limit, total });
  }
  return {
    place: null,
    skip: offset,
    limit: Number.isFinite(limit) ? limit : null,
    taken: 0,
    found: 0,
    total: 0,
  };
}

/** What is left for another call where the page leaves no room for what is around others. */
function apart(
  part: Part<"messages">,
  state: Left,
  isIncluding: boolean,
): Left | null {
  if (!isIncluding || part.bytes <= MAX_BESIDE_INCLUDED) return null;
  const { taken, found } = part;
  return { place: null, skip: 0, limit: 0, taken, found, total: state.total };
}

function withMetadata(ctx: QueryCtx, wanted: Entries) {
  return async (document: Doc<"messages">) => {
    const { content } = await whole(ctx, "messages", document);
    const entries = new Map(entriesOf(content as Value));
    return hasEntries(entries.get("metadata"), wanted);
  };
}

/**
 * Messages with those around them in their own threads. Where there is a resource,
 * all of them are of it.
 */
async function includedIn(
  ctx: QueryCtx,
  include: {
    id: string;
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
    withPreviousMessages = 0,
    withNextMessages = 0,
  } of include) {
    const target = await messageById(ctx, id);
    if (target === null) continue;
    if (resourceId !== undefined && target.resourceId !== resourceId) continue;
    const { threadId } = target;
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

/** A message as it is stored, whose content may lie in chunks. */
async function messageById(
  ctx: QueryCtx,
  messageId: string,
): Promise<Doc<"messages"> | null> {
  return await ctx.db
    .query("messages")
    .withIndex("by_messageId", (q) => q.eq("messageId", messageId))
    .first();
}

/** The latest messages of a thread, the oldest of them first, as far as a call reads. */
export const latestMessages = internalQuery({
  args: {
    threadId: v.string(),
    resourceId: v.optional(v.string()),
    limit: v.optional(v.number()),
  },
  returns: v.array(messageRecord),
  handler: async (ctx, { threadId, resourceId, limit = 40 }) => {
    const { rows } = scopeOf(threadId, resourceId);
    windowOf(0, limit, pages);
    const state: Left = {
      place: null,
      skip: 0,
      limit,
      taken: 0,
      found: 0,
      total: 0,
    };
    const { documents } = await readPart(ctx, rows, {}, "desc", state, null);
    const found = await allWhole(ctx, "messages", documents.reverse());
    return found.map(messageOf);
  },
});

/** Messages by their IDs, in the order of these, and the IDs that are for another call. */
export const findMessagesById = internalQuery({
  args: { messageIds: v.array(v.string()) },
  returns: v.object({
    messages: v.array(messageRecord),
    remaining: v.array(v.string()),
  }),
  handler: async (ctx, { messageIds }) => {
    const found: Doc<"messages">[] = [];
    let bytes = 0;
    let next = 0;
    for (; next < messageIds.length; next += 1) {
      const document = await messageById(ctx, messageIds[next] ?? "");
      if (document === null) continue;
      bytes += wholeSize("messages", document);
      if (bytes > MAX_INCLUDED_BYTES && found.length > 0) break;
      found.push(document);
    }
    const messages = (await allWhole(ctx, "messages", found)).map(messageOf);
    return { messages, remaining: messageIds.slice(next) };
  },
});

export const storeMessages = internalMutation({
  args: { messages: v.array(messageRecord) },
  returns: v.null(),
  handler: async (ctx, { messages }) => {
    const inputs: Messages.Input[] = [];
    const created = new Map<string, number>();
    for (const { id, threadId = "", resourceId = "", ...message } of messages) {
      if (threadId === "") throw lacking("threadId");
      if (resourceId === "") throw lacking("resourceId");
      const createdAt =
        created.get(id) ??
        (await messageById(ctx, id))?.createdAt ??
        message.createdAt;
      created.set(id, createdAt);
      inputs.push({
        ...message,
        messageId: id,
        threadId,
        resourceId,
        createdAt,
      });
    }
    await Messages.saveMany(ctx, inputs);
    return null;
  },
});

function lacking(field: string) {
  return invalid(
    `Expected to find a ${field} for message, but couldn't find one. ` +
      "An unexpected error has occurred.",
  );
}

/** Changes messages, and says how many of the changes, the last ones, are for another call. */
export const changeMessages = internalMutation({
  args: {
    messages: v.array(
      messageRecord.partial().omit("id").extend({ id: v.string() }),
    ),
  },
  returns: v.object({
    messages: v.array(messageRecord),
    remaining: v.number(),
  }),
  handler: async (ctx, { messages }) => {
    const count = await countOfChanges(
      ctx,
      messages.map(({ id }) => id),
    );
    const changes = messages.slice(0, count);
    const contents = new Map<string, Value>();
    const updates: Messages.Patch[] = [];
    for (const { id, content, ...given } of changes) {
      const set: Messages.Patch["set"] = given;
      if (content !== undefined) {
        const stored = contents.get(id) ?? (await contentOf(ctx, id));
        set.content = mergeJson(stored, content as Value, {
          how: "shallow",
          within: [["metadata", "shallow"]],
        });
        contents.set(id, set.content as Value);
      }
      if (Object.keys(set).length > 0) updates.push({ messageId: id, set });
    }
    const found = new Map<string, Doc<"messages">>();
    for (const one of await patchedMessages(ctx, updates)) {
      if (one !== null) found.set(one.messageId, one);
    }
    const results: Doc<"messages">[] = [];
    for (const messageId of new Set(changes.map(({ id }) => id))) {
      const one =
        found.get(messageId) ?? (await Messages.find(ctx, { messageId }));
      if (one !== null) results.push(one);
    }
    return {
      messages: results.map(messageOf),
      remaining: messages.length - count,
    };
  },
});

/** Changes messages. One alone is not read again, which may be too large for that. */
async function patchedMessages(
  ctx: MutationCtx,
  updates: Messages.Patch[],
): Promise<(Doc<"messages"> | null)[]> {
  const [first] = updates;
  if (first === undefined || updates.length > 1) {
    return await Messages.patchMany(ctx, { updates, missing: "skip" });
  }
  const stored = await messageById(ctx, first.messageId);
  return stored === null ? [] : [await Messages.patch(ctx, first)];
}

/** Of changes to messages, how many one transaction makes, whatever is stored: at least one. */
async function countOfChanges(ctx: QueryCtx, ids: string[]): Promise<number> {
  let bytes = 0;
  for (const [index, id] of ids.entries()) {
    const stored = await messageById(ctx, id);
    if (stored !== null) bytes += wholeSize("messages", stored);
    if (bytes > MAX_CHANGED_BYTES && index > 0) return index;
  }
  return ids.length;
}

async function contentOf(
  ctx: QueryCtx,
  messageId: string,
): Promise<Value | undefined> {
  const message = await Messages.find(ctx, { messageId });
  return message === null ? undefined : (message.content as Value);
}

/** Deletes messages, and gives the IDs of those that are for another call. */
export const removeMessages = internalMutation({
  args: { messageIds: v.array(v.string()) },
  returns: v.array(v.string()),
  handler: async (ctx, { messageIds }) => {
    const keys = messageIds.map((messageId) => ({ messageId }));
    const { remaining } = await Messages.removeMany(ctx, keys);
    return remaining.map(({ messageId }) => messageId);
  },
});

export const getResourceById = internalQuery({
  args: { resourceId: v.string() },
  returns: v.nullable(resourceRecord),
  handler: async (ctx, key) => {
    const resource = await Resources.find(ctx, key);
    return resource === null ? null : resourceOf(resource);
  },
});

export const saveResource = internalMutation({
  args: { resource: resourceRecord },
  returns: resourceRecord,
  handler: async (ctx, { resource: { id, metadata, ...given } }) =>
    resourceOf(
      await Resources.save(ctx, {
        ...given,
        resourceId: id,
        ...metadataIn(metadata as Value | undefined),
      }),
    ),
});

export const updateResource = internalMutation({
  args: {
    resourceId: v.string(),
    workingMemory: v.optional(v.string()),
    metadata: v.optional(v.any()),
  },
  returns: resourceRecord,
  handler: async (ctx, { resourceId, workingMemory, metadata }) => {
    const set = {
      ...(workingMemory !== undefined && { workingMemory }),
      ...metadataIn(metadata as Value | undefined),
    };
    const create = { resourceId, metadata: {}, ...set };
    return resourceOf(await Resources.upsert(ctx, { create, set }));
  },
});

/** Moves a thread with its messages to another resource, or a part of these: then not done. */
export const moveThread = internalMutation({
  args: { threadId: v.string(), resourceId: v.string() },
  returns: v.object({ thread: threadRecord, isDone: v.boolean() }),
  handler: async (ctx, { threadId, resourceId }) => {
    const thread = await requireThread(ctx, threadId);
    if (thread.resourceId === resourceId) {
      return { thread: threadOf(thread), isDone: true };
    }
    const others = await messagesOfOthers(ctx, threadId, resourceId);
    await Messages.patchMany(ctx, {
      updates: others.map(({ messageId }) => ({
        messageId,
        set: { resourceId },
      })),
    });
    if (others.length === MAX_WRITES) {
      return {
        thread: threadOf(await requireThread(ctx, threadId)),
        isDone: false,
      };
    }
    const moved = await Threads.patch(ctx, { threadId, set: { resourceId } });
    return { thread: threadOf(moved), isDone: true };
  },
});

async function messagesOfOthers(
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

/** Copies a thread and its messages, or the next part of these: then there is a cursor. */
export const copyPart = internalMutation({
  args: copyArgs,
  returns: v.object({
    thread: threadRecord,
    messageIdMap: v.any(),
    cursor: v.optional(v.string()),
  }),
  handler: copy,
});

async function requireThread(
  ctx: QueryCtx,
  threadId: string,
): Promise<Doc<"threads">> {
  const thread = await Threads.find(ctx, { threadId });
  if (thread !== null) return thread;
  throw failure("NotFound", `Thread with id ${threadId} not found`);
}
