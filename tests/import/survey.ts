// A schema for each row of a survey of public ones: what their authors write, by what it is called there.
import {
  defineSchema,
  defineTable,
  type SchemaDefinition,
} from "convex/server";
import { v } from "convex/values";

const address = { city: v.string(), zip: v.optional(v.string()) };
const timestamps = { createdAt: v.number(), updatedAt: v.optional(v.number()) };
const vectorFields = (dimensions: number) =>
  defineTable({
    model: v.string(),
    model_table_userId: v.optional(v.array(v.string())),
    vector: v.array(v.float64()),
  })
    .vectorIndex("vector", {
      vectorField: "vector",
      dimensions,
      filterFields: ["model", "model_table_userId"],
    })
    .index("model_table_userId", ["model", "model_table_userId"]);

export const said: Record<string, SchemaDefinition<any, boolean>> = {
  "no natural key": defineSchema({
    events: defineTable({ kind: v.string(), at: v.number() }),
  }),
  index: defineSchema({
    notes: defineTable({ owner: v.string(), at: v.number() })
      .index("by_owner", ["owner"])
      .index("by_owner_and_at", ["owner", "at"]),
  }),
  "index over an optional field": defineSchema({
    users: defineTable({ email: v.optional(v.string()) }).index("by_email", [
      "email",
    ]),
  }),
  "table without any declared index": defineSchema({
    settings: defineTable({ theme: v.string() }),
  }),
  "id of a table of the schema": defineSchema({
    lists: defineTable({ owner: v.id("users") }).index("by_owner", ["owner"]),
    users: defineTable({ name: v.string(), lists: v.array(v.id("lists")) }),
  }),
  "literal: string": defineSchema({
    tasks: defineTable({
      state: v.union(
        v.literal("open"),
        v.literal("in progress"),
        v.literal("done!"),
      ),
    }),
  }),
  "index name: not by_": defineSchema({
    limits: defineTable({ name: v.string(), userId: v.string() })
      .index("name", ["name"])
      .index("userAndName", ["userId", "name"])
      .index("User_Name", ["userId"]),
  }),
  "nested object": defineSchema({
    people: defineTable({
      home: v.object(address),
      work: v.optional(v.object(address)),
    }),
  }),
  "unique by a pair": defineSchema({
    presence: defineTable({ user: v.string(), room: v.string() }).index(
      "user_room",
      ["user", "room"],
    ),
  }),
  "field: any": defineSchema({
    logs: defineTable({ data: v.any(), extra: v.optional(v.any()) }),
  }),
  "optional field in a nested object": defineSchema({
    posts: defineTable({
      meta: v.object({
        title: v.optional(v.string()),
        deep: v.optional(v.object({ at: v.optional(v.number()) })),
      }),
    }),
  }),
  null: defineSchema({
    games: defineTable({
      winner: v.union(v.null(), v.string()),
      nothing: v.null(),
      maybe: v.optional(v.union(v.number(), v.null())),
    }),
  }),
  "probable key": defineSchema({
    links: defineTable({ normalizedId: v.string() }).index("by_normalizedId", [
      "normalizedId",
    ]),
  }),
  "key with an optional, nullable or double field": defineSchema({
    rates: defineTable({
      name: v.string(),
      key: v.optional(v.string()),
      shard: v.number(),
      parent: v.union(v.string(), v.null()),
    })
      .index("name", ["name", "key", "shard"])
      .index("parent", ["parent"]),
  }),
  "search index": defineSchema({
    posts: defineTable({ body: v.string() }).searchIndex("search_body", {
      searchField: "body",
    }),
  }),
  "nested union of objects": defineSchema({
    jobs: defineTable({
      state: v.union(
        v.object({ kind: v.literal("waiting") }),
        v.object({ kind: v.literal("failed"), error: v.string() }),
      ),
      shapes: v.array(
        v.union(
          v.object({ width: v.number() }),
          v.object({ radius: v.number() }),
        ),
      ),
    }),
  }),
  "id of _storage": defineSchema({
    uploads: defineTable({
      file: v.id("_storage"),
      thumbnails: v.optional(v.array(v.id("_storage"))),
    }).index("by_file", ["file"]),
  }),
  record: defineSchema({
    scores: defineTable({
      points: v.record(v.string(), v.number()),
      nested: v.record(v.string(), v.object({ at: v.optional(v.number()) })),
    }),
  }),
  "index over a nullable field": defineSchema({
    trees: defineTable({ parent: v.union(v.id("trees"), v.null()) }).index(
      "by_parent",
      ["parent"],
    ),
  }),
  "search index with filter fields": defineSchema({
    documents: defineTable({
      text: v.string(),
      owner: v.id("documents"),
      isPublic: v.optional(v.boolean()),
    }).searchIndex("text", {
      searchField: "text",
      filterFields: ["owner", "isPublic"],
    }),
  }),
  "vector index": defineSchema({
    chunks: defineTable({ embedding: v.array(v.float64()) }).vectorIndex(
      "by_embedding",
      { vectorField: "embedding", dimensions: 1536 },
    ),
  }),
  "id of _scheduled_functions": defineSchema({
    reminders: defineTable({ job: v.optional(v.id("_scheduled_functions")) }),
  }),
  "table name: snake case": defineSchema({
    user_settings: defineTable({ user_id: v.string() }).index("by_user_id", [
      "user_id",
    ]),
  }),
  "vector index with filter fields": defineSchema({
    chunks: defineTable({
      embedding: v.array(v.float64()),
      genre: v.string(),
    }).vectorIndex("by_embedding", {
      vectorField: "embedding",
      dimensions: 3,
      filterFields: ["genre"],
    }),
  }),
  "index over a nested path": defineSchema({
    runs: defineTable({
      state: v.union(
        v.object({ type: v.literal("a"), at: v.number() }),
        v.object({ type: v.literal("b") }),
      ),
      place: v.object(address),
    })
      .index("by_state", ["state.type", "state.at"])
      .index("by_city", ["place.city", "place.zip"]),
  }),
  "search index over an optional field": defineSchema({
    profiles: defineTable({ about: v.optional(v.string()) }).searchIndex(
      "about",
      { searchField: "about" },
    ),
  }),
  bytes: defineSchema({
    keys: defineTable({ raw: v.bytes(), more: v.optional(v.array(v.bytes())) }),
  }),
  int64: defineSchema({
    counters: defineTable({
      count: v.int64(),
      max: v.union(v.int64(), v.null()),
    }).index("by_count", ["count"]),
  }),
  "union nested in a union, or with a member twice": defineSchema({
    modules: defineTable({
      result: v.union(v.union(v.string(), v.number()), v.null()),
      visibility: v.union(
        v.literal("public"),
        v.literal("public"),
        v.literal("internal"),
      ),
    }),
  }),
  "literal: number": defineSchema({
    spells: defineTable({
      level: v.union(v.literal(0), v.literal(1), v.literal(2.5)),
      one: v.literal(1),
    }),
  }),
  "document: union with a string tag": defineSchema({
    messages: defineTable(
      v.union(
        v.object({ type: v.literal("text"), text: v.string(), at: v.number() }),
        v.object({
          type: v.literal("image"),
          file: v.id("_storage"),
          at: v.number(),
        }),
      ),
    ).index("by_type", ["type", "at"]),
  }),
  "field name: not camel or snake case": defineSchema({
    embeddings_128: vectorFields(128),
    others: defineTable({
      URL: v.string(),
      some_URLOf: v.number(),
      a1_b2: v.string(),
      X: v.boolean(),
    }),
  }),
  "vector index: filter field of array, object or any": defineSchema({
    chunks: defineTable({
      v: v.array(v.float64()),
      tags: v.array(v.string()),
      at: v.object({ x: v.number() }),
      data: v.any(),
    }).vectorIndex("v", {
      vectorField: "v",
      dimensions: 2,
      filterFields: ["tags", "at", "data"],
    }),
  }),
  "index over a union of several kinds": defineSchema({
    values: defineTable({
      value: v.union(v.string(), v.number(), v.boolean(), v.null()),
    }).index("by_value", ["value"]),
  }),
  "index over an array, object or record": defineSchema({
    values: defineTable({
      list: v.array(v.string()),
      object: v.object({ x: v.number() }),
      record: v.record(v.string(), v.number()),
    })
      .index("list", ["list"])
      .index("object", ["object"])
      .index("record", ["record"]),
  }),
  "union of an id and a string": defineSchema({
    posts: defineTable({ author: v.union(v.id("posts"), v.string()) }).index(
      "by_author",
      ["author"],
    ),
  }),
  "union of ids of several tables": defineSchema({
    notes: defineTable({ of: v.union(v.id("notes"), v.id("tasks")) }).index(
      "by_of",
      ["of"],
    ),
    tasks: defineTable({ done: v.boolean() }),
  }),
  "search index over something else than a string": defineSchema({
    things: defineTable({ tags: v.array(v.string()), any: v.any() })
      .searchIndex("tags", { searchField: "tags" })
      .searchIndex("any", { searchField: "any" }),
  }),
  "search index: filter field of array, object or any": defineSchema({
    things: defineTable({
      text: v.string(),
      tags: v.array(v.string()),
      any: v.any(),
      at: v.object({ x: v.number() }),
    }).searchIndex("text", {
      searchField: "text",
      filterFields: ["tags", "any", "at"],
    }),
  }),
  "index over any": defineSchema({
    cache: defineTable({ name: v.string(), args: v.any() }).index("key", [
      "name",
      "args",
    ]),
  }),
  commitTs: defineSchema({
    work: defineTable({ updatedAt: v.commitTs() }).index("by_updatedAt", [
      "updatedAt",
    ]),
  }),
  "document: empty object": defineSchema({ empty: defineTable({}) }),
  "vector index over an optional field": defineSchema({
    movies: defineTable({
      embedding: v.optional(v.array(v.float64())),
    }).vectorIndex("embedding", { vectorField: "embedding", dimensions: 4 }),
  }),
  "union of one member": defineSchema({
    configs: defineTable({
      type: v.union(v.literal("google")),
      other: v.union(v.string()),
    }),
  }),
  "empty object, nested": defineSchema({
    audits: defineTable({ metadata: v.object({}), all: v.array(v.object({})) }),
  }),
  "literal: blank": defineSchema({
    users: defineTable({
      image: v.union(v.literal(""), v.string()),
      nothing: v.literal(""),
    }),
  }),
  "literal: spaces, and text that does not show": defineSchema({
    imports: defineTable({
      separator: v.union(v.literal(","), v.literal(" "), v.literal("\t")),
      end: v.literal("\r\n"),
      marks: v.record(v.string(), v.literal("\u200b")),
    }),
  }),
  "literal: number beyond all whole ones": defineSchema({
    limits: defineTable({
      most: v.literal(1e21),
      more: v.union(v.literal(123456789012345680000), v.literal(-0)),
      least: v.literal(5e-324),
    }),
  }),
  "index over a nested path to an object": defineSchema({
    runs: defineTable({
      state: v.object({ at: v.object({ x: v.number() }), y: v.string() }),
    }).index("by_at", ["state.at", "state.y"]),
  }),
  "document: union with any for a field of one": defineSchema({
    events: defineTable(
      v.union(
        v.object({ type: v.literal("text"), body: v.string() }),
        v.object({ type: v.literal("other"), body: v.any() }),
      ),
    ),
    rows: defineTable(
      v.union(
        v.object({ left: v.string(), body: v.string() }),
        v.object({ right: v.string(), body: v.any() }),
      ),
    ),
  }),
  "field that is called as what is last": defineSchema({
    notes: defineTable({
      at: v.optional(v.string()),
      atOrLast: v.union(v.string(), v.array(v.null())),
    }).index("at", ["atOrLast"]),
  }),
  "search index on a nested path": defineSchema({
    organizations: defineTable({
      location: v.object({ full: v.string(), locale: v.optional(v.string()) }),
    }).searchIndex("location", {
      searchField: "location.full",
      filterFields: ["location.locale"],
    }),
  }),
  "schemaValidation: false": defineSchema(
    { any: defineTable({ n: v.number() }) },
    { schemaValidation: false },
  ),
  "union of number and bigint": defineSchema({
    points: defineTable({
      filterKeys: v.record(
        v.string(),
        v.union(
          v.string(),
          v.number(),
          v.int64(),
          v.array(v.union(v.number(), v.int64())),
        ),
      ),
    }),
  }),
  "union with any beside others": defineSchema({
    history: defineTable({
      doc: v.union(v.any(), v.null()),
      other: v.union(v.string(), v.any()),
      twice: v.optional(v.union(v.any(), v.any())),
      list: v.array(v.union(v.null(), v.any(), v.literal("x"))),
      in: v.record(v.string(), v.union(v.object({ x: v.number() }), v.any())),
    }),
  }),
  "union of number and number literals": defineSchema({
    spells: defineTable({
      level: v.union(v.number(), v.literal(3)),
      size: v.optional(
        v.union(v.literal("auto"), v.literal(0), v.number(), v.null()),
      ),
      offsets: v.array(v.union(v.literal(-1), v.literal(2.5), v.number())),
    }).index("by_level", ["level"]),
  }),
  "union of string and string literals": defineSchema({
    payouts: defineTable({
      code: v.union(v.literal("a"), v.literal("b"), v.string()),
    }),
  }),
  "record with keys: id": defineSchema({
    votes: defineTable({ by: v.record(v.id("votes"), v.number()) }),
  }),
  "table name that is a module of Convex": defineSchema({
    crons: defineTable({ name: v.string() }).index("name", ["name"]),
    http: defineTable({}),
    auth: defineTable({ user: v.id("crons") }),
    lib_books: defineTable({ name: v.string() }),
    LIB__books: defineTable({ name: v.string() }),
  }),
  "literal: boolean": defineSchema({
    tools: defineTable({
      search: v.literal(true),
      bash: v.union(v.literal(false), v.string()),
    }),
  }),
  "two fields of one name in Python": defineSchema({
    tables: defineTable({ one_to_one: v.string(), oneToOne: v.number() }),
  }),
  "field name that starts with an underscore, nested": defineSchema({
    notifications: defineTable({
      message: v.object({
        _contentAvailable: v.optional(v.boolean()),
        to: v.string(),
      }),
    }),
  }),
  "field and table called prototype": defineSchema({
    models: defineTable({
      prototype: v.boolean(),
      of: v.object({ prototype: v.optional(v.id("models")) }),
    }).index("prototype", ["prototype"]),
    prototype: defineTable({ name: v.string() }),
  }),
  "table names as long as Convex takes": defineSchema({
    a_table_whose_name_has_sixty_four_characters_as_a_sheet_gives_it:
      defineTable({ a: v.string() }),
    a_table_whose_name_has_sixty_four_characters_as_a_sheet_gives_in:
      defineTable({ b: v.string() }),
  }),
  "table name: starts with a capital": defineSchema({
    Tag: defineTable({ Name: v.string() }).index("By_Name", ["Name"]),
  }),
  "union of several arrays": defineSchema({
    messages: defineTable({
      content: v.union(
        v.string(),
        v.array(v.string()),
        v.array(v.object({ text: v.string() })),
      ),
    }),
  }),
  "spreads, and a table that several have": defineSchema({
    first: defineTable({ ...timestamps, a: v.string() }),
    second: defineTable({ ...timestamps, b: v.object(timestamps) }).index(
      "by_creation",
      ["createdAt"],
    ),
  }),
  "id of a table elsewhere": defineSchema({
    links: defineTable({
      channel: v.id("channels"),
      system: v.id("_scheduled_functions"),
    }),
  }),
  "words of the languages": defineSchema({
    class: defineTable({
      from: v.string(),
      import: v.number(),
      self: v.boolean(),
      None: v.null(),
    }).index("from", ["from"]),
    return: defineTable({
      list: v.string(),
      get: v.number(),
      order: v.number(),
    }).index("list", ["list", "order"]),
  }),
  "staged indexes": defineSchema({
    large: defineTable({ a: v.string() }).index("by_a", {
      fields: ["a"],
      staged: true,
    }),
  }),
};
