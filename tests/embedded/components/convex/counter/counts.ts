import {
  actionGeneric as action,
  internalMutationGeneric as internalMutation,
  makeFunctionReference,
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

const reading = makeFunctionReference<"query">("counts:read");
const incrementing = makeFunctionReference<"mutation">("counts:increment");
const ending = makeFunctionReference<"mutation">("counts:end");

export const read = query({
  args: {},
  handler: async (ctx) => {
    const identity = await ctx.auth.getUserIdentity();
    if (identity !== null) throw new Error("a component knows the user");
    return (await ctx.db.query("scores").first())?.count ?? 0;
  },
});

export const readInAction = action({
  args: {},
  handler: async (ctx): Promise<any> => await ctx.runQuery(reading, {}),
});

export const increment = mutation({
  args: { by: v.number() },
  returns: v.number(),
  handler: async (ctx, { by }): Promise<number> => {
    const counted: any = await ctx.db.query("scores").first();
    const count = (counted?.count ?? 0) + by;
    if (counted === null) await ctx.db.insert("scores", { count });
    else await ctx.db.patch(counted._id, { count });
    return count;
  },
});

export const incrementAndCall = mutation({
  args: { by: v.number(), name: v.string(), callback: v.string() },
  handler: async (ctx, args) => {
    await ctx.scheduler.runAfter(0, ending, args);
  },
});

export const end = internalMutation({
  args: { by: v.number(), name: v.string(), callback: v.string() },
  handler: async (ctx, { by, name, callback }) => {
    await ctx.runMutation(incrementing, { by });
    await ctx.scheduler.runAfter(0, callback as any, { name });
  },
});
