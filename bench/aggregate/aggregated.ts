import { TableAggregate } from "@convex-dev/aggregate";
import { componentsGeneric } from "convex/server";
import { v } from "convex/values";

import { internalMutation, internalQuery } from "./_generated/server";
import * as Aggregateds from "./model/aggregateds";

// The functions of a counted table, with counts of `@convex-dev/aggregate` in their
// place: a tree for each thread, and a page from the document at an offset on.

const messages = new TableAggregate<any>(
  (componentsGeneric() as any).aggregate,
  {
    namespace: (message: any) => message.threadId,
    sortKey: (message: any) => message.createdAt,
  },
);

export const create = internalMutation({
  args: { aggregated: Aggregateds.input },
  returns: Aggregateds.document,
  handler: async (ctx, args) => {
    const inserted = await Aggregateds.insert(ctx, args.aggregated);
    await messages.insert(ctx, inserted);
    return inserted;
  },
});

export const saveMany = internalMutation({
  args: { aggregateds: v.array(Aggregateds.input) },
  returns: v.null(),
  handler: async (ctx, args) => {
    for (const one of args.aggregateds)
      await messages.insert(ctx, await Aggregateds.save(ctx, one));
    return null;
  },
});

export const byThreadIdAndCreatedAtCount = internalQuery({
  args: { threadId: v.string() },
  returns: v.number(),
  handler: async (ctx, args) =>
    await messages.count(ctx, { namespace: args.threadId } as any),
});

export const byThreadIdAndCreatedAtPage = internalQuery({
  args: { threadId: v.string(), offset: v.number(), limit: v.number() },
  returns: v.object({
    page: v.array(Aggregateds.document),
    total: v.number(),
  }),
  handler: async (ctx, { threadId, offset, limit }) => {
    const of = { namespace: threadId } as any;
    const total = await messages.count(ctx, of);
    const { id, key } = await messages.at(ctx, offset, of);
    const page = [];
    const found = ctx.db
      .query("aggregateds")
      .withIndex("by_threadId_and_createdAt", (q) =>
        q.eq("threadId", threadId).gte("createdAt", key as number),
      );
    for await (const document of found) {
      // Others of the same time may be before it.
      if (page.length > 0 || document._id === id) page.push(document);
      if (page.length === limit) break;
    }
    return { page, total };
  },
});
