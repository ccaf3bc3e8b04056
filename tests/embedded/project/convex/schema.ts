import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  messages: defineTable({
    channel: v.string(),
    body: v.string(),
    votes: v.optional(v.number()),
  })
    .index("by_channel", ["channel"])
    .index("by_channel_votes", ["channel", "votes"]),
  values: defineTable({ value: v.optional(v.any()), n: v.optional(v.number()) })
    .index("by_value", ["value"])
    .index("by_n_value", ["n", "value"]),
  strict: defineTable({
    name: v.string(),
    scores: v.optional(v.record(v.string(), v.number())),
    version: v.optional(v.literal(1n)),
    message: v.optional(v.id("messages")),
  }),
  commits: defineTable({ at: v.commitTs() }).index("by_at", ["at"]),
});
