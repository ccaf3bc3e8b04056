import {
  actionGeneric as action,
  internalMutationGeneric as internalMutation,
  internalQueryGeneric as internalQuery,
  makeFunctionReference,
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

export const read = internalQuery({ args: {}, handler: async () => "secret" });

export const write = internalMutation({
  args: { channel: v.string() },
  handler: async (ctx, { channel }) =>
    await ctx.db.insert("messages", { channel, body: "secret" }),
});

const reading = makeFunctionReference<"query">("secret:read");

export const readThroughAction = action({
  args: {},
  handler: async (ctx) => await ctx.runQuery(reading, {}),
});

export const whoAmI = query({
  args: {},
  handler: async (ctx) => (await ctx.auth.getUserIdentity()) as any,
});

/** A token of a user, issued by the deployment itself. */
export const signToken = mutation({
  args: {},
  handler: async (ctx) =>
    await ctx.auth.signJwt({
      payload: { sub: "user" },
      expiresInSeconds: 60,
    } as any),
});
