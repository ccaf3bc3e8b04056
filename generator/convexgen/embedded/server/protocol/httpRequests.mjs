/** What comes over the HTTP API: targets, bodies, and the calls in them. */

import { RequestError } from "../errors.mjs";
import { parseJson, weightOfValues } from "./jsonText.mjs";
import { ReceivedBody } from "./receivedBody.mjs";
import { received } from "./heldBytes.mjs";

/**
 * @typedef {import("node:http").IncomingMessage} IncomingMessage
 * @typedef {import("../values/json.mjs").JsonValue} JsonValue
 * @typedef {import("./heldBytes.mjs").Share} Share
 * @typedef {import("../calls/metadata.mjs").Client} Client
 * @typedef {import("../threads/messages.mjs").ResultFormat} ResultFormat
 *
 * @typedef {object} CallBody
 * @property {string} [path]
 * @property {string} [componentPath]
 * @property {JsonValue} [args]
 * @property {string} [format]
 * @property {string} [ts]
 */

const MAX_BODY_SIZE = 16 * 1024 * 1024 + 2_000;

/** @type {Map<string, ResultFormat>} */
const FORMATS = new Map([
  ["json", "clean"],
  ["convex_clean_json", "clean"],
  ["convex_encoded_json", "lossless"],
  ["convex_json", "lossless"],
]);

export const RUN_PREFIX = "/api/run/";

/** Source: the backend's `common/src/execution_context.rs`. */
const MAX_IP_LENGTH = 256;
const MAX_USER_AGENT_LENGTH = 512;
/** How a socket that listens for both families names an address of IPv4. */
const MAPPED_IPV4 = /^::ffff:(?=\d+\.)/;

/**
 * Source: `ExtractRequestMetadata` in the backend's `common/src/http/mod.rs`.
 *
 * @param {IncomingMessage} request
 * @returns {Client}
 */
export function clientOf({ headers, socket }) {
  const forwarded = headers["x-forwarded-for"];
  const [first] = String(forwarded ?? "").split(",");
  const ip =
    first?.trim() || (socket.remoteAddress ?? "").replace(MAPPED_IPV4, "");
  const userAgent = headers["user-agent"];
  return {
    ip: ip === "" ? null : ip.slice(0, MAX_IP_LENGTH),
    userAgent: userAgent?.slice(0, MAX_USER_AGENT_LENGTH) ?? null,
  };
}

/**
 * @param {string} target
 * @returns {{ pathname: string, search: string }}
 */
export function splitTarget(target) {
  const mark = target.indexOf("?");
  return mark < 0
    ? { pathname: target, search: "" }
    : { pathname: target.slice(0, mark), search: target.slice(mark) };
}

/** @param {IncomingMessage} request */
export function requirePost({ method, url }) {
  if (method !== "POST") {
    throw new RequestError(
      405,
      "MethodNotAllowed",
      `${url} takes POST, not ${method}`,
    );
  }
}

/**
 * @param {string} path such as `dir/module/name`
 * @returns {string} `dir/module:name`
 */
export function functionPathOfUrl(path) {
  const decoded = decodedPath(path);
  const slash = decoded.lastIndexOf("/");
  if (slash <= 0) {
    throw new RequestError(
      400,
      "BadConvexFunctionIdentifier",
      `Expected ${RUN_PREFIX}module/function, got ${RUN_PREFIX}${decoded}`,
    );
  }
  return `${decoded.slice(0, slash)}:${decoded.slice(slash + 1)}`;
}

/** @param {string} path of a URL */
function decodedPath(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new RequestError(
      400,
      "BadUrl",
      `The path ${path} has a % that begins no byte of UTF-8`,
    );
  }
}

/**
 * @param {IncomingMessage} request
 * @param {string} search
 * @returns {Promise<CallBody>}
 */
