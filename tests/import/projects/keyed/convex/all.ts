import { query } from "./_generated/server";
export const all = query({
  args: {},
  handler: async (ctx) => {
    await ctx.db
      .query("scalars")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("optionals")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("literalsOfText")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("literalsOfOthers")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("sharedEnums")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("nestedObjects")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("sharedObjects")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("records")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("taggedUnions")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("untaggedUnions")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("unionsOfKinds")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("unionsInUnions")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("references")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("searched")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("vectors")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("snake_case_table")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("Capitals")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("spread")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("variants")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("composites")
      .withIndex("by_code", (q) => q.eq("code", "x").eq("group", "y" as any))
      .unique();
    await ctx.db
      .query("helpers")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("words")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("addresses")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("handles")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
    await ctx.db
      .query("globals")
      .withIndex("by_code", (q) => q.eq("code", "x"))
      .unique();
  },
});
