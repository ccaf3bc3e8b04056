import {
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

/** Adds one and notes who did, each time that it runs. */
export const increment = mutation({
  args: { writer: v.string(), sequence: v.number() },
  handler: async (ctx, args) => {
    await ctx.db.insert("increments", args);
    const counter = await ctx.db.query("counters").first();
    if (counter === null) {
      await ctx.db.insert("counters", { count: 1 });
      return 1;
    }
    const count = counter.count + 1;
    await ctx.db.patch(counter._id, { count });
    return count;
  },
});

export const read = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("counters").first())?.count ?? 0,
});

export const sequencesOf = query({
  args: { writer: v.string() },
  handler: async (ctx, { writer }) => {
    const increments = await ctx.db
      .query("increments")
      .withIndex("by_writer_and_sequence", (q) => q.eq("writer", writer))
      .collect();
    return increments.map(({ sequence }) => sequence);
  },
});
