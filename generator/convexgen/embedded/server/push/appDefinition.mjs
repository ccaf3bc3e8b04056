/**
 * What a `convex.config.ts` defines, with the components that it installs.
 * Source: `environment/component_definitions.rs` of the backend's `isolate/src`, and
 * `components/type_checking.rs` of its `model/src`; of the names that these print, what Rust puts
 * around them is left out.
 */

import { uncaught } from "../errors.mjs";
import { SITE_URL } from "../calls/definitions.mjs";
import { checkIdentifier } from "../refusals/identifiers.mjs";
import { Refusal } from "../refusals/refusal.mjs";
import {
  checkBindings,
  checkDeclarations,
  checkRequired,
} from "./variables.mjs";

/**
 * @typedef {import("../calls/definitions.mjs").Binding} Binding
 * @typedef {import("../calls/definitions.mjs").HttpMounts} HttpMounts
 * @typedef {import("./variables.mjs").DeclaredVariable} DeclaredVariable
 * @typedef {import("./variables.mjs").EnvBinding} EnvBinding
 *
 * @typedef {object} CheckedApp
 * @property {string | null} httpPrefix of the app's own HTTP actions
 * @property {HttpMounts} httpMounts
 * @property {DeclaredVariable[]} variables
 * @property {InstalledComponent[]} components parents before their children
 *
 * @typedef {object} InstalledComponent
 * @property {string} path such as `aggregate/batchWorker`
 * @property {string} directory
 * @property {[name: string, Binding][]} environment
 * @property {HttpMounts} httpMounts
 *
 * What `defineApp()` and `defineComponent()` of `convex/server` make, in so far as it is used.
 *
 * @typedef {object} Definition
 * @property {() => Analysis} export
 * @property {[name: string, definition: Definition, ...unknown[]][]} _childComponents
 * @property {string} componentDefinitionPath the folder of its functions
 *
 * @typedef {object} Analysis
 * @property {{ name: string, env: [string, EnvBinding][] | null }[]} childComponents
 * @property {{ [prefix: string]: string }} httpMounts references to children
 * @property {string} [httpPrefix]
 * @property {[string, { value: string, optional?: boolean }][]} [envVars] validators in JSON
 *
 * @typedef {object} Evaluated
 * @property {string} directory
 * @property {DeclaredVariable[]} variables
 * @property {HttpMounts} httpMounts
 * @property {string | null} httpPrefix
 * @property {Child[]} children
 *
 * @typedef {{ name: string, bindings: Map<string, EnvBinding>, evaluated: Evaluated }} Child
 */

/** @type {CheckedApp} */
export const NO_APP = {
  httpPrefix: null,
  httpMounts: [],
  variables: [],
  components: [],
};

/**
 * @param {{ [name: string]: any }} exported by `convex.config.ts`
 * @throws {Refusal}
 */
export function checkExport(exported) {
  const reason = wrongExport(exported);
  if (reason === null) return;
  throw new Refusal(
    `The default export of \`convex.config.ts\` in your app has an invalid value (${reason}). ` +
      "Please make sure that you’re exporting the return value of `defineApp()` " +
      "(`import { defineApp } from 'convex/server'`).",
  );
}

/**
 * @param {{ [name: string]: any }} exported
 * @returns {string | null} what is wrong with it
 */
function wrongExport(exported) {
  if (!("default" in exported)) return "missing default export";
  const { default: definition, ...others } = exported;
  if (Object(definition) !== definition)
    return "the default export is not an object";
  if (Object.keys(others).length > 0)
    return "`convex.config.ts` has more than one export";
  if (!("export" in definition))
    return "missing `export` property on the default export of `convex.config.ts`";
  return typeof definition.export === "function"
    ? null
    : "`app.export` (where `app` is the default export of `convex.config.ts`) is not a function";
}

/**
 * @param {Definition} definition
 * @param {(directory: string) => string} shown how messages name the folder of a component
 * @returns {CheckedApp}
 * @throws {Refusal}
 */
export function checkApp(definition, shown) {
  const app = evaluate(definition);
  checkDeclarations("the app", app.variables);
  for (const { directory, variables } of definitionsBelow(app))
    checkDeclarations(`component ${shown(directory)}`, variables);
  return {
    httpPrefix: app.httpPrefix,
    httpMounts: app.httpMounts,
    variables: app.variables,
    components: installedBelow(app, "", null),
  };
}

