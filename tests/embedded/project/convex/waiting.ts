import { actionGeneric as action, makeFunctionReference } from "convex/server";
import { v } from "convex/values";

const listing = makeFunctionReference<"query">("messages:list");

/** Runs until a message comes, and so does not keep others from running. */
export const forMessage = action({
  args: { channel: v.string(), body: v.optional(v.string()) },
  handler: async (ctx, { channel }): Promise<string> => {
    for (;;) {
      const [message] = await ctx.runQuery(listing, { channel });
      if (message !== undefined) return message.body;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  },
});
