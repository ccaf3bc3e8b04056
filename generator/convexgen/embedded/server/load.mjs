/** Bundled functions, as the modules that they are. Loading runs a project's code. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { StartError } from "./errors.mjs";

/**
 * @typedef {import("./build.mjs").BuiltCode} BuiltCode
 * @typedef {{ [name: string]: unknown }} ModuleExports
 *
 * @typedef {object} Code
 * @property {Map<string, ModuleExports>} modules by path without extension, such as `dir/module`
 * @property {{ export(): string } | null} schema the default export of `schema.ts`; null when there is no such file
 */

const EXTENSION = /\.[^./]+$/;

/**
 * @param {BuiltCode} built
 * @returns {Promise<Code>}
 * @throws {StartError} with file, line and text of what does not load
 */
export async function loadCode({ text, paths, nodePaths }) {
  const exports = await loadText(text);
  const modules = paths.map(
    (path, position) =>
      /** @type {[string, ModuleExports]} */ ([path, exports[`m${position}`]]),
  );
  for (const [path, exported] of modules)
    if (nodePaths.includes(path)) checkHasOnlyActions(path, exported);
  return {
    modules: new Map(
      modules.map(([path, exported]) => [
        path.replace(EXTENSION, ""),
        exported,
      ]),
    ),
    schema: exports.schema === undefined ? null : exports.schema.default,
  };
}

/**
 * @param {string} path of a file for Node.js
 * @param {ModuleExports} exports
 * @throws {StartError} for a query or a mutation
 */
function checkHasOnlyActions(path, exports) {
  for (const [name, exported] of Object.entries(exports)) {
    if (typeof exported !== "function") continue;
    if (!("isQuery" in exported || "isMutation" in exported)) continue;
    const kind = "isQuery" in exported ? "Query" : "Mutation";
    throw new StartError(
      `\`${name}\` defined in \`${path}\` is a ${kind} function. Only actions can be defined in ` +
        'Node.js: move it to a file without "use node".',
    );
  }
}

/**
 * @param {string} text
 * @returns {Promise<any>} the exports
 * @throws {StartError}
 */
export async function loadText(text) {
  const directory = mkdtempSync(join(tmpdir(), "convexgen-"));
  const file = join(directory, "functions.mjs");
  try {
    writeFileSync(file, text);
    return await import(pathToFileURL(file).href);
  } catch (error) {
    throw new StartError(`The functions cannot be loaded.\n${describe(error)}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Frames of Node.js and of this server, which say nothing to the author of functions. */
const FOREIGN_FRAME = /^ {4}at .*(\bnode:|\bnative\b)/;
const OWN_FOLDER = new URL(".", import.meta.url).href;

/** @param {unknown} error that a module has thrown */
function describe(error) {
  if (!(error instanceof Error)) return String(error);
  const lines = (error.stack ?? error.message).split("\n");
  return lines
    .filter((line) => !FOREIGN_FRAME.test(line) && !line.includes(OWN_FOLDER))
    .join("\n");
}
