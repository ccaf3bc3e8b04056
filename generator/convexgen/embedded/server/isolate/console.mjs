/**
 * The `console` of Convex's own runtime, which has no more methods than these.
 * Source: the backend's `npm-packages/udf-runtime/src/02_console.ts` and
 * `crates/isolate/src/ops/console.rs`.
 */

import { LEVELS, shown, writeLine } from "../calls/console.mjs";
import { executions } from "../calls/executions.mjs";

const WHILE_IMPORTING = {};

/** When each timer of a call was started, by its label. @type {WeakMap<object, Map<string, number>>} */
const timers = new WeakMap();

/** @returns {{ [method: string]: (...values: any[]) => void }} */
export function isolateConsole() {
  // Each call asks anew: tests put another console in place of the machine's.
  const lines = [...LEVELS.keys()].map((method) => [
    method,
    (/** @type {unknown[]} */ ...values) =>
      /** @type {any} */ (globalThis.console)[method](...values),
  ]);
  return { ...Object.fromEntries(lines), time, timeLog, timeEnd };
}

/** @param {unknown} [label] */
function time(label = "default") {
  const name = String(label);
  const started = timersOfCall();
  if (started.has(name)) writeLine("WARN", `Timer '${name}' already exists`);
  else started.set(name, now());
}

/**
 * @param {unknown} [label]
 * @param {unknown[]} values
 */
function timeLog(label = "default", ...values) {
  const name = String(label);
  const start = timersOfCall().get(name);
  if (start === undefined) return sayMissing(name);
  const text = `${name}: ${now() - start}ms`;
  writeLine("INFO", values.length === 0 ? text : `${text} ${shown(values)}`);
}

/** @param {unknown} [label] */
function timeEnd(label = "default") {
  timeLog(label);
  timersOfCall().delete(String(label));
}

/** @param {string} name */
function sayMissing(name) {
  writeLine("WARN", `Timer '${name}' does not exist`);
}

function timersOfCall() {
  const call = executions.getStore()?.call ?? WHILE_IMPORTING;
  const started = timers.get(call) ?? new Map();
  timers.set(call, started);
  return started;
}

/** Also in queries and mutations, where `Date` and `performance` stand still. */
function now() {
  return Math.floor(Number(process.hrtime.bigint()) / 1e6);
}
