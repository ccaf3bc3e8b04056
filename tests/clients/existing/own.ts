import { v } from "convex/values";

import { internal } from "./_generated/api.js";
import { action, internalMutation } from "./_generated/server.js";

const prepared = v.object({
  file: v.id("_storage"),
  job: v.id("_scheduled_functions"),
  channel: v.id("channels"),
});

export const nothing = internalMutation({
  args: {},
  handler: async () => null,
});

export const begin = internalMutation({
  args: {},
  handler: async (ctx) => ({
    job: await ctx.scheduler.runAfter(3_600_000, internal.own.nothing, {}),
    channel: await ctx.db.insert("channels", { name: "news" }),
  }),
});

export const commit = internalMutation({
  args: {},
  handler: async (ctx) => {
    const at = ctx.db.vars.commitTs;
    return await ctx.db.insert("commits", { at, inner: { all: [at, 5n] } });
  },
});

export const insertAny = internalMutation({
  args: { document: v.any() },
  returns: v.id("sessions"),
  handler: async (ctx, { document }) =>
    await ctx.db.insert("sessions", document),
});

export const prepare = action({
  args: {},
  returns: prepared,
  handler: async (ctx): Promise<typeof prepared.type> => ({
    file: await ctx.storage.store(new Blob(["x"])),
    ...(await ctx.runMutation(internal.own.begin, {})),
  }),
});
