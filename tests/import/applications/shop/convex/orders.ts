import { address } from "@shop/shared/money";
import { v } from "convex/values";
import { mutation } from "./_generated/server";

export const stock = mutation({
  args: { sku: v.string(), name: v.string(), cents: v.int64() },
  returns: v.id("products"),
  handler: async (ctx, { sku, name, cents }) =>
    await ctx.db.insert("products", {
      sku,
      name,
      price: { amount: cents, currency: "EUR" },
      stock: { oslo: 4, "sao paulo": 0.5 },
      picture: new Uint8Array([0, 255]).buffer,
      tags: [],
    }),
});

export const place = mutation({
  args: {
    sku: v.string(),
    count: v.number(),
    billing: address,
    card: v.optional(v.string()),
  },
  returns: v.int64(),
  handler: async (ctx, { sku, count, billing, card }) => {
    const product = await ctx.db
      .query("products")
      .withIndex("by_sku", (q) => q.eq("sku", sku))
      .unique();
    if (product === null) throw new Error(`There is no product ${sku}.`);
    const last = await ctx.db
      .query("orders")
      .withIndex("by_number")
      .order("desc")
      .first();
    const number = (last?.number ?? 9007199254740992n) + 1n;
    await ctx.db.insert("orders", {
      number,
      currency: product.price.currency,
      lines: [{ product: product._id, count, price: product.price }],
      billing,
      payment:
        card === undefined ? null : { method: "card", last4: card.slice(-4) },
      state: card === undefined ? "open" : "paid",
    });
    return number;
  },
});
