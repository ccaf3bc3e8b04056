import { mutationGeneric as mutation } from "convex/server";
import { v } from "convex/values";

export const put = mutation({
  args: { document: v.any() },
  handler: async (ctx, { document }) => await ctx.db.insert("strict", document),
});

export const replace = mutation({
  args: { id: v.id("strict"), document: v.any() },
  handler: async (ctx, { id, document }) => {
    await ctx.db.replace("strict", id, document);
  },
});

export const checked = mutation({
  args: {
    record: v.optional(v.record(v.string(), v.number())),
    literal: v.optional(v.literal(1n)),
    either: v.optional(v.union(v.string(), v.number())),
    message: v.optional(v.id("messages")),
  },
  handler: async () => "ok",
});
