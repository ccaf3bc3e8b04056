import { internalMutation, internalQuery } from "./_generated/server";
import { type Infer, v } from "convex/values";

import { Counting } from "./lib/counts/counting";
import { fillSome, startAgain } from "./lib/counts/filling";
import { withCounting } from "./lib/counts/functions";
import { applyChanges } from "./lib/counts/growth";
import { countedIndexes } from "./lib/counts/indexes";
import type { OpenRange } from "./lib/counts/keys";
import { count, pageAt, rank } from "./lib/counts/reads";
import { phase, verifySome } from "./lib/counts/verifying";
import { within } from "./lib/ranges";

// Counts with trees of sizes that a test chooses, over documents that it draws.

const sizes = v.object({ leaf: v.number(), fan: v.number(), top: v.number() });
const index = v.union(
  v.literal("messages.by_threadId_and_createdAt"),
  v.literal("messages.by_threadId_and_status_and_createdAt"),
  v.literal("messages.by_createdAt"),
);

async function used(ctx: {
  meta: { getTransactionMetrics(): Promise<object> };
}) {
  const metrics = await ctx.meta.getTransactionMetrics();
  return Object.fromEntries(
    Object.entries(metrics).map(([name, one]) => [
      name,
      (one as { used: number }).used,
    ]),
  );
}

/** Some writes in one mutation; those without `sizes` are not counted. */
export const write = internalMutation({
  args: {
    writes: v.array(v.any()),
    sizes: v.optional(sizes),
    chance: v.optional(v.number()),
    aborts: v.optional(v.boolean()),
  },
  returns: v.any(),
  handler: async (ctx, args) => {
    const run = async ({ db }: Pick<typeof ctx, "db">) => {
      const find = (messageId: string) =>
        db
          .query("messages")
          .withIndex("by_messageId", (q) => q.eq("messageId", messageId))
          .unique();
      for (const one of args.writes) {
        if (one.insert !== undefined) await db.insert("messages", one.insert);
        if (one.clear !== undefined) {
          const found = await db
            .query("messages")
            .withIndex("by_threadId_and_createdAt", (q) =>
              q.eq("threadId", one.clear),
            )
            .collect();
          for (const { _id } of found) await db.delete("messages", _id);
        }
        if (one.id === undefined) continue;
        const existing = await find(one.id);
        if (existing === null) throw new Error(`no ${one.id}`);
        if (one.set === undefined) await db.delete(existing._id);
        else {
          const unset = Object.fromEntries(
            (one.unset ?? []).map((name: string) => [name, undefined]),
          );
          await db.patch("messages", existing._id, { ...one.set, ...unset });
        }
      }
    };
    const { sizes, chance } = args;
    const given = {
      ...(sizes && { sizes }),
      ...(chance !== undefined && { chance }),
    };
    if (sizes === undefined) await run(ctx);
    else await withCounting(ctx, run, new Counting(given));
    return await used(ctx);
  },
});

/** As the generated queries narrow a range. */
function narrow({
  equal,
  bounds,
}: {
  equal: [string, unknown][];
  bounds?: object;
}) {
  return (q: OpenRange) => {
    let range = q;
    for (const [field, value] of equal)
      range = range.eq(field, (value ?? undefined) as string);
    return bounds === undefined ? range : within(range, "createdAt", bounds);
  };
}

type MessageIndex = Infer<typeof index>;

/** The answers to some questions, of one moment. */
export const ask = internalQuery({
  args: { questions: v.array(v.any()), sizes },
  returns: v.any(),
  handler: async (ctx, { questions, sizes }) => {
    const answers = [];
    for (const one of questions) {
      const index = countedIndexes[one.index as MessageIndex];
      const range = narrow(one);
      const found = await pageAt(ctx, index, range, one.page, sizes);
      const document = await ctx.db
        .query("messages")
        .withIndex("by_messageId", (q) => q.eq("messageId", one.rank))
        .unique();
      answers.push({
        count: await count(ctx, index, range, sizes),
        total: found.total,
        ids: found.page.map(({ messageId }) => messageId),
        rank: await rank(ctx, index, range, document, one.page.order, sizes),
      });
    }
    return { answers, used: await used(ctx) };
  },
});

