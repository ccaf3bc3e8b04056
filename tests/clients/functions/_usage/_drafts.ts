import { v } from "convex/values";
import { internalQuery } from "../_generated/server";

export const list = internalQuery({
  args: {},
  returns: v.array(v.string()),
  handler: async () => ["a draft"],
});