export async function readCall(request, search) {
  if (request.method === "GET" && request.url?.startsWith("/api/query")) {
    const parameters = new URLSearchParams(search);
    const path = parameters.get("path") ?? undefined;
    const format = parameters.get("format") ?? undefined;
    const args = /** @type {JsonValue} */ (
      readText(parameters.get("args") ?? "{}")
    );
    return { ...(path && { path }), ...(format && { format }), args };
  }
  requirePost(request);
  return checkedCall(await readJson(request));
}

/**
 * @param {unknown} body
 * @returns {CallBody}
 */
export function checkedCall(body) {
  const args = isRecord(body) ? body.args : undefined;
  if (!isRecord(body) || (args !== undefined && typeof args !== "object")) {
    throw new RequestError(
      400,
      "BadJsonBody",
      'Expected a body {"path": …, "args": {…}, "format": …}',
    );
  }
  return body;
}

/**
 * @param {unknown} value
 * @returns {value is { [name: string]: unknown }}
 */
export function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @param {IncomingMessage} request
 * @returns {Promise<unknown>}
 */
export async function readJson(request) {
  const { body, share } = await receive(request, MAX_BODY_SIZE);
  const text = body.toString();
  // Before it is kept: who grows makes way.
  share.add(weightOfValues(text));
  keep(share);
  return readText(text);
}

/**
 * @param {string} text
 * @returns {unknown}
 */
function readText(text) {
  try {
    return parseJson(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RequestError(
      400,
      "BadJsonBody",
      `The request is not JSON: ${reason}`,
    );
  }
}

/** What requests hold of memory until they are answered. @type {WeakMap<IncomingMessage, Share>} */
const shares = new WeakMap();

/** @param {IncomingMessage} request that was answered */
export function releaseBody(request) {
  shares.get(request)?.close();
  shares.delete(request);
}

/**
 * @param {IncomingMessage} request
 * @param {number} limit bytes
 * @returns {Promise<Buffer>}
 */
export async function readBody(request, limit) {
  const { body, share } = await receive(request, limit);
  keep(share);
  return body;
}

/** @param {Share} share */
function keep(share) {
  if (!share.keep()) throw tooManyRequests();
}

function tooManyRequests() {
  const text = "Too many concurrent requests, backoff and try again.";
  return new RequestError(503, "TooManyConcurrentRequests", text);
}

/**
 * @param {IncomingMessage} request
 * @param {number} limit bytes
 * @returns {Promise<{ body: Buffer, share: Share }>} what is to be kept
 */
function receive(request, limit) {
  return new Promise((resolve, reject) => {
    const body = new ReceivedBody();
    let size = 0;
    let isKept = true;
    const share = received.open(() => {
      isKept = false;
      body.drop();
    });
    shares.set(request, share);
    request.on("data", (/** @type {Buffer} */ chunk) => {
      size += chunk.length;
      if (size > limit || !isKept) return;
      body.add(chunk);
      share.add(body.held - share.size);
    });
    request.on("end", () => {
      if (size > limit) {
        const text = `The body has ${size} bytes, more than the ${limit} that are allowed`;
        reject(new RequestError(413, "RequestTooLarge", text));
      } else if (isKept) {
        resolve({ body: body.whole(), share });
      } else {
        reject(tooManyRequests());
      }
    });
    const abort = (/** @type {string} */ reason) => {
      // Nobody is there any more to read the answer, and nothing here went wrong.
      const text = `The body did not come to its end: ${reason}`;
      reject(new RequestError(400, "RequestAborted", text));
    };
    request.on("error", ({ message }) => abort(message));
    if (request.destroyed) abort("aborted");
  });
}

/**
 * @param {string | undefined} format
 * @returns {ResultFormat}
 */
export function formatNamed(format = "json") {
  const named = FORMATS.get(format);
  if (named === undefined) {
    throw new RequestError(
      400,
      "BadFormat",
      `param \`format\` must be one of ${[...FORMATS.keys()].join(", ")}, got ${JSON.stringify(format)}`,
    );
  }
  return named;
}
