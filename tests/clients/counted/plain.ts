import { v } from "convex/values";

import { internal } from "./_generated/api";
import { internalMutation as uncountedMutation } from "./_generated/server";
import { internalMutation } from "./lib/counts/functions";
import * as Messages from "./model/messages";

const args = { messageId: v.string(), threadId: v.string() };
const rest = { createdAt: 1, text: "" };

export const counted = internalMutation({
  args,
  returns: v.null(),
  handler: async (ctx, given) => {
    await Messages.save(ctx, { ...given, ...rest });
    return null;
  },
});

/** Removes one, or moves it to another thread; it may fail after that. */
export const change = internalMutation({
  args: {
    messageId: v.string(),
    threadId: v.optional(v.string()),
    fails: v.optional(v.boolean()),
  },
  returns: v.null(),
  handler: async (ctx, { messageId, threadId, fails }) => {
    if (threadId === undefined) await Messages.remove(ctx, { messageId });
    else await Messages.patch(ctx, { messageId, set: { threadId } });
    if (fails) throw new Error("after the write");
    return null;
  },
});

/** Writes one that another mutation, of the same transaction, then changes, and it again. */
export const within = internalMutation({
  args: {
    ...args,
    inner: v.object({
      threadId: v.optional(v.string()),
      fails: v.optional(v.boolean()),
    }),
    last: v.optional(v.string()),
  },
  returns: v.null(),
  handler: async (ctx, { inner, last, ...given }) => {
    await Messages.save(ctx, { ...given, ...rest });
    const { messageId } = given;
    const changed = ctx.runMutation(internal.plain.change, {
      messageId,
      ...inner,
    });
    await (inner.fails ? changed.catch(() => null) : changed);
    if (last !== undefined)
      await Messages.patch(ctx, { messageId, set: { threadId: last } });
    return null;
  },
});

/** Writes one, and gives the counts before and after, as queries within it have them. */
export const counting = internalMutation({
  args,
  returns: v.array(v.number()),
  handler: async (ctx, given) => {
    const { threadId } = given;
    const counts = [];
    counts.push(
      await ctx.runQuery(internal.messages.newestOfThreadCount, { threadId }),
    );
    await Messages.save(ctx, { ...given, ...rest });
    counts.push(
      await ctx.runQuery(internal.messages.newestOfThreadCount, { threadId }),
    );
    return counts;
  },
});

/** It is refused: nothing would count what it writes. */
export const uncounted = uncountedMutation({
  args,
  returns: v.null(),
  handler: async (ctx, given) => {
    await Messages.save(ctx, { ...given, ...rest });
    return null;
  },
});

/** Writes past the module of the table. */
export const past = uncountedMutation({
  args,
  returns: v.null(),
  handler: async (ctx, given) => {
    await ctx.db.insert("messages", { ...given, ...rest });
    return null;
  },
});

export const remove = uncountedMutation({
  args: { messageId: v.string() },
  returns: v.null(),
  handler: async (ctx, given) => {
    const found = await Messages.find(ctx, given);
    if (found !== null) await ctx.db.delete("messages", found._id);
    return null;
  },
});