/**
 * @param {Evaluated} evaluated
 * @returns {Evaluated[]}
 */
function definitionsBelow({ children }) {
  return children.flatMap(({ evaluated }) => [
    evaluated,
    ...definitionsBelow(evaluated),
  ]);
}

/**
 * @param {Evaluated} parent
 * @param {string} parentPath
 * @param {string | null} parentPrefix of the HTTP actions of a component
 * @returns {InstalledComponent[]}
 * @throws {Refusal}
 */
function installedBelow(parent, parentPath, parentPrefix) {
  const { children, httpMounts, variables } = parent;
  return children.flatMap((child, position) => {
    const { name, bindings, evaluated } = child;
    const path = parentPath === "" ? name : `${parentPath}/${name}`;
    checkBindings(path, evaluated.variables, bindings, variables);
    checkRequired(path, evaluated.variables, bindings);
    const mount = httpMounts.find(([, component]) => component === name)?.[0];
    const prefix =
      mount === undefined
        ? null
        : `${parentPrefix?.replace(/\/+$/, "") ?? ""}${mount}`;
    const installed = {
      path,
      directory: evaluated.directory,
      environment: environmentOf(bindings, prefix),
      httpMounts: evaluated.httpMounts,
    };
    const below = installedBelow(evaluated, path, prefix);
    if (children.slice(0, position).some((other) => other.name === name)) {
      throw new Refusal(
        `Component ${parentPath === "" ? "of the app" : parentPath} has multiple child components ` +
          `with the same name: ${name}`,
      );
    }
    return [installed, ...below];
  });
}

/**
 * @param {Map<string, EnvBinding>} bindings
 * @param {string | null} httpPrefix of the component's HTTP actions
 * @returns {[name: string, Binding][]}
 */
function environmentOf(bindings, httpPrefix) {
  /** @type {Map<string, Binding>} */
  const environment = new Map();
  if (httpPrefix !== null)
    environment.set(SITE_URL, { below: httpPrefix.replace(/\/+$/, "") });
  for (const [name, binding] of bindings)
    environment.set(
      name,
      binding.type === "value"
        ? { value: binding.value }
        : { variable: binding.name },
    );
  return [...environment];
}

/**
 * @param {Definition} definition
 * @returns {Evaluated}
 * @throws {Refusal}
 */
function evaluate(definition) {
  const children = definition._childComponents.map(([, child]) =>
    evaluate(child),
  );
  const analysis = exportOf(definition);
  const { childComponents, httpMounts, httpPrefix, envVars = [] } = analysis;
  for (const { name } of childComponents) checkIdentifier(name);
  return {
    directory: definition.componentDefinitionPath,
    variables: envVars.map(([name, { value, optional = false }]) => {
      checkIdentifier(name);
      return { name, isOptional: optional, validator: JSON.parse(value) };
    }),
    httpMounts: Object.entries(httpMounts).map(([prefix, reference]) => {
      checkMountPath(prefix);
      return [prefix, reference.split("/").at(-1) ?? ""];
    }),
    httpPrefix: httpPrefix ?? null,
    children: children.map((evaluated, position) => {
      const { name = "", env = null } = childComponents[position] ?? {};
      return { name, bindings: new Map(env ?? []), evaluated };
    }),
  };
}

/**
 * @param {Definition} definition
 * @returns {Analysis}
 * @throws {Refusal} for what it throws
 */
function exportOf(definition) {
  try {
    return definition.export();
  } catch (error) {
    throw new Refusal(uncaught(error));
  }
}

/**
 * Source: `HttpMountPath` in the backend's `common/src/bootstrap_model/components/definition.rs`.
 *
 * @param {string} prefix which begins and ends with a slash
 * @throws {Refusal}
 */
function checkMountPath(prefix) {
  if (prefix.includes("*"))
    throw new Refusal("Condition failed: `!s.contains('*')`");
  if (/[^!-~]|["<>\\^`{|}]/.test(prefix))
    throw new Refusal("invalid uri character");
  if (prefix.includes("?"))
    throw new Refusal("Condition failed: `path.query().is_none()`");
}
