import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

const common = { session: v.string(), at: v.number() };

export default defineSchema({
  // One table, a form for each type.
  events: defineTable(
    v.union(
      v.object({
        ...common,
        type: v.literal("page"),
        path: v.string(),
        referrer: v.optional(v.string()),
      }),
      v.object({
        ...common,
        type: v.literal("click"),
        target: v.object({ x: v.number(), y: v.number() }),
      }),
      v.object({ ...common, type: v.literal("custom"), data: v.any() }),
    ),
  )
    .index("by_session", ["session", "at"])
    .index("by_type", ["type"]),
  /** Without a field that tells them apart. */
  metrics: defineTable(
    v.union(
      v.object({ name: v.string(), count: v.number() }),
      v.object({ name: v.string(), text: v.string() }),
    ),
  ).index("by_name", ["name"]),
  raw: defineTable(v.any()),
  empty: defineTable({}),
});
