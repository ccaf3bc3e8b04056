/**
 * `Date`, `Math.random` and `performance.now` as functions see them: in a query
 * or mutation the time stands still, and the random numbers are those of a seed.
 * Source: https://docs.convex.dev/functions/runtimes, "Restrictions on queries
 * and mutations".
 */

import { now } from "../clock.mjs";
import { executions } from "../calls/executions.mjs";

/** To be called before convex-test and functions are loaded, which keep what they find. */
export function installFunctionGlobals() {
  const transaction = () => executions.getStore()?.transaction ?? null;
  const MachineDate = globalThis.Date;
  const functionNow = () => transaction()?.time ?? now();
  MachineDate.now = functionNow;
  globalThis.Date = new Proxy(MachineDate, {
    construct: (target, given, newTarget) =>
      Reflect.construct(
        target,
        given.length === 0 ? [functionNow()] : given,
        newTarget,
      ),
    apply: () => new MachineDate(functionNow()).toString(),
  });
  MachineDate.prototype.constructor = globalThis.Date;

  const machineRandom = Math.random;
  Math.random = () => transaction()?.random() ?? machineRandom();

  const { timeOrigin } = performance;
  const elapsed = performance.now.bind(performance);
  performance.now = () => {
    const time = transaction()?.time;
    return time === undefined ? elapsed() : time - timeOrigin;
  };
}
