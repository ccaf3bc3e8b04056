/**
 * A project's functions as one module: esbuild bundles what Convex would deploy,
 * with `convex/*` left out so that there is one instance of it.
 */

import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { readComponents } from "./components.mjs";
import { StartError } from "./errors.mjs";

/**
 * @typedef {import("./project.mjs").Project} Project
 * @typedef {{ [name: string]: unknown }} ModuleExports
 *
 * @typedef {object} Code
 * @property {Map<string, ModuleExports>} modules by path without extension, such as `dir/module`
 * @property {{ tables: object, export(): string } | null} schema the default export of `schema.ts`
 *
 * @typedef {Code & { components: import("./components.mjs").Component[] }} Bundle
 */

const SOURCE_FILE = /\.[cm]?[jt]sx?$/;
const BUILTINS = new Set([
  ...builtinModules,
  ...builtinModules.map((name) => `node:${name}`),
]);
const USE_NODE =
  /^\s*(?:(?:\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)\s*)*(["'])use node\1/;

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
 * @returns {Promise<Bundle>}
 * @throws {StartError} with file, line and text of what does not compile or load
 */
export async function bundleProject(project) {
  const code = await bundleDirectory(project, project.functionsDirectory);
  return { ...code, components: await readComponents(project) };
}

/**
 * @param {Project} project
 * @param {string} functionsDirectory of the project or of a component
 * @returns {Promise<Code>}
 * @throws {StartError}
 */
export async function bundleDirectory(project, functionsDirectory) {
  const entries = entryPoints(functionsDirectory);
  const schemaFile = ["schema.ts", "schema.js"].find((name) =>
    existsSync(join(functionsDirectory, name)),
  );
  const code = await build(project, functionsDirectory, entries, schemaFile);
  const exports = await load(code);
  checkNodeActions(functionsDirectory, entries, exports);
  const modules = entries.map(
    (path, position) =>
      /** @type {[string, ModuleExports]} */ ([
        path.replace(SOURCE_FILE, ""),
        exports[`m${position}`],
      ]),
  );
  return { modules: new Map(modules), schema: exports.schema?.default ?? null };
}

/**
 * @param {Project} project
 * @param {string} functionsDirectory
 * @param {string[]} entries
 * @param {string | undefined} schemaFile
 * @returns {Promise<string>}
 */
async function build(project, functionsDirectory, entries, schemaFile) {
  const { root } = project;
  /** @type {typeof import("esbuild")} */
  const esbuild = await project.esbuild.import(".");
  const lines = entries.map(
    (path, position) =>
      `export * as m${position} from ${JSON.stringify(`./${path}`)};`,
  );
  if (schemaFile !== undefined)
    lines.push(`export * as schema from "./${schemaFile}";`);
  try {
    const { outputFiles } = await esbuild.build({
      stdin: {
        contents: lines.join("\n"),
        resolveDir: functionsDirectory,
        sourcefile: "functions.mjs",
      },
      absWorkingDir: root,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node20",
      sourcemap: "inline",
      sourcesContent: false,
      sourceRoot: `${pathToFileURL(root).href}/`,
      outfile: join(root, "functions.mjs"),
      write: false,
      logLevel: "silent",
      banner: {
        js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
      },
      plugins: [
        sharedConvex(project),
        generatedFiles(),
        builtinsOnlyWithUseNode(functionsDirectory),
      ],
    });
    return outputFiles[0]?.text ?? "";
  } catch (error) {
    throw new StartError(describeBuildFailure(error));
  } finally {
    await esbuild.stop();
  }
}

/**
 * One file and what it imports, loaded.
 *
 * @param {Project} project
 * @param {string} file
 * @param {import("esbuild").Plugin[]} [plugins]
 * @returns {Promise<ModuleExports>}
 * @throws {StartError}
 */
export async function bundleFile(project, file, plugins = []) {
  /** @type {typeof import("esbuild")} */
  const esbuild = await project.esbuild.import(".");
  try {
    const { outputFiles } = await esbuild.build({
      entryPoints: [file],
      absWorkingDir: project.root,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node20",
      write: false,
      logLevel: "silent",
      plugins: [sharedConvex(project), ...plugins],
    });
    return await load(outputFiles[0]?.text ?? "");
  } catch (error) {
    throw error instanceof StartError
      ? error
      : new StartError(describeBuildFailure(error));
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
    return `${place}: ${text}\n    ${location.lineText.trim()}`;
  });
  return `The functions cannot be bundled.\n${lines.join("\n")}`;
}

/**
 * @param {Project} project
 * @returns {import("esbuild").Plugin}
 */
function sharedConvex(project) {
  return {
    name: "shared-convex",
    setup({ onResolve }) {
      onResolve({ filter: /^convex(\/.*)?$/ }, ({ path }) => {
        const file = project.convex.fileOf(`.${path.slice("convex".length)}`);
        return { path: pathToFileURL(file).href, external: true };
      });
    },
  };
}

const GENERATED_FILES = new Map([
  [
    "api",
    `import { anyApi, componentsGeneric } from "convex/server";
export const api = anyApi; export const internal = anyApi; export const components = componentsGeneric();`,
  ],
  [
    "server",
    `import { actionGeneric, httpActionGeneric, internalActionGeneric, internalMutationGeneric,
  internalQueryGeneric, mutationGeneric, queryGeneric } from "convex/server";
export const action = actionGeneric; export const httpAction = httpActionGeneric;
export const internalAction = internalActionGeneric; export const internalMutation = internalMutationGeneric;
export const internalQuery = internalQueryGeneric; export const mutation = mutationGeneric;
export const query = queryGeneric; export const env = process.env;`,
  ],
]);

/**
 * `_generated/api` and `_generated/server` are the same at run time in every
 * project, so they need not have been generated.
 *
 * @returns {import("esbuild").Plugin}
 */
function generatedFiles() {
  return {
    name: "generated-files",
    setup({ onResolve, onLoad }) {
      onResolve(
        { filter: /^\..*\/_generated\/(api|server)(\.js)?$/ },
        ({ path, resolveDir }) => {
          const base = join(resolveDir, path.replace(/\.js$/, ""));
          if ([".js", ".ts"].some((extension) => existsSync(base + extension)))
            return null;
          return { path: base, namespace: "generated" };
        },
      );
      onLoad({ filter: /.*/, namespace: "generated" }, ({ path }) => {
        const name = path.slice(path.lastIndexOf(sep) + 1);
        return {
          contents: GENERATED_FILES.get(name) ?? "",
          resolveDir: join(path, ".."),
        };
      });
    },
  };
}

/**
 * @param {string} functionsDirectory
 * @returns {import("esbuild").Plugin}
 */
function builtinsOnlyWithUseNode(functionsDirectory) {
  return {
    name: "builtins-only-with-use-node",
    setup({ onResolve }) {
      onResolve({ filter: /^(node:)?[a-z0-9_/]+$/ }, ({ path, importer }) => {
        if (!BUILTINS.has(path)) return null;
        const isOwnSource =
          importer.startsWith(functionsDirectory + sep) &&
          !importer.includes(`${sep}node_modules${sep}`);
        if (isOwnSource && !USE_NODE.test(readFileSync(importer, "utf8"))) {
          return {
            errors: [
              {
                text:
                  `"${path}" is a module of Node.js: only a file that starts with "use node" can ` +
                  "import it, and such a file can only define actions",
              },
            ],
          };
        }
        return { path, external: true };
      });
    },
  };
}

/**
 * @param {string} functionsDirectory
 * @param {string[]} entries
 * @param {{ [name: string]: ModuleExports | undefined }} exports
 * @throws {StartError} for a query or mutation in a file for Node.js
 */
function checkNodeActions(functionsDirectory, entries, exports) {
  for (const [position, path] of entries.entries()) {
    for (const [name, exported] of Object.entries(
      exports[`m${position}`] ?? {},
    )) {
      if (typeof exported !== "function") continue;
      const kind = "isQuery" in exported ? "Query" : "Mutation";
      if (!("isQuery" in exported || "isMutation" in exported)) continue;
      const source = readFileSync(join(functionsDirectory, path), "utf8");
      if (!USE_NODE.test(source)) break;
      throw new StartError(
        `\`${name}\` defined in \`${path}\` is a ${kind} function. Only actions can be defined in ` +
          'Node.js: move it to a file without "use node".',
      );
    }
  }
}

/**
 * @param {string} code
 * @returns {Promise<any>}
 */
async function load(code) {
  const directory = mkdtempSync(join(tmpdir(), "convexgen-"));
  const file = join(directory, "functions.mjs");
  try {
    writeFileSync(file, code);
    return await import(pathToFileURL(file).href);
  } catch (error) {
    const stack =
      error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new StartError(`The functions cannot be loaded.\n${stack}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
