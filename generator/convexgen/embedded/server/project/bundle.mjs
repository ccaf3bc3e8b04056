/** Everything of a project that the server needs, in two steps: built, which is plain data, and loaded. */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { StartError } from "../errors.mjs";
import { buildAuthConfig } from "./authConfig.mjs";
import { buildDirectory } from "./build.mjs";
import { evaluateApp, readApp } from "./components.mjs";
import { keepBuiltins } from "../isolate/builtins.mjs";
import { importingComponent } from "../isolate/environments.mjs";
import { loadCode } from "./load.mjs";

/**
 * @typedef {import("./build.mjs").BuiltCode} BuiltCode
 * @typedef {import("./load.mjs").Code} Code
 * @typedef {import("./project.mjs").Project} Project
 *
 * @typedef {object} BuiltProject
 * @property {BuiltCode} code
 * @property {Omit<CheckedApp, "components">} app
 * @property {(Installed & { code: BuiltCode })[]} components parents before their children
 * @property {string | null} authConfig the module `auth.config.ts`, which `loadAuthConfig` loads
 * @property {string | null} croner the file of the library that reads cron strings, if it is installed
 *
 * @typedef {Pick<BuiltProject, "app"> & Code & { components: Component[], croner: Croner | null }} Bundle
 * @typedef {import("../jobs/cronTimes.mjs").Croner} Croner
 * @typedef {import("../push/appDefinition.mjs").CheckedApp} CheckedApp
 * @typedef {Omit<CheckedApp["components"][number], "directory">} Installed
 * @typedef {Installed & { code: Code }} Component
 */

/**
 * @param {Project} project
 * @param {Set<string>} [sources] gets the paths of the files that were sought, also when it fails
 * @param {import("./components.mjs").EvaluateApp} [evaluate] runs the code of a `convex.config.ts`
 * @returns {Promise<BuiltProject>}
 * @throws {StartError} with file, line and text of what does not compile
 */
export async function buildProject(
  project,
  sources = new Set(),
  evaluate = evaluateApp,
) {
  const { functionsDirectory } = project;
  sources.add(functionsDirectory);
  sources.add(project.settingsFile);
  project.refresh();
  const code = await buildDirectory(project, functionsDirectory, sources);
  const { components: installed, ...app } = await readApp(
    project,
    sources,
    evaluate,
  );
  const components = [];
  for (const { directory, ...component } of installed) {
    const code = await buildDirectory(project, directory, sources);
    checkHasNoNode(directory, code);
    components.push({ ...component, code });
  }
  const authConfig = await buildAuthConfig(project, sources);
  return { code, app, components, authConfig, croner: project.findCroner() };
}

/**
 * @param {string} directory of a component
 * @param {BuiltCode} code
 * @throws {StartError} in the words of `npx convex dev`
 */
function checkHasNoNode(directory, { paths }) {
  if (paths.node.length === 0) return;
  throw new StartError(
    '"use node" directive is not supported in components. Remove it from the component at: ' +
      `${join(directory, paths.node[0] ?? "")}.`,
  );
}

/**
 * @param {Pick<Installed, "path" | "environment">[]} components
 * @returns {import("../isolate/environments.mjs").Environments}
 */
export function environmentsOf(components) {
  return new Map(
    components.map(({ path, environment }) => [path, new Map(environment)]),
  );
}

/**
 * @param {BuiltProject} built
 * @returns {Promise<Bundle>}
 * @throws {StartError} with file, line and text of what does not load
 */
export async function loadBundle({ code, app, components, croner }) {
  const loaded = [];
  const environments = environmentsOf(components);
  for (const { code, ...installed } of components) {
    const load = () => loadCode(code);
    const own = await importingComponent(installed.path, environments, load);
    loaded.push({ ...installed, code: own });
  }
  const root = await loadCode(code);
  const hasCrons = [root, ...loaded.map(({ code }) => code)].some(
    ({ modules }) => modules.has("crons"),
  );
  const imported =
    hasCrons && croner !== null
      ? await import(pathToFileURL(croner).href)
      : null;
  keepBuiltins();
  return { ...root, app, components: loaded, croner: imported };
}
