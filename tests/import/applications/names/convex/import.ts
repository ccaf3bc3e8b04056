import { v } from "convex/values";
import { mutation } from "./_generated/server";

export const from = mutation({
  args: { class: v.string(), self: v.optional(v.string()) },
  returns: v.id("class"),
  handler: async (ctx, args) => {
    const other = await ctx.db.insert("userSettings_2", { query: "q" });
    await ctx.db.insert("userSettings", { self: other });
    await ctx.db.insert("user_settings", { json: { a: [null, 1.5] } });
    await ctx.db.insert("globals", { storage: "s", functions: ["f"] });
    return await ctx.db.insert("class", {
      from: args.class,
      import: args.self,
      str: -0.5,
      None: false,
      model_config: "m",
      userId: "camel",
      user_id: "snake",
      nested: { _hidden: true, async: { def: "d" } },
    });
  },
});
