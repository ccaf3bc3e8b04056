import type { GenericActionCtx, GenericDataModel } from "convex/server";
import { action, mutation, query } from "./_generated/server";
import { authComponent } from "./auth";

type AnyCtx = Pick<GenericActionCtx<GenericDataModel>, "auth" | "runQuery">;

/** Who calls, as the verified token says and as the library finds it. */
async function whoAmI(ctx: AnyCtx) {
  const identity = await ctx.auth.getUserIdentity();
  const user = await authComponent.safeGetAuthUser(ctx as never);
  return {
    issuer: identity?.issuer ?? null,
    email: user?.email ?? null,
  };
}

export const inQuery = query({ args: {}, handler: whoAmI });
export const inMutation = mutation({ args: {}, handler: whoAmI });
export const inAction = action({ args: {}, handler: whoAmI });
