/**
 * What code may not do while it is imported.
 * Source: `environment/{analyze,schema,auth_config}.rs` of the backend's `isolate/src`.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { clearTimeout, setTimeout } from "node:timers";

/** @typedef {"modules" | "schema" | "auth config file"} Imported what is being imported */

/** Functions may run meanwhile, and other modules be imported, which are not concerned. @type {AsyncLocalStorage<Imported>} */
const imports = new AsyncLocalStorage();

/** For how many milliseconds a module may wait. */
const WAITING_LIMIT = 10_000;
/** For how many where nothing goes on in this thread: timers that were unreferenced may come yet. */
const IDLE_LIMIT = 1_000;

/**
 * A module with "use node" waits for what does not come.
 * Source: `EXECUTE_TIMEOUT_RESPONSE_JSON` in the backend's `node_executor/src/executor.rs`.
 */
export class NeverImported extends Error {
  constructor() {
    super(
      "Function execution unexpectedly timed out. Check your function for infinite loops or other " +
        "long-running operations.",
    );
  }
}

/**
 * @template T
 * @param {Imported} what
 * @param {() => Promise<T>} load
 * @returns {Promise<T>}
 * @throws {NeverImported}
 */
export async function whileImporting(what, load) {
  return await imports.run(what, () => inTime(load));
}

/**
 * @template T
 * @param {() => Promise<T>} load
 * @returns {Promise<T>}
 * @throws {NeverImported} where nothing has gone on in this thread for a while, or it takes too long
 */
async function inTime(load) {
  const { promise, reject } = Promise.withResolvers();
  const giveUp = () => reject(new NeverImported());
  /** @type {NodeJS.Timeout | undefined} */
  let idle;
  const stay = () => {
    idle = setTimeout(giveUp, IDLE_LIMIT);
  };
  process.once("beforeExit", stay);
  const timer = setTimeout(giveUp, WAITING_LIMIT).unref();
  try {
    return await Promise.race([load(), promise]);
  } finally {
    process.off("beforeExit", stay);
    clearTimeout(idle);
    clearTimeout(timer);
  }
}

/**
 * @param {string} description such as `fetch()`
 * @throws {Error} while something is imported
 */
export function refuseWhileImporting(description) {
  const what = imports.getStore();
  if (what === undefined) return;
  const when =
    what === "modules" ? "at import time" : `while evaluating ${what}`;
  throw new Error(`${description} unsupported ${when}`);
}

/** @throws {Error} while something is imported */
export function refuseRandomnessWhileImporting() {
  const what = imports.getStore();
  if (what === undefined) return;
  const when =
    what === "modules" ? "at import time" : `when evaluating ${what}`;
  throw new Error(`Cannot use cryptographic randomness ${when}`);
}

/**
 * @param {string} name of an environment variable
 * @param {string | undefined} value
 * @throws {Error} while a schema is imported, or an `auth.config.ts` that needs it to be set
 */
export function checkEnvironmentVariable(name, value) {
  switch (imports.getStore()) {
    case "schema":
      throw new Error(
        "Environment variables unsupported when evaluating schema",
      );
    case "auth config file":
      if (value !== undefined) return;
      throw new Error(
        `Environment variable ${name} is used in auth config file but its value was not set`,
      );
  }
}
