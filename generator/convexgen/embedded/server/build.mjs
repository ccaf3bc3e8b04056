/** esbuild over what Convex would deploy, with `convex/*` left out so that there is one instance of it. */

import { existsSync, readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { StartError } from "./errors.mjs";
import {
  builtinsOnlyWithUseNode,
  generatedFiles,
  isForNode,
  noteSources,
  sharedConvex,
} from "./plugins.mjs";

/**
 * @typedef {import("./project.mjs").Project} Project
 *
 * A folder of functions as one module, which `loadCode` loads; plain data.
 *
 * @typedef {object} BuiltCode
 * @property {string} text exports each file as `m0`, `m1`, …, and `schema`
 * @property {string[]} paths of those files, relative to the folder
 * @property {string[]} nodePaths of those that start with "use node"
 */

const SOURCE_FILE = /\.[cm]?[jt]sx?$/;

/** @param {Project} project */
function commonOptions({ root }) {
  return /** @type {const} */ ({
    absWorkingDir: root,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    sourcemap: "inline",
    sourcesContent: false,
    sourceRoot: `${pathToFileURL(root).href}/`,
    outfile: join(root, "functions.mjs"),
    metafile: true,
    write: false,
    logLevel: "silent",
  });
}

/**
 * The files that are deployed.
 * Source: `bundler/index.ts` of the npm package `convex`.
 *
 * @param {string} directory
 * @returns {string[]} relative paths with `/`, sorted
 */
export function entryPoints(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      relative(directory, join(entry.parentPath, entry.name))
        .split(sep)
        .join("/"),
    )
    .filter((path) => isEntryPoint(path) && !isOfComponent(directory, path))
    .sort();
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
    !name.endsWith(".d.ts") &&
    !/^[.#]/.test(name) &&
    name.split(".").length === 2 &&
    name !== "schema.ts" &&
    name !== "schema.js" &&
    !path.includes(" ") &&
    !parts.includes("_generated") &&
    !parts.includes("node_modules")
  );
}

/**
 * @param {Project} project
 * @param {string} functionsDirectory of the project or of a component
 * @param {Set<string>} sources gets the paths of the files that were sought
 * @returns {Promise<BuiltCode>}
 * @throws {StartError} with file, line and text of what does not compile
 */
export async function buildDirectory(project, functionsDirectory, sources) {
  const paths = entryPoints(functionsDirectory);
  const lines = paths.map(
    (path, position) =>
      `export * as m${position} from ${JSON.stringify(`./${path}`)};`,
  );
  const schemaFile = ["schema.ts", "schema.js"].find((name) =>
    existsSync(join(functionsDirectory, name)),
  );
  if (schemaFile !== undefined)
    lines.push(`export * as schema from "./${schemaFile}";`);
  const text = await runEsbuild(project, {
    ...commonOptions(project),
    stdin: {
      contents: lines.join("\n"),
      resolveDir: functionsDirectory,
      sourcefile: "functions.mjs",
    },
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    plugins: [
      noteSources(sources),
      sharedConvex(project),
      generatedFiles(),
      builtinsOnlyWithUseNode(functionsDirectory),
    ],
  });
  const nodePaths = paths.filter((path) =>
    isForNode(join(functionsDirectory, path)),
  );
  return { text, paths, nodePaths };
}

/**
 * @param {Project} project
 * @param {string} file
 * @param {Set<string>} sources gets the paths of the files that were sought
 * @param {import("esbuild").Plugin[]} [plugins]
 * @returns {Promise<string>} it and what it imports, as one module
 * @throws {StartError}
 */
export function buildFile(project, file, sources, plugins = []) {
  return runEsbuild(project, {
    ...commonOptions(project),
    entryPoints: [file],
    plugins: [noteSources(sources), sharedConvex(project), ...plugins],
  });
}

/**
 * @param {Project} project
 * @param {import("esbuild").BuildOptions} options
 * @returns {Promise<string>}
 * @throws {StartError}
 */
async function runEsbuild(project, options) {
  /** @type {typeof import("esbuild")} */
  const esbuild = await project.esbuild.import(".");
  try {
    const { outputFiles } = await esbuild.build(options);
    return outputFiles?.[0]?.text ?? "";
  } catch (error) {
    throw new StartError(describeBuildFailure(error));
  } finally {
    await esbuild.stop();
  }
}

/** @param {unknown} error */
function describeBuildFailure(error) {
  /** @type {import("esbuild").Message[]} */
  const messages =
    error instanceof Error && "errors" in error
      ? /** @type {any} */ (error.errors)
      : [];
  if (messages.length === 0)
    return `The functions cannot be bundled: ${String(error)}`;
  const lines = messages.map(({ text, location }) => {
    if (location === null) return text;
    const place = `${location.file}:${location.line}:${location.column + 1}`;
    return `${place}: ${text}${installHint(text)}\n    ${location.lineText.trim()}`;
  });
  return `The functions cannot be bundled.\n${lines.join("\n")}`;
}

/**
 * @param {string} text of an error of esbuild
 * @returns {string} what to do about a package that is not there
 */
function installHint(text) {
  const name =
    /^Could not resolve "(?<name>(@[^"/]+\/)?[^"./][^"/]*)[^"]*"$/.exec(text)
      ?.groups?.name;
  return name === undefined
    ? ""
    : `. If it is a package, install it: npm install ${name}`;
}
