/**
 * The globals of Node.js that Convex's own runtime does not have, and how bundled code that
 * runs there names them.
 *
 * Code without "use node" shares a thread with code that has it, with the libraries of both and
 * with Node.js itself, so that what it must not see cannot be removed. Instead, the bundler gives
 * each such name that nothing declares another one, which `isolate/globals.mjs` answers.
 */

import { runInNewContext } from "node:vm";

/**
 * What Convex adds to the language.
 * Source: the backend's `npm-packages/udf-runtime/src`.
 */
const OFFERED = new Set([
  ...["URL", "URLSearchParams", "crypto", "Crypto", "SubtleCrypto"],
  "CryptoKey",
  ...["DOMException", "console", "Event", "EventTarget", "structuredClone"],
  ...["setTimeout", "setInterval", "clearTimeout", "clearInterval"],
  ...["AbortController", "AbortSignal", "atob", "btoa", "TextEncoder"],
  ...["TextDecoder", "TextEncoderStream", "TextDecoderStream", "Blob", "File"],
  ...["ReadableStream", "ReadableStreamBYOBReader", "TransformStream"],
  ...["ReadableStreamDefaultReader", "WritableStream"],
  ...["WritableStreamDefaultWriter", "Headers", "FormData", "Request"],
  ...["Response", "fetch", "performance", "Performance", "PerformanceEntry"],
  ...["PerformanceMark", "PerformanceMeasure", "Convex"],
]);

/** @type {string[]} */
const LANGUAGE = runInNewContext("Object.getOwnPropertyNames(globalThis)");

/** Those that are absent there, or something else. */
export const ABSENT = Object.getOwnPropertyNames(globalThis).filter(
  (name) => !OFFERED.has(name) && !LANGUAGE.includes(name),
);

/** Those that are something else there than in Node.js. */
export const OTHER = /** @type {const} */ ([
  ...["process", "globalThis", "self", "AsyncLocalStorage", "AsyncResource"],
  ...["fetch", "setTimeout", "setInterval", "crypto"],
  ...["clearTimeout", "clearInterval", "console", "eval", "Function"],
]);

/** The names that bundled code uses; of one length, as source maps have columns. */
const VALUE_PREFIX = "$global_";
const TYPEOF_PREFIX = "$typeof_";

/** @param {string} name */
export const nameOfValue = (name) => VALUE_PREFIX + name;

/** @param {string} name */
export const nameOfTypeof = (name) => TYPEOF_PREFIX + name;

/** For `define` of esbuild. @type {{ [name: string]: string }} */
export const RENAMED = Object.fromEntries(
  [...ABSENT.filter((name) => !isOther(name)), "eval"].map((name) => [
    name,
    nameOfValue(name),
  ]),
);

/** A module for `inject` of esbuild, so that errors name them as code does; `eval` cannot be declared. */
export const INJECTED = OTHER.filter((name) => name !== "eval")
  .map((name) => `export const ${name} = ${nameOfValue(name)};\n`)
  .join("");

/** @param {string} name */
function isOther(name) {
  return OTHER.some((other) => other === name);
}

/**
 * `typeof` of what does not exist is no error, so that it asks under another name.
 *
 * @param {string} text bundled
 */
export function markTypeofs(text) {
  return text.replaceAll(
    `typeof ${VALUE_PREFIX}`,
    () => `typeof ${TYPEOF_PREFIX}`,
  );
}
