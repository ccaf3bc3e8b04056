/**
 * What code may not do while it is imported.
 * Source: `environment/{analyze,schema,auth_config}.rs` of the backend's `isolate/src`.
 */

import { executions } from "../calls/executions.mjs";

/** @typedef {"modules" | "schema" | "auth config file"} Imported what is being imported */

/** @type {Imported | null} */
let imported = null;

/**
 * @template T
 * @param {Imported} what
 * @param {() => Promise<T>} load
 * @returns {Promise<T>}
 */
export async function whileImporting(what, load) {
  imported = what;
  try {
    return await load();
  } finally {
    imported = null;
  }
}

/** Functions may run meanwhile, which are not concerned. */
function importing() {
  return executions.getStore() === undefined ? imported : null;
}

/**
 * @param {string} description such as `fetch()`
 * @throws {Error} while something is imported
 */
export function refuseWhileImporting(description) {
  const what = importing();
  if (what === null) return;
  const when =
    what === "modules" ? "at import time" : `while evaluating ${what}`;
  throw new Error(`${description} unsupported ${when}`);
}

/** @throws {Error} while something is imported */
export function refuseRandomnessWhileImporting() {
  const what = importing();
  if (what === null) return;
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
  switch (importing()) {
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
