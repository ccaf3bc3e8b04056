import { type Infer, type ObjectType, v, type Value } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import type { QueryCtx } from "../../_generated/server.js";
import { allWhole } from "../../lib/large.js";
import { type Bounds, boundsOf, dateRangeArg } from "../dates.js";
import { invalid } from "../failures.js";
import { type Window, windowOf } from "../pagination.js";
import {
  cursorOf,
  inOrder,
  type Left,
  leftFrom,
  leftOf,
  NOTHING_LEFT,
  type Order,
  type Part,
  readPart,
  type Row,
  totalOf,
  unread,
} from "../reading.js";
import {
  type Entries,
  hasEntries,
  messageMetadata,
  orderByArg,
  orderOf,
  pages,
  perPageArg,
  threadIdsOf,
  threadMetadata,
} from "./arguments.js";
import { include, includedIn, type Position } from "./including.js";
import {
  entriesOf,
  messageOf,
  messagePlace,
  messageRecord,
  type MessageRecord,
  placeOf,
  threadOf,
  threadRecord,
} from "./records.js";
import { messageRow, threadRow } from "./rows.js";

// Pages of threads and of messages, of which a call reads a part.

/** What a page may take for the messages around others to be read in the same call. */
const MAX_BESIDE_INCLUDED = 3 * 1024 * 1024;

/** What is read for it then, with what is the next one in each of its threads. */
const MAX_READ_BESIDE_INCLUDED = 7 * 1024 * 1024;

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

export const threadsArgs = {
  ...listArgs,
  filter: v.optional(
    v.object({
      resourceId: v.optional(v.string()),
      metadata: v.optional(v.any()),
    }),
  ),
};

export const threadsPage = v.object({
  threads: v.array(threadRecord),
  ...page,
});

/** A page of threads, or the next part of it: then there is a cursor. */
export async function listThreads(
  ctx: QueryCtx,
  { filter = {}, cursor, orderBy, ...given }: ObjectType<typeof threadsArgs>,
): Promise<Infer<typeof threadsPage>> {
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
          { offset, limit },
          isFiltered,
        );
  const matches = (document: Doc<"threads">) =>
    hasEntries(document.metadata as Value | undefined, wanted);
  const part = await readPart(
    ctx,
    rows,
    {},
    order,
    state,
    isFiltered ? { matches, readsWhole: false, findAll: true } : null,
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
}

const includeArg = v.array(include);

export const messagesArgs = {
  ...listArgs,
  threadId: v.optional(v.union(v.string(), v.array(v.string()))),
  resourceId: v.optional(v.string()),
  include: v.optional(includeArg),
  filter: v.optional(
    v.object({
      dateRange: v.optional(dateRangeArg),
      metadata: v.optional(v.any()),
    }),
  ),
  includeTotal: v.optional(v.boolean()),
};

export const messagesPage = v.object({
  messages: v.array(messageRecord),
  places: v.optional(v.array(messagePlace)),
  ...page,
});

/** A page of messages and those that are included, or the next part of it: then there is a cursor. */
export async function listMessages(
  ctx: QueryCtx,
  {
    threadId,
    filter = {},
    cursor,
    orderBy,
    ...given
  }: ObjectType<typeof messagesArgs>,
): Promise<Infer<typeof messagesPage>> {
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
  const state: MessagesLeft =
    cursor !== undefined
      ? leftOf(cursor)
      : perPage === 0
        ? NOTHING_LEFT
        : await begun(
            ctx,
            scope.rows,
            scope.rows,
            bounds,
            order,
            { offset, limit },
            isFiltered,
          );
  const part =
    perPage === 0 || (cursor !== undefined && isPageRead(state))
      ? {
          documents: [],
          left: null,
          taken: state.taken,
          found: state.found,
          bytes: 0,
          read: 0,
        }
      : await readPart(
          ctx,
          scope.rows,
          bounds,
          order,
          state,
          isFiltered
            ? {
                matches: withMetadata(wanted),
                readsWhole: true,
                findAll: includeTotal,
              }
            : null,
        );
  const total = isFiltered ? part.found : state.total;
  const { included, left } = await beside(ctx, part, state, include, scope);
  const found = inOrder(scope.row, [...part.documents, ...included], order);
  const messages = (await allWhole(ctx, "messages", found)).map(messageOf);
  const hasMore =
    perPage !== false &&
    perPage > 0 &&
    (threadId !== undefined && !isFiltered && include.length > 0
      ? found.filter((one) => scope.threadIds.has(one.threadId)).length < total
      : offset + part.taken < total);
  return {
    messages,
    total,
    page,
    perPage,
    hasMore,
    // Those of several parts, whose last one has those that are included.
    ...(include.length > 0 &&
      (cursor !== undefined || left !== null) && {
        places: found.map(placeOf),
      }),
    ...(left !== null && { cursor: cursorOf(left) }),
  };
}

interface Scope {
  row: Row<"messages">;
  rows: Row<"messages">[];
  threadIds: Set<string>;
  resourceId?: string;
}

/** What a list is of: its threads, or a resource. Throws `InvalidArgument`. */
export function scopeOf(
  threadId: string | string[] | undefined,
  given: string | undefined,
): Scope {
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
  bounds: Bounds,
  order: Order,
  { offset, limit }: Window,
  isFiltered: boolean,
): Promise<Left> {
  if (!isFiltered) {
    const total = await totalOf(ctx, counted, bounds);
    return await leftFrom(ctx, rows, bounds, order, { offset, limit, total });
  }
  return unread({ offset, limit });
}

/** What is left of a list of messages: of its page, then of what is included. */
interface MessagesLeft extends Left {
  including?: Position;
}

/** Whether what is included alone is left. */
function isPageRead({ place, places }: Left): boolean {
  return place === null && places === undefined;
}

/** What is read of what is included in the call that ends the page, and what is left of both. */
async function beside(
  ctx: QueryCtx,
  { left, bytes, read, taken, found }: Part<"messages">,
  { total, including }: MessagesLeft,
  include: Infer<typeof includeArg>,
  { resourceId }: Scope,
): Promise<{ included: Doc<"messages">[]; left: MessagesLeft | null }> {
  const rest = { ...NOTHING_LEFT, taken, found, total };
  if (left !== null || include.length === 0) return { included: [], left };
  if (bytes > MAX_BESIDE_INCLUDED || read > MAX_READ_BESIDE_INCLUDED)
    return { included: [], left: rest };
  const { messages, next } = await includedIn(ctx, include, resourceId, {
    ...(including !== undefined && { from: including }),
    before: bytes,
  });
  return {
    included: messages,
    left: next === null ? null : { ...rest, including: next },
  };
}

function withMetadata(wanted: Entries) {
  return ({ content }: Doc<"messages">) => {
    const entries = new Map(entriesOf(content as Value));
    return hasEntries(entries.get("metadata"), wanted);
  };
}

export async function latestOf(
  ctx: QueryCtx,
  { rows }: Scope,
  limit: number,
): Promise<MessageRecord[]> {
  windowOf(0, limit, pages);
  const { documents } = await readPart(
    ctx,
    rows,
    {},
    "desc",
    { ...NOTHING_LEFT, limit },
    null,
  );
  const found = await allWhole(ctx, "messages", documents.reverse());
  return found.map(messageOf);
}
