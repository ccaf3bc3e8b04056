/** The components that a project installs: what its `convex.config.ts` names. */

import { existsSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { buildFile } from "./build.mjs";
import { describe, importText } from "./load.mjs";
import { NO_APP, checkApp, checkExport } from "../push/appDefinition.mjs";
import { Refusal, whilePushing } from "../refusals/refusal.mjs";

/**
 * @typedef {import("./project.mjs").Project} Project
 * @typedef {import("../push/appDefinition.mjs").CheckedApp} CheckedApp
 */

const CONFIG_FILE = /(^|\/)convex\.config(\.[cm]?[jt]s)?$/;
const NAMESPACE = "component-definition";

/**
 * Evaluates the text of a `convex.config.ts`, as `evaluateApp` does.
 *
 * @typedef {(text: string, functionsDirectory: string) => Promise<CheckedApp>} EvaluateApp
 */

/**
 * @param {Project} project
 * @param {Set<string>} sources gets the paths of the files that were sought
 * @param {EvaluateApp} evaluate
 * @returns {Promise<CheckedApp>}
 * @throws {StartError}
 */
export async function readApp(project, sources, evaluate) {
  const file = ["convex.config.ts", "convex.config.js"]
    .map((name) => join(project.functionsDirectory, name))
    .find((path) => existsSync(path));
  if (file === undefined) return NO_APP;
  const plugins = [locateDefinitions()];
  const text = await buildFile(project, file, sources, plugins);
  return await evaluate(text, project.functionsDirectory);
}

/**
 * @param {string} text of the module
 * @param {string} functionsDirectory
 * @returns {Promise<CheckedApp>} plain data
 * @throws {StartError}
 */
export async function evaluateApp(text, functionsDirectory) {
  const exported = await importConfig(text);
  return whilePushing(() => {
    checkExport(exported);
    return checkApp(exported.default, (directory) =>
      relative(functionsDirectory, directory).split(sep).join("/"),
    );
  });
}

/**
 * @param {string} text of the module
 * @returns {Promise<{ [name: string]: any }>} what it exports
 * @throws {StartError}
 */
async function importConfig(text) {
  try {
    return (await importText(text)).exports;
  } catch (error) {
    return whilePushing(() => {
      throw new Refusal(describe(error));
    });
  }
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
