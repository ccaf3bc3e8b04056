/** The function spec, as `npx convex function-spec` prints it. */

import { canonicalPath } from "./functions.mjs";

const KIND_NAMES = { query: "Query", mutation: "Mutation", action: "Action" };

/**
 * @param {Iterable<import("./functions.mjs").FunctionDefinition>} functions
 * @returns {object}
 */
export function functionSpec(functions) {
  const described = [...functions].map(
    ({ path, kind, isPublic, args, returns }) => ({
      identifier: canonicalPath(path),
      functionType: KIND_NAMES[kind],
      visibility: { kind: isPublic ? "public" : "internal" },
      args,
      returns: returns ?? { type: "any" },
    }),
  );
  return { functions: described };
}
