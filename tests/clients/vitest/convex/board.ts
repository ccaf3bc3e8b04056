import { makeFunctionReference } from "convex/server";
import { v } from "convex/values";

import {
  internalMutation,
  internalQuery,
  mutation,
  query,
} from "./_generated/server";

const note = { noteId: v.string(), text: v.string() };

const postHiddenReference =
  makeFunctionReference<"mutation">("board:postHidden");

export const post = mutation({
  args: note,
  handler: async (ctx, args) => {
    console.log("posting", args.noteId);
    return await ctx.db.insert("notes", args);
  },
});

export const postHidden = internalMutation({
  args: note,
  handler: async (ctx, args) => {
    await ctx.db.insert("notes", args);
  },
});

export const postLater = mutation({
  args: { ...note, delay: v.number() },
  handler: async (ctx, { delay, ...args }) => {
    await ctx.scheduler.runAfter(delay, postHiddenReference, args);
  },
});

export const texts = query({
  args: {},
  handler: async (ctx) => {
    const notes = await ctx.db.query("notes").take(100);
    return notes.map(({ text }) => text);
  },
});

export const times = query({
  args: {},
  handler: async (ctx) => {
    const notes = await ctx.db.query("notes").take(100);
    return notes.map(({ _creationTime }) => Math.floor(_creationTime));
  },
});

export const secret = internalQuery({
  args: {},
  handler: async () => "secret",
});
