import { v, type Value } from "convex/values";

import type { Doc } from "../_generated/dataModel.js";
import { internal } from "../_generated/api.js";
import { internalQuery } from "../_generated/server.js";
import { internalMutation } from "../lib/counts/functions.js";
import { allWhole, wholeSize } from "../lib/large.js";
import * as Messages from "../model/messages.js";
import * as Resources from "../model/resources.js";
import * as Threads from "../model/threads.js";
import {
  copied,
  copy,
  copyArgs,
  drop,
  dropArgs,
  goOn,
  goOnArgs,
  lookUp,
  lookUpArgs,
  placed,
} from "./memory/copies.js";
import {
  messageById,
  messagesOfOthers,
  requireNonEmpty,
  requireThread,
  threadOfResource,
} from "./memory/finding.js";
import { MAX_INCLUDED_BYTES } from "./memory/including.js";
import {
  latestOf,
  listMessages,
  listThreads,
  messagesArgs,
  messagesPage,
  scopeOf,
  threadsArgs,
  threadsPage,
} from "./memory/listing.js";
import {
  messageOf,
  messagePlace,
  messageRecord,
  metadataIn,
  placeOf,
  resourceOf,
  resourceRecord,
  stateOf,
  threadOf,
  threadRecord,
} from "./memory/records.js";
import { change, messageChanges, store } from "./memory/writing.js";
import { tried } from "./trials.js";

// The storage domain `memory` of @mastra/core 1.71, but for observational memory.
// What may be more than a transaction takes is a function that does a part, and
// says where the next call goes on; the clients' methods call it until all is done.

export const getThreadById = internalQuery({
  args: { threadId: v.string(), resourceId: v.optional(v.string()) },
  returns: v.nullable(threadRecord),
  handler: async (ctx, { threadId, resourceId }) => {
    const thread = await threadOfResource(ctx, threadId, resourceId);
    return thread === null ? null : threadOf(thread);
  },
});

/** A thread, and what tells the state that it is in from any other. */
export const findThread = internalQuery({
  args: { threadId: v.string(), resourceId: v.optional(v.string()) },
  returns: v.nullable(v.object({ thread: threadRecord, state: v.string() })),
  handler: async (ctx, { threadId, resourceId }) => {
    const thread = await threadOfResource(ctx, threadId, resourceId);
    return thread === null
      ? null
      : { thread: threadOf(thread), state: stateOf(thread) };
  },
});

/** Changes entries of the metadata, or gives null where a thread is in another state. */
export const mergeMetadata = internalMutation({
  args: { threadId: v.string(), state: v.string(), metadata: v.any() },
  returns: v.nullable(threadRecord),
  handler: async (ctx, { threadId, state, metadata }) => {
    const thread = await Threads.find(ctx, { threadId });
    if (thread === null || stateOf(thread) !== state) return null;
    const set = metadataIn(metadata as Value);
    return threadOf(await Threads.patch(ctx, { threadId, set }));
  },
});

export const saveThread = internalMutation({
  args: { thread: threadRecord },
  returns: threadRecord,
  handler: async (ctx, { thread: { id, metadata, ...given } }) => {
    requireNonEmpty("threadId", id);
    const saved = await Threads.save(ctx, {
      ...given,
      threadId: id,
      ...metadataIn(metadata as Value | undefined),
    });
    return threadOf(saved);
  },
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
  args: threadsArgs,
  returns: threadsPage,
  handler: listThreads,
});

export const findMessages = internalQuery({
  args: messagesArgs,
  returns: messagesPage,
  handler: listMessages,
});

/** The latest messages of a thread, the oldest of them first, as far as a call reads. */
export const latestMessages = internalQuery({
  args: {
    threadId: v.string(),
    resourceId: v.optional(v.string()),
    limit: v.optional(v.number()),
  },
  returns: v.array(messageRecord),
  handler: async (ctx, { threadId, resourceId, limit = 40 }) =>
    await latestOf(ctx, scopeOf(threadId, resourceId), limit),
});

