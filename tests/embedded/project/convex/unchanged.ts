import {
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

export const add = mutation({
  args: {},
  handler: async (ctx) =>
    await ctx.db.insert("rows", { n: -0, value: { b: [NaN, 1n], a: null } }),
});

/** Another result in each run. */
export const read = query({
  args: { id: v.id("rows") },
  handler: async (ctx, { id }) => {
    await ctx.db.get(id);
    return Math.random();
  },
});

/** Writes what is there already, in the `way` that is named. */
export const write = mutation({
  args: { id: v.id("rows"), way: v.string() },
  handler: async (ctx, { id, way }) => {
    const row = await ctx.db.get(id);
    const same = { n: -0, value: { a: null, b: [NaN, 1n] } };
    if (way === "patch") await ctx.db.patch(id, { n: -0, tag: undefined });
    else if (way === "replace") await ctx.db.replace(id, same);
    else if (way === "replace all") await ctx.db.replace(id, row);
    else await ctx.db.patch(id, { n: 0 });
  },
});

/** What `count` writes that change nothing cost. */
export const cost = mutation({
  args: { id: v.id("rows"), count: v.number() },
  handler: async (ctx, { id, count }) => {
    for (let n = 0; n < count; n += 1) await ctx.db.patch(id, { n: -0 });
    return (await (ctx as any).meta.getTransactionMetrics()) as any;
  },
});
