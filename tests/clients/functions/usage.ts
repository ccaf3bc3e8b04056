import { ConvexError, v } from "convex/values";
import {
  internalAction,
  internalMutation,
  internalQuery,
} from "./_generated/server";

const tokenUsage = v.object({
  model: v.string(),
  tokens: v.int64(),
  at: v.number(),
});

export const weekly = internalQuery({
  args: {
    since: v.number(),
    period: v.union(v.literal("day"), v.literal("week")),
    team: v.optional(v.string()),
    class: v.union(v.string(), v.null()),
    URLPrefix: v.optional(v.string()),
  },
  returns: v.array(tokenUsage),
  handler: async (_ctx, args) => [
    {
      model: JSON.stringify([
        args.period,
        args.team ?? "absent",
        args.class,
        args.URLPrefix ?? "absent",
      ]),
      tokens: 2n ** 60n,
      at: args.since,
    },
  ],
});

/** The reports, by their keys. */
export const list = internalQuery({
  args: {},
  returns: v.array(v.string()),
  handler: async (ctx) =>
    (await ctx.db.query("reports").take(10)).map((report) => report.reportId),
});

export const echo = internalMutation({
  args: {
    all: v.any(),
    bytes: v.bytes(),
    flags: v.record(v.string(), v.boolean()),
    number: v.number(),
    ids: v.array(v.id("reports")),
    usage: tokenUsage,
    payload: v.any(),
  },
  returns: v.any(),
  handler: async (_ctx, args) => args,
});

export const fail = internalAction({
  args: { code: v.string() },
  returns: v.null(),
  handler: async (_ctx, { code }) => {
    if (code === "none") return null;
    if (code === "crash") throw new Error("boom");
    throw new ConvexError({ code, message: "as asked" });
  },
});
