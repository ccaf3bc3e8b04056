import { type Infer, v } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import { internalQuery, type QueryCtx } from "../../_generated/server.js";
import { internalMutation } from "../../lib/counts/functions.js";
import { countedIndexes } from "../../lib/counts/indexes.js";
import { count, pageAt } from "../../lib/counts/reads.js";
import { allWhole, whole } from "../../lib/large.js";
import * as Resources from "../../model/resources.js";
import * as Threads from "../../model/threads.js";
import { failure } from "../failures.js";
import { windowOf } from "../pagination.js";
import { pageFields, PER_PAGE } from "./values.js";

// Threads and resources as the stores of Mastra 0.10 to 0.13 gave and took them.

/** What a call reads: it goes on from there. */
const MAX_ROWS = 1000;
const MAX_BYTES = 8 * 1024 * 1024;

/** What a page of a counted index holds at most. */
const MAX_PAGE = 1000;

const thread = v.object({
  id: v.string(),
  resourceId: v.string(),
  title: v.optional(v.string()),
  metadata: v.optional(v.any()),
  createdAt: v.number(),
  updatedAt: v.number(),
});

const resource = v.object({
  id: v.string(),
  workingMemory: v.optional(v.string()),
  metadata: v.optional(v.any()),
  createdAt: v.number(),
  updatedAt: v.number(),
});

const sorting = {
  orderBy: v.optional(v.union(v.literal("createdAt"), v.literal("updatedAt"))),
  sortDirection: v.optional(v.union(v.literal("ASC"), v.literal("DESC"))),
};

export const getThreadById = internalQuery({
  args: { threadId: v.string() },
  returns: v.nullable(thread),
  handler: async (ctx, key) => {
    const found = await Threads.find(ctx, key);
    return found === null ? null : asThread(await whole(ctx, "threads", found));
  },
});

export const findThreads = internalQuery({
  args: { resourceId: v.string(), ...sorting, cursor: v.nullable(v.string()) },
  returns: v.object({
    threads: v.array(thread),
    cursor: v.nullable(v.string()),
  }),
  handler: async (
    ctx,
    { resourceId, orderBy = "createdAt", sortDirection, cursor },
  ) => {
    const { page, isDone, continueCursor } = await ctx.db
      .query("threads")
      .withIndex(`by_resourceId_and_${orderBy}`, (q) =>
        q.eq("resourceId", resourceId),
      )
      .order(sortDirection === "ASC" ? "asc" : "desc")
      .paginate({ numItems: MAX_ROWS, cursor, maximumBytesRead: MAX_BYTES });
    return {
      threads: (await allWhole(ctx, "threads", page)).map(asThread),
      cursor: isDone ? null : continueCursor,
    };
  },
});

export const getThreadsByResourceIdPaginated = internalQuery({
  args: {
    resourceId: v.string(),
    page: v.optional(v.number()),
    perPage: v.optional(v.number()),
    ...sorting,
  },
  returns: v.object({ threads: v.array(thread), ...pageFields }),
  handler: async (
    ctx,
    { resourceId, orderBy = "createdAt", sortDirection, ...given },
  ) => {
    const { page = 0, perPage = PER_PAGE } = given;
    const index = countedIndexes[`threads.by_resourceId_and_${orderBy}`];
    const order = sortDirection === "ASC" ? "asc" : "desc";
    const { offset } = windowOf(page, perPage);
    const found: Doc<"threads">[] = [];
    const total = await count(ctx, index, (q) =>
      q.eq("resourceId", resourceId),
    );
    while (found.length < perPage && offset + found.length < total) {
      const limit = Math.min(MAX_PAGE, perPage - found.length);
      const next = { offset: offset + found.length, limit, order } as const;
      found.push(
        ...(
          await pageAt(ctx, index, (q) => q.eq("resourceId", resourceId), next)
        ).page,
      );
    }
    const hasMore = offset + found.length < total;
    const threads = (await allWhole(ctx, "threads", found)).map(asThread);
    return { threads, total, page, perPage, hasMore };
  },
});

export const saveThread = internalMutation({
  args: { thread },
  returns: thread,
  handler: async (ctx, { thread: { id, ...fields } }) =>
    await saved(ctx, Threads.save(ctx, { threadId: id, ...fields })),
});

export const updateThread = internalMutation({
  args: {
    id: v.string(),
    title: v.optional(v.string()),
    metadata: v.optional(v.any()),
  },
  returns: thread,
  handler: async (ctx, { id, ...set }) => {
    if ((await Threads.find(ctx, { threadId: id })) === null) {
      const message = `Thread with id ${id} not found`;
      throw failure("NotFound", message);
    }
    return await saved(ctx, Threads.patch(ctx, { threadId: id, set }));
  },
});

export const getResourceById = internalQuery({
  args: { resourceId: v.string() },
  returns: v.nullable(resource),
  handler: async (ctx, key) => {
    const found = await Resources.find(ctx, key);
    return found === null
      ? null
      : asResource(await whole(ctx, "resources", found));
  },
});

export const saveResource = internalMutation({
  args: { resource },
  returns: resource,
  handler: async (ctx, args) => {
    const { id, ...fields } = args.resource;
    await Resources.save(ctx, { resourceId: id, ...fields });
    return args.resource;
  },
});

export const updateResource = internalMutation({
  args: {
    resourceId: v.string(),
    workingMemory: v.optional(v.string()),
    metadata: v.optional(v.any()),
  },
  returns: resource,
  handler: async (ctx, { resourceId, ...set }) => {
    const create = { resourceId, metadata: {}, ...set };
    const written = await Resources.upsert(ctx, { create, set });
    return asResource(await whole(ctx, "resources", written));
  },
});

async function saved(
  ctx: QueryCtx,
  written: Promise<Doc<"threads">>,
): Promise<Infer<typeof thread>> {
  return asThread(await whole(ctx, "threads", await written));
}

function asThread(document: Doc<"threads">): Infer<typeof thread> {
  const {
    threadId: id,
    resourceId,
    title,
    metadata,
    createdAt,
    updatedAt,
  } = document;
  return {
    id,
    resourceId,
    ...(title !== undefined && { title }),
    ...(metadata !== undefined && { metadata }),
    createdAt,
    updatedAt,
  };
}

function asResource(document: Doc<"resources">): Infer<typeof resource> {
  const {
    resourceId: id,
    workingMemory,
    metadata,
    createdAt,
    updatedAt,
  } = document;
  return {
    id,
    // What is whole is no more in chunks.
    ...(typeof workingMemory === "string" && { workingMemory }),
    ...(metadata !== undefined && { metadata }),
    createdAt,
    updatedAt,
  };
}
