import {
  type GenericMutationCtx,
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

const args = { writer: v.string(), sequence: v.number() };

/** Adds one and notes who did. */
async function add(
  ctx: GenericMutationCtx<any>,
  increment: { writer: string; sequence: number },
): Promise<number> {
  const counter = await ctx.db.query("counters").first();
  const count = (counter?.count ?? 0) + 1;
  if (counter === null) await ctx.db.insert("counters", { count });
  else await ctx.db.patch(counter._id, { count });
  await ctx.db.insert("increments", { ...increment, count });
  return count;
}

/** Each time that it runs. */
export const increment = mutation({
  args,
  handler: async (ctx, increment) => await add(ctx, increment),
});

/** Once for each writer and sequence, whose count it tells again. */
export const incrementOnce = mutation({
  args,
  handler: async (ctx, increment) => {
    const { writer, sequence } = increment;
    const done = await ctx.db
      .query("increments")
      .withIndex("by_writer_and_sequence", (q) =>
        q.eq("writer", writer).eq("sequence", sequence),
      )
      .unique();
    return done === null ? await add(ctx, increment) : done.count;
  },
});

export const read = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("counters").first())?.count ?? 0,
});

export const sequencesOf = query({
  args: { writer: v.string() },
  handler: async (ctx, { writer }) => {
    const increments = await ctx.db
      .query("increments")
      .withIndex("by_writer_and_sequence", (q) => q.eq("writer", writer))
      .collect();
    return increments.map(({ sequence }) => sequence);
  },
});
