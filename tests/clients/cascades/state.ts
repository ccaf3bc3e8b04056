import { v } from "convex/values";

import { internalMutation, internalQuery } from "./_generated/server";
import { internalMutation as countedMutation } from "./lib/counts/functions";
import * as Threads from "./model/threads";

/** How many documents each table has, and what is left of deletions that go on. */
export const left = internalQuery({
  args: {},
  returns: v.any(),
  handler: async (ctx) => {
    const messages = await ctx.db.query("messages").take(20_000);
    return {
      threads: (await ctx.db.query("threads").collect()).length,
      messages: messages.length,
      folders: (await ctx.db.query("folders").collect()).length,
      papers: (await ctx.db.query("papers").collect()).length,
      unfinished: (await ctx.db.query("unfinishedWrites").collect()).length,
      jobs: (await ctx.db.system.query("_scheduled_functions").collect()).map(
        (job) => job.state.kind,
      ),
    };
  },
});

/** Deletes, as somebody's own function does, after it has read a page of its own. */
export const removeAfterReading = countedMutation({
  args: { threadId: v.string() },
  returns: v.any(),
  handler: async (ctx, args) => {
    await ctx.db.query("notes").paginate({ numItems: 1, cursor: null });
    return await Threads.remove(ctx, args);
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
