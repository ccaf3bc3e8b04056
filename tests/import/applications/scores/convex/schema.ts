import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  games: defineTable({
    players: v.array(v.id("players")),
    winner: v.union(v.null(), v.id("players")),
    board: v.array(v.array(v.union(v.literal("x"), v.literal("o"), v.null()))),
    seed: v.int64(),
  }),
  players: defineTable({
    name: v.string(),
    isBot: v.boolean(),
    best: v.optional(v.number()),
  })
    .index("by_name", ["name"])
    .index("by_isBot_and_best", ["isBot", "best"]),
  scores: defineTable({
    game: v.id("games"),
    player: v.id("players"),
    points: v.number(),
  }).index("by_game_and_player", ["game", "player"]),
});
