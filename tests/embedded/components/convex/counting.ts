import {
  actionGeneric as action,
  componentsGeneric,
  mutationGeneric as mutation,
  queryGeneric as query,
  createFunctionHandle,
  makeFunctionReference,
} from "convex/server";
import { v } from "convex/values";

const { counter }: any = componentsGeneric();
const noting = makeFunctionReference<"mutation">("counting:note");

export const read = query({
  args: {},
  handler: async (ctx): Promise<any> =>
    await ctx.runQuery(counter.counts.read, {}),
});

export const increment = mutation({
  args: { by: v.number() },
  handler: async (ctx, args): Promise<any> =>
    await ctx.runMutation(counter.counts.increment, args),
});

export const incrementAndFail = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.runMutation(counter.counts.increment, { by: 100 });
    throw new Error("boom");
  },
});

export const incrementInAction = action({
  args: { by: v.number() },
  handler: async (ctx, args): Promise<any> => {
    await ctx.runMutation(counter.counts.increment, args);
    return await ctx.runAction(counter.counts.readInAction, {});
  },
});

export const incrementLater = mutation({
  args: { by: v.number() },
  handler: async (ctx, args): Promise<any> =>
    await ctx.scheduler.runAfter(0, counter.counts.increment, args),
});

/** The component increments itself later, then calls back. */
export const incrementAndCallBack = mutation({
  args: { by: v.number(), name: v.string() },
  handler: async (ctx, { by, name }) => {
    const callback = await createFunctionHandle(noting);
    await ctx.runMutation(counter.counts.incrementAndCall, {
      by,
      name,
      callback,
    });
  },
});

export const note = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await ctx.db.insert("notes", { name });
  },
});

export const notes = query({
  args: {},
  handler: async (ctx) =>
    (await ctx.db.query("notes").collect()).map(({ name }) => name),
});
