import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  records: defineTable({ scores: v.record(v.string(), v.number()) }),
  literals: defineTable({ version: v.literal(1n) }),
  numbers: defineTable({ n: v.optional(v.union(v.number(), v.null())) }),
  articles: defineTable({
    title: v.optional(v.string()),
    kind: v.optional(v.string()),
  }).searchIndex("by_title", { searchField: "title", filterFields: ["kind"] }),
  points: defineTable({
    at: v.optional(v.array(v.number())),
    kind: v.optional(v.string()),
  }).vectorIndex("by_at", {
    vectorField: "at",
    dimensions: 2,
    filterFields: ["kind"],
  }),
  ticks: defineTable({ name: v.string() }).index("by_name", ["name"]),
});
