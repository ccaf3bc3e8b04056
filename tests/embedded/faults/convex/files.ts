import {
  actionGeneric as action,
  makeFunctionReference,
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

export const uploadUrl = mutation({
  args: {},
  handler: async (ctx) => await ctx.storage.generateUploadUrl(),
});

export const uploadUrlOfAction = action({
  args: {},
  handler: async (ctx) => await ctx.storage.generateUploadUrl(),
});

export const describe = query({
  args: { id: v.id("_storage") },
  handler: async (ctx, { id }): Promise<any> => ({
    url: await ctx.storage.getUrl(id),
    document: await ctx.db.system.get("_storage", id),
    metadata: await ctx.storage.getMetadata(id),
  }),
});

export const all = query({
  args: {},
  handler: async (ctx): Promise<any> =>
    await ctx.db.system.query("_storage").collect(),
});

export const remove = mutation({
  args: { id: v.id("_storage") },
  handler: async (ctx, { id }) => await ctx.storage.delete(id),
});

export const removeAndFail = mutation({
  args: { id: v.id("_storage") },
  handler: async (ctx, { id }) => {
    await ctx.storage.delete(id);
    throw new Error("boom");
  },
});

export const store = action({
  args: { text: v.string(), type: v.optional(v.string()) },
  handler: async (ctx, { text, type }): Promise<any> => {
    const blob = new Blob([text], type === undefined ? {} : { type });
    const id = await ctx.storage.store(blob);
    const stored = await ctx.storage.get(id);
    return {
      id,
      url: await ctx.storage.getUrl(id),
      text: await stored?.text(),
      type: stored?.type,
    };
  },
});

export const read = action({
  args: { id: v.id("_storage") },
  handler: async (ctx, { id }): Promise<any> => {
    const stored = await ctx.storage.get(id);
    return stored && { text: await stored.text(), type: stored.type };
  },
});

export const storeInMutation = mutation({
  args: { text: v.string(), fails: v.boolean() },
  handler: async (ctx, { text, fails }): Promise<any> => {
    const storage = ctx.storage as any;
    const id = await storage.store(new Blob([text], { type: "text/plain" }));
    if (fails) throw new Error("boom");
    return [id, await (await storage.get(id)).text()];
  },
});

export const suspendAndFail = mutation({
  args: {},
  handler: async () => {
    for (let n = 0; n < 50; n++)
      await crypto.subtle.digest("SHA-256", new Uint8Array(1024));
    throw new Error("rolled back");
  },
});

const suspending = makeFunctionReference<"mutation">("files:suspendAndFail");

/** Stores files while mutations that will fail are suspended. */
export const storeBesideFailures = action({
  args: {},
  handler: async (ctx): Promise<any> => {
    const failures = Array.from({ length: 10 }, () =>
      ctx.runMutation(suspending, {}).catch(() => null),
    );
    const ids = [];
    for (let n = 0; n < 10; n++)
      ids.push(await ctx.storage.store(new Blob([String(n)])));
    await Promise.all(failures);
    return ids;
  },
});
