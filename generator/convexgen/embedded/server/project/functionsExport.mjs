/** What functions a project has that need not be complete: those of modules that load, and why others do not. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { uncaught } from "../errors.mjs";
import { installIsolateGlobals } from "../isolate/globals.mjs";
import { whileImporting } from "../isolate/importing.mjs";
import { EXTENSION, entryPoints } from "../push/entryPoints.mjs";
import { BundlingFailed, FOR_NODE, bundle } from "./build.mjs";
import { functionSpecOfModules } from "./functionSpec.mjs";
import { incompleteOptions } from "./incomplete.mjs";
import { importExports } from "./load.mjs";
import { asyncHooks, wasmModules } from "./plugins.mjs";

/**
 * @typedef {import("./project.mjs").IncompleteProject} IncompleteProject
 * @typedef {import("../calls/definitions.mjs").ModuleExports} ModuleExports
 * @typedef {import("esbuild").BuildOptions} BuildOptions
 * @typedef {import("esbuild").OutputFile} OutputFile
 *
 * @typedef {object} ExportedFunctions
 * @property {object[]} functions in JSON, as `npx convex function-spec` prints them
 * @property {{ module: string, reason: string }[]} leftOut
 */

const FAILING = "failing:";

/**
 * @param {IncompleteProject} project
 * @param {string} folder of the functions
 * @param {object} options
 * @param {Record<string, string>} options.leftOut why modules are not loaded at all, by their files
 * @param {(module: string) => void} options.onModule hears of each file before it is loaded
 * @returns {Promise<ExportedFunctions>}
 * @throws {import("../errors.mjs").StartError} for names and places of files that a push refuses
 */
export async function exportFunctions(
  project,
  folder,
  { leftOut: before, onModule },
) {
  const paths = entryPoints(project.root, folder);
  const toLoad = (/** @type {string[]} */ all) =>
    all.filter((path) => !(path in before));
  const options = incompleteOptions(project, "the module");
  const plugins = [...(options.plugins ?? []), asyncHooks(), wasmModules()];
  installIsolateGlobals();
  const loaded = [
    ...(await loadEach({ project, folder, onModule }, toLoad(paths.isolate), {
      ...options,
      plugins,
    })),
    ...(await loadEach({ project, folder, onModule }, toLoad(paths.node), {
      ...options,
      ...FOR_NODE,
      supported: {},
      plugins,
    })),
  ].sort(([left], [right]) => (left < right ? -1 : 1));
  /** @type {Map<string, ModuleExports>} */
  const modules = new Map();
  const leftOut = Object.entries(before).map(([module, reason]) => ({
    module,
    reason,
  }));
  for (const [path, exported] of loaded) {
    const module = path.replace(EXTENSION, "");
    try {
      const exports = exported();
      // Of one at a time, so that what a push refuses is left out alone.
      functionSpecOfModules(new Map([[module, exports]]));
      modules.set(module, exports);
    } catch (error) {
      leftOut.push({ module: path, reason: reasonOf(error) });
    }
  }
  leftOut.sort((left, right) => (left.module < right.module ? -1 : 1));
  return { ...functionSpecOfModules(modules), leftOut };
}

/**
 * @typedef {[path: string, exported: () => ModuleExports]} Loaded which throws what kept it from loading
 *
 * @typedef {object} Loading
 * @property {IncompleteProject} project
 * @property {string} folder
 * @property {(module: string) => void} onModule
 */

/**
 * Files are built together, so that what several import is loaded once. What is wrong, of them or of
 * what they import, fails when it is loaded, with all that imports it.
 *
 * @param {Loading} loading
 * @param {string[]} paths
 * @param {BuildOptions} options
 * @param {Map<string, string>} [wrong] why files cannot be built, by their paths
 * @returns {Promise<Loaded[]>}
 */
async function loadEach(loading, paths, options, wrong = new Map()) {
  const { project, folder, onModule } = loading;
  if (paths.length === 0) return [];
  try {
    const files = await bundle(project, {
      ...options,
      plugins: [failing(wrong), ...(options.plugins ?? [])],
      splitting: true,
      outdir: project.root,
      outExtension: { ".js": ".mjs" },
      entryPoints: paths.map((path, number) => ({
        in: join(folder, path),
        out: String(number),
      })),
    });
    return await loadFiles(paths, files, onModule);
  } catch (error) {
    if (!(error instanceof BundlingFailed)) throw error;
    const known = new Map(wrong);
    for (const [file, reason] of error.reasons)
      known.set(resolve(project.root, file), reason);
    // Nothing else is known to be wrong: what it is, no place tells.
    if (known.size === wrong.size)
      return paths.map((path) => [path, () => thrown(error)]);
    return await loadEach(loading, paths, options, known);
  }
}

/**
 * A file that is wrong has what a module of CommonJS has, which need not say what that is.
 *
 * @param {Map<string, string>} wrong why files cannot be built, by their paths
 * @returns {import("esbuild").Plugin}
 */
function failing(wrong) {
  return {
    name: "failing",
    setup({ onLoad, onResolve }) {
      onLoad({ filter: /.*/, namespace: "file" }, ({ path }) => {
        if (!wrong.has(path)) return null;
        const from = JSON.stringify(`${FAILING}${path}`);
        const contents = `export * from ${from}; export { default } from ${from};`;
        return { contents, loader: "js" };
      });
      onResolve({ filter: new RegExp(`^${FAILING}`) }, ({ path }) => ({
        path: path.slice(FAILING.length),
        namespace: "failing",
      }));
      onLoad({ filter: /.*/, namespace: "failing" }, ({ path }) => ({
        contents: failureOf(wrong.get(path) ?? ""),
      }));
    },
  };
}

/** @param {string} reason */
function failureOf(reason) {
  // It runs for the first who imports it; what has it from then on fails at whatever is done with it.
  return `
    const fail = () => { throw new Error(${JSON.stringify(reason)}); };
    module.exports = new Proxy({}, new Proxy({}, { get: fail }));
    fail();`;
}

/**
 * @param {string[]} paths
 * @param {OutputFile[]} files those of the paths are called by their position
 * @param {(module: string) => void} onModule
 * @returns {Promise<Loaded[]>}
 */
async function loadFiles(paths, files, onModule) {
  const directory = mkdtempSync(join(tmpdir(), "convexgen-"));
  try {
    for (const { path, contents } of files)
      writeFileSync(join(directory, basename(path)), contents);
    /** @type {Loaded[]} */
    const loaded = [];
    for (const [position, path] of paths.entries()) {
      onModule(path);
      try {
        const { exports } = await whileImporting("modules", () =>
          importExports(directory, `${position}.mjs`),
        );
        loaded.push([path, () => exports]);
      } catch (error) {
        loaded.push([path, () => thrown(error)]);
      }
    }
    return loaded;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * @param {unknown} error
 * @returns {never}
 */
function thrown(error) {
  throw error;
}

/** @param {unknown} error */
function reasonOf(error) {
  return error instanceof Error ? error.message : uncaught(error);
}
