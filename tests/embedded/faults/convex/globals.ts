import {
  actionGeneric as action,
  makeFunctionReference,
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";

const looking = makeFunctionReference<"query">("globals:inQuery");

/** What the clocks tell, with a pause that takes time, and random numbers. */
async function look() {
  const times = [];
  for (let n = 0; n < 3; n++) {
    times.push([Date.now(), new Date().getTime(), performance.now()]);
    await crypto.subtle.digest("SHA-256", new Uint8Array(4_000_000));
  }
  return { times, numbers: Array.from({ length: 4 }, () => Math.random()) };
}

export const inQuery = query({ args: {}, handler: look });
export const inMutation = mutation({ args: {}, handler: look });

export const inAction = action({
  args: {},
  handler: async (ctx): Promise<any> => {
    const start = Date.now();
    const seen = await Promise.all([
      ctx.runQuery(looking, {}),
      new Promise((resolve) => setTimeout(resolve, 20)).then(look),
      ctx.runQuery(looking, {}),
    ]);
    return { start, seen, end: Date.now() };
  },
});
