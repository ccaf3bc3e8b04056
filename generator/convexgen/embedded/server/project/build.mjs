/** esbuild over what Convex would deploy, with `convex/*` left out so that there is one instance of it. */

import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { StartError } from "../errors.mjs";
import { INJECTED, RENAMED, markTypeofs } from "../isolate/names.mjs";
import {
  asyncHooks,
  EXPORTS_OF,
  externalPackages,
  generatedFiles,
  importedExports,
  noteSources,
  serverOnly,
  sharedConvex,
  virtualModule,
  wasmModules,
} from "./plugins.mjs";
import { EXTENSION, entryPoints } from "../push/entryPoints.mjs";
import {
  INVALID_AUTH_CONFIG,
  INVALID_SCHEMA,
  Refusal,
  whileLoading,
  whilePushing,
} from "../refusals/refusal.mjs";

/**
 * @typedef {import("./project.mjs").Project} Project
 * @typedef {import("../push/entryPoints.mjs").EntryPoints} EntryPoints
 *
 * A folder of functions, which `loadCode` loads; plain data.
 *
 * @typedef {object} BuiltCode
 * @property {EntryPoints} paths of its files, relative to the folder
 * @property {string} isolate a module that exports a list `modules` with a function for each of
 *   `paths.isolate`, which imports it, and such a function `schema`
 * @property {string | null} node the same for `paths.node`, null when there are none
 */

/** Of Convex's bundler. */
const CONDITIONS = ["convex", "module"];
const TOP_LEVEL_AWAIT = "Top-level await is not available";
const AWAITS_REFUSED = "Top-level awaits in source files are unsupported";
const BUILT_INTO_NODE = "Are you trying to bundle for node?";

/** @param {Project} project */
function commonOptions({ root }) {
  return /** @type {const} */ ({
    absWorkingDir: root,
    bundle: true,
    format: "esm",
    jsx: "automatic",
    conditions: CONDITIONS,
    sourcemap: "inline",
    sourcesContent: false,
    sourceRoot: `${pathToFileURL(root).href}/`,
    outfile: join(root, "functions.mjs"),
    metafile: true,
    write: false,
    logLevel: "silent",
  });
}

const INJECTED_PATH = "convexgen:isolate";
const PRODUCTION = { "process.env.NODE_ENV": '"production"' };

/** What Convex's own runtime does not take of the language. */
export const SUPPORTED = { "top-level-await": false };

/** For what runs in Convex's own runtime. @type {import("esbuild").BuildOptions} */
const FOR_ISOLATE = {
  platform: "browser",
  target: "esnext",
  supported: SUPPORTED,
  define: { ...PRODUCTION, ...RENAMED },
  inject: [INJECTED_PATH],
};

/**
 * For files with "use node", where packages find what CommonJS modules have; the names are
 * replaced where nothing declares them, as modules do themselves. As there, the folder is that of
 * the bundle. Source: `setupGlobals` in the backend's `npm-packages/node-executor/src/executor.ts`.
 *
 * @type {import("esbuild").BuildOptions}
 */
export const FOR_NODE = {
  platform: "node",
  target: "esnext",
  define: {
    ...PRODUCTION,
    __dirname: "import.meta.dirname",
    __filename: "import.meta.filename",
  },
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
};

/**
 * @param {Project} project
 * @param {string} functionsDirectory of the project or of a component
 * @param {Set<string>} sources gets the paths of the files that were sought
 * @returns {Promise<BuiltCode>}
 * @throws {StartError} with file, line and text of what does not compile
 */
export async function buildDirectory(project, functionsDirectory, sources) {
  const paths = entryPoints(project.root, functionsDirectory);
  const schemaFile = ["schema.ts", "schema.js"].find((name) =>
    existsSync(join(functionsDirectory, name)),
  );
  const shared = [
    importedExports(),
    noteSources(sources),
    sharedConvex(project),
    generatedFiles(),
    serverOnly(),
  ];
  const stdin = (/** @type {string[]} */ lines) => ({
    contents: lines.join("\n"),
    resolveDir: functionsDirectory,
    sourcefile: "functions.mjs",
  });
  const isolate = await runEsbuild(project, functionsDirectory, {
    ...commonOptions(project),
    ...FOR_ISOLATE,
    stdin: stdin([
      importsOf(paths.isolate),
      schemaFile === undefined
        ? "export const schema = null;"
        : `export const schema = ${importOf(schemaFile)};`,
    ]),
    plugins: [...shared, isolateGlobals(), asyncHooks(), wasmModules()],
  });
  const node =
    paths.node.length === 0
      ? null
      : await runEsbuild(project, functionsDirectory, {
          ...commonOptions(project),
          ...FOR_NODE,
          stdin: stdin([importsOf(paths.node)]),
          plugins: [...shared, externalPackages(project), wasmModules()],
        });
  return { paths, isolate: markTypeofs(isolate), node };
}

function isolateGlobals() {
  const filter = new RegExp(`^${INJECTED_PATH}$`);
  return virtualModule("isolate-globals", filter, INJECTED);
}

/**
 * Imported one by one, so that a file that fails is known; esbuild puts them in one module all the same.
 *
 * @param {string[]} paths
 */
function importsOf(paths) {
  return `export const modules = [${paths.map(importOf).join(", ")}];`;
}

/**
 * @param {string} path
 * @returns {string} a function that loads a module, as `Load` of `load.mjs` is
 */
function importOf(path) {
  return `() => import(${JSON.stringify(`${EXPORTS_OF}./${path}`)})`;
}

/**
 * @param {Project} project
 * @param {string} file that configures the project
 * @param {Set<string>} sources gets the paths of the files that were sought
 * @param {import("esbuild").Plugin[]} [plugins]
 * @returns {Promise<string>} it and what it imports, as one module
 * @throws {StartError}
 */
