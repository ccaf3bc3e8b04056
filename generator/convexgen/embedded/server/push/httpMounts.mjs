/**
 * Where an app mounts the HTTP actions of components.
 * Source: `insert_http_mount` of `components/type_checking.rs` in the backend's `model/src`.
 */

import { ROOT } from "../calls/definitions.mjs";
import { Refusal, whilePushing } from "../refusals/refusal.mjs";

/**
 * @typedef {object} Routed
 * @property {import("./router.mjs").Router | null} router
 * @property {import("../calls/definitions.mjs").HttpMounts} httpMounts
 */

/**
 * @param {ReadonlyMap<string, Routed>} routed by the path of the component
 * @throws {import("../errors.mjs").StartError}
 */
export function checkHttpMounts(routed) {
  // Children come before their parents there.
  for (const [path, { router, httpMounts }] of [...routed].reverse()) {
    for (const [prefix, component] of httpMounts) {
      const child = path === ROOT ? component : `${path}/${component}`;
      const reason = !answers(routed.get(child))
        ? `Child component ${component} doesn't have any HTTP routes.`
        : overlaps(router, prefix)
          ? "Overlap with existing prefix route"
          : null;
      if (reason === null) continue;
      whilePushing(() => {
        throw new Refusal(`HTTP mount ${prefix} is invalid: ${reason}`);
      });
    }
  }
}

/** @param {Routed | undefined} component */
function answers(component) {
  return (
    component !== undefined &&
    ((component.router?.getRoutes() ?? []).length > 0 ||
      component.httpMounts.length > 0)
  );
}

/**
 * @param {Routed["router"]} router
 * @param {string} prefix
 */
function overlaps(router, prefix) {
  return (router?.getRoutes() ?? []).some(
    ([pattern]) =>
      pattern.endsWith("*") && (pattern.slice(0, -1) || "/") === prefix,
  );
}
