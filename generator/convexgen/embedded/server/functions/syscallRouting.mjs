/** The system calls of convex-test, to those that this server has in their place. */

import { executions } from "../calls/executions.mjs";
import { isConvexError } from "../errors.mjs";
import { encodeValue } from "../values/json.mjs";
import { metadataSyscalls } from "./metadataSyscalls.mjs";
import { ROOT } from "../calls/definitions.mjs";

/** Those that name a function. */
const NAMING = new Set([
  "1.0/runUdf",
  "1.0/schedule",
  "1.0/actions/schedule",
  "1.0/createFunctionHandle",
]);

/**
 * @param {import("./convexTest.mjs").ConvexTestState} state
 * @param {object} own
 * @param {import("./mounts.mjs").Mounts} own.mounts
 * @param {import("../persistence/storage.mjs").FileStorage} own.files
 * @param {import("../calls/attribution.mjs").Attribution} own.attribution
 */
export function routeSyscalls(state, { mounts, files, attribution }) {
  const { syscall, asyncSyscall } = state;
  const ownMount = () => {
    const { componentPath = ROOT } = executions.getStore() ?? {};
    return mounts.get(componentPath) ?? mounts.root;
  };
  const ofFiles = files.asyncSyscalls;
  const fileContents = files.jsSyscalls;
  state.jsSyscall = async (op, args) => fileContents[op]?.(args);
  state.syscall = (op, json) => {
    const own = ownMount().syscalls.synchronous[op];
    return own === undefined
      ? syscall(op, json)
      : attribution.system(() => own(JSON.parse(json), json));
  };
  state.asyncSyscall = (op, json) => {
    const ofMetadata = metadataSyscalls[op];
    if (ofMetadata !== undefined) return JSON.stringify(ofMetadata());
    const { syscalls, checkReference } = ownMount();
    const { asynchronous, inActions } = syscalls;
    if (NAMING.has(op)) {
      const { reference } = JSON.parse(json);
      if (reference !== undefined) checkReference(reference);
    }
    const own = asynchronous[op];
    const store = executions.getStore();
    const execution = store?.transaction ? store : undefined;
    if (own !== undefined) {
      const perform = () =>
        attribution.system(() => own(JSON.parse(json), json));
      return execution?.inTurn(perform, false) ?? perform();
    }
    const inAction = inActions[op] ?? ofFiles[op];
    const perform = () =>
      inAction === undefined
        ? answerOf(() => asyncSyscall(op, json))
        : inAction(JSON.parse(json));
    return execution?.inTurn(perform, true) ?? perform();
  };
}

/**
 * `convex/server` expects the data of a `ConvexError` as JSON; convex-test gives what it stands for.
 *
 * @template T
 * @param {() => T | Promise<T>} perform
 * @returns {Promise<T>}
 */
async function answerOf(perform) {
  try {
    return await perform();
  } catch (error) {
    if (!isConvexError(error)) throw error;
    const data = JSON.parse(encodeValue(error.data));
    throw Object.assign(new Error(error.message), { data });
  }
}
