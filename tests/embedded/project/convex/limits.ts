import {
  makeFunctionReference,
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

function nested(levels: number): any {
  return levels === 0 ? 1 : [nested(levels - 1)];
}

export const insertText = mutation({
  args: { length: v.number(), count: v.number() },
  handler: async (ctx, { length, count }) => {
    for (let n = 0; n < count; n++) {
      await ctx.db.insert("values", { value: "x".repeat(length), n });
    }
  },
});

export const insertNested = mutation({
  args: { levels: v.number() },
  handler: async (ctx, { levels }) => {
    await ctx.db.insert("values", { value: nested(levels) });
  },
});

export const insertArray = mutation({
  args: { length: v.number() },
  handler: async (ctx, { length }) => {
    await ctx.db.insert("values", { value: Array.from({ length }, () => 0) });
  },
});

export const insertKey = mutation({
  args: { key: v.string() },
  handler: async (ctx, { key }) => {
    await ctx.db.insert("values", { value: { [key]: 1 } });
  },
});

export const insertFields = mutation({
  args: { count: v.number() },
  handler: async (ctx, { count }) => {
    const entries = Array.from({ length: count }, (_, n) => [`f${n}`, n]);
    await ctx.db.insert("values", { value: Object.fromEntries(entries) });
  },
});

export const insertSystemField = mutation({
  args: {},
  handler: async (ctx) => {
    await ctx.db.insert("undeclared", { _secret: 1 });
  },
});

export const returnArray = query({
  args: { length: v.number() },
  handler: async (_ctx, { length }) => Array.from({ length }, () => 0),
});

export const returnText = query({
  args: { length: v.number() },
  handler: async (_ctx, { length }) => "x".repeat(length),
});

export const answerText = mutation({
  args: { length: v.number() },
  handler: async (_ctx, { length }) => "x".repeat(length),
});

export const sendAndAnswerText = mutation({
  args: { channel: v.string(), length: v.number() },
  handler: async (ctx, { channel, length }) => {
    const id = await ctx.db.insert("messages", { channel, body: "", votes: 0 });
    return id.padEnd(length);
  },
});

export const lengthOf = query({
  args: { value: v.string() },
  handler: async (_ctx, { value }) => value.length,
});

export const returnNested = query({
  args: { levels: v.number() },
  handler: async (_ctx, { levels }) => nested(levels),
});

export const insertMany = mutation({
  args: { channel: v.string(), count: v.number() },
  handler: async (ctx, { channel, count }) => {
    for (let votes = 0; votes < count; votes++) {
      await ctx.db.insert("messages", { channel, body: "", votes });
    }
  },
});

/** Reads everything, though nothing passes the filter. */
export const scan = query({
  args: { channel: v.string() },
  handler: async (ctx, { channel }) => {
    const found = await ctx.db
      .query("messages")
      .withIndex("by_channel", (q) => q.eq("channel", channel))
      .filter((q) => q.eq(q.field("body"), "no such body"))
      .collect();
    return found.length;
  },
});

export const readRanges = query({
  args: { count: v.number() },
  handler: async (ctx, { count }) => {
    for (let n = 0; n < count; n++) {
      await ctx.db
        .query("messages")
        .withIndex("by_channel", (q) => q.eq("channel", `none ${n}`))
        .first();
    }
  },
});

/** Bounded by texts of such a length. */
export const readLongRanges = query({
  args: { count: v.number(), length: v.number() },
  handler: async (ctx, { count, length }) => {
    for (let n = 0; n < count; n++) {
      await ctx.db
        .query("messages")
        .withIndex("by_channel", (q) => q.eq("channel", `${n}`.padEnd(length)))
        .first();
    }
  },
});

export const metrics = query({
  args: {},
  handler: async (ctx) => {
    await ctx.db.query("messages").take(1);
    return (await (ctx as any).meta.getTransactionMetrics()) as any;
  },
});

/** The documents of the table that is filled with texts. */
export const readTexts = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("values").collect()).length,
});

const insertTextReference =
  makeFunctionReference<"mutation">("limits:insertText");

export const schedule = mutation({
  args: { length: v.number(), count: v.number() },
  handler: async (ctx, { length, count }) => {
    // Nobody waits for these: far in the future.
    const texts = { text: "x".repeat(length) };
    for (let n = 0; n < count; n++)
      await ctx.scheduler.runAfter(1e10, insertTextReference, texts as any);
  },
});

/** A nested mutation with limits of its own. */
export const insertWithin = mutation({
  args: { count: v.number(), documentsWritten: v.number() },
  handler: async (ctx, { count, documentsWritten }) => {
    await ctx.runMutation(insertTextReference, { length: 1, count }, {
      transactionLimits: { documentsWritten },
    } as any);
  },
});

/** Stores files, deletes some of them again, and reads one that was there before. */
export const useFiles = mutation({
  args: {
    stored: v.number(),
    deleted: v.number(),
    size: v.number(),
    read: v.array(v.id("_storage")),
  },
  handler: async (ctx, { stored, deleted, size, read }) => {
    const storage: any = ctx.storage;
    const ids = [];
    for (let n = 0; n < stored; n++)
      ids.push(await storage.store(new Blob(["x".repeat(size)])));
    for (const id of ids.slice(0, deleted)) await storage.delete(id);
    for (const id of [...read, ...read, ...ids.slice(deleted)])
      await storage.get(id);
    const metrics: any = await (ctx as any).meta.getTransactionMetrics();
    return { ids: ids.slice(deleted), metrics };
  },
});
