import {
  type FunctionArgs,
  type FunctionReference,
  getFunctionName,
  makeFunctionReference,
} from "convex/server";
import { ConvexError, v } from "convex/values";

import { internal } from "../_generated/api.js";
import { internalMutation, type MutationCtx } from "../_generated/server.js";
import { isObject } from "../lib/values.js";
import { failure } from "./failures.js";

// Writes that are only tried, before the first of several transactions: what fails
// of one fails then. Of a mutation that fails within another one, Convex keeps
// nothing: https://docs.convex.dev/functions/mutation-functions

/** What ends a write that was done and is not to be kept. */
const TRIED = "Tried";

/** Throws as a mutation does, and writes nothing. */
export async function tried<
  Mutation extends FunctionReference<"mutation", "internal">,
>(
  ctx: MutationCtx,
  mutation: Mutation,
  args: FunctionArgs<Mutation>,
): Promise<null> {
  const name = getFunctionName(mutation);
  try {
    await ctx.runMutation(internal.mastra.trials.undone, { name, args });
  } catch (error) {
    if (!isTried(error)) throw error;
  }
  return null;
}

/** Runs a mutation, and fails, so that nothing of it is kept. */
export const undone = internalMutation({
  args: { name: v.string(), args: v.any() },
  returns: v.null(),
  handler: async (ctx, { name, args }) => {
    await ctx.runMutation(makeFunctionReference<"mutation">(name), args);
    throw failure(TRIED, "The write is only tried");
  },
});

function isTried(error: unknown): boolean {
  return (
    error instanceof ConvexError &&
    isObject(error.data) &&
    error.data["code"] === TRIED
  );
}
