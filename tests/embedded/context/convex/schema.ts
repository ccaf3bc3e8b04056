import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  notes: defineTable({
    text: v.string(),
    embedding: v.optional(v.array(v.float64())),
    at: v.optional(v.int64()),
  }).vectorIndex("by_embedding", { vectorField: "embedding", dimensions: 2 }),
  reports: defineTable({ found: v.any() }),
});
