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
  values: defineTable({
    value: v.optional(v.any()),
    n: v.optional(v.number()),
  }).index("by_value", ["value"]),
  rows: defineTable({
    n: v.number(),
    value: v.optional(v.any()),
    text: v.optional(v.string()),
    tag: v.optional(v.string()),
    scores: v.optional(v.record(v.string(), v.number())),
    version: v.optional(v.literal(1n)),
  })
    .index("by_value", ["value"])
    .index("by_member", ["value.a"])
    .index("by_n_and_value", ["n", "value"])
    .searchIndex("by_text", { searchField: "text", filterFields: ["tag"] }),
  strict: defineTable({
    name: v.string(),
    scores: v.optional(v.record(v.string(), v.number())),
    version: v.optional(v.literal(1n)),
    message: v.optional(v.id("messages")),
  }),
  commits: defineTable({ at: v.commitTs() }).index("by_at", ["at"]),
});
