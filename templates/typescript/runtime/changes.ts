import { invalidArgument } from "./errors.js";
import { UNSET } from "./types.js";

/**
 * The fields that are changed, `UNSET` where they are removed. Throws
 * `InvalidArgument` where one of them is to be both.
 */
export function changesOf(
  set: object,
  unset: readonly string[],
  path: string,
): Record<string, unknown> {
  const twice = unset.find((name) => Object.hasOwn(set, name));
  if (twice !== undefined) {
    throw invalidArgument(
      path,
      `has \`${twice}\` in \`set\` and in \`unset\`: it is one or the other`,
    );
  }
  const removed = Object.fromEntries(unset.map((name) => [name, UNSET]));
  return { ...set, ...removed };
}
