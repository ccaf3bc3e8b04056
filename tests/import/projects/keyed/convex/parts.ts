import { v } from "convex/values";
export const shared = { sharedText: v.string() };
export const extra = v.object({ extraNumber: v.optional(v.number()) }).fields;
