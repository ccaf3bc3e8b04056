import { getAuthUserId } from "@convex-dev/auth/server";
import type { Auth } from "convex/server";
import { action, mutation, query } from "./_generated/server";

/** Who calls, as the verified token says and as the library understands it. */
async function whoAmI(ctx: { auth: Auth }) {
  const identity = await ctx.auth.getUserIdentity();
  return {
    issuer: identity?.issuer ?? null,
    userId: await getAuthUserId(ctx),
  };
}

export const inQuery = query({ args: {}, handler: whoAmI });
export const inMutation = mutation({ args: {}, handler: whoAmI });
export const inAction = action({ args: {}, handler: whoAmI });
