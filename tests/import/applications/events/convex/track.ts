import { v } from "convex/values";
import { mutation } from "./_generated/server";
import schema from "./schema";

export const event = mutation({
  args: { event: schema.tables.events.validator },
  returns: v.id("events"),
  handler: async (ctx, { event }) => await ctx.db.insert("events", event),
});

export const rest = mutation({
  args: { raw: v.any() },
  returns: v.null(),
  handler: async (ctx, { raw }) => {
    await ctx.db.insert("metrics", { name: "size", count: 3 });
    await ctx.db.insert("metrics", { name: "state", text: "good" });
    await ctx.db.insert("raw", raw);
    await ctx.db.insert("empty", {});
    return null;
  },
});
