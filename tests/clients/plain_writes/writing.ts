import { v } from "convex/values";

import { internalMutation, type MutationCtx } from "./_generated/server.js";
import * as Counts from "./lib/counts/functions.js";
import * as Books from "./model/books.js";
import * as Jobs from "./model/jobs.js";
import * as Messages from "./model/messages.js";
import * as Owners from "./model/owners.js";
import * as Pets from "./model/pets.js";
import * as Shelves from "./model/shelves.js";
import * as Threads from "./model/threads.js";
import * as Visits from "./model/visits.js";
import * as Walks from "./model/walks.js";

const [thread, message] = [{ threadId: "t" }, { messageId: "m" }];
const shelf = { room: "r", number: 1 };
const [book, owner, pet, job] = [
  { bookId: "b" },
  { ownerId: "o" },
  { petId: "p" },
  { jobId: "j" },
];

type Write = (ctx: MutationCtx) => Promise<unknown>;

async function first<Name extends "pets" | "threads" | "visits" | "walks">(
  ctx: MutationCtx,
  table: Name,
) {
  const found = await ctx.db.query(table).first();
  if (found === null) throw new Error(`no ${table}`);
  return found._id;
}

/** By the entity that they write, or that follows: what each module offers. */
const writes: Record<string, Write> = {
  "messages.insert": (ctx) =>
    Messages.insert(ctx, { messageId: "new", ...thread }),
  "messages.save": (ctx) => Messages.save(ctx, { ...message, ...thread }),
  "messages.saveMany": (ctx) =>
    Messages.saveMany(ctx, [{ ...message, ...thread }]),
  "messages.patch": (ctx) =>
    Messages.patch(ctx, { ...message, set: { threadId: "t2" } }),
  "messages.remove": (ctx) => Messages.remove(ctx, message),
  "messages.removeMany": (ctx) => Messages.removeMany(ctx, [message]),
  "books.save": (ctx) => Books.save(ctx, { ...book, ...shelf }),
  "books.patch": (ctx) =>
    Books.patch(ctx, { ...book, set: {}, unset: ["room"] }),
  "books.remove": (ctx) => Books.remove(ctx, book),
  "shelves.patch": async (ctx) => await Shelves.save(ctx, shelf),
  "shelves.remove": (ctx) => Shelves.remove(ctx, shelf),
  "threads.insert": (ctx) => Threads.insert(ctx, { threadId: "new" }),
  "threads.save": (ctx) => Threads.save(ctx, thread),
  "threads.saveMany": (ctx) => Threads.saveMany(ctx, [thread]),
  "threads.patch": (ctx) =>
    Threads.patch(ctx, { ...thread, set: { title: "a" } }),
  "threads.patchMany": (ctx) =>
    Threads.patchMany(ctx, { updates: [{ ...thread, set: { title: "a" } }] }),
  "threads.upsert": (ctx) =>
    Threads.upsert(ctx, { create: thread, set: { title: "a" } }),
  "threads.remove": (ctx) => Threads.remove(ctx, thread),
  "owners.remove": (ctx) => Owners.remove(ctx, owner),
  "owners.removeMany": (ctx) => Owners.removeMany(ctx, [owner]),
  "owners.save": (ctx) => Owners.save(ctx, owner),
  "pets.insert": (ctx) => Pets.insert(ctx, { petId: "new", ...owner }),
  "pets.save": (ctx) => Pets.save(ctx, { ...pet, age: 1 }),
  "pets.patch": (ctx) => Pets.patch(ctx, { ...pet, set: { age: 2 } }),
  "pets.increment": (ctx) =>
    Pets.patch(ctx, { ...pet, set: {}, increment: { age: 2 } }),
  "pets.remove": (ctx) => Pets.remove(ctx, pet),
  "pets.removeExpected": (ctx) =>
    Pets.removeExpected(ctx, { ...pet, expected: { age: 0 } }),
  "walks.insert": async (ctx) =>
    await Walks.insert(ctx, { pet: await first(ctx, "pets") }),
  "walks.patch": async (ctx) =>
    await Walks.patch(ctx, {
      _id: await first(ctx, "walks"),
      set: { meters: 1 },
    }),
  "visits.insert": (ctx) => Visits.insert(ctx, { path: "/" }),
  "visits.insertMany": (ctx) => Visits.insertMany(ctx, [{ path: "/" }]),
  "visits.replace": async (ctx) =>
    await Visits.replace(ctx, {
      _id: await first(ctx, "visits"),
      visit: { path: "/b" },
    }),
  "visits.patch": async (ctx) =>
    await Visits.patch(ctx, {
      _id: await first(ctx, "visits"),
      set: { path: "/c" },
    }),
  "visits.remove": async (ctx) =>
    await Visits.remove(ctx, { _id: await first(ctx, "visits") }),
  "jobs.patch": (ctx) => Jobs.patch(ctx, { ...job, set: { state: "done" } }),
  "jobs.patchEntries": (ctx) =>
    Jobs.patchEntries(ctx, { ...job, set: { steps: { a: "1" } } }),
  "jobs.remove": (ctx) => Jobs.remove(ctx, job),
};

const definition = {
  args: { name: v.string() },
  returns: v.null(),
  handler: async (ctx: MutationCtx, { name }: { name: string }) => {
    await writes[name]?.(ctx);
    return null;
  },
};

export const plain = internalMutation(definition);
export const counted = Counts.internalMutation(definition);
export const names = internalMutation({
  args: {},
  returns: v.array(v.string()),
  handler: async () => Object.keys(writes),
});
