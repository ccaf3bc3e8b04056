import {
  actionGeneric as action,
  internalMutationGeneric as internalMutation,
  makeFunctionReference,
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

const writing = makeFunctionReference<"mutation">("scheduling:write");
const failing = makeFunctionReference<"mutation">("errors:insertAndFail");

export const write = internalMutation({
  args: { channel: v.string(), body: v.string() },
  handler: async (ctx, args) => {
    await ctx.db.insert("messages", args);
  },
});

export const later = mutation({
  args: { channel: v.string(), delay: v.number() },
  handler: async (ctx, { channel, delay }) =>
    await ctx.scheduler.runAfter(delay, writing, { channel, body: "later" }),
});

export const laterAndFail = mutation({
  args: { channel: v.string() },
  handler: async (ctx, { channel }) => {
    await ctx.scheduler.runAfter(0, writing, { channel, body: "never seen" });
    throw new Error("boom");
  },
});

export const failLater = mutation({
  args: { channel: v.string() },
  handler: async (ctx, { channel }) =>
    await ctx.scheduler.runAfter(0, failing, { channel }),
});

export const laterFromAction = action({
  args: { channel: v.string() },
  handler: async (ctx, { channel }) =>
    await ctx.scheduler.runAfter(0, writing, { channel, body: "from action" }),
});

export const cancel = mutation({
  args: { id: v.id("_scheduled_functions") },
  handler: async (ctx, { id }) => {
    await ctx.scheduler.cancel(id);
  },
});

export const state = query({
  args: { id: v.id("_scheduled_functions") },
  handler: async (ctx, { id }) =>
    (await ctx.db.system.get("_scheduled_functions", id)) as any,
});
