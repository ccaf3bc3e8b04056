import { v } from "convex/values";
import { api, components, internal } from "./_generated/api";
import {
  action,
  internalAction,
  internalMutation,
  internalQuery,
  mutation,
  query,
} from "./_generated/server";
import { callAll } from "./calls";

const given = { note: v.string(), file: v.string() };
const functions: any = internal;

export const echo = internalQuery({
  args: { text: v.string() },
  handler: async (_, { text }) => text,
});
export const echoToo = internalMutation({
  args: { text: v.string() },
  handler: async (_, { text }) => text,
});
export const echoAsWell = internalAction({
  args: { text: v.string() },
  handler: async (_, { text }) => text,
});

/** What the calls need. */
export const prepare = mutation({
  args: { isOfComponent: v.boolean() },
  handler: async (ctx, { isOfComponent }): Promise<any> => {
    if (isOfComponent)
      return await ctx.runMutation((components as any).part.members.prepare, {
        isOfComponent: false,
      });
    const embedding = [1, 0];
    return {
      note: await ctx.db.insert("notes", { text: "note", embedding }),
      file: await ctx.storage.store(new Blob(["text"])),
    };
  },
});

const ofQuery = {
  args: given,
  handler: async (ctx: any, args: any) => await callAll("query", ctx, args),
};
const ofMutation = {
  args: given,
  handler: async (ctx: any, args: any) => await callAll("mutation", ctx, args),
};
const ofAction = {
  args: given,
  handler: async (ctx: any, args: any) => await callAll("action", ctx, args),
};

export const aQuery = query(ofQuery);
export const aMutation = mutation(ofMutation);
export const anAction = action(ofAction);
export const ownQuery = internalQuery(ofQuery);
export const ownMutation = internalMutation(ofMutation);
export const ownAction = internalAction(ofAction);

const nested = { name: v.string(), isOfComponent: v.boolean(), ...given };

/** @returns the function of the name, here or in the component */
function named({ name, isOfComponent }: any) {
  const { members } = isOfComponent ? (components as any).part : (api as any);
  return members[name];
}

export async function callNested(
  ctx: any,
  { name, isOfComponent, ...rest }: any,
) {
  const reference = named({ name, isOfComponent });
  if (name.endsWith("Query")) return await ctx.runQuery(reference, rest);
  if (name.endsWith("Mutation")) return await ctx.runMutation(reference, rest);
  return await ctx.runAction(reference, rest);
}

export const inQuery = query({ args: nested, handler: callNested });
export const inMutation = mutation({ args: nested, handler: callNested });
export const inAction = action({ args: nested, handler: callNested });

export const report = internalMutation({
  args: { found: v.any() },
  handler: async (ctx, args) => {
    await ctx.db.insert("reports", args);
  },
});

export const reports = query({
  args: {},
  handler: async (ctx) =>
    (await ctx.db.query("reports").collect()).map(({ found }) => found),
});

export const scheduledMutation = internalMutation({
  args: given,
  handler: async (ctx, args) => {
    const found = await callAll("mutation", ctx, args);
    await ctx.db.insert("reports", { found });
  },
});
export const scheduledAction = internalAction({
  args: given,
  handler: async (ctx, args) => {
    const found = await callAll("action", ctx, args);
    await ctx.runMutation(functions.members.report, { found });
  },
});

export const schedule = mutation({
  args: { name: v.string(), ...given },
  handler: async (ctx, { name, ...rest }) => {
    await ctx.scheduler.runAfter(0, functions.members[name], rest);
  },
});

/** What is known of the request, in each function that it comes to. */
const know = async (ctx: any) => await ctx.meta.getRequestMetadata();
export const knownInside = internalMutation({ args: {}, handler: know });
export const knownInMutation = mutation({
  args: {},
  handler: async (ctx): Promise<any> => [
    await know(ctx),
    await ctx.runMutation(functions.members.knownInside, {}),
  ],
});
export const knownInAction = action({
  args: {},
  handler: async (ctx): Promise<any> => [
    await know(ctx),
    await ctx.runMutation(functions.members.knownInside, {}),
  ],
});
export const knownInQuery = query({
  args: {},
  handler: async (ctx) => "getRequestMetadata" in ctx.meta,
});
export const reportKnown = internalAction({
  args: {},
  handler: async (ctx) => {
    const inside = await ctx.runMutation(functions.members.knownInside, {});
    const found = [await know(ctx), inside];
    await ctx.runMutation(functions.members.report, { found });
  },
});
export const scheduleKnown = mutation({
  args: {},
  handler: async (ctx) =>
    await ctx.scheduler.runAfter(0, functions.members.reportKnown, {}),
});
export const failKnown = mutation({
  args: {},
  handler: async (ctx) => {
    throw new Error(`id ${(await know(ctx)).requestId}`);
  },
});

/** Both of one transaction: nested calls read the same snapshot. */
export const snapshots = mutation({
  args: {},
  handler: async (ctx): Promise<any> => [
    ctx.meta.getSnapshotTs(),
    await ctx.runQuery(functions.members.snapshot, {}),
  ],
});
export const snapshot = internalQuery({
  args: {},
  handler: async (ctx) => ctx.meta.getSnapshotTs(),
});
export const commitTime = mutation({
  args: {},
  handler: async (ctx) =>
    await ctx.db.insert("notes", { text: "", at: ctx.db.vars.commitTs } as any),
});
export const committed = query({
  args: { id: v.id("notes") },
  handler: async (ctx, { id }) => [
    ctx.meta.getSnapshotTs(),
    (await ctx.db.get(id))?.at ?? null,
  ],
});

/** Functions may change what they get. */
export const changeIdentity = query({
  args: {},
  handler: async (ctx) => {
    const identity: any = await ctx.auth.getUserIdentity();
    identity.subject = "another";
    return (await ctx.auth.getUserIdentity())?.subject ?? null;
  },
});
