import { fieldsOf, requireFields } from "./calls.js";
import { at, invalidArgument } from "./errors.js";
import { UNSET, type Upsert } from "./types.js";

/**
 * The fields that are changed, `UNSET` where they are removed. Throws
 * `InvalidArgument` where one of them is to be both.
 */
export function changesOf(
  set: object,
  unset: readonly string[],
  path: string,
): Record<string, unknown> {
  const given = fieldsOf(set, at(path, "set"));
  requireNames(unset, at(path, "unset"));
  const twice = unset.find((name) => Object.hasOwn(given, name));
  if (twice !== undefined) {
    throw invalidArgument(
      path,
      `has \`${twice}\` in \`set\` and in \`unset\`: it is one or the other`,
    );
  }
  const removed = Object.fromEntries(unset.map((name) => [name, UNSET]));
  return { ...given, ...removed };
}

/** What an upsert is given. Throws `InvalidArgument` for what has other names. */
export function upsertOf<Changes, Input>(
  given: Upsert<Changes, Input>,
): Upsert<Changes, Input> {
  return requireFields(given, ["set", "create"], "upsert");
}

function requireNames(given: unknown, path: string): void {
  const isNames =
    Array.isArray(given) && given.every((name) => typeof name === "string");
  if (!isNames) throw invalidArgument(path, "is no array of names");
}
