import {
  makeFunctionReference,
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

declare const process: { env: { [name: string]: string | undefined } };

export const insert = mutation({
  args: { table: v.string(), documents: v.array(v.any()) },
  handler: async (ctx, { table, documents }) => {
    const ids: any[] = [];
    for (const document of documents)
      ids.push(await ctx.db.insert(table, document));
    return ids;
  },
});

export const all = query({
  args: { table: v.string() },
  handler: async (ctx, { table }) => await ctx.db.query(table).collect(),
});

export const clear = mutation({
  args: { table: v.string() },
  handler: async (ctx, { table }) => {
    for (const { _id } of await ctx.db.query(table).collect())
      await ctx.db.delete(_id);
  },
});

export const get = query({
  args: { id: v.string() },
  handler: async (ctx, { id }) => await ctx.db.get(id as any),
});

export const normalize = query({
  args: { table: v.string(), text: v.string() },
  handler: async (ctx, { table, text }) => ctx.db.normalizeId(table, text),
});

export const takeRecord = query({
  args: { scores: v.record(v.string(), v.number()) },
  handler: async (_ctx, { scores }) => scores,
});

export const takeLiteral = query({
  args: { version: v.literal(1n) },
  handler: async (_ctx, { version }) => version,
});

/** The numbers for which the comparison with `bound` holds. */
export const compare = query({
  args: { operator: v.string(), bound: v.any() },
  handler: async (ctx, { operator, bound }) => {
    const found = await ctx.db
      .query("numbers")
      .filter((q: any) => q[operator](q.field("n"), bound))
      .collect();
    return found.map(({ n }) => (n === undefined ? "missing" : n));
  },
});

export const insertAndReturnWrong = mutation({
  args: {},
  returns: v.string(),
  handler: async (ctx): Promise<any> => {
    await ctx.db.insert("ticks", { name: "never seen" });
    return 7;
  },
});

const wrong = makeFunctionReference<"mutation">(
  "documents:insertAndReturnWrong",
);

export const survive = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.runMutation(wrong, {}).catch(() => null);
    return (await ctx.db.query("ticks").collect()).length;
  },
});

export const neverEnds = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("ticks", { name: "never seen" });
    await new Promise(() => {});
  },
});

/** Ends at the first of many documents that a filter drops. */
export const scanAll = query({
  args: {},
  handler: async (ctx) =>
    await ctx.db
      .query("many")
      .filter((q) => q.eq(q.field("n"), -1))
      .first(),
});

export const environment = query({
  args: { name: v.string() },
  handler: async (_ctx, { name }) => process.env[name] ?? null,
});
