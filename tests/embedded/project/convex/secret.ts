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

export const whoWrites = mutation({
  args: {},
  handler: async (ctx) => (await ctx.auth.getUserIdentity())?.subject ?? null,
});

/** A token of a user, issued by the deployment itself. */
export const signToken = mutation({
  args: { claims: v.any(), expiresInSeconds: v.number() },
  handler: async (ctx, args) => await ctx.auth.signJwt(args),
});

const signing = makeFunctionReference<"mutation">("secret:signToken");

/** Who can: the mutation that an action calls, and neither that nor a query itself. */
export const signThroughAction = action({
  args: { claims: v.any(), expiresInSeconds: v.number() },
  handler: async (ctx, args) => {
    const token: string = await ctx.runMutation(signing, args);
    return { token, isOfActions: "signJwt" in ctx.auth };
  },
});

declare const process: { env: { [name: string]: string } };

export const deploymentUrls = query({
  args: {},
  handler: async () => [
    process.env.CONVEX_CLOUD_URL,
    process.env.CONVEX_SITE_URL,
  ],
});
