import { v } from "convex/values";
import { internalMutation, internalQuery } from "./_generated/server";

export const found = internalMutation({
  args: { name: v.string(), email: v.string(), invited: v.array(v.string()) },
  returns: v.id("organizations"),
  handler: async (ctx, { name, email, invited }) => {
    const owner = await ctx.db.insert("users", { email, plan: "paid" });
    await ctx.db.insert("authAccounts", {
      userId: owner,
      provider: "password",
      providerAccountId: email,
    });
    const organization = await ctx.db.insert("organizations", {
      name,
      domains: [email.split("@")[1] ?? ""],
    });
    await ctx.db.insert("memberships", {
      user: owner,
      organization,
      roles: ["owner", "editor"],
    });
    for (const one of invited) {
      const user = await ctx.db.insert("users", { email: one });
      await ctx.db.insert("memberships", {
        user,
        organization,
        roles: [],
        invitedBy: owner,
      });
    }
    return organization;
  },
});

export const membership = internalQuery({
  args: { user: v.id("users"), organization: v.id("organizations") },
  handler: async (ctx, { user, organization }) =>
    await ctx.db
      .query("memberships")
      .withIndex("user_and_organization", (q) =>
        q.eq("user", user).eq("organization", organization),
      )
      .unique(),
});
