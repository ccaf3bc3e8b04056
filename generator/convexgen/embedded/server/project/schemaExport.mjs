/** What a file with a schema exports, of a project that need not be complete: what it does not use may be missing. */

import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { StartError } from "../errors.mjs";
import { runEsbuild } from "./build.mjs";
import { describe, importText } from "./load.mjs";
import {
  generatedFiles,
  noteSources,
  serverOnly,
  sharedConvex,
} from "./plugins.mjs";

/**
 * @typedef {import("./project.mjs").Package} Package
 *
 * @typedef {object} ExportedSchema
 * @property {unknown} schema in JSON, as Convex's own tools push it
 * @property {{ path: string, text: string }[]} sources the files that it is made of, but those of packages
 */

/** Of imports that this module has passed on itself. */
const PASSED_ON = Symbol("passed on");

/**
 * @param {{ root: string, convex: Package, esbuild: Package }} project
 * @param {string} file
 * @returns {Promise<ExportedSchema>}
 * @throws {StartError} with the place of what does not compile, or is missing and used
 */
export async function exportSchema(project, file) {
  /** @type {Set<string>} */
  const sought = new Set();
  const text = await runEsbuild(project, dirname(file), {
    absWorkingDir: project.root,
    bundle: true,
    format: "esm",
    jsx: "automatic",
    platform: "browser",
    target: "esnext",
    conditions: ["convex", "module"],
    define: { "process.env.NODE_ENV": '"production"' },
    sourcemap: "inline",
    sourcesContent: false,
    sourceRoot: `${pathToFileURL(project.root).href}/`,
    outfile: join(project.root, "schema.mjs"),
    metafile: true,
    write: false,
    logLevel: "silent",
    entryPoints: [file],
    plugins: [
      noteSources(sought),
      sharedConvex(project),
      generatedFiles(),
      serverOnly(),
      missingPackages(project.root),
    ],
  });
  const schema = exportedOf(await load(text, file), file);
  const sources = [...sought]
    .filter((path) => /\.[cm]?[jt]sx?$/.test(path))
    .map((path) => ({ path: relative(project.root, path), text: textOf(path) }))
    .filter((source) => source.text !== "");
  return { schema, sources };
}

/** @param {string} path */
function textOf(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // sought, and not there
  }
}

/**
 * @param {string} text
 * @param {string} file
 */
async function load(text, file) {
  try {
    return await importText(text);
  } catch (error) {
    throw new StartError(
      `${file} cannot be evaluated.\nUncaught ${describe(error)}`,
    );
  }
}

/**
 * @param {{ default?: unknown }} loaded
 * @param {string} file
 */
function exportedOf({ default: schema }, file) {
  if (typeof schema !== "object" || schema === null || !("export" in schema)) {
    throw new StartError(
      `${file} has no schema: its default export is not what \`defineSchema\` gives.`,
    );
  }
  try {
    const { export: exported } = /** @type {{ export: () => string }} */ (
      schema
    );
    return JSON.parse(exported.call(schema));
  } catch (error) {
    throw new StartError(
      `${file}: the schema cannot be exported.\n${describe(error)}`,
    );
  }
}

/**
 * Packages that are not installed: a file may import them, for its types or for functions, and fails
 * where it uses something of them. Paths of a `tsconfig.json` above are tried first.
 *
 * @param {string} root
 * @returns {import("esbuild").Plugin}
 */
function missingPackages(root) {
  return {
    name: "missing-packages",
    setup({ onResolve, onLoad, resolve: find }) {
      onResolve(
        { filter: /^[^./]/ },
        async ({ path, kind, importer, resolveDir, pluginData }) => {
          if (pluginData === PASSED_ON || kind === "entry-point") return null;
          for (const folder of [resolveDir, root]) {
            const found = await find(path, {
              kind,
              importer,
              resolveDir: folder,
              pluginData: PASSED_ON,
            });
            if (found.errors.length === 0) return found;
          }
          return {
            path,
            namespace: "missing",
            pluginData: packageFolder(packageName(path), resolveDir, root),
          };
        },
      );
      onLoad(
        { filter: /.*/, namespace: "missing" },
        ({ path, pluginData }) => ({
          contents: stubOf(path, pluginData),
        }),
      );
    },
  };
}

/** @param {string} path of what is imported of a package */
function packageName(path) {
  return /^(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path;
}

/**
 * @param {string} name of a package
 * @param {string[]} from the folders of what imports it
 * @returns {string | undefined} its folder, where it is there: it may be one that imports itself
 */
function packageFolder(name, ...from) {
  for (const start of from) {
    for (let folder = start; ; folder = dirname(folder)) {
      const installed = join(folder, "node_modules", name);
      if (textOf(join(installed, "package.json")) !== "") return installed;
      if (nameOf(textOf(join(folder, "package.json"))) === name) return folder;
      if (dirname(folder) === folder) break;
    }
  }
  return undefined;
}

/** @param {string} text of a `package.json` */
function nameOf(text) {
  try {
    return JSON.parse(text).name;
  } catch {
    return undefined; // not there, or no JSON
  }
}

/**
 * @param {string} path of a package
 * @param {string | undefined} folder of the package, where it is there without what is imported
 * @returns {string} a module of CommonJS, of which every use throws
 */
function stubOf(path, folder) {
  const name = packageName(path);
  const [problem, help] =
    folder === undefined
      ? [`The package ${name} is not installed`, `Run: npm install ${name}`]
      : [
          `The package ${name} in ${folder} has no file for ${path}`,
          "If it is one of your own, build it",
        ];
  return `
    const missing = new Proxy({}, {
      get(_, name) {
        if (name === "__esModule") return true;
        if (typeof name === "symbol" || name === "then") return undefined;
        throw new Error(${JSON.stringify(`${problem}, and the schema uses \``)} + name + ${JSON.stringify(`\` of it. ${help}`)});
      },
    });
    module.exports = Object.create(missing);`;
}

/**
 * @param {string} folder
 * @returns {string} the schema in a folder of functions
 * @throws {StartError}
 */
export function schemaIn(folder) {
  for (const name of ["schema.ts", "schema.js"]) {
    const file = resolve(folder, name);
    if (textOf(file) !== "") return file;
  }
  throw new StartError(`There is no schema.ts in ${folder}.`);
}
