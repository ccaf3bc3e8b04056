import {
  actionGeneric as action,
  internalActionGeneric as internalAction,
  internalMutationGeneric as internalMutation,
  makeFunctionReference,
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

const ticking = makeFunctionReference<"mutation">("jobs:tick");
const waiting = makeFunctionReference<"action">("jobs:wait");
const failing = makeFunctionReference<"mutation">("jobs:fail");

export const tick = internalMutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await ctx.db.insert("ticks", { name });
  },
});

export const fail = internalMutation({
  args: {},
  handler: async () => {
    throw new Error("boom");
  },
});

export const ticks = query({
  args: { name: v.string() },
  handler: async (ctx, { name }) =>
    (
      await ctx.db
        .query("ticks")
        .withIndex("by_name", (q) => q.eq("name", name))
        .collect()
    ).length,
});

export const schedule = mutation({
  args: { name: v.string(), delay: v.number() },
  handler: async (ctx, { name, delay }) =>
    await ctx.scheduler.runAfter(delay, ticking, { name }),
});

export const scheduleAt = mutation({
  args: { name: v.string(), time: v.number() },
  handler: async (ctx, { name, time }) =>
    await ctx.scheduler.runAt(time, ticking, { name }),
});

export const scheduleFailure = mutation({
  args: {},
  handler: async (ctx) => await ctx.scheduler.runAfter(0, failing, {}),
});

export const wait = internalAction({
  args: {},
  handler: async () => {
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
});

export const scheduleWaiting = mutation({
  args: {},
  handler: async (ctx) => await ctx.scheduler.runAfter(0, waiting, {}),
});

export const cancel = mutation({
  args: { id: v.id("_scheduled_functions") },
  handler: async (ctx, { id }) => await ctx.scheduler.cancel(id),
});

export const job = query({
  args: { id: v.id("_scheduled_functions") },
  handler: async (ctx, { id }): Promise<any> =>
    await ctx.db.system.get("_scheduled_functions", id),
});

export const stray = action({
  args: {},
  handler: async () => {
    void Promise.reject(new Error("nobody waits for this"));
    setTimeout(() => {
      throw new Error("thrown in a timer");
    }, 0);
    return null;
  },
});
