import { internalQueryGeneric } from "convex/server";
import { v } from "convex/values";

export const of = internalQueryGeneric({
  args: { client: v.string(), self: v.string() },
  returns: v.string(),
  handler: async (_, { client, self }) => `${client} of ${self}`,
});
