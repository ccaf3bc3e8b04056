import { query } from "./_generated/server";
export const all = query({
  args: {},
  handler: async (ctx) => {
    await ctx.db
      .query("doubles")
      .withIndex("by_rank", (q) => q.eq("rank", 1))
      .unique();
    await ctx.db
      .query("doubles")
      .withIndex("by_email", (q) => q.eq("email", "a"))
      .unique();
    return await ctx.db
      .query("first")
      .withIndex("by_slug", (q) => q.eq("slug", "a"))
      .first();
  },
});
