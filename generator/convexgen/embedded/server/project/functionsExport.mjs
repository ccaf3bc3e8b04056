/** What functions a project has that need not be complete: those of modules that load, and why others do not. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { StartError, uncaught } from "../errors.mjs";
import { installIsolateGlobals } from "../isolate/globals.mjs";
import { whileImporting } from "../isolate/importing.mjs";
import { EXTENSION, entryPoints } from "../push/entryPoints.mjs";
import { FOR_NODE, filesOfEsbuild } from "./build.mjs";
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
 * Files are built together, so that what several import is loaded once; where some cannot be built,
 * the others are without them.
 *
 * @param {Loading} loading
 * @param {string[]} paths
 * @param {BuildOptions} options
 * @returns {Promise<Loaded[]>}
 */
async function loadEach(loading, paths, options) {
  const { project, folder, onModule } = loading;
  if (paths.length === 0) return [];
  try {
    const files = await filesOfEsbuild(project, folder, {
      ...options,
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
    const refused = refusedOf(paths, error, (path) =>
      relative(project.root, join(folder, path)),
    );
    if (refused.length > 0) {
      const known = new Set(refused.map(([path]) => path));
      const others = paths.filter((path) => !known.has(path));
      return [...refused, ...(await loadEach(loading, others, options))];
    }
    // It is in what some of them import.
    const middle = Math.floor(paths.length / 2);
    if (middle === 0) return paths.map((path) => [path, () => thrown(error)]);
    return [
      ...(await loadEach(loading, paths.slice(0, middle), options)),
      ...(await loadEach(loading, paths.slice(middle), options)),
    ];
  }
}

/**
 * @param {string[]} paths
 * @param {unknown} error of building them, which names places
 * @param {(path: string) => string} shown what it calls a file
 * @returns {Loaded[]} those in which something is wrong, each with that
 */
function refusedOf(paths, error, shown) {
  const lines = reasonOf(error).split("\n");
  return paths.flatMap((path) => {
    const own = lines.filter(
      (line) => line.startsWith(`${shown(path)}:`) && line.includes(": "),
    );
    return own.length === 0
      ? []
      : [[path, () => thrown(new StartError(own.join("\n")))]];
  });
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
