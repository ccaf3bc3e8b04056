import { v } from "convex/values";

import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import { internalMutation, internalQuery } from "./_generated/server";

/** What tables have that clients do not show: parts of values, and what goes on by itself. */
export const left = internalQuery({
  args: {},
  returns: v.any(),
  handler: async (ctx) => {
    const unfinished = await ctx.db.query("unfinishedWrites").collect();
    return {
      chunks: (await ctx.db.query("jsonChunks").collect()).length,
      reactions: (await ctx.db.query("messagesReactions").collect()).length,
      going: unfinished.filter((one) => one.work !== null).length,
    };
  },
});

/** What goes on by itself, or did within an hour. */
export const unfinished = internalQuery({
  args: {},
  returns: v.any(),
  handler: async (ctx) => await ctx.db.query("unfinishedWrites").collect(),
});

/** What has begun so many times, before any of it goes on. */
export const begin = internalMutation({
  args: { times: v.number() },
  returns: v.any(),
  handler: async (ctx, { times }): Promise<Doc<"unfinishedWrites">[]> => {
    for (let count = 0; count < times; count += 1)
      await ctx.runMutation(internal.system.removeExpired, {});
    return await ctx.db.query("unfinishedWrites").collect();
  },
});

/** Has a token expire at another time once it was begun, before any of it goes on. */
export const beginAndRenew = internalMutation({
  args: { id: v.id("tokens"), expiresAt: v.number() },
  returns: v.null(),
  handler: async (ctx, { id, expiresAt }) => {
    await ctx.runMutation(internal.system.removeExpired, {});
    await ctx.db.patch("tokens", id, { expiresAt });
    return null;
  },
});

/** Writes what no function of the spec does. */
export const leaveTrail = internalMutation({
  args: { at: v.number() },
  returns: v.null(),
  handler: async (ctx, args) => {
    await ctx.db.insert("trails", args);
    return null;
  },
});

/** Cancels what goes on by itself, as somebody may in the dashboard. */
export const cancelAll = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    for (const job of await ctx.db.system
      .query("_scheduled_functions")
      .collect()) {
      await ctx.scheduler.cancel(job._id);
    }
    return null;
  },
});
