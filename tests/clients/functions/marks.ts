import { v } from "convex/values";
import { internalQuery } from "./_generated/server";

/** What each argument was, in their order. */
export const mark = internalQuery({
  args: {
    reportId: v.string(),
    class: v.number(),
    until: v.optional(v.union(v.number(), v.null())),
    default: v.optional(v.string()),
  },
  returns: v.array(v.string()),
  handler: async (_ctx, args) =>
    [args.reportId, args.class, args.until, args.default].map((one) =>
      String(one),
    ),
});

export const _marked = internalQuery({
  args: { reportId: v.string() },
  returns: v.string(),
  handler: async (_ctx, { reportId }) => `${reportId} is marked`,
});
