import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  counters: defineTable({ count: v.number() }),
  increments: defineTable({
    writer: v.string(),
    sequence: v.number(),
    count: v.number(),
  }).index("by_writer_and_sequence", ["writer", "sequence"]),
});
