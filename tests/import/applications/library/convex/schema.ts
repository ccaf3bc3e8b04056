import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  documents: defineTable({
    title: v.string(),
    text: v.string(),
    language: v.optional(v.string()),
    source: v.object({
      url: v.string(),
      license: v.union(v.literal("open"), v.literal("closed")),
    }),
    metadata: v.optional(v.record(v.string(), v.any())),
  })
    .index("by_url", ["source.url"])
    .searchIndex("search_text", {
      searchField: "text",
      filterFields: ["language", "source.license"],
      staged: false,
    })
    .searchIndex("search_title", { searchField: "title" }),
  chunks: defineTable({
    document: v.id("documents"),
    position: v.number(),
    text: v.string(),
    embedding: v.array(v.float64()),
    license: v.union(v.literal("open"), v.literal("closed")),
  })
    .index("by_document_and_position", ["document", "position"])
    .vectorIndex("by_embedding", {
      vectorField: "embedding",
      dimensions: 3,
      filterFields: ["license"],
    }),
});
