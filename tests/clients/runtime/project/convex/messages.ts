import {
  type DataModelFromSchemaDefinition,
  internalMutationGeneric,
  internalQueryGeneric,
  type MutationBuilder,
  paginationOptsValidator,
  type QueryBuilder,
} from "convex/server";
import { v } from "convex/values";
import { writtenMessageFields } from "./fields";
import type schema from "./schema";

type DataModel = DataModelFromSchemaDefinition<typeof schema>;
const query: QueryBuilder<DataModel, "internal"> = internalQueryGeneric;
const mutation: MutationBuilder<DataModel, "internal"> =
  internalMutationGeneric;

const bounds = v.object({
  gt: v.optional(v.number()),
  gte: v.optional(v.number()),
  lt: v.optional(v.number()),
  lte: v.optional(v.number()),
});

export const save = mutation({
  args: { message: v.object(writtenMessageFields) },
  handler: async (ctx, { message }) => {
    const id = await ctx.db.insert("messages", {
      ...message,
      createdAt: message.createdAt ?? Date.now(),
    });
    return await ctx.db.get("messages", id);
  },
});

export const byThreadId = query({
  args: {
    threadId: v.string(),
    createdAt: v.optional(bounds),
    order: v.optional(v.union(v.literal("asc"), v.literal("desc"))),
    paginationOpts: paginationOptsValidator,
  },
  handler: (ctx, { threadId, createdAt, order, paginationOpts }) =>
    ctx.db
      .query("messages")
      .withIndex("by_threadId_and_createdAt", (q) => {
        const lowest = q.eq("threadId", threadId);
        const low = createdAt?.gte ?? createdAt?.gt ?? -Infinity;
        const lower =
          createdAt?.gt === undefined
            ? lowest.gte("createdAt", low)
            : lowest.gt("createdAt", low);
        const high = createdAt?.lte ?? createdAt?.lt ?? Infinity;
        return createdAt?.lt === undefined
          ? lower.lte("createdAt", high)
          : lower.lt("createdAt", high);
      })
      .order(order ?? "asc")
      .paginate(paginationOpts),
});

export const remove = mutation({
  args: { messageId: v.string() },
  handler: async (ctx, { messageId }) => {
    const found = await ctx.db
      .query("messages")
      .withIndex("by_messageId", (q) => q.eq("messageId", messageId))
      .unique();
    if (found) {
      await ctx.db.delete("messages", found._id);
    }
    return null;
  },
});
