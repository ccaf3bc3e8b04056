/** The components that a project installs: what its `convex.config.ts` names. */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildFile } from "./build.mjs";
import { StartError } from "./errors.mjs";
import { loadText } from "./load.mjs";

/**
 * @typedef {import("./project.mjs").Project} Project
 *
 * What `defineApp()` and `defineComponent()` of `convex/server` make, in so far as it is used.
 *
 * @typedef {object} Definition
 * @property {[name: string, definition: Definition][]} _childComponents
 * @property {string} componentDefinitionPath the folder of its functions
 *
 * @typedef {{ path: string, directory: string }} InstalledComponent `path` such as `aggregate/batchWorker`
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
  const { default: app } = await loadText(text);
  if (
    typeof app !== "object" ||
    app === null ||
    !("_childComponents" in app) ||
    !Array.isArray(app._childComponents)
  ) {
    throw new StartError(
      "convex.config.ts must have the result of `defineApp()` as its default export.",
    );
  }
  return installedBelow(/** @type {any} */ (app), "");
}

/**
 * @param {Definition} definition
 * @param {string} parent
 * @returns {InstalledComponent[]}
 */
function installedBelow(definition, parent) {
  return definition._childComponents.flatMap(([name, child]) => {
    const path = parent === "" ? name : `${parent}/${name}`;
    const directory = child.componentDefinitionPath;
    return [{ path, directory }, ...installedBelow(child, path)];
  });
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
