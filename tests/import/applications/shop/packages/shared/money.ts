import { v } from "convex/values";

export const currency = v.union(v.literal("EUR"), v.literal("USD"));

export const money = v.object({ amount: v.int64(), currency });

export const address = v.object({
  name: v.string(),
  street: v.array(v.string()),
  country: v.string(),
  zip: v.optional(v.string()),
});
