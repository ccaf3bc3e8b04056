/** What functions are, before any runs: their paths, and what modules export. */

/**
 * @typedef {import("../values/validator.mjs").ValidatorJson} ValidatorJson
 * @typedef {"query" | "mutation" | "action"} FunctionKind
 * @typedef {(ctx: unknown, args: unknown) => unknown} Handler
 * @typedef {{ [name: string]: unknown }} ModuleExports
 */

/**
 * What `query({ … })` and the like of `convex/server` make.
 *
 * @typedef {object} RegisteredFunction
 * @property {boolean} [isQuery]
 * @property {boolean} [isMutation]
 * @property {boolean} [isAction]
 * @property {boolean} [isPublic]
 * @property {boolean} [isInternal]
 * @property {Handler} _handler
 * @property {() => string} exportArgs
 * @property {() => string} exportReturns
 */

/**
 * @typedef {object} FunctionDefinition
 * @property {string} path such as `dir/module:name`
 * @property {FunctionKind} kind
 * @property {boolean} isPublic
 * @property {ValidatorJson} args
 * @property {ValidatorJson | null} returns null: anything
 * @property {Handler} handler
 *
 * Environment variables of a component: a text, the name of a variable of whoever installs it, or
 * where its HTTP actions are below the app's.
 *
 * @typedef {{ value: string } | { variable: string } | { below: string }} Binding
 * @typedef {Map<string, Binding>} Environment by the name that the component has for it
 *
 * @typedef {[prefix: string, component: string][]} HttpMounts where components answer HTTP requests, by
 *   their names in whoever installs them
 */

/** The path of the project itself, beside those of its components. */
export const ROOT = "";

/** The variable with the address of HTTP actions. */
export const SITE_URL = "CONVEX_SITE_URL";

/**
 * @param {string} path such as `dir/module:name`, `dir/module.js:name` or `dir/module`
 * @returns {string} `dir/module:name`
 */
export function functionPath(path) {
  const [modulePath = "", name = "default"] = path.split(":");
  return `${modulePath.replace(/\.js$/, "")}:${name}`;
}

/**
 * @param {string} path `dir/module:name`
 * @returns {string} `dir/module` for a default export, as the backend names it in logs and to itself
 */
export function strippedPath(path) {
  return path.replace(/:default$/, "");
}

/**
 * @param {string} path `dir/module:name`
 * @returns {string} `dir/module.js:name`, as the backend writes it
 */
export function canonicalPath(path) {
  return path.replace(":", ".js:");
}
