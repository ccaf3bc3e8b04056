import { mutationGeneric as mutation } from "convex/server";
import { v } from "convex/values";

export const uploadUrl = mutation({
  args: {},
  handler: async (ctx) => await ctx.storage.generateUploadUrl(),
});

export const remove = mutation({
  args: { id: v.id("_storage") },
  handler: async (ctx, { id }) => await ctx.storage.delete(id),
});
