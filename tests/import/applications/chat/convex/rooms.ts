import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

export const open = mutation({
  args: { slug: v.string(), names: v.array(v.string()) },
  returns: v.id("rooms"),
  handler: async (ctx, { slug, names }) => {
    const room = await ctx.db.insert("rooms", { slug, topic: null });
    for (const [place, name] of names.entries()) {
      const role = place === 0 ? "admin" : "member";
      await ctx.db.insert("members", { room, name, role });
    }
    return room;
  },
});

export const bySlug = query({
  args: { slug: v.string() },
  handler: async (ctx, { slug }) =>
    await ctx.db
      .query("rooms")
      .withIndex("by_slug", (q) => q.eq("slug", slug))
      .unique(),
});
