import { v } from "convex/values";

import { internalMutation } from "./_generated/server.js";
import * as Customers from "./model/customers.js";

export const note = internalMutation({
  args: { customers: v.array(Customers.input) },
  returns: v.null(),
  handler: async (ctx, args) => {
    await Customers.saveMany(ctx, args.customers);
    return null;
  },
});
