/**
 * convex-test outside of a test runner: it invokes functions, nests
 * transactions, resolves function references and knows identities. Its database,
 * its transactions and its validation are replaced.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { ROOT } from "../calls/definitions.mjs";
import { StartError } from "../errors.mjs";
import { CONVEX_TEST_VERSION } from "../project/project.mjs";

/**
 * The private state behind what `convexTest()` returns.
 *
 * @typedef {object} ConvexTestState
 * @property {{ [path: string]: Component }} components by path; the root's is empty
 * @property {object} transactionManager
 * @property {(op: string, json: string) => string} syscall
 * @property {(op: string, json: string) => string | Promise<string>} asyncSyscall is awaited
 * @property {(op: string, args: any) => Promise<unknown>} jsSyscall
 */

/**
 * @typedef {object} Component
 * @property {any} db
 * @property {(path: string) => Promise<object>} modules
 */

/**
 * What `convexTest()` returns, in so far as it is used.
 *
 * @typedef {object} Accessor
 * @property {FunctionByPath} queryFromPath
 * @property {FunctionByPath} mutationFromPath
 * @property {FunctionByPath} actionFromPath
 * @property {(identity: object) => Accessor} withIdentity
 *
 * @typedef {(path: { componentPath: string, udfPath: string }, args: object) => Promise<any>} FunctionByPath
 */

const STATE_PROPERTIES = [
  "components",
  "transactionManager",
  "syscall",
  "asyncSyscall",
  "jsSyscall",
];
const ACCESSOR_METHODS = [
  "queryFromPath",
  "mutationFromPath",
  "actionFromPath",
  "withIdentity",
  "finishInProgressScheduledFunctions",
];

/**
 * @param {{ convexTest: (options: object) => any }} library
 * @returns {{ accessor: Accessor, state: ConvexTestState, root: Component }}
 * @throws {StartError} when convex-test is not built as expected
 */
export function createConvexTest(library) {
  const accessor = library.convexTest({
    modules: { "./_generated/api.js": async () => ({}) },
  });
  const state = ACCESSOR_METHODS.every(
    (method) => typeof accessor[method] === "function",
  )
    ? stateOf(accessor)
    : null;
  const root = state?.components[ROOT];
  if (state === null || root === undefined) {
    throw new StartError(
      `The installed convex-test does not have the inside of ${CONVEX_TEST_VERSION}. ` +
        `Run: npm install --save-dev convex-test@${CONVEX_TEST_VERSION}`,
    );
  }
  return { accessor, state, root };
}

/**
 * convex-test enters its context with its state as the store; there is no other
 * way to it.
 *
 * @param {any} accessor
 * @returns {ConvexTestState | null}
 */
function stateOf(accessor) {
  const { prototype } = AsyncLocalStorage;
  const { run } = prototype;
  /** @type {ConvexTestState | null} */
  let found = null;
  prototype.run = function (
    /** @type {any} */ store,
    /** @type {any[]} */ ...rest
  ) {
    if (
      typeof store === "object" &&
      store !== null &&
      "transactionManager" in store
    )
      found = store;
    return Reflect.apply(run, this, [store, ...rest]);
  };
  try {
    void accessor.finishInProgressScheduledFunctions();
  } finally {
    prototype.run = run;
  }
  const state = /** @type {ConvexTestState | null} */ (found);
  return state !== null && STATE_PROPERTIES.every((name) => name in state)
    ? state
    : null;
}
