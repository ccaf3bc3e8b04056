import { v } from "convex/values";

import { internal } from "./_generated/api";
import { internalQuery } from "./_generated/server";

/** What a page with others answers, with what its transaction has read. */
export const page = internalQuery({
  args: { arguments: v.any() },
  returns: v.any(),
  handler: async (ctx, args) => {
    const found = await ctx.runQuery(
      internal.messages.inThread,
      args.arguments,
    );
    const { documentsRead, databaseQueries } =
      await ctx.meta.getTransactionMetrics();
    return { found, read: documentsRead.used, queries: databaseQueries.used };
  },
});