/** How many IDs a call looks up: each is an index range, of the 4,096 of a transaction. */
const MAX_IDS = 1000;

/** Messages by their IDs, in the order of these, and the IDs that are for another call. */
export const findMessagesById = internalQuery({
  args: { messageIds: v.array(v.string()) },
  returns: v.object({
    messages: v.array(messageRecord),
    places: v.array(messagePlace),
    remaining: v.array(v.string()),
  }),
  handler: async (ctx, { messageIds }) => {
    const found: Doc<"messages">[] = [];
    let bytes = 0;
    let next = 0;
    for (; next < Math.min(messageIds.length, MAX_IDS); next += 1) {
      // Beside one that is as large as a call reads, no other is read.
      if (bytes > MAX_INCLUDED_BYTES) break;
      const document = await messageById(ctx, messageIds[next] ?? "");
      if (document === null) continue;
      bytes += wholeSize("messages", document);
      if (bytes > MAX_INCLUDED_BYTES && found.length > 0) break;
      found.push(document);
    }
    const messages = (await allWhole(ctx, "messages", found)).map(messageOf);
    const places = found.map(placeOf);
    return { messages, places, remaining: messageIds.slice(next) };
  },
});

export const storeMessages = internalMutation({
  args: { messages: v.array(messageRecord) },
  returns: v.null(),
  handler: async (ctx, { messages }) => {
    await store(ctx, messages);
    return null;
  },
});

/** Tries to store messages, before the first of several transactions. */
export const checkMessages = internalMutation({
  args: { messages: v.array(messageRecord) },
  returns: v.null(),
  handler: async (ctx, args): Promise<null> =>
    await tried(ctx, internal.mastra.memory.storeMessages, args),
});

export const changeMessages = internalMutation({
  args: { messages: messageChanges },
  returns: v.array(messageRecord),
  handler: async (ctx, { messages }) => await change(ctx, messages),
});

/** Tries to change messages, before the first of several transactions. */
export const checkChanges = internalMutation({
  args: { messages: messageChanges },
  returns: v.null(),
  handler: async (ctx, args): Promise<null> =>
    await tried(ctx, internal.mastra.memory.changeMessages, args),
});

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
    requireNonEmpty("resourceId", resourceId);
    await requireThread(ctx, threadId);
    // Those of the thread's own resource as well: a move may have been interrupted.
    const others = await messagesOfOthers(ctx, threadId, resourceId);
    const keys = others.messages.map(({ messageId }) => ({ messageId }));
    await Messages.patchEach(ctx, keys, { set: { resourceId } });
    const thread = await requireThread(ctx, threadId);
    if (!others.areAll) return { thread: threadOf(thread), isDone: false };
    if (thread.resourceId === resourceId)
      return { thread: threadOf(thread), isDone: true };
    const moved = await Threads.patch(ctx, { threadId, set: { resourceId } });
    return { thread: threadOf(moved), isDone: true };
  },
});

/** Copies a thread and its messages, or the next part of these: then there is a cursor. */
export const copyPart = internalMutation({
  args: copyArgs,
  returns: copied,
  handler: copy,
});

/** Copies messages of a thread to a copy of it, and gives the IDs of those that are for another call. */
export const copyMessages = internalMutation({
  args: goOnArgs,
  returns: copied,
  handler: goOn,
});

/** Deletes what there is of a copy that is not done, or a part of it: then false. */
export const dropCopy = internalMutation({
  args: dropArgs,
  returns: v.boolean(),
  handler: drop,
});

/** Which of some messages are to be copied, and the IDs that are for another call. */
export const findMessagesToCopy = internalQuery({
  args: lookUpArgs,
  returns: v.object({
    messages: v.array(placed),
    remaining: v.array(v.string()),
  }),
  handler: lookUp,
});
