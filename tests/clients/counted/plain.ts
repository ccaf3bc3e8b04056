import { v } from "convex/values";

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
