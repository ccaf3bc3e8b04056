import { internalMutationGeneric } from "convex/server";
import { v } from "convex/values";

export const last = internalMutationGeneric({
  args: {},
  returns: v.object({ at: v.commitTs() }),
  handler: async (ctx) => ({ at: ctx.db.vars.commitTs }),
});
