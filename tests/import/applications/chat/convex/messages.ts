import { v } from "convex/values";
import { internal } from "./_generated/api";
import { action, internalMutation, mutation } from "./_generated/server";
import type { MutationCtx } from "./_generated/server";
import type { Doc, Id } from "./_generated/dataModel";

export const send = mutation({
  args: { room: v.id("rooms"), name: v.string(), text: v.string() },
  returns: v.id("messages"),
  handler: async (ctx, { room, name, text }) =>
    await insert(ctx, room, name, { kind: "text", text }, text),
});

export const sendImage = internalMutation({
  args: { room: v.id("rooms"), name: v.string(), file: v.id("_storage") },
  returns: v.id("messages"),
  handler: async (ctx, { room, name, file }) =>
    await insert(ctx, room, name, {
      kind: "image",
      file,
      size: { width: 640, height: 480 },
    }),
});

export const upload = action({
  args: { room: v.id("rooms"), name: v.string(), bytes: v.bytes() },
  returns: v.id("messages"),
  handler: async (ctx, { room, name, bytes }): Promise<Id<"messages">> => {
    const file = await ctx.storage.store(new Blob([bytes]));
    return await ctx.runMutation(internal.messages.sendImage, {
      room,
      name,
      file,
    });
  },
});

export const react = mutation({
  args: { message: v.id("messages"), name: v.string(), sign: v.string() },
  returns: v.null(),
  handler: async (ctx, { message, name, sign }) => {
    const found = await ctx.db.get("messages", message);
    if (found === null) throw new Error(`There is no message ${message}.`);
    const member = await memberOf(ctx, found.room, name);
    const given = found.reactions[sign] ?? [];
    await ctx.db.patch("messages", message, {
      reactions: { ...found.reactions, [sign]: [...given, member] },
    });
    return null;
  },
});

async function insert(
  ctx: MutationCtx,
  room: Id<"rooms">,
  name: string,
  body: Doc<"messages">["body"],
  words?: string,
): Promise<Id<"messages">> {
  const author = await memberOf(ctx, room, name);
  const message = await ctx.db.insert("messages", {
    room,
    author,
    body,
    words,
    reactions: {},
  });
  await ctx.db.patch("rooms", room, { lastMessage: message });
  return message;
}

async function memberOf(
  ctx: MutationCtx,
  room: Id<"rooms">,
  name: string,
): Promise<Id<"members">> {
  const member = await ctx.db
    .query("members")
    .withIndex("by_room_and_name", (q) => q.eq("room", room).eq("name", name))
    .unique();
  if (member === null) throw new Error(`${name} is not in the room.`);
  return member._id;
}
