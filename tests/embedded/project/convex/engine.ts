import {
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

/** Runs a query that is described by values, for comparisons with another engine. */
async function run(ctx: any, args: any) {
  let plan = ctx.db.query("values");
  if (args.index !== null) {
    plan = plan.withIndex(args.index, (q: any) => {
      for (const [method, field, value] of args.range) {
        q = q[method](field, value.length === 0 ? undefined : value[0]);
      }
      return q;
    });
  }
  if (args.order !== null) plan = plan.order(args.order);
  if (args.filter !== null) {
    const [method, field, value] = args.filter;
    plan = plan.filter((q: any) => q[method](q.field(field), value));
  }
  if (args.pageSize !== null) {
    const page = await plan.paginate({
      numItems: args.pageSize,
      cursor: args.cursor,
    });
    return { ...page, page: page.page.map((row: any) => row.n) };
  }
  const rows =
    args.take === null ? await plan.collect() : await plan.take(args.take);
  return rows.map((row: any) => row.n);
}

export const read = query({ args: v.any(), handler: run });

/** Writes, then reads within the same mutation; is rolled back when it is told to. */
export const writeAndRead = mutation({
  args: v.any(),
  handler: async (ctx: any, { writes, reads, fail }: any) => {
    for (const { kind, n, fields } of writes) {
      const existing = await ctx.db
        .query("values")
        .withIndex("by_n_value", (q: any) => q.eq("n", n))
        .first();
      if (kind === "insert" && existing === null)
        await ctx.db.insert("values", { ...fields, n });
      if (kind === "replace" && existing)
        await ctx.db.replace(existing._id, { ...fields, n });
      if (kind === "delete" && existing) await ctx.db.delete(existing._id);
    }
    const results = [];
    for (const one of reads) results.push(await run(ctx, one));
    if (fail) throw new Error(JSON.stringify(results));
    return results;
  },
});
