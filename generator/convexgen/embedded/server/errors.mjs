/** Errors of the server itself, and how an error of a function reaches a client. */

import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeValue } from "./values/json.mjs";

/** The server cannot start; the message is for the user, without a stack. */
export class StartError extends Error {}

/** In front of how documents violate a schema, as `npx convex dev` says it. */
export const VIOLATED = "Schema validation failed.";

/**
 * @param {unknown} error
 * @returns {string} with the stack when nobody expected it
 */
export function messageOf(error) {
  if (!(error instanceof Error)) return shown(error);
  // Some have no stack, and some an empty one.
  return error instanceof StartError
    ? error.message
    : error.stack || uncaught(error);
}

/**
 * @param {unknown} thrown
 * @returns {string} as V8 says it in its own messages
 */
function shown(thrown) {
  if (typeof thrown === "function")
    return Function.prototype.toString.call(thrown);
  if (typeof thrown !== "object" || thrown === null) return String(thrown);
  try {
    const { constructor, toString } = thrown;
    const isPlain = toString === Object.prototype.toString;
    const name = typeof constructor === "function" ? constructor.name : "";
    return isPlain && name !== ""
      ? `#<${name}>`
      : Object.prototype.toString.call(thrown);
  } catch {
    return "#<Object>";
  }
}

/**
 * Source: `format_uncaught_error` in the backend's `isolate/src/helpers.rs`.
 *
 * @param {unknown} thrown
 * @returns {string} such as `Uncaught Error: text`, without where it was thrown
 */
export function uncaught(thrown) {
  const text = thrown instanceof Error ? nameAndText(thrown) : shown(thrown);
  return text === "" ? "Uncaught" : `Uncaught ${text}`;
}

/** @param {Error} error */
function nameAndText(error) {
  try {
    const { name = "Error", message = "" } = error;
    const parts = [String(name), String(message)];
    return parts.filter((part) => part !== "").join(": ");
  } catch {
    return "Error"; // a property of it throws
  }
}

/** A request that is refused before any function runs. */
export class RequestError extends Error {
  /**
   * @param {number} status of HTTP
   * @param {string} code such as `BadDeployKey`
   * @param {string} message
   */
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** A failed call whose message stands alone: nothing in the project's code threw it. */
export class CallError extends Error {}

/**
 * @typedef {object} FailedCall
 * @property {string} message
 * @property {string | null} data lossless JSON of `ConvexError.data`
 */

const MAX_MESSAGE_LENGTH = 64 * 1024;

/**
 * @param {unknown} thrown
 * @param {string} functionsDirectory frames outside of it are left out
 * @param {string} requestId
 * @returns {FailedCall}
 */
export function describeFailure(thrown, functionsDirectory, requestId) {
  // Half of a character has no UTF-8: Convex replaces it.
  const text = describeThrown(thrown, functionsDirectory)
    .slice(0, MAX_MESSAGE_LENGTH)
    .toWellFormed();
  return {
    message: `[Request ID: ${requestId}] Server Error\n${text}\n`,
    data: isConvexError(thrown) ? encodeValue(thrown.data ?? null) : null,
  };
}

/**
 * `ConvexError` may come from another copy of `convex/values`.
 *
 * @param {unknown} thrown
 * @returns {thrown is Error & { data: import("./values/values.mjs").ConvexValue }}
 */
export function isConvexError(thrown) {
  return (
    typeof thrown === "object" &&
    thrown !== null &&
    Symbol.for("ConvexError") in thrown
  );
}

/**
 * @param {unknown} thrown
 * @param {string} functionsDirectory
 */
export function describeThrown(thrown, functionsDirectory) {
  if (thrown instanceof CallError) return thrown.message;
  const frames =
    thrown instanceof Error ? framesOf(thrown, functionsDirectory) : [];
  return [uncaught(thrown), ...frames].join("\n");
}

/**
 * @param {Error} error
 * @returns {string[]} the lines of its stack
 */
export function callsOf(error) {
  try {
    const { message, stack = "" } = error;
    // A message may have frames itself: those of the function that it comes from.
    const start = stack.indexOf(message);
    return stack.slice(start < 0 ? 0 : start + message.length).split("\n");
  } catch {
    return []; // not what they are of an error, or not to be had
  }
}

const FRAME =
  /^ {4}at (?:(?<name>.*) \()?(?<file>(?:file:\/\/)?[^()]*):(?<line>\d+):(?<column>\d+)\)?$/;

/**
 * @param {Error} error
 * @param {string} functionsDirectory
 * @returns {string[]} such as `    at handler (../convex/messages.ts:3:9)`
 */
function framesOf(error, functionsDirectory) {
  const frames = [];
  for (const text of callsOf(error)) {
    const groups = FRAME.exec(text)?.groups;
    if (groups?.file === undefined) continue;
    const file = groups.file.startsWith("file://")
      ? fileURLToPath(groups.file)
      : groups.file;
    const path = relative(functionsDirectory, file);
    if (
      path.startsWith("..") ||
      path.startsWith(sep) ||
      path.split(sep).includes("node_modules")
    )
      continue;
    const name = groups.name?.replace(/\bObject\./, "") ?? "<anonymous>";
    const place = `../convex/${path.split(sep).join("/")}:${groups.line}:${groups.column}`;
    frames.push(`    at ${name} (${place})`);
  }
  return frames;
}
