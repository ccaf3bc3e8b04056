import {
  actionGeneric as action,
  makeFunctionReference,
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

export const echo = query({
  args: { value: v.any() },
  handler: async (_ctx, { value }) => value,
});

export const large = query({
  args: { length: v.number() },
  handler: async (_ctx, { length }) => "x".repeat(length),
});

export const put = mutation({
  args: { value: v.any() },
  handler: async (ctx, { value }) => await ctx.db.insert("values", { value }),
});

export const putField = mutation({
  args: { fields: v.any() },
  handler: async (ctx, { fields }) => await ctx.db.insert("values", fields),
});

export const get = query({
  args: { id: v.id("values") },
  handler: async (ctx, { id }) => (await ctx.db.get("values", id))?.value,
});

export const ordered = query({
  args: {},
  handler: async (ctx) =>
    await ctx.db.query("values").withIndex("by_value").collect(),
});

const echoReference = makeFunctionReference<"query">("values:echo");

/** Through an action and a query that it calls. */
export const relay = action({
  args: { value: v.any() },
  handler: async (ctx, { value }) =>
    await ctx.runQuery(echoReference, { value }),
});

/** An int64 that is known only when the mutation has committed. */
export const commitTimestamp = mutation({
  args: {},
  handler: async (ctx) => {
    const at = ctx.db.vars.commitTs;
    const id = await ctx.db.insert("commits", { at });
    return { id, at };
  },
});

export const commits = query({
  args: {},
  handler: async (ctx) => {
    const commits = await ctx.db.query("commits").withIndex("by_at").collect();
    return commits.map(({ at }) => at);
  },
});

export const undefinedInside = query({
  args: {},
  handler: async () => ({ present: 1, absent: undefined }),
});

export const unsupported = query({
  args: {},
  handler: async () => ({ at: new Date(0) }),
});

let calls = 0;

/** How often this module's function ran, as far as the module knows. */
export const countCalls = query({ args: {}, handler: async () => ++calls });
