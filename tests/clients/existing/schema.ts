import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  avatars: defineTable({
    image: v.id("_storage"),
    thumbnail: v.optional(v.id("_storage")),
    job: v.union(v.id("_scheduled_functions"), v.null()),
    channel: v.optional(v.id("channels")),
    seen: v.optional(v.record(v.union(v.id("channels"), v.id("_storage")), v.number())),
    several: v.array(v.union(v.id("_storage"), v.id("channels"))),
  })
    .index("by_image", ["image"])
    .index("by_job", ["job"])
    .index("by_thumbnail", ["thumbnail"]),
  frames: defineTable({ frameId: v.string(), image: v.id("_storage") })
    .index("by_frameId", ["frameId"])
    .index("by_image", ["image"]),
});
