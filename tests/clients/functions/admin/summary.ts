import { v } from "convex/values";
import { internalQuery } from "../_generated/server";

export default internalQuery({
  args: {},
  returns: v.union(v.string(), v.null()),
  handler: async (ctx) =>
    (await ctx.db.query("reports").first())?.reportId ?? null,
});
