import { internalQueryGeneric } from "convex/server";
import { v } from "convex/values";

export const double = internalQueryGeneric({
  args: { size: v.int64() },
  returns: v.int64(),
  handler: async (_, { size }) => size * 2n,
});
