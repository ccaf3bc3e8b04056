/**
 * What `convex.json` says: where the functions are, and which packages their bundle leaves out.
 * Other keys are for Convex's own tools.
 * Source: `cli/lib/config.ts` and `bundler/external.ts` of the npm package `convex`.
 */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { StartError } from "../errors.mjs";

/**
 * @typedef {object} ConvexJson
 * @property {string} functions the functions directory, relative to the root
 * @property {readonly string[]} externalPackages of files with "use node"; `*` is every one
 */

export const FILE_NAME = "convex.json";
const DEFAULT_FUNCTIONS = "convex";
const DEPENDENCIES = ["dependencies", "devDependencies"];

/**
 * @param {string} root
 * @returns {ConvexJson}
 * @throws {StartError} with the file and the key
 */
export function readConvexJson(root) {
  const file = join(root, FILE_NAME);
  if (!existsSync(file))
    return { functions: defaultFunctions(root), externalPackages: [] };
  const content = readObject(file);
  const { functions = DEFAULT_FUNCTIONS, node = {} } = content;
  if (typeof functions !== "string" || functions === "")
    throw wrong(file, "functions", "the path of a folder", functions);
  if (!isRecord(node)) throw wrong(file, "node", "an object", node);
  const { externalPackages = [] } = node;
  if (!Array.isArray(externalPackages) || !externalPackages.every(isText)) {
    throw wrong(
      file,
      "node.externalPackages",
      "a list of names of packages",
      externalPackages,
    );
  }
  return { functions, externalPackages };
}

/**
 * `create-react-app` builds nothing outside of `src`.
 *
 * @param {string} root
 */
function defaultFunctions(root) {
  return declaredPackages(root).has("react-scripts")
    ? `src/${DEFAULT_FUNCTIONS}`
    : DEFAULT_FUNCTIONS;
}

/**
 * @param {string} root
 * @returns {Set<string>} the names of the packages in its package.json
 * @throws {StartError}
 */
export function declaredPackages(root) {
  const file = join(root, "package.json");
  if (!existsSync(file)) return new Set();
  const manifest = readObject(file);
  return new Set(
    DEPENDENCIES.flatMap((key) => {
      const packages = manifest[key];
      return isRecord(packages) ? Object.keys(packages) : [];
    }),
  );
}

/**
 * @param {string} file
 * @returns {{ [name: string]: unknown }}
 * @throws {StartError}
 */
function readObject(file) {
  /** @type {unknown} */
  let content;
  try {
    content = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(`${file} cannot be read as JSON: ${reason}`);
  }
  if (!isRecord(content)) throw new StartError(`${file} must hold an object.`);
  return content;
}

/**
 * @param {string} file
 * @param {string} key
 * @param {string} expected
 * @param {unknown} value
 */
function wrong(file, key, expected, value) {
  return new StartError(
    `${file}: \`${key}\` must be ${expected}, not ${JSON.stringify(value)}.`,
  );
}

/**
 * @param {unknown} value
 * @returns {value is string}
 */
function isText(value) {
  return typeof value === "string";
}

/**
 * @param {unknown} value
 * @returns {value is { [name: string]: unknown }}
 */
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
