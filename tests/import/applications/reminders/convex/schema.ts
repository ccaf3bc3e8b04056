import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  reminders: defineTable({
    text: v.string(),
    job: v.optional(v.id("_scheduled_functions")),
    state: v.union(
      v.object({ is: v.literal("waiting"), until: v.number() }),
      v.object({ is: v.literal("done"), at: v.number(), by: v.string() }),
    ),
  }).index("by_state", ["state.is", "state.until"]),
  deliveries: defineTable({
    reminder: v.id("reminders"),
    attempts: v.number(),
    history: v.array(
      v.object({ at: v.number(), error: v.optional(v.string()) }),
    ),
  }).index("by_reminder", ["reminder"]),
  crons: defineTable({ name: v.string(), runs: v.int64() }).index("by_name", [
    "name",
  ]),
});
