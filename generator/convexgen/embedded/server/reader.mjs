/** The thread that reads what a project's modules export. See `threads/apart.mjs`, which starts it. */

import { parentPort, workerData } from "node:worker_threads";
import { realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildProject, loadBundle } from "./project/bundle.mjs";
import { evaluateApp } from "./project/components.mjs";
import { StartError, messageOf } from "./errors.mjs";
import { functionSpecOfModules } from "./project/functionSpec.mjs";
import { exportFunctions } from "./project/functionsExport.mjs";
import { readConvexJson } from "./project/convexJson.mjs";
import { Project, packagesFor } from "./project/project.mjs";
import { exportSchema, schemaIn } from "./project/schemaExport.mjs";
import { refuseEndingTheProcess } from "./threads/endingTheProcess.mjs";

/**
 * @typedef {import("./threads/apart.mjs").Reading} Reading
 * @typedef {import("./threads/apart.mjs").ReaderReply} ReaderReply
 */

const READERS = {
  functions: readFunctions,
  loadableFunctions: readLoadableFunctions,
  schema: readSchema,
  app: readApp,
};

/** @param {ReaderReply} reply */
function post(reply) {
  parentPort?.postMessage(reply);
}

/** @param {Reading} reading */
async function readFunctions({ project, functions }) {
  const { modules } = await loadBundle(
    await buildProject(new Project(project, functions ?? null)),
  );
  return functionSpecOfModules(modules);
}

/**
 * What there is of a project that need not be complete, and why modules are left out.
 *
 * @param {Reading} reading
 */
function readLoadableFunctions({ project, functions, stuck = {} }) {
  const folder = join(
    realpathSync(project),
    functions ?? readConvexJson(project).functions,
  );
  return exportFunctions(packagesFor(project, folder), folder, {
    leftOut: stuck,
    onModule: (module) => post({ type: "module", module }),
  });
}

/** @param {Reading} reading */
function readSchema({ project, functions, schema }) {
  const root = realpathSync(project);
  const folder = join(root, functions ?? readConvexJson(root).functions);
  const file = schema === undefined ? schemaIn(folder) : resolve(schema);
  return exportSchema(packagesFor(root, folder), file);
}

/** @param {Reading} reading */
async function readApp({ project, text = "" }) {
  return await evaluateApp(text, project);
}

/** What a module throws where nobody waits for it keeps it from nothing, as it serves all the same. */
function noteStrayErrors() {
  for (const event of ["uncaughtException", "unhandledRejection"]) {
    process.on(event, (/** @type {unknown} */ error) => {
      console.error(`An error outside of every function: ${messageOf(error)}`);
    });
  }
}

async function main() {
  const reading = /** @type {Reading} */ (workerData);
  process.setSourceMapsEnabled(true);
  globalThis.console = new console.Console(process.stderr);
  refuseEndingTheProcess();
  noteStrayErrors();
  // Nothing more to do is the end, for which a module that never loads would wait otherwise.
  parentPort?.on("message", () => post({ type: "pong" })).unref();
  const read = await READERS[reading.what](reading);
  post({ type: "read", json: JSON.stringify(read, null, reading.indent) });
}

try {
  await main();
} catch (error) {
  const isExpected = error instanceof StartError;
  post({ type: "failed", message: messageOf(error), isExpected });
}
