/*
 * Copied by convexgen from schema/mastra/failures.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { ConvexError, type Value } from "convex/values";

import { isTextForm } from "../lib/json.js";
import { isObject } from "../lib/values.js";

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

/** Throws `InvalidArgument` for JSON that is no object, which would replace one. */
export function requireObject(name: string, given: unknown): void {
  const json = given as Value;
  const is = isTextForm(json)
    ? json.jsonText.trimStart().startsWith("{")
    : isObject(json);
  if (!is) throw invalid(`${name} must be an object`);
}

/** The same of some fields, of which each may be left out. */
export function requireObjects<Name extends string>(
  given: { [Field in Name]?: unknown },
  names: readonly Name[],
  path?: string,
): void {
  for (const name of names) {
    if (given[name] === undefined) continue;
    requireObject(path === undefined ? name : `${path}.${name}`, given[name]);
  }
}
