import { type Infer, v, type Value } from "convex/values";

import { internal } from "../../_generated/api.js";
import type { Doc } from "../../_generated/dataModel.js";
import { internalQuery, type QueryCtx } from "../../_generated/server.js";
import { internalMutation } from "../../lib/counts/functions.js";
import { limitExceeded } from "../../lib/errors.js";
import { decodeExactly, encodeJson } from "../../lib/json.js";
import {
  allWhole,
  requireStorable,
  whole,
  wholeIn,
  wholeSize,
} from "../../lib/large.js";
import * as Messages from "../../model/messages.js";
import { type Bounds, boundsOf } from "../dates.js";
import { invalid, pathOf, requireObject } from "../failures.js";
import { messageById, requireReachable } from "../memory/finding.js";
import { includedIn } from "../memory/including.js";
import { messageRow } from "../memory/rows.js";
import { windowOf } from "../pagination.js";
import {
  cursorOf,
  inOrder as inPlace,
  type Left,
  leftFrom,
  leftOf,
  NOTHING_LEFT,
  placeOf,
  rankIn,
  readPart,
  totalOf,
  unread,
} from "../reading.js";
import { tried } from "../trials.js";
import {
  continuedInV1,
  type Given,
  hasResults,
  inFormat,
  inOrder,
  isObject,
  type MessageV2,
  read,
  upgraded,
} from "./formats.js";
import { pageFields } from "./values.js";

// Messages as the stores of Mastra 0.10 to 0.13 gave and took them, on the table
// that those of today have. All of them are stored in the second format.

/** How many messages there are where nobody says. */
const LAST = 40;

const BY_TIME = { table: "messages", time: "createdAt" } as const;

const format = v.optional(v.union(v.literal("v1"), v.literal("v2")));

const includes = v.array(
  v.object({
    id: v.string(),
    threadId: v.optional(v.string()),
    withPreviousMessages: v.optional(v.number()),
    withNextMessages: v.optional(v.number()),
  }),
);

const thread = {
  threadId: v.string(),
  resourceId: v.optional(v.string()),
};

const selectBy = v.optional(
  v.object({
    vectorSearchString: v.optional(v.string()),
    last: v.optional(v.union(v.number(), v.literal(false))),
    include: v.optional(includes),
    pagination: v.optional(
      v.object({
        page: v.optional(v.number()),
        perPage: v.optional(v.number()),
        dateRange: v.optional(
          v.object({
            start: v.optional(v.number()),
            end: v.optional(v.number()),
          }),
        ),
      }),
    ),
  }),
);

const selection = {
  ...thread,
  selectBy,
  threadConfig: v.optional(v.any()),
  format,
};

interface Scope {
  threadId: string;
  resourceId?: string;
}

export const getMessages = internalQuery({
  args: selection,
  returns: v.array(v.any()),
  handler: async (
    ctx,
    { threadId, resourceId, selectBy = {}, format = "v1" },
  ) => {
    const scope: Scope = {
      threadId,
      ...(resourceId !== undefined && { resourceId }),
    };
    const included = await windows(ctx, scope, selectBy.include ?? []);
    const left = { ...NOTHING_LEFT, limit: limitOf(selectBy.last) };
    const last = await latest(ctx, scope, {}, left, included);
    const found = [...included.values(), ...last];
    return inFormat(await chronological(ctx, found), format);
  },
});

export const getMessagesPaginated = internalQuery({
  args: selection,
  returns: v.object({ messages: v.array(v.any()), ...pageFields }),
  handler: async (
    ctx,
    { threadId, resourceId, selectBy = {}, format = "v2" },
  ) => {
    const { page, perPage, dates } = pageOf(selectBy);
    const scope: Scope = {
      threadId,
      ...(resourceId !== undefined && { resourceId }),
    };
    const included = await windows(ctx, scope, selectBy.include ?? []);
    const { offset, limit } = windowOf(page, perPage);
    const row = messageRow(scope);
    // What is included is on no page, so that what comes after it moves up.
    const ranks = (
      await Promise.all(
        [...included.values()].map((message) =>
          rankIn(ctx, row, dates, "desc", message),
        ),
      )
    ).filter((one) => one !== null);
    let place = offset;
    for (const one of ranks.sort((left, right) => left - right))
      if (one <= place) place += 1;
    const total = await totalOf(ctx, [row], dates);
    const extent = { offset: place, limit, total };
    const left = await leftFrom(ctx, [row], dates, "desc", extent);
    const shown = await latest(ctx, scope, dates, left, included);
    return {
      messages: inFormat(
        await chronological(ctx, [...included.values(), ...shown]),
        format,
      ),
      total,
      page,
      perPage,
      hasMore: offset + shown.length + ranks.length < total,
    };
  },
});

