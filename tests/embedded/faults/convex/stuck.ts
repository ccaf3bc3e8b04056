import {
  actionGeneric as action,
  internalMutationGeneric as internalMutation,
  makeFunctionReference,
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

const looping = makeFunctionReference<"mutation">("stuck:mutationLoop");
const loopLater = makeFunctionReference<"mutation">("stuck:scheduledLoop");
const listing = makeFunctionReference<"query">("stuck:marks");

export const mark = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await ctx.db.insert("ticks", { name });
    return Date.now();
  },
});

export const marks = query({
  args: { name: v.string() },
  handler: async (ctx, { name }) =>
    (
      await ctx.db
        .query("ticks")
        .withIndex("by_name", (q) => q.eq("name", name))
        .collect()
    ).length,
});

function loop(): void {
  for (;;);
}

export const queryLoop = query({ args: {}, handler: async () => loop() });

/** Never lets anything but its own continuations go on. */
export const pausingLoop = query({
  args: {},
  handler: async () => {
    for (;;) await null;
  },
});

/** Loops as long as there is a mark. */
export const loopIfMarked = query({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    const marked = await ctx.db
      .query("ticks")
      .withIndex("by_name", (q) => q.eq("name", name))
      .first();
    if (marked !== null) loop();
    return "no mark";
  },
});

export const mutationLoop = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    await ctx.db.insert("ticks", { name });
    loop();
  },
});

export const actionLoop = action({
  args: {},
  handler: async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    loop();
  },
});

export const actionOfLoop = action({
  args: { name: v.string() },
  handler: async (ctx, args): Promise<any> =>
    await ctx.runMutation(looping, args),
});

export const endlessRecursion = query({
  args: {},
  handler: async () => {
    const recurse = (depth: number): number => recurse(depth + 1) + 1;
    return recurse(0);
  },
});

export const throwInTimer = action({
  args: {},
  handler: async () => {
    setTimeout(() => {
      throw new Error("thrown in a timer");
    }, 5);
    await new Promise(() => {});
  },
});

export const rejectForNobody = action({
  args: {},
  handler: async () => {
    setTimeout(() => void Promise.reject(new Error("for nobody")), 5);
    await new Promise(() => {});
  },
});

export const exhaustMemory = query({
  args: {},
  handler: async () => {
    // In small pieces, with no array that grows: large ones end a whole process of Node 24 at once.
    let hoard: object = {};
    for (;;) hoard = { before: hoard, more: [1, 2, 3] };
  },
});

export const scheduledLoop = internalMutation({
  args: {},
  handler: async () => loop(),
});

export const scheduleLoop = mutation({
  args: {},
  handler: async (ctx) => await ctx.scheduler.runAfter(0, loopLater, {}),
});

/** Runs beside others until there is a mark. */
export const waitForMark = action({
  args: { name: v.string() },
  handler: async (ctx, { name }): Promise<string> => {
    while ((await ctx.runQuery(listing, { name })) === 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
    return "seen";
  },
});

/** Runs queries without any pause of its own. */
export const queryUntilMark = action({
  args: { name: v.string() },
  handler: async (ctx, { name }): Promise<string> => {
    while ((await ctx.runQuery(listing, { name })) === 0);
    return "seen";
  },
});
