/**
 * What `http.ts` must export.
 * Source: `http_analyze` in the backend's `isolate/src/environment/analyze.rs`.
 */

import { Refusal, whileLoading } from "../refusals/refusal.mjs";

/**
 * The result of `httpRouter()`.
 *
 * @typedef {object} Router
 * @property {() => [path: string, method: string, handler: unknown][]} getRoutes
 * @property {(path: string, method: string) => [handler: any, ...unknown[]] | null} lookup
 */

const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

/**
 * @param {import("../calls/definitions.mjs").ModuleExports | undefined} http `http.ts`, if there is one
 * @returns {Router | null}
 * @throws {import("../errors.mjs").StartError}
 */
export function routerOf(http) {
  if (http === undefined) return null;
  return whileLoading(() => {
    if (!("default" in http)) {
      throw new Refusal(
        "`convex/http.js` must have a default export of a Router.",
      );
    }
    const router = http.default;
    if (!isRouter(router))
      throw new Refusal(
        "The default export of `convex/http.js` is not a Router.",
      );
    for (const [, method] of router.getRoutes()) {
      if (METHODS.includes(method)) continue;
      throw new Refusal(
        "The `getRoutes()` method of Router did not return the expected type. `getRoutes()` should " +
          "be a function returning an array of entries of the form [path: string, method: string, " +
          `handler: HttpAction] ('${method}' is not not a routable method (one of ` +
          `${METHODS.join(", ")}))`,
      );
    }
    return router;
  });
}

/**
 * @param {unknown} exported
 * @returns {exported is Router}
 */
export function isRouter(exported) {
  return (
    typeof exported === "object" &&
    exported !== null &&
    "isRouter" in exported &&
    exported.isRouter === true &&
    "getRoutes" in exported &&
    typeof exported.getRoutes === "function"
  );
}
