/** The function spec, as `npx convex function-spec` prints it. */

import { canonicalPath } from "../calls/definitions.mjs";
import { analyzeModule } from "../push/analysis.mjs";
import { isRouter } from "../push/router.mjs";

/**
 * @typedef {import("../calls/definitions.mjs").ModuleExports} ModuleExports
 * @typedef {import("../calls/definitions.mjs").FunctionDefinition} FunctionDefinition
 */

const KIND_NAMES = { query: "Query", mutation: "Mutation", action: "Action" };

/** @param {string} path */
const isSystemPath = (path) => path.startsWith("_system/");

/**
 * @param {Iterable<FunctionDefinition>} functions
 * @param {unknown} router the default export of `http.ts`, if there is one
 * @returns {{ functions: object[] }} in JSON
 */
export function functionSpec(functions, router) {
  const described = [...functions]
    .filter(({ path }) => !isSystemPath(path))
    .map(({ path, kind, isPublic, args, returns }) => ({
      identifier: canonicalPath(path),
      functionType: KIND_NAMES[kind],
      visibility: { kind: isPublic ? "public" : "internal" },
      args,
      returns: returns ?? { type: "any" },
    }));
  return { functions: [...described, ...httpActions(router)] };
}

/**
 * @param {ReadonlyMap<string, ModuleExports>} modules of a bundle
 * @returns {{ functions: object[] }}
 */
export function functionSpecOfModules(modules) {
  const functions = [...modules].flatMap(([path, exports]) =>
    analyzeModule(path, exports),
  );
  return functionSpec(functions, modules.get("http")?.default);
}

/**
 * @param {unknown} router the default export of `http.ts`
 * @returns {object[]}
 */
function httpActions(router) {
  if (!isRouter(router)) return [];
  return router.getRoutes().map(([path, method]) => ({
    functionType: "HttpAction",
    method,
    path,
  }));
}
