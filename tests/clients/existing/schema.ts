import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema(
  {
    avatars: defineTable({
      image: v.id("_storage"),
      thumbnail: v.optional(v.id("_storage")),
      job: v.union(v.id("_scheduled_functions"), v.null()),
      channel: v.optional(v.id("channels")),
      seen: v.optional(
        v.record(v.union(v.id("channels"), v.id("_storage")), v.number()),
      ),
      several: v.array(v.union(v.id("_storage"), v.id("channels"))),
    })
      .index("by_image", ["image"])
      .index("by_job", ["job"])
      .index("by_thumbnail", ["thumbnail"]),
    frames: defineTable({ frameId: v.string(), image: v.id("_storage") })
      .index("by_frameId", ["frameId"])
      .index("by_image", ["image"]),
    words: defineTable({
      wordId: v.string(),
      order: v.string(),
      limit: v.string(),
      search: v.string(),
      vector: v.string(),
      set: v.string(),
      unset: v.string(),
      where: v.string(),
      cursor: v.string(),
      full: v.string(),
      around: v.string(),
      include: v.string(),
      paginationOpts: v.string(),
      key: v.string(),
      offset: v.string(),
      increment: v.string(),
      create: v.string(),
      timeout: v.string(),
      signal: v.string(),
      options: v.string(),
      changes: v.string(),
      self: v.string(),
      query: v.string(),
      order_: v.number(),
      embedding: v.array(v.number()),
    })
      .index("by_wordId", ["wordId"])
      .index("key", ["order", "vector"])
      .index("action", ["limit", "full"])
      .index("null", ["search", "offset"])
      .index("str", ["vector", "options"])
      .index("int", ["set", "limit"])
      .index("bool", ["unset", "where"])
      .index("list", ["where", "paginationOpts"])
      .index("get", ["cursor", "timeout"])
      .index("query", ["full", "query"])
      .index("save", ["around", "set"])
      .index("update", ["include", "around"])
      .index("delete", ["paginationOpts", "increment"])
      .index("watch", ["key", "changes"])
      .index("order", ["offset", "search"])
      .index("limit", ["increment", "cursor"])
      .index("self", ["create", "key"])
      .index("cls", ["timeout", "signal"])
      .index("datetime", ["signal", "order"])
      .index("bytes", ["options", "unset"])
      .index("float", ["changes", "include"])
      .index("dict", ["self", "create"])
      .index("tuple", ["query", "self"])
      .index("v", ["order", "set"])
      .index("pageOf", ["limit", "around"])
      .index("internal", ["search", "increment"])
      .index("getMany", ["vector", "changes"])
      .index("upsert", ["set", "search"])
      .index("class", ["unset", "cursor"])
      .index("constructor", ["where", "key"])
      .index("toString", ["cursor", "signal"])
      .index("valueOf", ["full", "order"])
      .index("clear", ["around", "unset"])
      .index("create", ["include", "order_"])
      .index("include", ["paginationOpts", "create"])
      .index("item", ["key", "self"])
      .index("json", ["offset", "vector"])
      .index("countTable", ["increment", "full"])
      .index("undefined", ["create", "offset"])
      .index("true", ["timeout", "options"])
      .index("dimValidator", ["signal", "limit"])
      .index("Position", ["options", "where"])
      .index("x_y", ["changes", "paginationOpts"])
      .index("A2", ["self", "timeout"])
      .index("by_order", ["order", "order_"])
      .index("byWhere", ["where", "cursor"])
      .index("byAround", ["around", "key"])
      .index("byKey", ["key", "offset", "limit"])
      .searchIndex("search", {
        searchField: "search",
        filterFields: ["limit", "search", "order"],
      })
      .searchIndex("list2", { searchField: "set", filterFields: ["limit"] })
      .vectorIndex("nearest", {
        vectorField: "embedding",
        dimensions: 3,
        filterFields: ["vector", "limit"],
      }),
    embeddings: defineTable({
      zero: v.literal(-0),
      embeddingId: v.string(),
      owner: v.array(v.string()),
      args: v.optional(v.any()),
      state: v.union(
        v.object({ x: v.number(), y: v.optional(v.number()) }),
        v.null(),
      ),
      counts: v.record(v.string(), v.number()),
      place: v.object({ city: v.string(), at: v.optional(v.number()) }),
      flags: v.union(v.array(v.boolean()), v.string()),
      embedding: v.array(v.float64()),
      file: v.optional(v.id("_storage")),
      nothing: v.object({}),
      empty: v.optional(v.object({})),
      size: v.union(v.literal(""), v.literal("s"), v.literal("m")),
      grade: v.union(v.literal(""), v.literal("a"), v.literal("b")),
      ratio: v.optional(v.number()),
      done: v.optional(v.boolean()),
      order: v.optional(v.string()),
      limit: v.optional(v.array(v.number())),
    })
      .index("by_order", ["order"])
      .index("by_embeddingId", ["embeddingId"])
      .index("by_owner", ["owner"])
      .index("by_args", ["args", "embeddingId"])
      .index("by_state_and_counts", ["state", "counts"])
      .index("by_place", ["place"])
      .index("by_flags", ["flags"])
      .index("by_embedding", ["embedding"])
      .index("by_nothing", ["nothing"])
      .index("by_size_and_grade", ["size", "grade"])
      .index("by_ratio", ["ratio"])
      .index("by_done_and_size", ["done", "size"])
      .index("by_owner_and_size", ["owner", "size"])
      .searchIndex("search_size", {
        searchField: "size",
        filterFields: ["owner", "args", "state", "limit"],
      })
      .searchIndex("search_file", { searchField: "file" })
      .searchIndex("search_counts", { searchField: "counts" })
      .searchIndex("search_flags", { searchField: "flags" })
      .searchIndex("search_args", { searchField: "args" })
      .vectorIndex("near", {
        vectorField: "embedding",
        dimensions: 2,
        filterFields: ["owner", "args", "place"],
      }),
    runs: defineTable({
      runId: v.string(),
      stateType: v.string(),
      state: v.union(
        v.object({ type: v.literal("pending") }),
        v.object({
          type: v.literal("failed"),
          at: v.number(),
          reason: v.optional(v.string()),
        }),
        v.object({ type: v.literal("done"), at: v.number() }),
      ),
      place: v.object({
        city: v.string(),
        full: v.optional(v.string()),
        since: v.optional(v.number()),
      }),
      home: v.optional(
        v.union(
          v.object({
            grade: v.union(v.literal(""), v.literal("a"), v.literal("b")),
            position: v.optional(
              v.object({ x: v.number(), y: v.optional(v.number()) }),
            ),
            tags: v.array(v.string()),
            inner: v.optional(
              v.object({ code: v.int64(), note: v.optional(v.string()) }),
            ),
            direction: v.optional(v.array(v.float64())),
          }),
          v.null(),
        ),
      ),
      more: v.optional(v.any()),
      place_city: v.optional(v.string()),
      embedding: v.array(v.float64()),
    })
      .index("by_runId", ["runId"])
      .index("by_more", ["more.of.it"])
      .index("by_cities", ["place_city", "place.city"])
      .index("by_state", ["state.type", "state.at"])
      .index("by_types", ["stateType", "state.type"])
      .index("by_home", ["home.grade", "home.inner.code", "place.since"])
      .index("by_position", ["home.position", "place.city"])
      .index("by_city", ["place.city", "state.at"])
      .index("by_tags", ["home.tags"])
      .searchIndex("search_full", {
        searchField: "place.full",
        filterFields: ["place.city", "home.grade"],
      })
      .vectorIndex("near_run", {
        vectorField: "embedding",
        dimensions: 2,
        filterFields: ["place.city", "home.inner.code"],
      })
      .vectorIndex("near_home", {
        vectorField: "home.direction",
        dimensions: 2,
        filterFields: ["home.grade"],
      }),
    stamps: defineTable({
      stampId: v.string(),
      creationTime: v.number(),
      docId: v.string(),
      fooBar: v.union(v.string(), v.number()),
      foo_bar: v.optional(v.union(v.string(), v.number(), v.null())),
      order: v.number(),
      place: v.object({
        zipCode: v.string(),
        zip_code: v.optional(v.number()),
      }),
      innerPart: v.optional(v.object({ a: v.number() })),
      inner_part: v.optional(v.object({ a: v.string() })),
      shape: v.union(
        v.object({ theForm: v.literal("circle"), radius: v.number() }),
        v.object({ theForm: v.literal("point") }),
      ),
    })
      .index("by_stampId", ["stampId"])
      .index("by_docId", ["docId"])
      .index("by_created", ["creationTime", "fooBar"])
      .index("by_foo", ["foo_bar", "fooBar", "order"])
      .index("by_zip", ["place.zip_code", "docId"])
      .index("by_fooBar_and_creationTime", ["fooBar", "creationTime"])
      .searchIndex("search_doc", {
        searchField: "docId",
        filterFields: ["foo_bar", "order", "creationTime"],
      })
      .searchIndex("searchDoc", { searchField: "docId" }),
    commits: defineTable({
      at: v.commitTs(),
      inner: v.object({ all: v.array(v.commitTs()) }),
      before: v.optional(v.union(v.commitTs(), v.null())),
    })
      .index("by_at", ["at"])
      .index("by_before", ["before"]),
    notes: defineTable(
      v.union(
        v.object({
          noteId: v.string(),
          at: v.number(),
          text: v.string(),
          language: v.optional(v.string()),
        }),
        v.object({
          noteId: v.string(),
          at: v.number(),
          image: v.bytes(),
          size: v.optional(v.number()),
        }),
        v.object({
          noteId: v.string(),
          at: v.number(),
          image: v.string(),
          of: v.union(v.id("notes"), v.null()),
        }),
        v.object({
          noteId: v.string(),
          at: v.number(),
          x: v.number(),
          y: v.optional(v.number()),
        }),
      ),
    )
      .index("by_noteId", ["noteId"])
      .index("by_at", ["at"])
      .index("by_image", ["image"])
      .index("by_text_and_at", ["text", "at"])
      .searchIndex("search_notes", {
        searchField: "text",
        filterFields: ["image", "language"],
      }),
    plains: defineTable(
      v.union(
        v.object({ at: v.number(), text: v.string() }),
        v.object({ at: v.number(), image: v.string() }),
      ),
    ).index("by_at", ["at"]),
    sessions: defineTable(v.any())
      .index("by_user", ["user"])
      .index("by_place", ["place.city", "at"])
      .searchIndex("search_text", {
        searchField: "text",
        filterFields: ["user"],
      })
      .vectorIndex("near", { vectorField: "embedding", dimensions: 2 }),
    visits: defineTable({ session: v.id("sessions") }),
    shifts: defineTable(
      v.union(
        v.object({
          creationTime: v.number(),
          docId: v.literal("day"),
          fooBar: v.number(),
        }),
        v.object({
          creationTime: v.number(),
          docId: v.literal("night"),
          foo_bar: v.number(),
          until: v.optional(v.commitTs()),
        }),
      ),
    ).index("by_both", ["docId", "foo_bar"]),
  },
  { schemaValidation: false },
);
