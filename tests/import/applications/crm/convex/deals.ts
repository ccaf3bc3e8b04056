import { v } from "convex/values";
import { mutation } from "./_generated/server";
import { Companies } from "./schema";

export const company = mutation({
  args: { company: v.object(Companies.withoutSystemFields) },
  returns: v.id("companies"),
  handler: async (ctx, { company }) =>
    await ctx.db.insert("companies", company),
});

export const open = mutation({
  args: { company: v.id("companies"), name: v.string(), value: v.number() },
  returns: v.null(),
  handler: async (ctx, { company, name, value }) => {
    await ctx.db.insert("contacts", {
      name,
      company,
      phones: [{ kind: "work", number: "1" }],
      oldScore: { any: ["thing"] },
    });
    await ctx.db.insert("drafts", {
      owner: name,
      contact: { phones: [] },
      step: 2,
    });
    await ctx.db.insert("deals", {
      company,
      value,
      stage: "",
      channel: "a friend",
    });
    await ctx.db.insert("deals", {
      company,
      value: { min: value, max: 2 * value },
      stage: "won",
      channel: "mail",
    });
    return null;
  },
});
