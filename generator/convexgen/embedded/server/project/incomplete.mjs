/** The building of code of a project that need not be complete: what it does not use may be missing. */

import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { SUPPORTED } from "./build.mjs";
import {
  generatedFiles,
  noteSources,
  serverOnly,
  sharedConvex,
} from "./plugins.mjs";

/**
 * @typedef {import("./project.mjs").IncompleteProject} IncompleteProject
 */

/** Of imports that this module has passed on itself. */
const PASSED_ON = Symbol("passed on");

/**
 * @param {IncompleteProject} project
 * @param {string} user what uses something that is missing, for the message, such as `the schema`
 * @param {Set<string>} [sources] gets the paths of the files that were sought
 * @returns {import("esbuild").BuildOptions}
 */
export function incompleteOptions(project, user, sources = new Set()) {
  return {
    absWorkingDir: project.root,
    bundle: true,
    format: "esm",
    jsx: "automatic",
    platform: "browser",
    target: "esnext",
    supported: SUPPORTED,
    conditions: ["convex", "module"],
    define: { "process.env.NODE_ENV": '"production"' },
    sourcemap: "inline",
    sourcesContent: false,
    sourceRoot: `${pathToFileURL(project.root).href}/`,
    metafile: true,
    write: false,
    logLevel: "silent",
    plugins: [
      noteSources(sources),
      sharedConvex(project),
      generatedFiles(),
      serverOnly(),
      missing(project.root, user),
    ],
  };
}

/** @param {string} path */
export function textOf(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // sought, and not there
  }
}

/**
 * What is not there: a module may import it, for its types or for functions, and fails where it uses
 * something of it while it loads. Paths of a `tsconfig.json` above are tried first.
 *
 * @param {string} root
 * @param {string} user
 * @returns {import("esbuild").Plugin}
 */
function missing(root, user) {
  return {
    name: "missing",
    setup({ onResolve, onLoad, resolve: find }) {
      onResolve(
        { filter: /^[^/]/ },
        async ({ path, kind, importer, resolveDir, pluginData }) => {
          if (pluginData === PASSED_ON || kind === "entry-point") return null;
          const isFile = path.startsWith(".");
          for (const folder of isFile ? [resolveDir] : [resolveDir, root]) {
            const found = await find(path, {
              kind,
              importer,
              resolveDir: folder,
              pluginData: PASSED_ON,
            });
            if (found.errors.length === 0) return found;
          }
          const lacking = isFile
            ? missingFile(path, relative(root, importer))
            : missingPackage(path, packageFolder(path, resolveDir, root));
          return { path, namespace: "missing", pluginData: lacking };
        },
      );
      onLoad(
        { filter: /.*/, namespace: "missing" },
        ({ pluginData: lacking }) => ({ contents: stubOf(lacking, user) }),
      );
    },
  };
}

/** @typedef {{ problem: string, help: string }} Lacking */

/**
 * @param {string} path as it is imported
 * @param {string} importer
 * @returns {Lacking}
 */
function missingFile(path, importer) {
  return {
    problem: `${importer} imports ${path}, which is not there`,
    help: "If it is generated, do that first",
  };
}

/**
 * @param {string} path of a package
 * @param {string | undefined} folder of the package, where it is there without what is imported
 * @returns {Lacking}
 */
function missingPackage(path, folder) {
  const name = packageName(path);
  return folder === undefined
    ? {
        problem: `The package ${name} is not installed`,
        help: `Run: npm install ${name}`,
      }
    : {
        problem: `The package ${name} in ${folder} has no file for ${path}`,
        help: "If it is one of your own, build it",
      };
}

/** @param {string} path of what is imported of a package */
function packageName(path) {
  return /^(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path;
}

/**
 * @param {string} path of what is imported of a package
 * @param {string[]} from the folders of what imports it
 * @returns {string | undefined} its folder, where it is there: it may be one that imports itself
 */
function packageFolder(path, ...from) {
  const name = packageName(path);
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
 * @param {Lacking} lacking
 * @param {string} user
 * @returns {string} a module of CommonJS, of which every use throws
 */
function stubOf({ problem, help }, user) {
  return `
    const missing = new Proxy({}, {
      get(_, name) {
        if (name === "__esModule") return true;
        if (typeof name === "symbol" || name === "then") return undefined;
        throw new Error(${JSON.stringify(`${problem}, and ${user} uses \``)} + name + ${JSON.stringify(`\` of it. ${help}`)});
      },
    });
    module.exports = Object.create(missing);`;
}
