import { ConvexError, type Value } from "convex/values";

import {
  AccessDenied,
  AlreadyExists,
  Conflict,
  type ConvexgenError,
  DuplicateKey,
  type ErrorDetails,
  InvalidArgument,
  LimitExceeded,
  NEVER_NULL,
  NotCounted,
  NotFound,
  ServerError,
  Unavailable,
} from "./errors.js";

// Functions tell failures apart by the `code` of a `ConvexError`, which reaches
// every client. Other failures come as text, and a production deployment may
// send no more than "Server Error"; where the text is there, it is recognised.

/** It took too long; too many requests; overloaded, or too many conflicts: later it may work. */
export const RETRIED_STATUSES: readonly number[] = [408, 429, 503];

/** With which a deployment refuses a request before it runs anything, with a code. */
const REFUSED_STATUSES: readonly number[] = [
  400, 401, 403, 404, 405, 413, 415, 429,
];

/**
 * With which any server refuses a request that it has not heard in full: too large, with too long
 * an address or headers (RFC 9110, 15.5; RFC 6585, 5).
 *
 * No 408, by which RFC 9110 says so too: with it the backend ends a function that it has begun,
 * after 300 seconds (`ConvexHttpService` in crates/common/src/http/mod.rs).
 */
const UNHEARD_STATUSES: readonly number[] = [413, 414, 431];

/** Those whose body is an answer of a function; 560 is that of a failed one. */
export const ANSWER_STATUSES: readonly number[] = [200, 560];

const BY_CODE = new Map<
  unknown,
  new (reason: string, details: ErrorDetails) => ConvexgenError
>([
  ["NotFound", NotFound],
  ["AlreadyExists", AlreadyExists],
  ["DuplicateKey", DuplicateKey],
  ["Conflict", Conflict],
  ["NotCounted", NotCounted],
  ["InvalidArgument", InvalidArgument],
  ["AccessDenied", AccessDenied],
  ["LimitExceeded", LimitExceeded],
]);