export const fill = internalMutation({
  args: { index, batch: v.number(), sizes },
  returns: v.any(),
  handler: async (ctx, args) =>
    await fillSome(ctx, countedIndexes[args.index], args.batch, args.sizes),
});

export const discard = internalMutation({
  args: { index },
  returns: v.null(),
  handler: async (ctx, args) => {
    await startAgain(ctx, countedIndexes[args.index]);
    return null;
  },
});

export const verify = internalQuery({
  args: {
    index,
    phase,
    cursor: v.nullable(v.string()),
    sizes,
  },
  returns: v.any(),
  handler: async (ctx, args) =>
    await verifySome(
      ctx,
      countedIndexes[args.index],
      args.phase,
      args.cursor,
      args.sizes,
    ),
});

/** The shape of the trees: how many nodes each level of an index has. */
export const shape = internalQuery({
  args: { index },
  returns: v.any(),
  handler: async (ctx, args) => {
    const { name } = countedIndexes[args.index];
    const nodes = await ctx.db
      .query("countNodes")
      .withIndex("by_place", (q) => q.eq("index", name))
      .collect();
    const levels: number[] = [];
    for (const { level } of nodes) levels[level] = (levels[level] ?? 0) + 1;
    const log = await ctx.db
      .query("countChanges")
      .withIndex("by_group", (q) => q.eq("index", name))
      .collect();
    return {
      levels,
      log: log.length,
      leaves: nodes.filter(({ level }) => level === 0).map(({ size }) => size),
    };
  },
});

/** A tree of keys without documents, of sizes that no test has documents for. */
export const plant = internalMutation({
  args: {
    start: v.number(),
    count: v.number(),
    spread: v.number(),
    sizes,
    aborts: v.boolean(),
  },
  returns: v.any(),
  handler: async (ctx, { start, count, spread, sizes, aborts }) => {
    const { name } = countedIndexes["messages.by_createdAt"];
    const changes = Array.from({ length: count }, (_, at) => {
      const place =
        spread > 0 ? Math.floor(Math.random() * spread) + 0.5 : start + at;
      return {
        key: [[place], place, String(place).padStart(32, "0")],
        isAdded: true,
      };
    });
    await applyChanges(ctx, { name, group: [], sizes }, changes);
    const metrics = await used(ctx);
    if (aborts) throw new Error(JSON.stringify(metrics));
    if (start === 0)
      await ctx.db.insert("countStates", { index: name, isDone: true });
    return metrics;
  },
});

const probeArgs = {
  bounds: v.optional(v.object({ gte: v.number(), lt: v.number() })),
};

/** What a count over planted keys reads: of those within bounds, or of all. */
export const probe = internalQuery({
  args: probeArgs,
  returns: v.any(),
  handler: async (ctx, { bounds }) => {
    const range = narrow({ equal: [], ...(bounds && { bounds }) });
    const found = await count(
      ctx,
      countedIndexes["messages.by_createdAt"],
      range,
    );
    return { count: found, used: await used(ctx) };
  },
});

/** What a page of planted keys reads, besides its documents, which are not there. */
export const probePage = internalQuery({
  args: {
    ...probeArgs,
    offset: v.number(),
    limit: v.number(),
    order: v.union(v.literal("asc"), v.literal("desc")),
  },
  returns: v.any(),
  handler: async (ctx, { bounds, ...given }) => {
    const range = narrow({ equal: [], ...(bounds && { bounds }) });
    const get = async (_: string, _id: string) => ({ _id });
    const found = await pageAt(
      { ...ctx, db: { ...ctx.db, get } as unknown as typeof ctx.db },
      countedIndexes["messages.by_createdAt"],
      range,
      given,
    );
    const places = found.page.map(({ _id }) => Number(_id));
    return { places, total: found.total, used: await used(ctx) };
  },
});
