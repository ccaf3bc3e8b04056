import {
  actionGeneric as action,
  makeFunctionReference,
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { ConvexError, v } from "convex/values";

const data = { code: "CONFLICT", count: 9007199254740993n, tags: ["a", null] };

export const refuse = query({
  args: {},
  handler: async () => {
    throw new ConvexError(data);
  },
});

export const refuseWithText = query({
  args: {},
  handler: async () => {
    throw new ConvexError("just text");
  },
});

export const insertAndRefuse = mutation({
  args: { channel: v.string() },
  handler: async (ctx, { channel }) => {
    await ctx.db.insert("messages", { channel, body: "never seen" });
    throw new ConvexError(data);
  },
});

export const insertAndFail = mutation({
  args: { channel: v.string() },
  handler: async (ctx, { channel }) => {
    await ctx.db.insert("messages", { channel, body: "never seen" });
    throw new Error("boom");
  },
});

export const insertAndReturnWrong = mutation({
  args: { channel: v.string() },
  returns: v.string(),
  handler: async (ctx, { channel }): Promise<any> => {
    await ctx.db.insert("messages", { channel, body: "never seen" });
    return 7;
  },
});

const failing = makeFunctionReference<"mutation">("errors:insertAndFail");

/** Goes on after a nested mutation whose writes are undone. */
export const insertAroundFailure = mutation({
  args: { channel: v.string() },
  handler: async (ctx, { channel }) => {
    await ctx.db.insert("messages", { channel, body: "before" });
    try {
      await ctx.runMutation(failing, { channel });
    } catch {
      await ctx.db.insert("messages", { channel, body: "after" });
    }
  },
});

export const refuseInAction = action({
  args: {},
  handler: async () => {
    throw new ConvexError(data);
  },
});

export const never = query({
  args: {},
  handler: async () => await new Promise(() => {}),
});

export const neverAfterInsert = mutation({
  args: { channel: v.string() },
  handler: async (ctx, { channel }) => {
    await ctx.db.insert("messages", { channel, body: "never seen" });
    await new Promise(() => {});
  },
});

/** Something goes on all the time, for longer than anybody waits. */
export const digests = query({
  args: {},
  handler: async () => {
    for (let count = 0; count < 1_000_000; count++)
      await crypto.subtle.digest("SHA-256", new Uint8Array(1));
  },
});

export const callsNever = query({
  args: {},
  handler: async (ctx) => {
    try {
      await ctx.runQuery(makeFunctionReference<"query">("errors:never"));
    } catch (error) {
      return String(error);
    }
  },
});

/** What no system call is behind settles all the same. */
export const readsBodies = query({
  args: {},
  handler: async () => {
    const parts = Array.from({ length: 64 }, () => "a".repeat(100_000));
    const text = await new Response(await new Blob(parts).arrayBuffer()).text();
    return text.length;
  },
});

let release = () => {};

/** Goes on with its writes long after it was given up. */
export const zombie = mutation({
  args: { channel: v.string() },
  handler: async (ctx, { channel }) => {
    await new Promise<void>((resolve) => (release = resolve));
    await ctx.db.insert("messages", { channel, body: "zombie" });
  },
});

export const wakeZombie = mutation({
  args: { channel: v.string() },
  handler: async (ctx, { channel }) => {
    release();
    for (let n = 0; n < 20; n++) await ctx.db.query("messages").first();
    await ctx.db.insert("messages", { channel, body: "alive" });
  },
});

export const strayRejection = action({
  args: {},
  handler: async () => {
    void Promise.reject(new Error("nobody waits for this"));
    setTimeout(() => {
      throw new Error("thrown in a timer");
    }, 0);
    return null;
  },
});

export const fetchInQuery = query({
  args: {},
  handler: async () => await fetch("http://localhost"),
});
