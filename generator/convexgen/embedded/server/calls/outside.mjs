/**
 * Leaving the asynchronous context of a running function. convex-test takes
 * whatever starts inside of one for a part of it, timers and commit listeners
 * included.
 */

import { AsyncResource } from "node:async_hooks";

const outside = new AsyncResource("convexgen.outside");

/**
 * @template T
 * @param {() => T} work
 * @returns {T}
 */
export function runOutside(work) {
  return outside.runInAsyncScope(work);
}
