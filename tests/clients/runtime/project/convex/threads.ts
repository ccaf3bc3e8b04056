import {
  type DataModelFromSchemaDefinition,
  type GenericQueryCtx,
  internalMutationGeneric,
  internalQueryGeneric,
  type MutationBuilder,
  paginationOptsValidator,
  type QueryBuilder,
} from "convex/server";
import { ConvexError, v } from "convex/values";
import { writtenThreadFields } from "./fields";
import type schema from "./schema";

type DataModel = DataModelFromSchemaDefinition<typeof schema>;
const query: QueryBuilder<DataModel, "internal"> = internalQueryGeneric;
const mutation: MutationBuilder<DataModel, "internal"> =
  internalMutationGeneric;

const BATCH = 50;

const key = v.object({ threadId: v.string() });

function find(ctx: GenericQueryCtx<DataModel>, threadId: string) {
  return ctx.db
    .query("threads")
    .withIndex("by_threadId", (q) => q.eq("threadId", threadId))
    .unique();
}

export const getById = query({
  args: { threadId: v.string() },
  handler: async (ctx, { threadId }) => {
    const found = await find(ctx, threadId);
    if (found?.title === "broken") {
      throw new ConvexError({
        code: "Conflict",
        message: "the thread is broken",
      });
    }
    if (found?.title === "crash") {
      throw new Error("crash");
    }
    return found;
  },
});

export const getByIds = query({
  args: { keys: v.array(key) },
  handler: (ctx, { keys }) =>
    Promise.all(keys.map(({ threadId }) => find(ctx, threadId))),
});

export const list = query({
  args: {
    order: v.optional(v.union(v.literal("asc"), v.literal("desc"))),
    paginationOpts: paginationOptsValidator,
  },
  handler: (ctx, { order, paginationOpts }) =>
    ctx.db
      .query("threads")
      .order(order ?? "asc")
      .paginate(paginationOpts),
});

export const save = mutation({
  args: { thread: v.object(writtenThreadFields) },
  handler: async (ctx, { thread }) => {
    const now = Date.now();
    const existing = await find(ctx, thread.threadId);
    const createdAt = thread.createdAt ?? existing?.createdAt ?? now;
    const document = { ...thread, createdAt, updatedAt: now };
    if (existing) {
      await ctx.db.replace("threads", existing._id, document);
    } else {
      await ctx.db.insert("threads", document);
    }
    return await find(ctx, thread.threadId);
  },
});

export const saveMany = mutation({
  args: { threads: v.array(v.object(writtenThreadFields)) },
  handler: async (ctx, { threads }) => {
    for (const thread of threads) {
      const now = Date.now();
      await ctx.db.insert("threads", {
        ...thread,
        createdAt: thread.createdAt ?? now,
        updatedAt: now,
      });
    }
    return null;
  },
});

export const update = mutation({
  args: {
    threadId: v.string(),
    set: v.object({
      title: v.optional(v.string()),
      big: v.optional(v.int64()),
    }),
    unset: v.optional(v.array(v.string())),
    expected: v.optional(v.object({ title: v.optional(v.string()) })),
    expectedAbsent: v.optional(v.array(v.string())),
  },
  handler: async (ctx, { threadId, set, unset, expected, expectedAbsent }) => {
    const existing = await find(ctx, threadId);
    if (!existing) {
      throw new ConvexError({
        code: "NotFound",
        message: `thread '${threadId}' is not there`,
      });
    }
    const isExpected =
      Object.entries(expected ?? {}).every(
        ([name, value]) =>
          (existing as Record<string, unknown>)[name] === value,
      ) && (expectedAbsent ?? []).every((name) => !(name in existing));
    if (!isExpected) {
      throw new ConvexError({
        code: "Conflict",
        message: `thread '${threadId}' is different`,
      });
    }
    const removed = Object.fromEntries(
      (unset ?? []).map((name) => [name, undefined]),
    );
    await ctx.db.patch("threads", existing._id, { ...set, ...removed });
    return await find(ctx, threadId);
  },
});

export const remove = mutation({
  args: { threadId: v.string() },
  handler: async (ctx, { threadId }) => {
    const messages = await ctx.db
      .query("messages")
      .withIndex("by_threadId_and_createdAt", (q) => q.eq("threadId", threadId))
      .take(BATCH);
    for (const message of messages) {
      await ctx.db.delete("messages", message._id);
    }
    if (messages.length === BATCH) {
      return { removed: false, isDone: false };
    }
    const existing = await find(ctx, threadId);
    if (existing) {
      await ctx.db.delete("threads", existing._id);
    }
    return { removed: existing !== null, isDone: true };
  },
});

export const removeMany = mutation({
  args: { keys: v.array(key) },
  handler: async (ctx, { keys }) => {
    let removed = 0;
    for (const { threadId } of keys.slice(0, BATCH)) {
      const existing = await find(ctx, threadId);
      if (existing) {
        await ctx.db.delete("threads", existing._id);
        removed += 1;
      }
    }
    return { removed, remaining: keys.slice(BATCH) };
  },
});

export const clear = mutation({
  args: {},
  handler: async (ctx) => {
    const batch = await ctx.db.query("threads").take(BATCH);
    for (const thread of batch) {
      await ctx.db.delete("threads", thread._id);
    }
    return { removed: batch.length, isDone: batch.length < BATCH };
  },
});
