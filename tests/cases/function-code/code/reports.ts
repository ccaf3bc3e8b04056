import { v } from "convex/values";

import { internalQuery } from "./_generated/server.js";

export const weekly = internalQuery({
  args: {},
  returns: v.number(),
  handler: async () => 7,
});
