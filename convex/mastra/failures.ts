/*
 * Copied by convexgen from schema/mastra/failures.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { ConvexError, type Value } from "convex/values";

// What fails in the words of @mastra/core, which its own tests look for.

type Failure = ConvexError<Record<string, Value>>;

export function failure(
  code: string,
  message: string,
  data: Record<string, Value> = {},
): Failure {
  return new ConvexError({ code, message, ...data });
}

/** Where one of the items of an argument is, by its ID. */
export function pathOf(argument: string, id: string): string {
  return `${argument}["${id.slice(0, 100)}"]`;
}

/** An argument that no store of Mastra takes. */
export function invalid(message: string): Failure {
  return failure("InvalidArgument", message);
}
