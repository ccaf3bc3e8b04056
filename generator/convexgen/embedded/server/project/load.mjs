/** Bundled functions, as the modules that they are. Loading runs a project's code. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { StartError, callsOf, uncaught } from "../errors.mjs";
import { installIsolateGlobals } from "../isolate/globals.mjs";
import { NeverImported, whileImporting } from "../isolate/importing.mjs";
import { EXTENSION } from "../push/entryPoints.mjs";
import { exportsOf } from "./plugins.mjs";
import { INVALID_SCHEMA, Refusal, whileLoading } from "../refusals/refusal.mjs";

/**
 * @typedef {import("./build.mjs").BuiltCode} BuiltCode
 * @typedef {import("../calls/definitions.mjs").ModuleExports} ModuleExports
 *
 * What a module exports, in an object: a promise takes a module that exports a function `then` for
 * another promise, and calls that.
 *
 * @typedef {{ exports: ModuleExports }} Loaded
 * @typedef {() => Promise<Loaded>} Load
 *
 * @typedef {object} Code
 * @property {Map<string, ModuleExports>} modules by path without extension, such as `dir/module`
 * @property {{ exported: unknown } | null} schema the default export of `schema.ts`; null when there is no such file
 */

/**
 * @param {BuiltCode} built
 * @returns {Promise<Code>}
 * @throws {StartError} with file, line and text of what does not load
 */
export async function loadCode({ paths, isolate, node }) {
  const own = await loadBuilt(isolate);
  // It comes first: what it imports is loaded once.
  const schema = own.schema === null ? null : await loadSchema(own.schema);
  const modules = await loadModules(paths.isolate, own.modules);
  if (node !== null) {
    const ofNode = await loadBuilt(node);
    for (const [path, exported] of await loadModules(
      paths.node,
      ofNode.modules,
    )) {
      checkHasOnlyActions(path, exported);
      modules.set(path, exported);
    }
  }
  return { modules: new Map([...modules].sort(byPath)), schema };
}

/**
 * @param {string} text of `BuiltCode`
 * @returns {Promise<{ modules: Load[], schema: Load | null }>}
 * @throws {StartError}
 */
async function loadBuilt(text) {
  const { exports } = await loadText(text);
  return /** @type {any} */ (exports);
}

/**
 * @param {[path: string, ...unknown[]]} left
 * @param {[path: string, ...unknown[]]} right
 */
function byPath([left], [right]) {
  return left < right ? -1 : 1;
}

/**
 * @param {Load} load
 * @returns {Promise<Code["schema"]>}
 * @throws {StartError}
 */
async function loadSchema(load) {
  try {
    const { exports } = await whileImporting("schema", load);
    return { exported: exports.default };
  } catch (error) {
    throw new StartError(`${INVALID_SCHEMA}${describe(error)}`);
  }
}

/**
 * @param {string[]} paths
 * @param {Load[]} loads
 * @returns {Promise<Map<string, ModuleExports>>} by path without extension
 * @throws {StartError}
 */
async function loadModules(paths, loads) {
  const modules = new Map();
  for (const [position, path] of paths.entries()) {
    const load = loads[position];
    if (load === undefined) continue;
    const name = path.replace(EXTENSION, "");
    try {
      const { exports } = await whileImporting("modules", load);
      modules.set(name, exports);
    } catch (error) {
      whileLoading(() => {
        throw new Refusal(
          error instanceof NeverImported
            ? `${error.message}\n(${name}.js waits for what does not come while it is imported.)`
            : `Failed to analyze ${name}.js: ${describe(error)}`,
        );
      });
    }
  }
  return modules;
}

/**
 * Source: `analyze` in the backend's `node_executor/src/executor.rs`.
 *
 * @param {string} path of a file for Node.js, without extension
 * @param {ModuleExports} exports
 * @throws {StartError} for a query or a mutation
 */
function checkHasOnlyActions(path, exports) {
  for (const [name, exported] of Object.entries(exports)) {
    if (typeof exported !== "function") continue;
    if (!("isQuery" in exported || "isMutation" in exported)) continue;
    const kind = "isQuery" in exported ? "Query" : "Mutation";
    whileLoading(() => {
      throw new Refusal(
        `\`${name}\` defined in \`${path}.js\` is a ${kind} function. Only actions can be defined ` +
          "in Node.js. See https://docs.convex.dev/functions/actions for more details.",
      );
    });
  }
}

/**
 * @param {string} text
 * @returns {Promise<Loaded>}
 * @throws {StartError}
 */
export async function loadText(text) {
  try {
    return await importText(text);
  } catch (error) {
    throw new StartError(`The functions cannot be loaded.\n${describe(error)}`);
  }
}

/**
 * @param {string} text
 * @returns {Promise<Loaded>}
 * @throws whatever it throws
 */
export async function importText(text) {
  installIsolateGlobals();
  const directory = mkdtempSync(join(tmpdir(), "convexgen-"));
  try {
    writeFileSync(join(directory, "functions.mjs"), text);
    return await importExports(directory, "functions.mjs");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * @param {string} directory
 * @param {string} name of a module in it
 * @returns {Promise<Loaded>}
 */
export async function importExports(directory, name) {
  const file = join(directory, `exports-of-${name}`);
  writeFileSync(file, exportsOf(`./${name}`));
  return await import(pathToFileURL(file).href);
}

const FRAME = /^ {4}at /;
/** Frames of Node.js, of the bundle and of what imports modules in it, which say nothing to the author of functions. */
const FOREIGN_FRAME =
  /^ {4}at .*(\bnode:|\bnative\b|\bfunctions\.mjs:|\bexports-of[:-])/;
/** What the bundler calls the code of a module. */
const MODULE_FRAME = /^( {4}at )\S+\.[cm]?[jt]sx?( \(.*\))$/;
const OWN_FOLDER = new URL("..", import.meta.url).href;

/** @param {unknown} thrown by a module */
export function describe(thrown) {
  const frames = thrown instanceof Error ? callsOf(thrown) : [];
  const own = frames
    .filter((line) => FRAME.test(line))
    .filter((line) => !FOREIGN_FRAME.test(line) && !line.includes(OWN_FOLDER))
    .map((line) => line.replace(MODULE_FRAME, "$1<anonymous>$2"));
  return [uncaught(thrown), ...own].join("\n");
}
