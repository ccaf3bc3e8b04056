import { v } from "convex/values";

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
