import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import { label, priority } from "./validators";

export default defineSchema({
  boards: defineTable({
    name: v.string(),
    archivedAt: v.optional(v.number()),
    settings: v.object({
      color: v.string(),
      limits: v.optional(v.object({ perColumn: v.number() })),
    }),
  })
    .index("archived", ["archivedAt"])
    .index("by_color", ["settings.color"]),
  columns: defineTable({
    board: v.id("boards"),
    name: v.string(),
    order: v.number(),
  }).index("order", ["board", "order"]),
  cards: defineTable({
    board: v.id("boards"),
    column: v.id("columns"),
    title: v.string(),
    priority,
    order: v.number(),
    labels: v.array(label),
    parent: v.union(v.id("cards"), v.null()),
    watchers: v.optional(v.array(v.string())),
    estimate: v.optional(v.union(v.number(), v.literal("unknown"))),
  })
    .index("column", ["column", "order"])
    .index("by_board_and_priority", ["board", "priority"])
    .index("by_parent", ["parent"]),
});
