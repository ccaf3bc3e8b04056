import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema({
  untaggedDocuments: defineTable(
    v.union(
      v.object({ at: v.number(), text: v.string() }),
      v.object({ at: v.number(), image: v.string() }),
    ),
  ),
  anything: defineTable(v.any()),
});
