import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  class: defineTable({
    from: v.string(),
    import: v.optional(v.string()),
    str: v.number(),
    None: v.union(v.null(), v.boolean()),
    model_config: v.string(),
    userId: v.string(),
    user_id: v.string(),
    nested: v.object({
      _hidden: v.boolean(),
      async: v.object({ def: v.string() }),
    }),
  })
    .index("str", ["str"])
    .index("null", ["None"])
    .index("key", ["from", "str"])
    .index("list", ["userId", "user_id"]),
  user_settings: defineTable({ json: v.any() }),
  userSettings: defineTable({ self: v.id("userSettings_2") }),
  userSettings_2: defineTable({ query: v.string() }).index("get", ["query"]),
  globals: defineTable({ storage: v.string(), functions: v.array(v.string()) }),
});
