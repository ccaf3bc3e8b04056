import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
export default defineSchema(
  {
    keyless: defineTable({ channel: v.string(), body: v.string() }).index(
      "by_channel",
      ["channel"],
    ),
    storageIds: defineTable({
      avatar: v.optional(v.id("_storage")),
      all: v.array(v.id("_storage")),
    }),
    scheduled: defineTable({
      reminder: v.union(v.id("_scheduled_functions"), v.null()),
    }),
    foreignIds: defineTable({ channel: v.id("channels") }),
    doubles: defineTable({
      rank: v.number(),
      on: v.boolean(),
      email: v.optional(v.string()),
    })
      .index("by_rank", ["rank"])
      .index("by_on", ["on"])
      .index("by_email", ["email"]),
    first: defineTable({ slug: v.string() }).index("by_slug", ["slug"]),
    indexNames: defineTable({
      a: v.string(),
      b: v.string(),
      c: v.string(),
      d: v.string(),
    })
      .index("key", ["a"])
      .index("null", ["b"])
      .index("action", ["c"])
      .index("str", ["d"]),
    argumentNames: defineTable({
      order: v.number(),
      limit: v.string(),
      search: v.string(),
    })
      .index("by_order", ["order"])
      .index("by_limit_and_search", ["limit", "search"]),
    vectorFilters: defineTable({
      vector: v.array(v.float64()),
      owner: v.array(v.string()),
      any: v.any(),
    }).vectorIndex("vector", {
      vectorField: "vector",
      dimensions: 3,
      filterFields: ["owner", "any"],
    }),
    anything: defineTable(v.any())
      .index("by_kind", ["kind", "details.code"])
      .searchIndex("search_text", {
        searchField: "text",
        filterFields: ["kind"],
      })
      .vectorIndex("near", { vectorField: "near", dimensions: 2 }),
    vectorsOfManyKinds: defineTable({
      any: v.any(),
      some: v.union(v.array(v.float64()), v.string()),
      sizes: v.optional(v.array(v.float64())),
      inner: v.object({ vector: v.array(v.float64()) }),
    })
      .vectorIndex("by_any", { vectorField: "any", dimensions: 2 })
      .vectorIndex("by_some", { vectorField: "some", dimensions: 3 })
      .vectorIndex("by_short", { vectorField: "sizes", dimensions: 2 })
      .vectorIndex("by_long", { vectorField: "sizes", dimensions: 3 })
      .vectorIndex("by_inner", { vectorField: "inner.vector", dimensions: 4 }),
    valueIndexes: defineTable({
      name: v.string(),
      args: v.any(),
      tags: v.array(v.string()),
      where: v.object({ x: v.number() }),
      counts: v.record(v.string(), v.number()),
    })
      .index("by_name_and_args", ["name", "args"])
      .index("by_tags", ["tags"])
      .index("by_where", ["where"])
      .index("by_counts", ["counts"]),
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
    searchFilters: defineTable({
      text: v.string(),
      tags: v.array(v.string()),
      any: v.any(),
    }).searchIndex("search", {
      searchField: "text",
      filterFields: ["tags", "any"],
    }),
    oddSearches: defineTable({
      author: v.id("keyless"),
      kind: v.union(v.string(), v.number()),
    })
      .searchIndex("by_author", { searchField: "author" })
      .searchIndex("by_kind", { searchField: "kind" }),
    blankLiterals: defineTable({
      image: v.union(v.literal(""), v.literal("a")),
      url: v.union(v.string(), v.literal("")),
    }),
    manySearches: defineTable({
      a: v.string(),
      b: v.string(),
      c: v.string(),
      d: v.string(),
      e: v.string(),
    })
      .searchIndex("a1", { searchField: "a" })
      .searchIndex("b1", { searchField: "b" })
      .searchIndex("c1", { searchField: "c" })
      .searchIndex("d1", { searchField: "d" })
      .searchIndex("e1", { searchField: "e" }),
    staged: defineTable({ a: v.string(), b: v.array(v.float64()) })
      .index("by_a", { fields: ["a"], staged: true })
      .searchIndex("search_a", {
        searchField: "a",
        filterFields: ["a"],
        staged: true,
      })
      .vectorIndex("by_b", {
        vectorField: "b",
        dimensions: 3,
        staged: true,
      }),
    empty: defineTable({}),
    figures: defineTable(
      v.union(
        v.object({ form: v.literal("circle"), radius: v.number() }),
        v.object({ form: v.literal("point") }),
      ),
    ),
    anyAndOthers: defineTable({
      doc: v.union(v.any(), v.string()),
      docs: v.array(v.union(v.null(), v.any(), v.object({ a: v.int64() }))),
      maybe: v.optional(v.union(v.any(), v.number(), v.null())),
    }),
    underscores: defineTable({
      message: v.object({
        _contentAvailable: v.optional(v.boolean()),
        to: v.string(),
      }),
    }),
    crons: defineTable({ name: v.optional(v.string()) }),
    system: defineTable({}),
    class: defineTable({ prn: v.id("prn") }),
    prn: defineTable({ user: v.id("user") }),
    client: defineTable({}),
    functions: defineTable({}),
    user: defineTable({}),
    User: defineTable({ user: v.id("user") }),
    untaggedDocuments: defineTable(
      v.union(
        v.object({ at: v.number(), text: v.string() }),
        v.object({ at: v.number(), image: v.string() }),
        v.object({ at: v.number(), text: v.number(), of: v.optional(v.any()) }),
      ),
    )
      .index("by_at", ["at", "text"])
      .searchIndex("search_text", { searchField: "text" }),
    zeros: defineTable({
      none: v.literal(-0),
      both: v.union(v.literal(-0), v.literal(1)),
    }),
    textsTwice: defineTable({
      text: v.string(),
      kind: v.string(),
      near: v.array(v.float64()),
      kinds: v.string(),
    })
      .index("by_kind", ["kind"])
      .searchIndex("search_text", { searchField: "text" })
      .searchIndex("searchText", {
        searchField: "text",
        filterFields: ["kind"],
      })
      .searchIndex("byKind", { searchField: "kind" })
      .searchIndex("nearestNear", { searchField: "kinds" })
      .vectorIndex("near", { vectorField: "near", dimensions: 2 }),
    commitTimes: defineTable({
      updatedAt: v.commitTs(),
      all: v.array(v.union(v.commitTs(), v.int64(), v.null())),
      maybe: v.optional(v.object({ at: v.commitTs() })),
    }).index("by_updatedAt", ["updatedAt", "maybe.at"]),
    sameNames: defineTable({
      one_to_one: v.optional(v.string()),
      oneToOne: v.optional(v.string()),
      creationTime: v.number(),
      docId: v.string(),
      toWire: v.string(),
      class: v.string(),
      class_: v.string(),
      inner: v.object({ aB: v.string(), a_b: v.object({ x: v.string() }) }),
    })
      .index("by_creationTime", ["creationTime", "inner.aB"])
      .index("by_docId", ["docId", "oneToOne"]),
    sameTags: defineTable(
      v.union(
        v.object({
          docId: v.literal("a"),
          doc_id: v.number(),
          own: v.number(),
        }),
        v.object({
          docId: v.literal("b"),
          doc_id: v.number(),
          Own: v.string(),
        }),
      ),
    ),
    emptyObjects: defineTable({
      metadata: v.object({}),
      maybe: v.optional(v.union(v.object({}), v.null())),
    }),
  },
  { schemaValidation: false, strictTableNameTypes: false },
);