export async function buildFile(project, file, sources, plugins = []) {
  const text = await runEsbuild(project, project.functionsDirectory, {
    ...commonOptions(project),
    ...FOR_ISOLATE,
    entryPoints: [file],
    plugins: [
      noteSources(sources),
      sharedConvex(project),
      isolateGlobals(),
      ...plugins,
    ],
  });
  return markTypeofs(text);
}

/** Files are wrong that were to be bundled. */
export class BundlingFailed extends StartError {
  /** What is wrong with each file, with the places; as esbuild names files. */
  reasons;

  /**
   * @param {string} message
   * @param {import("esbuild").Message[]} messages
   */
  constructor(message, messages) {
    super(message);
    this.messages = messages;
    this.reasons = reasonsOf(messages);
  }
}

/**
 * @param {Pick<Project, "esbuild" | "root">} project
 * @param {string} functionsDirectory
 * @param {import("esbuild").BuildOptions} options of one file
 * @returns {Promise<string>} the text of the bundle
 * @throws {StartError}
 */
export async function runEsbuild(project, functionsDirectory, options) {
  try {
    const [file] = await bundle(project, options);
    return file?.text ?? "";
  } catch (error) {
    const awaits =
      error instanceof BundlingFailed && error.messages.find(isAwait);
    if (awaits) refuseAwait(project, functionsDirectory, awaits);
    throw error;
  }
}

/**
 * @param {Pick<Project, "esbuild">} project
 * @param {import("esbuild").BuildOptions} options
 * @returns {Promise<import("esbuild").OutputFile[]>}
 * @throws {BundlingFailed}
 */
export async function bundle(project, options) {
  /** @type {typeof import("esbuild")} */
  const esbuild = await project.esbuild.import(".");
  try {
    const { outputFiles } = await esbuild.build(options);
    return outputFiles ?? [];
  } catch (error) {
    const messages = messagesOf(error);
    throw new BundlingFailed(describeBuildFailure(error, messages), messages);
  } finally {
    await esbuild.stop();
  }
}

/**
 * @param {import("esbuild").Message[]} messages
 * @returns {Map<string, string>}
 */
function reasonsOf(messages) {
  /** @type {Map<string, string>} */
  const reasons = new Map();
  for (const message of messages) {
    const { location } = message;
    if (location === null) continue;
    const line = isAwait(message)
      ? `${placeOf(location)}: ${AWAITS_REFUSED}`
      : lineOf(message);
    const before = reasons.get(location.file);
    reasons.set(
      location.file,
      before === undefined ? line : `${before}\n${line}`,
    );
  }
  return reasons;
}

/** @param {import("esbuild").Message} message */
function isAwait({ text }) {
  return text.startsWith(TOP_LEVEL_AWAIT);
}

/**
 * @param {unknown} error
 * @returns {import("esbuild").Message[]}
 */
function messagesOf(error) {
  return error instanceof Error && "errors" in error
    ? /** @type {any} */ (error.errors)
    : [];
}

/** Files that are evaluated by themselves, and what is said before what is wrong with them. */
const EVALUATED = new Map([
  ["schema", INVALID_SCHEMA],
  ["auth.config", INVALID_AUTH_CONFIG],
  ["convex.config", undefined],
]);

/**
 * @param {Pick<Project, "root">} project
 * @param {string} functionsDirectory
 * @param {import("esbuild").Message} message
 * @throws {StartError} in the words of the backend, which sees it when it loads the module
 */
function refuseAwait({ root }, functionsDirectory, { location }) {
  const file = join(root, location?.file ?? "");
  const text =
    AWAITS_REFUSED +
    (location === null ? "" : `\n${placeOf(location)}\n${sourceOf(location)}`);
  const name = relative(functionsDirectory, file).replace(EXTENSION, "");
  if (EVALUATED.has(name)) {
    whilePushing(() => {
      throw new Refusal(text);
    }, EVALUATED.get(name));
  }
  whileLoading(() => {
    const path = file.startsWith(functionsDirectory)
      ? file.slice(functionsDirectory.length + 1).replace(EXTENSION, ".js")
      : (location?.file ?? "");
    throw new Refusal(`Failed to analyze ${path}: ${text}`);
  });
}

/** @param {import("esbuild").Location} location */
function placeOf({ file, line, column }) {
  return `${file}:${line}:${column + 1}`;
}

/** @param {import("esbuild").Location} location */
function sourceOf({ lineText }) {
  return `    ${lineText.trim()}`;
}

/** @param {import("esbuild").Message} message */
function lineOf(message) {
  const { text, location } = message;
  if (location === null) return text;
  const hint = isOfNode(message) ? "" : installHint(text);
  return `${placeOf(location)}: ${text}${hint}`;
}

/**
 * @param {unknown} error
 * @param {import("esbuild").Message[]} messages
 */
function describeBuildFailure(error, messages) {
  if (messages.length === 0)
    return `The functions cannot be bundled: ${String(error)}`;
  const lines = messages.flatMap((message) => {
    const { location } = message;
    const source = location === null ? [] : [sourceOf(location)];
    return [lineOf(message), ...source];
  });
  if (messages.some(isOfNode)) {
    lines.push(
      'It looks like you are using Node APIs from a file without the "use node" directive.',
      "Split out actions using Node.js APIs like this into a new file only containing actions that " +
        'uses "use node" so these actions will run in a Node.js environment.',
      "For more information see https://docs.convex.dev/functions/runtimes#nodejs-runtime",
    );
  }
  return `The functions cannot be bundled.\n${lines.join("\n")}`;
}

/** @param {import("esbuild").Message} message */
function isOfNode({ notes }) {
  return notes.some(({ text }) => text.includes(BUILT_INTO_NODE));
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
