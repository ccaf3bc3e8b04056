import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({
  nestedPaths: defineTable({
    state: v.union(
      v.object({ type: v.literal("pending") }),
      v.object({ type: v.literal("done"), at: v.number() }),
    ),
    location: v.object({ city: v.string(), full: v.optional(v.string()) }),
  })
    .index("by_state", ["state.type", "state.at"])
    .searchIndex("search_full", {
      searchField: "location.full",
      filterFields: ["location.city"],
    }),
  commitTimes: defineTable({ updatedAt: v.commitTs() }),
  untaggedDocuments: defineTable(
    v.union(
      v.object({ at: v.number(), text: v.string() }),
      v.object({ at: v.number(), image: v.string() }),
    ),
  ),
  anything: defineTable(v.any()),
  sameNames: defineTable({
    one_to_one: v.optional(v.string()),
    oneToOne: v.optional(v.string()),
  }),
});
