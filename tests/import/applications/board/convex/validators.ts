import { v } from "convex/values";

export const priority = v.union(
  v.literal(0),
  v.literal(1),
  v.literal(2),
  v.literal("someday"),
);

export const label = v.object({ text: v.string(), hue: v.number() });
