/**
 * The environment variables that code sees: the project's own all, a component those that it is
 * given, and the deployment's.
 * Source: `get_environment_variable` in the backend's `isolate/src/environment/udf/phase.rs`.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { ROOT, SITE_URL } from "../calls/definitions.mjs";
import { executions } from "../calls/executions.mjs";

/**
 * @typedef {import("../calls/definitions.mjs").Environment} Environment
 * @typedef {Map<string, Environment>} Environments by the path of the component
 */

const OF_EVERY_DEPLOYMENT = new Set(["CONVEX_CLOUD_URL", SITE_URL]);

/** @type {Environments} */
let current = new Map();

/** What is imported. @type {AsyncLocalStorage<{ path: string, environments: Environments }>} */
const imports = new AsyncLocalStorage();

/** @param {Environments} environments of the components that run from now on */
export function setEnvironments(environments) {
  current = environments;
}

/**
 * @template T
 * @param {string} path of the component whose modules are imported
 * @param {Environments} environments
 * @param {() => Promise<T>} load
 * @returns {Promise<T>}
 */
export async function importingComponent(path, environments, load) {
  return await imports.run({ path, environments }, load);
}

/**
 * @param {string} name
 * @returns {string | undefined}
 */
export function variable(name) {
  const execution = executions.getStore();
  if (execution !== undefined)
    return valueIn(current, execution.componentPath, name);
  const imported = imports.getStore();
  return imported === undefined
    ? process.env[name]
    : valueIn(imported.environments, imported.path, name);
}

/**
 * @param {Environments} environments
 * @param {string} path of a component
 * @param {string} name
 * @returns {string | undefined}
 */
function valueIn(environments, path, name) {
  if (path === ROOT) return process.env[name];
  const binding = environments.get(path)?.get(name);
  if (binding === undefined)
    return OF_EVERY_DEPLOYMENT.has(name) ? process.env[name] : undefined;
  if ("value" in binding) return binding.value;
  if ("below" in binding) {
    const site = process.env[SITE_URL];
    return site && site.replace(/\/+$/, "") + binding.below;
  }
  const parent = path.split("/").slice(0, -1).join("/");
  return valueIn(environments, parent, binding.variable);
}
