/**
 * Which HTTP actions answer a request: those of the app, or of a component that it mounts.
 * Source: `route_http_action` in the backend's
 * `application/src/application_function_runner/http_routing.rs`.
 */

import { ROOT } from "../calls/definitions.mjs";

/**
 * @typedef {object} Mount
 * @property {string} componentPath
 * @property {Router | null} router
 * @property {string | null} httpPrefix of an app's own HTTP actions
 * @property {import("../calls/definitions.mjs").HttpMounts} httpMounts
 *
 * @typedef {import("../push/router.mjs").Router} Router
 * @typedef {{ mount: Mount, router: Router, path: string }} Route the path is the one that the router knows
 */

/**
 * @param {(componentPath: string) => Mount | undefined} mountOf
 * @param {string} pathname
 * @param {string} method
 * @returns {Route | null} null where nothing answers HTTP requests
 */
export function routeHttpAction(mountOf, pathname, method) {
  let componentPath = ROOT;
  let path = pathname;
  for (;;) {
    const mount = mountOf(componentPath);
    if (mount === undefined) return null;
    const own = ownRoute(mount, path);
    const found = mountedBelow(mount, path, longestMatch(own, method));
    if (found === null) return own;
    const { component, rest } = found;
    componentPath =
      componentPath === ROOT ? component : `${componentPath}/${component}`;
    path = `/${rest}`;
  }
}

/**
 * @param {Mount} mount
 * @param {string} path
 * @returns {Route | null} to its own HTTP actions; the prefix of the app's is not that of components
 */
function ownRoute(mount, path) {
  const { router, httpPrefix } = mount;
  if (router === null) return null;
  if (httpPrefix === null) return { mount, router, path };
  return path.startsWith(httpPrefix)
    ? { mount, router, path: `/${path.slice(httpPrefix.length)}` }
    : null;
}

/**
 * @param {Route | null} route
 * @param {string} method
 * @returns {number} the length of what is left of the path behind the longest prefix, with its slash
 */
function longestMatch(route, method) {
  if (route === null) return Infinity;
  const { router, path } = route;
  const routable = method === "HEAD" ? "GET" : method;
  const rests = router.getRoutes().map(([pattern, own]) => {
    if (own !== routable) return Infinity;
    if (!pattern.endsWith("*")) return pattern === path ? -Infinity : Infinity;
    const prefix = pattern.slice(0, -1) || "/";
    return path.startsWith(prefix) ? path.length - prefix.length + 1 : Infinity;
  });
  return Math.min(Infinity, ...rests);
}

/**
 * @param {Mount} mount
 * @param {string} path
 * @param {number} longest length of what its own actions leave of the path
 * @returns {{ component: string, rest: string } | null} the component that is more specific
 */
function mountedBelow({ httpMounts }, path, longest) {
  let found = null;
  let length = longest;
  for (const [prefix, component] of httpMounts) {
    const rest = path.slice(prefix.length);
    if (!path.startsWith(prefix) || length < rest.length) continue;
    found = { component, rest };
    length = rest.length + 1;
  }
  return found;
}
