import { address, currency, money } from "@shop/shared/money";
import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  products: defineTable({
    sku: v.string(),
    name: v.string(),
    price: money,
    stock: v.record(v.string(), v.number()),
    picture: v.optional(v.bytes()),
    tags: v.array(v.string()),
  })
    .index("by_sku", ["sku"])
    .searchIndex("by_name", {
      searchField: "name",
      filterFields: ["price.currency"],
    }),
  orders: defineTable({
    number: v.int64(),
    currency,
    lines: v.array(
      v.object({ product: v.id("products"), count: v.number(), price: money }),
    ),
    billing: address,
    shipping: v.optional(address),
    payment: v.union(
      v.object({ method: v.literal("card"), last4: v.string() }),
      v.object({ method: v.literal("invoice"), dueAt: v.number() }),
      v.null(),
    ),
    state: v.union(
      v.literal("open"),
      v.literal("paid"),
      v.literal("partially-shipped"),
      v.literal("returned"),
    ),
  })
    .index("by_number", ["number"])
    .index("by_state_and_number", ["state", "number"])
    .index("by_country", ["billing.country"]),
});
