import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation, mutation } from "./_generated/server";

export const remind = mutation({
  args: { text: v.string(), inMilliseconds: v.number() },
  returns: v.id("reminders"),
  handler: async (ctx, { text, inMilliseconds }) => {
    const until = Date.now() + inMilliseconds;
    const reminder = await ctx.db.insert("reminders", {
      text,
      state: { is: "waiting", until },
    });
    const job = await ctx.scheduler.runAt(until, internal.reminders.deliver, {
      reminder,
    });
    await ctx.db.patch("reminders", reminder, { job });
    return reminder;
  },
});

export const deliver = internalMutation({
  args: { reminder: v.id("reminders") },
  returns: v.null(),
  handler: async (ctx, { reminder }) => {
    const at = Date.now();
    await ctx.db.insert("deliveries", {
      reminder,
      attempts: 2,
      history: [{ at, error: "busy" }, { at }],
    });
    await ctx.db.patch("reminders", reminder, {
      job: undefined,
      state: { is: "done", at, by: "mail" },
    });
    return null;
  },
});

export const sweep = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const cron = await ctx.db
      .query("crons")
      .withIndex("by_name", (q) => q.eq("name", "sweep"))
      .unique();
    if (cron === null) {
      await ctx.db.insert("crons", { name: "sweep", runs: 1n });
    } else {
      await ctx.db.patch("crons", cron._id, { runs: cron.runs + 1n });
    }
    return null;
  },
});
