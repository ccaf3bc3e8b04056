import { authTables } from "@convex-dev/auth/server";
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

const { users: _, ...tables } = authTables;

export default defineSchema({
  ...tables,
  users: defineTable({
    ...authTables.users.validator.fields,
    handle: v.optional(v.string()),
    plan: v.optional(v.union(v.literal("free"), v.literal("paid"))),
  })
    .index("email", ["email"])
    .index("phone", ["phone"])
    .index("handle", ["handle"]),
  organizations: defineTable({
    name: v.string(),
    domains: v.array(v.string()),
  }),
  /** Who belongs where. */
  memberships: defineTable({
    user: v.id("users"),
    organization: v.id("organizations"),
    roles: v.array(v.union(v.literal("owner"), v.literal("editor"))),
    invitedBy: v.optional(v.id("users")),
  })
    .index("user_and_organization", ["user", "organization"])
    .index("organization", ["organization"]),
});