const messageToRead = v.object({
  document: v.string(),
  createdAt: v.number(),
  insertedAt: v.number(),
  role: Messages.document.fields.role,
  size: v.number(),
});

const found = {
  messages: v.array(messageToRead),
  cursor: v.nullable(v.string()),
};

export const findBeside = internalQuery({
  args: {
    ...thread,
    id: v.string(),
    order: v.union(v.literal("asc"), v.literal("desc")),
    limit: v.number(),
    cursor: v.nullable(v.string()),
  },
  returns: v.object(found),
  handler: async (ctx, { threadId, resourceId, id, order, limit, cursor }) => {
    const target = await messageById(ctx, id);
    const isOfAnother =
      resourceId !== undefined && target?.resourceId !== resourceId;
    if (target?.threadId !== threadId || isOfAnother)
      return { messages: [], cursor: null };
    const own = cursor === null ? [target] : [];
    if (limit <= 0) return { messages: own.map(toRead), cursor: null };
    const row = messageRow({
      threadId,
      ...(resourceId !== undefined && { resourceId }),
    });
    const state =
      cursor === null
        ? { ...NOTHING_LEFT, place: placeOf(row, target), limit }
        : leftOf(cursor);
    const part = await readPart(ctx, [row], {}, order, state, null);
    return {
      messages: [...own, ...part.documents].map(toRead),
      cursor: part.left === null ? null : cursorOf(part.left),
    };
  },
});

export const findLatest = internalQuery({
  args: {
    ...thread,
    selectBy,
    without: v.array(v.string()),
    cursor: v.nullable(v.string()),
  },
  returns: v.object({ ...found, ...pageFields }),
  handler: async (ctx, { selectBy, without, cursor, ...scope }) => {
    const { page, perPage, dates } = pageOf(selectBy);
    const { offset, limit } = windowOf(page, perPage);
    const rows = [messageRow(scope)];
    const state =
      cursor === null
        ? {
            ...unread({ offset, limit }),
            total: await totalOf(ctx, rows, dates),
          }
        : leftOf(cursor);
    const others = new Set(without);
    const part = await readPart(ctx, rows, dates, "desc", state, {
      matches: ({ _id }) => !others.has(_id),
      readsWhole: false,
      findAll: false,
    });
    return {
      messages: part.documents.map(toRead),
      total: state.total,
      page,
      perPage,
      hasMore: part.found > offset + limit,
      cursor: part.left === null ? null : cursorOf(part.left),
    };
  },
});

const before = v.optional(
  v.object({
    role: v.string(),
    isList: v.boolean(),
    calls: v.array(v.string()),
  }),
);

export const readMessages = internalQuery({
  args: { documents: v.array(v.string()), format, before },
  returns: v.object({
    messages: v.array(v.any()),
    continued: v.array(v.any()),
    before,
  }),
  handler: async (ctx, { documents, format = "v1", before }) => {
    const found = await Promise.all(
      documents.map(async (document) => {
        const id = ctx.db.normalizeId("messages", document);
        return id === null ? null : await ctx.db.get("messages", id);
      }),
    );
    const there = found.filter((one) => one !== null);
    const messages = await chronological(ctx, there);
    return format === "v1"
      ? continuedInV1(messages, before)
      : { messages: inFormat(messages, format), continued: [] };
  },
});

function toRead(document: Doc<"messages">): Infer<typeof messageToRead> {
  const { _id, _creationTime, createdAt, role } = document;
  return {
    document: _id,
    createdAt,
    insertedAt: _creationTime,
    role,
    size: wholeSize("messages", document),
  };
}

const given = v.object({
  id: v.string(),
  role: Messages.document.fields.role,
  content: v.any(),
  createdAt: v.number(),
  threadId: v.optional(v.string()),
  resourceId: v.optional(v.string()),
  type: v.optional(v.string()),
  toolCallIds: v.optional(v.array(v.string())),
  toolCallArgs: v.optional(v.array(v.any())),
  toolNames: v.optional(v.array(v.string())),
});

