/**
 * The files of a functions directory that are deployed, and in which runtime each runs.
 * Source: `bundler/index.ts` of the npm package `convex`, and `module_path.rs` of the backend's
 * `convex/sync_types/src`.
 */

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { StartError } from "../errors.mjs";
import { checkModulePath } from "../refusals/identifiers.mjs";
import { explained, whilePushing } from "../refusals/refusal.mjs";
import { isForNode } from "./useNode.mjs";

/** @typedef {{ isolate: string[], node: string[] }} EntryPoints relative paths with `/`, sorted */

const SOURCE_FILE = /\.[cm]?[jt]sx?$/;
const TYPESCRIPT = /\.tsx?$/;
export const EXTENSION = /\.[^./]+$/;

/** Without one, TypeScript takes a file for no module, and Convex does not deploy it. */
const IS_MODULE = /^\s{0,100}(import|export)/m;

/** These never run in Node.js. */
const ISOLATE_ONLY = new Set(["http", "crons"]);

/**
 * @param {string} root of the project, for messages
 * @param {string} directory
 * @returns {EntryPoints}
 * @throws {StartError} for names and places that a push refuses
 */
export function entryPoints(root, directory) {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      relative(directory, join(entry.parentPath, entry.name))
        .split(sep)
        .join("/"),
    )
    .filter((path) => !isOfComponent(directory, path))
    .sort();
  const reserved = files.find((path) => path.startsWith("_deps/"));
  if (reserved !== undefined) {
    const path = relative(root, join(directory, reserved));
    throw new StartError(
      `The path "${path}" is within the "_deps" directory, which is reserved for dependencies. ` +
        "Please move your code to another directory.",
    );
  }
  const paths = files.filter(
    (path) => isEntryPoint(path) && isModule(join(directory, path)),
  );
  checkPaths(paths);
  const runsInNode = (/** @type {string} */ path) =>
    isNodeModule(path, join(directory, path));
  return {
    isolate: paths.filter((path) => !runsInNode(path)),
    node: paths.filter(runsInNode),
  };
}

/**
 * @param {string} directory
 * @param {string} path
 * @returns {boolean} whether a folder on the way to it is a component of its own
 */
function isOfComponent(directory, path) {
  const folders = path.split("/").slice(0, -1);
  return folders.some((_, depth) =>
    ["convex.config.ts", "convex.config.js"].some((name) =>
      existsSync(join(directory, ...folders.slice(0, depth + 1), name)),
    ),
  );
}

/** @param {string} path */
function isEntryPoint(path) {
  const parts = path.split("/");
  const name = parts[parts.length - 1] ?? "";
  return (
    SOURCE_FILE.test(name) &&
    !/^[.#]/.test(name) &&
    name.split(".").length === 2 &&
    name !== "schema.ts" &&
    name !== "schema.js" &&
    !path.includes(" ") &&
    parts[0] !== "_generated" &&
    !parts.includes("node_modules")
  );
}

/** @param {string} file */
function isModule(file) {
  return !TYPESCRIPT.test(file) || IS_MODULE.test(readFileSync(file, "utf8"));
}

/**
 * @param {string[]} paths
 * @throws {StartError}
 */
function checkPaths(paths) {
  /** @type {Set<string>} */
  const deployed = new Set();
  for (const path of paths) {
    const output = path.replace(EXTENSION, ".js");
    whilePushing(() =>
      explained(`${output} is not a valid path to a Convex module. `, () =>
        checkModulePath(output),
      ),
    );
    if (deployed.has(output)) {
      throw new StartError(
        `Two output files share the same path but have different contents: out/${output}`,
      );
    }
    deployed.add(output);
  }
}

/**
 * @param {string} path
 * @param {string} file
 * @throws {StartError}
 */
function isNodeModule(path, file) {
  if (isForNode(file)) {
    if (ISOLATE_ONLY.has(path.replace(EXTENSION, ""))) {
      throw new StartError(`"use node" directive is not allowed for ${path}.`);
    }
    return true;
  }
  if (path.startsWith("actions/")) {
    throw new StartError(
      `${path} is in /actions subfolder but has no "use node"; directive. You can now define ` +
        'actions in any folder and indicate they should run in node by adding "use node" ' +
        "directive. /actions is a deprecated way to choose Node.js environment, and we require " +
        '"use node" for all files within that folder to avoid unexpected errors during the ' +
        "migration. See https://docs.convex.dev/functions/actions for more details",
    );
  }
  return false;
}
