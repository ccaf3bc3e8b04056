/** Reads what a project's modules export in a thread of its own, which is given up when one of them loops. */

import { Worker } from "node:worker_threads";
import { Activity } from "../calls/activity.mjs";
import { StartError } from "../errors.mjs";
import { NO_FUNCTIONS, Watchdog, notLoaded } from "./watchdog.mjs";

/**
 * @typedef {object} Reading
 * @property {"functions" | "loadableFunctions" | "schema" | "app"} what
 * @property {string} project its folder, or that of the functions of an app
 * @property {string} [text] of the `convex.config.ts` of an app
 * @property {string} [functions] the directory, by default that of `convex.json`
 * @property {string} [schema] a file, by default the one in that directory
 * @property {Record<string, string>} [stuck] why modules are left out that would loop, by their files
 * @property {number} indent of the JSON
 *
 * @typedef {{ type: "read", json: string } | { type: "failed", message: string, isExpected: boolean }
 *   | { type: "module", module: string } | { type: "pong" }} ReaderReply
 */

/** A module loops. */
class Stuck extends StartError {}

/**
 * @param {Reading} reading
 * @returns {Promise<string>} JSON
 * @throws {StartError}
 */
export async function readApart(reading) {
  /** That loop, with what is said of them, by their files. @type {Record<string, string>} */
  const stuck = {};
  for (;;) {
    /** @type {string | null} */
    let module = null;
    try {
      return await readOnce({ ...reading, stuck }, (begun) => {
        module = begun;
      });
    } catch (error) {
      // What can do without a module goes on without it.
      if (!(error instanceof Stuck) || module === null) throw error;
      stuck[module] = error.message;
    }
  }
}

/**
 * The code of a `convex.config.ts`, away from the network's thread, which everybody waits for.
 *
 * @param {string} text
 * @param {string} functionsDirectory
 * @returns {Promise<import("../push/appDefinition.mjs").CheckedApp>}
 * @throws {StartError}
 */
export async function evaluateApart(text, functionsDirectory) {
  const json = await readApart({
    what: "app",
    project: functionsDirectory,
    text,
    indent: 0,
  });
  return JSON.parse(json);
}

/**
 * @param {Reading} reading
 * @param {(module: string) => void} onModule hears of each module that can be left out, before it is loaded
 * @returns {Promise<string>}
 */
function readOnce(reading, onModule) {
  const worker = new Worker(new URL("../reader.mjs", import.meta.url), {
    workerData: reading,
    stdout: true,
    stderr: true,
  });
  // What modules print while they load is no part of what is read.
  for (const stream of [worker.stdout, worker.stderr])
    stream.on("data", (chunk) => process.stderr.write(chunk));
  const activity = new Activity();
  /** @type {Promise<string>} */
  const read = new Promise((resolve, reject) => {
    const watchdog = new Watchdog({
      limits: NO_FUNCTIONS,
      activity: () => activity,
      ping: () => worker.postMessage("ping"),
      isBusy: () => true,
      isLoading: () => true,
      onStuck: ({ limit }) => reject(new Stuck(notLoaded(limit))),
    });
    worker.on("message", (/** @type {ReaderReply} */ reply) => {
      switch (reply.type) {
        case "pong":
          watchdog.pong();
          break;
        case "module":
          onModule(reply.module);
          break;
        case "read":
          resolve(reply.json);
          break;
        case "failed":
          reject(
            reply.isExpected
              ? new StartError(reply.message)
              : new Error(reply.message),
          );
      }
    });
    worker.on("error", reject);
    worker.on("exit", () => {
      watchdog.stop();
      reject(new Error("The thread that reads modules has ended."));
    });
    watchdog.watch();
  });
  return read.finally(() => worker.terminate());
}
