import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

const body = v.union(
  v.object({ kind: v.literal("text"), text: v.string() }),
  v.object({
    kind: v.literal("image"),
    file: v.id("_storage"),
    size: v.optional(v.object({ width: v.number(), height: v.number() })),
  }),
);

export default defineSchema({
  /** Where people talk. */
  rooms: defineTable({
    slug: v.string(),
    topic: v.union(v.string(), v.null()),
    lastMessage: v.optional(v.id("messages")),
  }).index("by_slug", ["slug"]),
  members: defineTable({
    room: v.id("rooms"),
    name: v.string(),
    role: v.union(v.literal("admin"), v.literal("member")),
    lastSeen: v.optional(v.number()), // when the room was open last
  })
    .index("by_room_and_name", ["room", "name"])
    .index("by_lastSeen", ["lastSeen"]),
  messages: defineTable({
    room: v.id("rooms"),
    author: v.id("members"),
    body,
    // For the search: images have none.
    words: v.optional(v.string()),
    reactions: v.record(v.string(), v.array(v.id("members"))),
  })
    .index("by_room", ["room"])
    .index("by_kind", ["room", "body.kind"])
    .searchIndex("words", { searchField: "words", filterFields: ["room"] }),
});
