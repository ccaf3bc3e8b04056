/**
 * The globals that code without "use node" sees, as in Convex's own runtime.
 * Source: the backend's `npm-packages/udf-runtime/src/setup.ts` and
 * `isolate/src/environment/udf/mod.rs`.
 */

import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { executions } from "../calls/executions.mjs";
import { isolateConsole } from "./console.mjs";
import { variable } from "./environments.mjs";
import {
  checkEnvironmentVariable,
  refuseRandomnessWhileImporting,
  refuseWhileImporting,
} from "./importing.mjs";
import { ABSENT, OTHER, nameOfTypeof, nameOfValue } from "./names.mjs";

/** @type {any} */
const machine = globalThis;

/** Set by this file, or by code itself, as polyfills are. @type {Map<string, unknown>} */
const own = new Map();

const names = new Set([...ABSENT, ...OTHER]);

let isInstalled = false;

/** Answers the names that bundled code has for them. */
export function installIsolateGlobals() {
  if (isInstalled) return;
  isInstalled = true;
  const seen = new Proxy({}, seenGlobals);
  own.set("globalThis", seen);
  own.set("self", seen);
  own.set("process", { env: new Proxy({}, { get: environmentVariable }) });
  own.set("AsyncLocalStorage", AsyncLocalStorage);
  own.set("AsyncResource", AsyncResource);
  own.set("fetch", guarded("fetch", "fetch()"));
  own.set("setTimeout", guarded("setTimeout", "setTimeout"));
  own.set("setInterval", guarded("setInterval", "setInterval"));
  own.set("clearTimeout", clearing("clearTimeout"));
  own.set("clearInterval", clearing("clearInterval"));
  own.set("crypto", guardedCrypto());
  own.set("console", isolateConsole());
  own.set("eval", withoutEvaluation);
  own.set(
    "Function",
    new Proxy(Function, { apply: refuseCode, construct: refuseCode }),
  );
  for (const name of names) {
    const set = (/** @type {unknown} */ value) => own.set(name, value);
    Object.defineProperty(machine, nameOfValue(name), {
      get: () => valueOf(name),
      set,
    });
    Object.defineProperty(machine, nameOfTypeof(name), {
      get: () => own.get(name),
    });
  }
}

/**
 * V8 runs with `--disallow-code-generation-from-strings` there.
 * Source: the backend's `isolate/src/client.rs`.
 *
 * @returns {never}
 */
function refuseCode() {
  throw new EvalError(
    "Code generation from strings disallowed for this context",
  );
}

/** @param {unknown} code */
function withoutEvaluation(code) {
  return typeof code === "string" ? refuseCode() : code;
}
Object.defineProperty(withoutEvaluation, "name", { value: "eval" });

/** @param {string} name */
function valueOf(name) {
  if (!own.has(name)) throw new ReferenceError(`${name} is not defined`);
  return own.get(name);
}

/**
 * @param {object} _target
 * @param {string | symbol} name
 */
function environmentVariable(_target, name) {
  if (typeof name !== "string") return undefined;
  const value = variable(name);
  checkEnvironmentVariable(name, value);
  return value;
}

/**
 * @param {"fetch" | "setTimeout" | "setInterval"} name
 * @param {string} description in messages
 */
function guarded(name, description) {
  const call = (/** @type {unknown[]} */ ...args) => {
    refuseWhileImporting(description);
    if (isInTransaction()) {
      throw new Error(
        `Can't use ${description} in queries and mutations. Please consider using an action. ` +
          "See https://docs.convex.dev/functions/actions for more details.",
      );
    }
    return machine[name](...args);
  };
  return Object.defineProperty(call, "name", { value: name });
}

/**
 * Packages clear timers that they have not set, which is no error anywhere.
 *
 * @param {"clearTimeout" | "clearInterval"} name
 */
function clearing(name) {
  const call = (/** @type {unknown} */ timer) => {
    if (!isInTransaction()) machine[name](timer);
  };
  return Object.defineProperty(call, "name", { value: name });
}

function isInTransaction() {
  const kind = executions.getStore()?.kind;
  return kind === "query" || kind === "mutation";
}

function guardedCrypto() {
  const { crypto } = globalThis;
  return Object.create(Object.getPrototypeOf(crypto), {
    subtle: { value: trackedSubtle(crypto.subtle) },
    getRandomValues: {
      value: (/** @type {Uint8Array<ArrayBuffer>} */ array) => {
        refuseRandomnessWhileImporting();
        return crypto.getRandomValues(array);
      },
    },
    randomUUID: {
      value: () => {
        refuseRandomnessWhileImporting();
        return crypto.randomUUID();
      },
    },
  });
}

/**
 * Its promises settle by themselves here, where Convex's runtime computes at once.
 *
 * @param {any} subtle
 */
function trackedSubtle(subtle) {
  const methods = Object.getOwnPropertyNames(
    Object.getPrototypeOf(subtle),
  ).filter((name) => name !== "constructor");
  return Object.create(
    subtle,
    Object.fromEntries(
      methods.map((name) => {
        const call = (/** @type {unknown[]} */ ...args) => {
          const promise = subtle[name](...args);
          return executions.getStore()?.track(promise) ?? promise;
        };
        return [
          name,
          { value: Object.defineProperty(call, "name", { value: name }) },
        ];
      }),
    ),
  );
}

/** @param {string | symbol} name */
function isOwn(name) {
  return typeof name === "string" && names.has(name);
}

/** @param {string | symbol} name */
function isMarker(name) {
  return typeof name === "string" && /^\$(global|typeof)_/.test(name);
}

/** `globalThis` there. @type {ProxyHandler<any>} */
const seenGlobals = {
  get: (_target, name) => (isOwn(name) ? own.get(String(name)) : machine[name]),
  has: (_target, name) =>
    isOwn(name) ? own.has(String(name)) : name in machine,
  set: (_target, name, value) => {
    if (isOwn(name)) own.set(String(name), value);
    else machine[name] = value;
    return true;
  },
  deleteProperty: (_target, name) =>
    isOwn(name)
      ? own.delete(String(name)) || true
      : Reflect.deleteProperty(machine, name),
  defineProperty: (_target, name, descriptor) => {
    if (!isOwn(name)) return Reflect.defineProperty(machine, name, descriptor);
    own.set(
      String(name),
      descriptor.get === undefined ? descriptor.value : descriptor.get(),
    );
    return true;
  },
  getOwnPropertyDescriptor: (_target, name) => {
    const descriptor = isOwn(name)
      ? own.has(String(name)) && {
          value: own.get(String(name)),
          writable: true,
        }
      : Reflect.getOwnPropertyDescriptor(machine, name);
    // A property of the machine's own globals may be fixed; a proxy cannot say so.
    return descriptor ? { ...descriptor, configurable: true } : undefined;
  },
  ownKeys: () =>
    Reflect.ownKeys(machine)
      .filter((name) => !isOwn(name) && !isMarker(name))
      .concat([...own.keys()]),
  getPrototypeOf: () => Reflect.getPrototypeOf(machine),
};