/** Messages as they are to be saved, after others. Throws `InvalidArgument`. */
async function savedOf(
  ctx: QueryCtx,
  messages: Infer<typeof given>[],
  earlier: MessageV2[] = [],
): Promise<{ saved: MessageV2[]; before: MessageV2[] }> {
  for (const [index, one] of messages.entries()) {
    const { id, threadId = "", resourceId = "" } = one;
    if (index === 0 && !threadId) throw invalid("Thread ID is required");
    requireReachable({ threadId, resourceId });
    const content = decodeExactly(one.content as Value);
    if (typeof content === "string" || Array.isArray(content)) continue;
    if (isObject(content)) continue;
    const path = `${pathOf("messages", id)}.content`;
    throw invalid(`${path} must be text, a list or an object`);
  }
  // What calls and results of tools have beside their parts is in their parts.
  const all = messages.map(
    ({ toolCallIds: _, toolCallArgs: __, toolNames: ___, ...one }) => one,
  );
  const before = [...(await beforeResults(ctx, all)), ...earlier];
  return { saved: inOrder(upgraded(all, before)), before };
}

/** Among how many messages before its result the call of a tool is looked for, and in how much. */
const BEFORE = { messages: 8, bytes: 4 * 1024 * 1024 };

/** The latest messages of the threads in which the results of tools are saved. */
async function beforeResults(
  ctx: QueryCtx,
  messages: Given[],
): Promise<MessageV2[]> {
  const ids = new Set(messages.map(({ id }) => id));
  const threads = new Set(
    messages.filter(hasResults).map(({ threadId = "" }) => threadId),
  );
  const before: MessageV2[] = [];
  for (const threadId of threads) {
    const query = ctx.db
      .query("messages")
      .withIndex("by_threadId_and_createdAt", (q) => q.eq("threadId", threadId))
      .order("desc");
    const latest: MessageV2[] = [];
    let bytes = 0;
    for await (const document of query) {
      bytes += wholeSize("messages", document);
      if (bytes > BEFORE.bytes) break;
      if (ids.has(document.messageId)) continue;
      latest.push(read(await whole(ctx, "messages", document)));
      if (latest.length === BEFORE.messages) break;
    }
    before.push(...latest.reverse());
  }
  return before;
}

export const convertedMessages = internalQuery({
  args: {
    messages: v.array(given),
    before: v.optional(v.array(given)),
    format,
  },
  returns: v.array(v.any()),
  handler: async (ctx, { messages, before: earlier = [], format = "v1" }) => {
    const { saved, before } = await savedOf(ctx, messages, upgraded(earlier));
    // A text that is a part as well is given once, with which more would be stored
    // than of one message by itself.
    for (const one of saved) {
      requireStorable("messages", inputOf(one), pathOf("messages", one.id));
    }
    return inFormat(saved, format, before);
  },
});

export const saveMessages = internalMutation({
  args: { messages: v.array(given), format },
  returns: v.array(v.any()),
  handler: async (ctx, { messages, format = "v1" }) => {
    const { saved, before } = await savedOf(ctx, messages);
    // Their contents, which are replaced, may be too large to be read as well.
    const existing = await Promise.all(
      saved.map(({ id }) => messageById(ctx, id)),
    );
    await Messages.saveMany(
      ctx,
      saved.map((message, index) => {
        const stored = existing[index];
        return {
          ...inputOf(message),
          ...(stored?.messageType !== undefined && {
            messageType: stored.messageType,
          }),
          createdAt: stored?.createdAt ?? message.createdAt,
        };
      }),
    );
    return inFormat(saved, format, before);
  },
});

/** Tries to save messages, before the first of several transactions. */
export const checkMessages = internalMutation({
  args: { messages: v.array(given), format },
  returns: v.null(),
  handler: async (ctx, args): Promise<null> =>
    await tried(ctx, internal.mastra.legacy.messages.saveMessages, args),
});

function inputOf({
  id,
  content,
  type = "v2",
  role,
  ...message
}: MessageV2): Messages.Input {
  return {
    ...message,
    messageId: id,
    role: role as Infer<typeof given>["role"],
    type,
    content: encodeJson(content),
  };
}

const changes = v.array(
  v.object({
    id: v.string(),
    role: v.optional(given.fields.role),
    type: given.fields.type,
    threadId: given.fields.threadId,
    resourceId: given.fields.resourceId,
    content: v.optional(v.any()),
  }),
);

type Change = Infer<typeof changes>[number];

