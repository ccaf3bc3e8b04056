import { TableAggregate } from "@convex-dev/aggregate";
import {
  componentsGeneric,
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

const components: any = componentsGeneric();

const byPoints = new TableAggregate<any>(components.aggregate, {
  sortKey: (score: any) => score.points,
  sumValue: (score: any) => score.points,
});
const byPlayer = new TableAggregate<any>(components.byPlayer, {
  namespace: (score: any) => score.player,
  sortKey: (score: any) => score.points,
});

export const add = mutation({
  args: { player: v.string(), points: v.number() },
  handler: async (ctx: any, args) => {
    const id = await ctx.db.insert("scores", args);
    const score = await ctx.db.get("scores", id);
    await byPoints.insert(ctx, score);
    await byPlayer.insert(ctx, score);
    return id;
  },
});

export const addAndFail = mutation({
  args: { player: v.string(), points: v.number() },
  handler: async (ctx: any, args) => {
    const id = await ctx.db.insert("scores", args);
    await byPoints.insert(ctx, await ctx.db.get("scores", id));
    throw new Error("boom");
  },
});

export const remove = mutation({
  args: { id: v.id("scores") },
  handler: async (ctx: any, { id }) => {
    const score = await ctx.db.get("scores", id);
    await ctx.db.delete("scores", id);
    await byPoints.delete(ctx, score);
    await byPlayer.delete(ctx, score);
  },
});

export const summary = query({
  args: { player: v.string() },
  handler: async (ctx: any, { player }): Promise<any> => {
    const count = await byPoints.count(ctx);
    return {
      count,
      sum: await byPoints.sum(ctx),
      best: count === 0 ? null : (await byPoints.at(ctx, -1)).key,
      above10: await byPoints.count(ctx, {
        bounds: { lower: { key: 10, inclusive: false } },
      } as any),
      ofPlayer: await byPlayer.count(ctx, { namespace: player } as any),
    };
  },
});

export const list = query({
  args: {},
  handler: async (ctx: any) => await ctx.db.query("scores").collect(),
});
