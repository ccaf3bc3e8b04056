import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { internalMutation, internalQuery } from "./_generated/server";
import schema from "./schema";

const point = v.object({ x: v.number(), y: v.optional(v.int64()) });

/** Objects without names, in arguments and in the result. */
export const move = internalQuery({
  args: { from: point, by: v.object({ steps: v.array(point) }) },
  returns: v.object({ to: point, trace: v.record(v.string(), point) }),
  handler: async (_ctx, { from, by }) => ({
    to: by.steps.reduce((at, step) => ({ ...at, x: at.x + step.x }), from),
    trace: { start: from },
  }),
});

/** Documents of an entity. */
export const largest = internalQuery({
  args: {},
  returns: v.union(schema.doc("reports"), v.null()),
  handler: async (ctx) => {
    const reports = await ctx.db.query("reports").take(100);
    return reports.sort((a, b) => b.total - a.total)[0] ?? null;
  },
});

export const page = internalQuery({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, args) =>
    await ctx.db.query("reports").paginate(args.paginationOpts),
});

/** Arguments of any kind. */
export const anything = internalMutation({
  args: v.any(),
  returns: v.number(),
  handler: async (_ctx, args: Record<string, unknown>) =>
    Object.keys(args).length,
});

export const constants = internalQuery({
  args: { one: v.literal(1), big: v.literal(5n), yes: v.literal(true) },
  returns: v.union(v.literal("a"), v.literal(2n)),
  handler: async (_ctx, args) => (args.yes ? 2n : "a"),
});
