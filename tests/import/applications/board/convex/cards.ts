import { v } from "convex/values";
import { mutation } from "./_generated/server";
import { label, priority } from "./validators";

export const create = mutation({
  args: { name: v.string(), columns: v.array(v.string()) },
  returns: v.object({
    board: v.id("boards"),
    columns: v.array(v.id("columns")),
  }),
  handler: async (ctx, { name, columns }) => {
    const board = await ctx.db.insert("boards", {
      name,
      settings: { color: "teal", limits: { perColumn: 3 } },
    });
    const ids = [];
    for (const [order, one] of columns.entries()) {
      ids.push(await ctx.db.insert("columns", { board, name: one, order }));
    }
    return { board, columns: ids };
  },
});

export const add = mutation({
  args: {
    column: v.id("columns"),
    title: v.string(),
    priority,
    labels: v.optional(v.array(label)),
    parent: v.optional(v.id("cards")),
  },
  returns: v.id("cards"),
  handler: async (ctx, { column, labels, parent, ...card }) => {
    const found = await ctx.db.get("columns", column);
    if (found === null) throw new Error(`There is no column ${column}.`);
    const last = await ctx.db
      .query("cards")
      .withIndex("column", (q) => q.eq("column", column))
      .order("desc")
      .first();
    return await ctx.db.insert("cards", {
      ...card,
      board: found.board,
      column,
      order: (last?.order ?? 0) + 1,
      labels: labels ?? [],
      parent: parent ?? null,
      estimate: card.priority === "someday" ? "unknown" : 1.5,
    });
  },
});

export const move = mutation({
  args: { card: v.id("cards"), column: v.id("columns"), order: v.number() },
  returns: v.null(),
  handler: async (ctx, { card, column, order }) => {
    await ctx.db.patch("cards", card, { column, order });
    return null;
  },
});