// The limits of https://docs.convex.dev/production/state/limits, in the words
// of the backend.
const LIMIT =
  /Too many (bytes|documents|reads|writes|fields|entries|functions|system operations)|too (large|long|big|deep|nested)\b|\(maximum |maximum (size|length|nesting|depth)|> maximum|transaction is too|timed out \(maximum|TooManyReads|TooManyWrites/i;
// The code of the backend's `invalid_cursor` (crates/database/src/query/mod.rs),
// which is data of a `ConvexError`, and the words of its `bad_cursor`
// (crates/keybroker/src/broker.rs).
const INVALID_CURSOR = "InvalidCursor";
const UNREADABLE_CURSOR = "Failed to parse cursor";
const NO_CURSOR =
  "the cursor is none of this query with these arguments: begin with the first page, without one";
// Mutations that ran again and again, each time in conflict with others:
// https://docs.convex.dev/error#1
const CONTENTION =
  /OptimisticConcurrencyControlFailure|(?:Data|Documents) read from or written to .* changed while this mutation was being run/;
const STACK_LINE = /^\s+at |^\s*Called by client/;
const UNCAUGHT = /\bUncaught (?:\w*Error: )?/;

// What differs does not tell which of the two is of the newer spec: either may
// have what the other has no more.
const NEWER =
  "where it is newer, generate the client again, from the newer spec: to deploy from here would take it back";
const SKEW = `the deployment is of another version of the spec, older or newer: where it is older, run \`npx convex deploy\`; ${NEWER}`;
const NO_ACCESS = `the deployment has no such function for this caller. Either the functions are not deployed (run \`npx convex deploy\`, or \`npx convex dev\`), or the deployment is older or newer than this client (where it is older, deploy; ${NEWER}), or they are internal and the deploy key is missing`;
// The second where the deploy key is given.
const MISSING_FUNCTION = /Could not find (?:public function|function for )/;
const SHOWN_CHARACTERS = 300;

// How the backend begins the line of what a validator has refused, and the one
// of the validator (crates/common/src/schemas/validator.rs).
const REFUSED_VALUE = /^(?:Object|Value): /m;
const VALIDATOR = "\nValidator: ";
const REFUSAL =
  /ArgumentValidationError|ReturnsValidationError|does not match the schema/;

// Of enums and other literals, and of unions; other types stay what they are.
const OTHER_VALUES =
  / does not match validator\..*\nValidator: .*\bv\.(?:literal|union)\(/s;

/** The message without the value that a validator has refused: it may be or hold a secret. */
function withoutValues(message: string): string {
  const value = message.search(REFUSED_VALUE);
  if (value === -1 || !REFUSAL.test(message)) return message;
  const validator = message.lastIndexOf(VALIDATOR);
  const rest = validator < value ? "" : message.slice(validator + 1);
  return message.slice(0, value) + rest;
}

/** The reason, where a validator of many fields is told by the first ones. */
function shortened(reason: string): string {
  const start = reason.indexOf(" Validator: ");
  const end = start + " Validator: ".length + SHOWN_CHARACTERS;
  if (start === -1 || reason.length <= end) return reason;
  return `${reason.slice(0, end)}…`;
}

// In the words of the backend: what the types of the client take, the functions
// of the same spec do. So the two are of different ones, or a type was evaded.
function adviceOn(message: string): string {
  if (message.includes(" contains extra field ")) {
    return `. Where the types of this client have the field there, ${SKEW}`;
  }
  if (message.includes(" is missing the required field ")) {
    return `. Where the types of this client do not have the field there, ${SKEW}`;
  }
  if (/^Value: null$/m.test(message)) {
    return `. It ${NEVER_NULL}`;
  }
  if (OTHER_VALUES.test(message)) {
    return `. Where the types of this client have the value there, ${SKEW}`;
  }
  return "";
}

/** The error for a function that failed: its text, or its `ConvexError`. */
export function functionFailure(
  error: Error,
  operation: string,
): ConvexgenError {
  if (error instanceof ConvexError) {
    const data = error.data as Value;
    const { code, message, paginationError } = isObject(data) ? data : {};
    const details = { operation, data, cause: error };
    if (paginationError === INVALID_CURSOR) {
      return new InvalidArgument(NO_CURSOR, details);
    }
    if (typeof message !== "string") {
      const thrown = typeof data === "string" ? data : shown(data);
      return new ServerError(`the function threw ${thrown}`, details);
    }
    const kind = BY_CODE.get(code);
    if (kind !== undefined) return new kind(message, details);
    const prefix = typeof code === "string" ? `${code}: ` : "";
    return new ServerError(`${prefix}${message}`, details);
  }
  const told = withoutValues(error.message);
  const reason = shortened(firstParagraph(told));
  const cause = told === error.message ? error : new Error(told);
  const details = { operation, cause };
  if (MISSING_FUNCTION.test(error.message)) {
    const text = `${NO_ACCESS}. The deployment said: ${reason}`;
    return new AccessDenied(text, details);
  }
  if (error.message.includes("ArgumentValidationError")) {
    return new InvalidArgument(`${reason}${adviceOn(error.message)}`, details);
  }
  if (reason.includes(INVALID_CURSOR) || reason.includes(UNREADABLE_CURSOR)) {
    return new InvalidArgument(NO_CURSOR, details);
  }
  if (CONTENTION.test(reason)) {
    const text = `too many transactions conflict: ${reason}`;
    return new Unavailable(text, details);
  }
  if (LIMIT.test(reason)) return new LimitExceeded(reason, details);
  return new ServerError(
    reason || "the function failed without a message",
    details,
  );
}

/** The message without the stack trace, on one line. */
function firstParagraph(message: string): string {
  const lines = message.split(/\r?\n/);
  const end = lines.findIndex((line) => STACK_LINE.test(line));
  return lines
    .slice(0, end === -1 ? undefined : end)
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" ")
    .replace(UNCAUGHT, "");
}

/** The error for an answer that is no answer of a function. */
export function statusFailure(
  status: number,
  body: string,
  operation: string,
): ConvexgenError {
  const { code, message } = codeAndMessage(body);
  const said =
    nameOf(status) +
    (code === undefined ? "" : ` ${code}`) +
    (message === "" ? "" : `: ${message}`);
  const details = { operation, cause: new Error(said) };
  if (status === 431) {
    const reason = `the deployment does not take headers of that length: the token is too long (${said})`;
    return new AccessDenied(reason, details);
  }
  if (status === 413 || status === 414) {
    const reason = `the request is larger than the deployment, or what is before it, takes (${said})`;
    return new LimitExceeded(reason, details);
  }
  if (status === 408) {
    const reason = `the deployment ended the request, which took too long (${said})`;
    return new Unavailable(reason, details);
  }
  if (status === 401 || status === 403) {
    const reason = `the deployment refused the credentials (${said})`;
    return new AccessDenied(reason, details);
  }
  if (code === "FunctionPathNotFound") {
    return new AccessDenied(`${NO_ACCESS} (${said})`, details);
  }
  if (RETRIED_STATUSES.includes(status)) {
    return new Unavailable(`the deployment is overloaded (${said})`, details);
  }
  if (status === 400 && code !== undefined) {
    const reason = `the deployment refused the request (${said})`;
    return new InvalidArgument(reason, details);
  }
  if (code === undefined && status < 500) {
    return new ServerError(
      `what answered is not a Convex deployment (${said}); check the URL: ` +
        "deployments are at https://<name>.convex.cloud",
      details,
    );
  }
  return new ServerError(`the deployment failed (${said})`, details);
}

/** That of a redirect is not told to browsers: https://fetch.spec.whatwg.org/#concept-filtered-response-opaque-redirect */
function nameOf(status: number): string {
  return status === 0 ? "a redirect" : `HTTP ${status}`;
}

/** Whether a call of this answer has surely run nothing. */
export function hasNotRun(status: number, body: string): boolean {
  return UNHEARD_STATUSES.includes(status) || isRefusal(status, body);
}

/** Whether the deployment itself says so, so that nothing has run: a gateway may err. */
export function isRefusal(status: number, body: string): boolean {
  return (
    REFUSED_STATUSES.includes(status) && codeAndMessage(body).code !== undefined
  );
}

/** Throws `LimitExceeded` where a snapshot is older than what the deployment keeps. */
export function requireRetained(
  request: unknown,
  body: string,
  operation: string,
): void {
  if (!String(request).endsWith("/api/query_at_ts")) return;
  if (codeAndMessage(body).code !== "OutOfRetention") return;
  throw new LimitExceeded(
    "the snapshot is too old: a deployment keeps the past of some minutes. Begin another one",
    { operation, cause: new Error(shorten(body)) },
  );
}

/** The error for an answer that is not Convex's. */
export function unreadableAnswer(
  cause: unknown,
  operation: string,
): ConvexgenError {
  return new ServerError(
    "the answer is not Convex's, check the URL of the deployment",
    { operation, cause },
  );
}

function codeAndMessage(body: string): {
  code: string | undefined;
  message: string;
} {
  try {
    const parsed: unknown = JSON.parse(body);
    if (isObject(parsed)) {
      const { code, message } = parsed;
      if (typeof code === "string") {
        return { code, message: typeof message === "string" ? message : "" };
      }
    }
  } catch {
    // Of what is not JSON, the beginning is shown.
  }
  return { code: undefined, message: shorten(body) };
}

function shown(value: Value): string {
  return shorten(
    JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === "bigint" ? inner.toString() : inner,
    ),
  );
}

function shorten(text: string): string {
  const line = text.split(/\s+/).join(" ").trim();
  return line.length <= SHOWN_CHARACTERS
    ? line
    : `${line.slice(0, SHOWN_CHARACTERS)}…`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
