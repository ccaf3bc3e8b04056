import {
  makeFunctionReference,
  mutationGeneric as mutation,
  paginationOptsValidator,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

export const list = query({
  args: { channel: v.string() },
  handler: async (ctx, args) =>
    await ctx.db
      .query("messages")
      .withIndex("by_channel", (q) => q.eq("channel", args.channel))
      .collect(),
});

/** Reads the `count` messages with the most votes and nothing below them. */
export const top = query({
  args: { channel: v.string(), count: v.number() },
  handler: async (ctx, args) => {
    const messages = await ctx.db
      .query("messages")
      .withIndex("by_channel_votes", (q) => q.eq("channel", args.channel))
      .order("desc")
      .take(args.count);
    console.log("top", args.channel);
    return messages.map(({ body }) => body);
  },
});

export const single = query({
  args: { channel: v.string() },
  handler: async (ctx, args) =>
    await ctx.db
      .query("messages")
      .withIndex("by_channel", (q) => q.eq("channel", args.channel))
      .unique(),
});

/** Leaves its walk at the first message. */
export const first = query({
  args: { channel: v.string() },
  handler: async (ctx, args) => {
    const messages = ctx.db
      .query("messages")
      .withIndex("by_channel", (q) => q.eq("channel", args.channel));
    for await (const { body } of messages) return body;
    return null;
  },
});

export const page = query({
  args: { channel: v.string(), paginationOpts: paginationOptsValidator },
  handler: async (ctx, args) =>
    await ctx.db
      .query("messages")
      .withIndex("by_channel", (q) => q.eq("channel", args.channel))
      .paginate(args.paginationOpts),
});

/** Pages over the messages whose body is not "hidden", which are read all the same. */
export const visiblePage = query({
  args: { channel: v.string(), paginationOpts: paginationOptsValidator },
  handler: async (ctx, args) =>
    await ctx.db
      .query("messages")
      .withIndex("by_channel", (q) => q.eq("channel", args.channel))
      .filter((q) => q.neq(q.field("body"), "hidden"))
      .paginate(args.paginationOpts),
});

export const pageTwice = query({
  args: {},
  handler: async (ctx) => {
    const options = { numItems: 1, cursor: null };
    await ctx.db.query("messages").paginate(options);
    return await ctx.db.query("messages").paginate(options);
  },
});

export const byId = query({
  args: { id: v.id("messages") },
  handler: async (ctx, args) => await ctx.db.get("messages", args.id),
});

export const normalize = query({
  args: { id: v.string() },
  handler: async (ctx, args) => ctx.db.normalizeId("messages", args.id),
});

export const send = mutation({
  args: {
    channel: v.string(),
    body: v.string(),
    votes: v.optional(v.number()),
  },
  returns: v.id("messages"),
  handler: async (ctx, args) => await ctx.db.insert("messages", args),
});

/** A mutation that writes nothing, and whose result others change. */
export const count = mutation({
  args: { channel: v.string() },
  handler: async (ctx, { channel }) => {
    const messages = await ctx.db
      .query("messages")
      .withIndex("by_channel", (q) => q.eq("channel", channel))
      .collect();
    return messages.length;
  },
});

export const sendMany = mutation({
  args: { channel: v.string(), bodies: v.array(v.string()) },
  handler: async (ctx, { channel, bodies }) => {
    const ids = [];
    for (const body of bodies)
      ids.push(await ctx.db.insert("messages", { channel, body }));
    return ids;
  },
});

export const edit = mutation({
  args: { id: v.id("messages"), body: v.string() },
  handler: async (ctx, args) => {
    await ctx.db.patch("messages", args.id, { body: args.body });
  },
});

export const clearVotes = mutation({
  args: { id: v.id("messages") },
  handler: async (ctx, args) => {
    await ctx.db.patch("messages", args.id, { votes: undefined });
  },
});

export const remove = mutation({
  args: { id: v.id("messages") },
  handler: async (ctx, args) => {
    await ctx.db.delete("messages", args.id);
  },
});

/** Adds 1 to the votes of a channel's only message. */
export const vote = mutation({
  args: { channel: v.string() },
  handler: async (ctx, args) => {
    const message = await ctx.db
      .query("messages")
      .withIndex("by_channel", (q) => q.eq("channel", args.channel))
      .unique();
    if (message === null) throw new Error("There is no message");
    const votes = (message.votes ?? 0) + 1;
    await ctx.db.patch("messages", message._id, { votes });
    return votes;
  },
});

/** Writes into the index that it walks over. */
export const duplicateAll = mutation({
  args: { channel: v.string() },
  handler: async (ctx, { channel }) => {
    let count = 0;
    const messages = ctx.db
      .query("messages")
      .withIndex("by_channel", (q) => q.eq("channel", channel));
    for await (const { body } of messages) {
      await ctx.db.insert("messages", { channel, body: `${body} again` });
      count += 1;
    }
    return count;
  },
});

const sending = makeFunctionReference<"mutation">("messages:send");
const failing = makeFunctionReference<"mutation">("errors:insertAndFail");

/** Calls a mutation that commits and one that fails for each message that it walks over. */
export const walkWithNested = mutation({
  args: { channel: v.string() },
  handler: async (ctx, { channel }) => {
    const walked = [];
    const messages = ctx.db
      .query("messages")
      .withIndex("by_channel", (q) => q.eq("channel", channel));
    for await (const { body } of messages) {
      walked.push(body);
      await ctx.runMutation(sending, { channel, body: `${body} nested` });
      await ctx.runMutation(failing, { channel }).catch(() => null);
    }
    return walked;
  },
});

export const clear = mutation({
  args: { channel: v.string() },
  handler: async (ctx, args) => {
    const messages = ctx.db
      .query("messages")
      .withIndex("by_channel", (q) => q.eq("channel", args.channel));
    for await (const { _id } of messages) await ctx.db.delete("messages", _id);
  },
});
