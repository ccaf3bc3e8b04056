import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import { authTables } from "@convex-dev/auth/server";
import {
  literals,
  nullable,
  deprecated,
  Table,
} from "convex-helpers/validators";
import { extra, shared } from "./parts";
const code = { code: v.string() };
export default defineSchema({
  scalars: defineTable({
    ...code,
    text: v.string(),
    yes: v.boolean(),
    double: v.number(),
    whole: v.int64(),
    raw: v.bytes(),
    whatever: v.any(),
    nothing: v.null(),
  }).index("by_code", ["code"]),
  optionals: defineTable({
    ...code,
    a: v.optional(v.string()),
    b: v.union(v.string(), v.null()),
    c: v.optional(v.union(v.number(), v.null())),
    d: v.optional(v.array(v.string())),
  })
    .index("by_code", ["code"])
    .index("by_a", ["a"])
    .index("by_b_and_c", ["b", "c"]),
  literalsOfText: defineTable({
    ...code,
    one: v.literal("only"),
    few: v.union(v.literal("a"), v.literal("b")),
    maybe: v.optional(v.union(v.literal("x"), v.literal("y"), v.null())),
  }).index("by_code", ["code"]),
  literalsOfOthers: defineTable({
    ...code,
    level: v.union(v.literal(1), v.literal(2.5), v.literal(-3)),
    on: v.literal(true),
    big: v.literal(9007199254740993n),
  }).index("by_code", ["code"]),
  sharedEnums: defineTable({
    ...code,
    state: v.union(v.literal("open"), v.literal("closed")),
    before: v.array(v.union(v.literal("closed"), v.literal("open"))),
  }).index("by_code", ["code"]),
  nestedObjects: defineTable({
    ...code,
    place: v.object({
      lat: v.number(),
      label: v.optional(v.string()),
      inner: v.object({ deep: v.string() }),
    }),
  }).index("by_code", ["code"]),
  sharedObjects: defineTable({
    ...code,
    home: v.object({ street: v.string(), zip: v.string() }),
    work: v.optional(v.object({ street: v.string(), zip: v.string() })),
    all: v.array(v.object({ street: v.string(), zip: v.string() })),
  }).index("by_code", ["code"]),
  records: defineTable({
    ...code,
    counts: v.record(v.string(), v.number()),
    byUser: v.record(
      v.id("scalars"),
      v.object({ n: v.number(), s: v.string() }),
    ),
  }).index("by_code", ["code"]),
  taggedUnions: defineTable({
    ...code,
    payment: v.union(
      v.object({ kind: v.literal("card"), number: v.string() }),
      v.object({ kind: v.literal("cash"), paid: v.number() }),
    ),
  }).index("by_code", ["code"]),
  untaggedUnions: defineTable({
    ...code,
    part: v.union(
      v.object({ text: v.string() }),
      v.object({ image: v.string(), alt: v.string() }),
    ),
  }).index("by_code", ["code"]),
  unionsOfKinds: defineTable({
    ...code,
    value: v.union(v.string(), v.number(), v.boolean()),
    ids: v.union(v.id("scalars"), v.string()),
    ref: v.union(v.id("scalars"), v.id("records")),
    content: v.union(
      v.array(v.string()),
      v.array(v.object({ t: v.string() })),
      v.string(),
    ),
  }).index("by_code", ["code"]),
  unionsInUnions: defineTable({
    ...code,
    value: v.union(
      v.union(v.literal("a"), v.literal("b")),
      v.union(v.literal("b"), v.null()),
    ),
    single: v.union(v.literal("github")),
    numbers: v.union(v.number(), v.int64()),
  }).index("by_code", ["code"]),
  references: defineTable({
    ...code,
    author: v.id("scalars"),
    parent: v.optional(v.id("references")),
    likes: v.array(v.id("scalars")),
  })
    .index("by_code", ["code"])
    .index("author", ["author"]),
  searched: defineTable({
    ...code,
    body: v.string(),
    title: v.optional(v.string()),
    room: v.id("scalars"),
    kind: v.string(),
  })
    .index("by_code", ["code"])
    .searchIndex("search_body", { searchField: "body" })
    .searchIndex("search_title", {
      searchField: "title",
      filterFields: ["room", "kind"],
    }),
  vectors: defineTable({
    ...code,
    embedding: v.array(v.float64()),
    maybe: v.optional(v.array(v.number())),
    kind: v.string(),
    owner: v.id("scalars"),
  })
    .index("by_code", ["code"])
    .vectorIndex("by_embedding", {
      vectorField: "embedding",
      dimensions: 4,
      filterFields: ["kind", "owner"],
    })
    .vectorIndex("by_maybe", { vectorField: "maybe", dimensions: 8 }),
  snake_case_table: defineTable({
    ...code,
    created_at: v.number(),
    userID: v.string(),
    HTMLText: v.string(),
  })
    .index("by_code", ["code"])
    .index("created", ["created_at"]),
  Capitals: defineTable({ ...code }).index("by_code", ["code"]),
  spread: defineTable({ ...code, ...shared, ...extra }).index("by_code", [
    "code",
  ]),
  variants: defineTable(
    v.union(
      v.object({
        ...code,
        at: v.number(),
        kind: v.literal("click"),
        x: v.number(),
      }),
      v.object({
        ...code,
        at: v.number(),
        kind: v.literal("press"),
        key: v.string(),
      }),
    ),
  )
    .index("by_code", ["code"])
    .index("by_at", ["at"]),
  composites: defineTable({
    code: v.string(),
    group: v.id("scalars"),
    n: v.int64(),
  }).index("by_code", ["code", "group"]),
  helpers: defineTable({
    ...code,
    role: literals("admin", "user", "guest"),
    note: nullable(v.string()),
    old: v.optional(v.any()),
  }).index("by_code", ["code"]),
  words: defineTable({
    ...code,
    list: v.string(),
    class: v.string(),
    json: v.any(),
    self: v.string(),
  })
    .index("by_code", ["code"])
    .index("by_list", ["list"]),
  addresses: defineTable({
    ...code,
    status: v.string(),
    quoted: v.string(),
    yes: v.string(),
    no: v.literal("no"),
    n: v.literal("123"),
  }).index("by_code", ["code"]),
  handles: defineTable({
    ...code,
    onDone: v.optional(v.function()),
    arr: v.array(v.array(v.union(v.number(), v.null()))),
  }).index("by_code", ["code"]),
  globals: defineTable({ ...code, limit: v.number() }).index("by_code", [
    "code",
  ]),
});
