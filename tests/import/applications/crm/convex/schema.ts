import { literals, nullable, partial } from "convex-helpers/validators";
import { Table } from "convex-helpers/server";
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

const contact = {
  name: v.string(),
  email: v.optional(v.string()),
  phones: v.array(
    v.object({ kind: literals("home", "work"), number: v.string() }),
  ),
};

export const Companies = Table("companies", {
  name: v.string(),
  employees: v.optional(v.number()),
  parent: nullable(v.id("companies")),
  address: v.optional(
    v.object({ city: v.string(), lines: v.array(v.string()) }),
  ),
});

export default defineSchema(
  {
    companies: Companies.table
      .index("by_name", ["name"])
      .index("by_parent", ["parent"])
      .index("by_city", ["address.city"]),
    contacts: defineTable({
      ...contact,
      company: v.optional(v.id("companies")),
      /** @deprecated Nothing reads it. */
      oldScore: v.optional(v.any()),
    }).index("by_company", ["company", "name"]),
    // What somebody has begun to fill in.
    drafts: defineTable({
      owner: v.string(),
      contact: v.object(partial(contact)),
      step: literals(1, 2, 3),
    }).index("by_owner", ["owner"]),
    deals: defineTable({
      company: v.id("companies"),
      value: v.union(
        v.number(),
        v.object({ min: v.number(), max: v.number() }),
      ),
      stage: literals("lead", "won", "lost", ""),
      channel: v.union(literals("mail", "phone"), v.string()),
    }).index("by_stage", ["stage"]),
  },
  { schemaValidation: false, strictTableNameTypes: false },
);