export const updateMessages = internalMutation({
  args: { messages: changes },
  returns: v.array(v.any()),
  handler: async (ctx, { messages }) => {
    const updated: MessageV2[] = [];
    for (const [messageId, changesOfOne] of changesById(messages)) {
      const stored = await messageById(ctx, messageId);
      if (stored === null) continue;
      const { content, set } = await changed(ctx, stored, changesOfOne);
      if (Object.keys(set).length > 0)
        await Messages.patchEach(ctx, [{ messageId }], { set });
      const after = (await messageById(ctx, messageId)) ?? stored;
      // It is not read whole again, for which it may be too large.
      const known = { content };
      updated.push(read(await whole(ctx, "messages", after, known)));
    }
    return inFormat(updated, "v2");
  },
});

/** Changes by the messages that they are of, each of which is changed once. Throws `InvalidArgument`. */
function changesById(messages: Change[]): Map<string, Change[]> {
  const found = new Map<string, Change[]>();
  for (const one of messages) {
    requireReachable(one);
    const before = found.get(one.id);
    if (before === undefined) found.set(one.id, [one]);
    else before.push(one);
  }
  return found;
}

/** Tries to change messages, before the first of several transactions. */
export const checkUpdates = internalMutation({
  args: { messages: changes },
  returns: v.null(),
  handler: async (ctx, args): Promise<null> =>
    await tried(ctx, internal.mastra.legacy.messages.updateMessages, args),
});

/** The content of a message and what changes make of it. Throws `LimitExceeded`. */
async function changed(
  ctx: QueryCtx,
  stored: Doc<"messages">,
  changesOfOne: Change[],
) {
  const names = ["content"];
  const isReplaced = changesOfOne.some(({ content }) => content !== undefined);
  const replaced = isReplaced ? names : [];
  const document = await wholeIn(ctx, "messages", stored, names, replaced);
  let set: Partial<Messages.Input> = {};
  let after = read(document).content;
  for (const { id, content, ...fields } of changesOfOne) {
    set = { ...set, ...fields };
    if (content === undefined) continue;
    requireObject(`${pathOf("messages", id)}.content`, content);
    after = merged(after, decodeExactly(content as Value) as Content);
  }
  const content = isReplaced ? encodeJson(after) : document.content;
  return { content, set: { ...set, ...(isReplaced && { content }) } };
}

type Content = MessageV2["content"];

/** One level of a content is merged, and one more of its metadata. */
function merged(before: Content, change: Content): Content {
  const [old, metadata] = [before["metadata"], change["metadata"]];
  return {
    ...before,
    ...change,
    ...(isObject(old) &&
      isObject(metadata) && { metadata: { ...old, ...metadata } }),
  };
}

/** Which page is asked for, the latest first. */
function pageOf({ last, pagination }: Infer<typeof selectBy> = {}) {
  const { page = 0, perPage = limitOf(last), dateRange } = pagination ?? {};
  return { page, perPage, dates: boundsOf(dateRange) };
}

/** `false` is no message at all, and not every one. */
function limitOf(last: number | false | undefined): number {
  if (last === undefined) return LAST;
  return last === false ? 0 : Math.max(0, Math.floor(last));
}

/** In the order in which they were written, where they are of the same time. */
async function chronological(
  ctx: QueryCtx,
  messages: Doc<"messages">[],
): Promise<MessageV2[]> {
  const found = await allWhole(ctx, "messages", messages);
  return inPlace(BY_TIME, found, "asc").map(read);
}

type Included = Map<string, Doc<"messages">>;

/**
 * The last messages of a thread but those that are included. Throws `LimitExceeded`
 * where they are more than a call reads.
 */
async function latest(
  ctx: QueryCtx,
  scope: Scope,
  dates: Bounds,
  left: Left,
  included: Included,
): Promise<Doc<"messages">[]> {
  const part = await readPart(ctx, [messageRow(scope)], dates, "desc", left, {
    matches: ({ _id }) => !included.has(_id),
    readsWhole: false,
    findAll: false,
  });
  if (part.left !== null)
    throw limitExceeded("these messages are more than a call reads", {});
  return part.documents;
}

/**
 * The messages that are asked for by their IDs, with those around them in the
 * thread that is said of each, or else in the one that is asked for. Of another
 * resource than the one that is asked for, there is none.
 */
async function windows(
  ctx: QueryCtx,
  { threadId, resourceId }: Scope,
  include: Infer<typeof includes>,
): Promise<Included> {
  const asked = include.map((one) => ({
    ...one,
    within: one.threadId ?? threadId,
  }));
  const { messages, next } = await includedIn(ctx, asked, resourceId);
  if (next !== null) {
    throw limitExceeded("include asks for more messages than a call reads", {});
  }
  return new Map(messages.map((one) => [one._id, one]));
}
