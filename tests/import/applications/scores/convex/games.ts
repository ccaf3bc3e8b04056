import { TableAggregate } from "@convex-dev/aggregate";
import { v } from "convex/values";
import { components } from "./_generated/api";
import type { DataModel } from "./_generated/dataModel";
import { mutation, query } from "./_generated/server";

const byScore = new TableAggregate<{
  Key: number;
  DataModel: DataModel;
  TableName: "scores";
}>(components.byScore, { sortKey: (score) => score.points });

export const play = mutation({
  args: { points: v.record(v.string(), v.number()) },
  returns: v.id("games"),
  handler: async (ctx, { points }) => {
    const players = [];
    for (const [name, best] of Object.entries(points)) {
      players.push(
        await ctx.db.insert("players", { name, best, isBot: name === "bot" }),
      );
    }
    const game = await ctx.db.insert("games", {
      players,
      winner: players[0] ?? null,
      board: [
        ["x", null],
        ["o", "x"],
      ],
      seed: -1n,
    });
    for (const [place, player] of players.entries()) {
      const score = await ctx.db.insert("scores", {
        game,
        player,
        points: Object.values(points)[place] ?? 0,
      });
      const found = await ctx.db.get("scores", score);
      if (found !== null) await byScore.insert(ctx, found);
    }
    return game;
  },
});

export const rank = query({
  args: { points: v.number() },
  returns: v.number(),
  handler: async (ctx, { points }) => await byScore.indexOf(ctx, points),
});
