/** The components that a project installs: what its `convex.config.ts` names. */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildFile } from "./build.mjs";
import { loadText } from "./load.mjs";
import { checkIdentifier } from "../refusals/identifiers.mjs";
import { Refusal, whilePushing } from "../refusals/refusal.mjs";

/**
 * @typedef {import("./project.mjs").Project} Project
 *
 * What `defineApp()` and `defineComponent()` of `convex/server` make, in so far as it is used.
 *
 * @typedef {object} Definition
 * @property {[name: string, definition: Definition, environment?: { [name: string]: unknown } | null][]} _childComponents
 * @property {{ [name: string]: { isOptional: string } }} [_env] the validators of its variables
 * @property {string} componentDefinitionPath the folder of its functions
 *
 * @typedef {object} InstalledComponent
 * @property {string} path such as `aggregate/batchWorker`
 * @property {string} directory
 * @property {Environment} environment
 *
 * @typedef {import("../isolate/environments.mjs").Environment} Environment
 */

const CONFIG_FILE = /(^|\/)convex\.config(\.[cm]?[jt]s)?$/;
const NAMESPACE = "component-definition";

/**
 * @param {Project} project
 * @param {Set<string>} sources gets the paths of the files that were sought
 * @returns {Promise<InstalledComponent[]>} parents before their children
 * @throws {StartError}
 */
export async function findComponents(project, sources) {
  const file = ["convex.config.ts", "convex.config.js"]
    .map((name) => join(project.functionsDirectory, name))
    .find((path) => existsSync(path));
  if (file === undefined) return [];
  const plugins = [locateDefinitions()];
  const text = await buildFile(project, file, sources, plugins);
  const { exports: exported } = await loadText(text);
  return whilePushing(() => {
    checkApp(exported);
    return installedBelow(/** @type {Definition} */ (exported.default), "");
  });
}

/**
 * Source: `environment/component_definitions.rs` of the backend's `isolate/src`.
 *
 * @param {{ [name: string]: any }} exported by `convex.config.ts`
 * @throws {Refusal}
 */
function checkApp(exported) {
  const reason = !("default" in exported)
    ? "missing default export"
    : Object.keys(exported).length > 1
      ? "`convex.config.ts` has more than one export"
      : exported.default?.export === undefined
        ? "missing `export` property on the default export of `convex.config.ts`"
        : null;
  if (reason === null) return;
  throw new Refusal(
    `The default export of \`convex.config.ts\` in your app has an invalid value (${reason}). ` +
      "Please make sure that you’re exporting the return value of `defineApp()` " +
      "(`import { defineApp } from 'convex/server'`).",
  );
}

/**
 * @param {Definition} definition
 * @param {string} parent
 * @returns {InstalledComponent[]}
 */
function installedBelow(definition, parent) {
  const names = definition._childComponents.map(([name]) => name);
  for (const [position, name] of names.entries()) {
    checkIdentifier(name);
    if (names.indexOf(name) === position) continue;
    // Source: `insert_child_component` of `components/type_checking.rs` in the backend's `model/src`.
    throw new Refusal(
      `Component ${parent === "" ? "of the app" : parent} has multiple child components with the ` +
        `same name: ${name}`,
    );
  }
  return definition._childComponents.flatMap(([name, child, given]) => {
    const path = parent === "" ? name : `${parent}/${name}`;
    const directory = child.componentDefinitionPath;
    const environment = environmentOf(path, child, given ?? {});
    return [{ path, directory, environment }, ...installedBelow(child, path)];
  });
}

/**
 * Source: `components/type_checking.rs` in the backend's `model/src`.
 *
 * @param {string} path of the component
 * @param {Definition} definition
 * @param {{ [name: string]: unknown }} given to it by `use()`
 * @returns {Environment}
 * @throws {Refusal}
 */
function environmentOf(path, { _env: validators = {} }, given) {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(validators, name))
      throw new Refusal(`Component ${path} has no env var named ${name}`);
  }
  for (const [name, { isOptional }] of Object.entries(validators)) {
    if (isOptional !== "optional" && !Object.hasOwn(given, name))
      throw new Refusal(
        `Component ${path} is missing required env var ${name}`,
      );
  }
  /** @type {Environment} */
  const environment = new Map();
  for (const [name, value] of Object.entries(given)) {
    const reference = Object(value).__envVarRef;
    if (typeof value === "string") environment.set(name, { value });
    else if (typeof reference === "string")
      environment.set(name, { variable: reference });
    else {
      throw new Refusal(
        `Env var "${name}" must be a string or an env var reference. Received: ${typeof value}`,
      );
    }
  }
  return environment;
}

/**
 * Tells each imported definition where it lies and its name, as Convex does: `use()` of
 * `convex/server` wants to know.
 *
 * @returns {import("esbuild").Plugin}
 */
function locateDefinitions() {
  return {
    name: "locate-definitions",
    setup({ onResolve, onLoad, resolve }) {
      onResolve({ filter: CONFIG_FILE }, async (request) => {
        const { path, importer, namespace, kind, resolveDir, pluginData } =
          request;
        if (
          kind === "entry-point" ||
          namespace === NAMESPACE ||
          pluginData === NAMESPACE
        )
          return null;
        const found = await resolve(path, {
          kind,
          importer,
          resolveDir,
          pluginData: NAMESPACE,
        });
        return found.errors.length > 0
          ? { errors: found.errors }
          : { path: found.path, namespace: NAMESPACE };
      });
      onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
        contents:
          `import definition from ${JSON.stringify(path)};\n` +
          `definition.componentDefinitionPath = ${JSON.stringify(dirname(path))};\n` +
          "definition.defaultName = definition._name;\n" +
          "export default definition;\n",
        resolveDir: dirname(path),
      }));
    },
  };
}
