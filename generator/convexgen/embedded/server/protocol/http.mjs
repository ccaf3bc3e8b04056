/**
 * Convex's HTTP API.
 * Source: the backend's `local_backend/src/{public_api,router}.rs`.
 */

import { isIPv4 } from "node:net";
import { pipeline } from "node:stream/promises";
import { RequestError } from "../errors.mjs";
import { ANONYMOUS } from "../identity.mjs";
import { MAX_UPLOAD_SIZE, STORAGE_PREFIX, answerFile } from "./files.mjs";
import { decodeTimestamp, encodeTimestamp } from "./timestamps.mjs";

/**
 * @typedef {import("node:http").IncomingMessage} IncomingMessage
 * @typedef {import("node:http").ServerResponse} ServerResponse
 * @typedef {import("../executions.mjs").FunctionKind} FunctionKind
 * @typedef {import("../identity.mjs").Authenticator} Authenticator
 * @typedef {import("../identity.mjs").Identity} Identity
 * @typedef {import("../json.mjs").JsonValue} JsonValue
 * @typedef {import("../messages.mjs").CallResult} CallResult
 * @typedef {import("../messages.mjs").ResultFormat} ResultFormat
 * @typedef {import("../remoteHost.mjs").RemoteHost} RemoteHost
 */

/**
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

/** @type {Map<string, FunctionKind | null>} */
const CALL_ROUTES = new Map([
  ["/api/query", "query"],
  ["/api/mutation", "mutation"],
  ["/api/action", "action"],
  ["/api/function", null],
]);

const RUN_PREFIX = "/api/run/";
const HTTP_ACTION_PREFIX = "/http/";
const LOOPBACK_NAMES = new Set(["localhost", "[::1]"]);

export class HttpApi {
  #host;
  #authenticator;
  #publicKey;
  #version;

  /**
   * @param {object} options
   * @param {RemoteHost} options.host
   * @param {Authenticator} options.authenticator
   * @param {import("../signing.mjs").SigningKey["public"]} options.publicKey of the tokens that functions sign
   * @param {string} options.version of the npm package `convex`
   */
  constructor({ host, authenticator, publicKey, version }) {
    this.#publicKey = publicKey;
    this.#host = host;
    this.#authenticator = authenticator;
    this.#version = version;
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  handle = async (request, response) => {
    try {
      checkIsLocal(request);
      if (!request.url?.startsWith(HTTP_ACTION_PREFIX)) {
        // HTTP actions answer for themselves.
        const origin = request.headers.origin;
        if (origin !== undefined) allowOrigin(response, origin);
        if (request.method === "OPTIONS") {
          answerPreflight(request, response);
          return;
        }
      }
      await this.#route(request, response);
    } catch (error) {
      if (!(error instanceof RequestError)) {
        process.stderr.write(
          `${error instanceof Error ? error.stack : String(error)}\n`,
        );
      }
      if (response.headersSent) response.destroy();
      else answerError(response, error);
    }
  };

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  async #route(request, response) {
    const { pathname, search } = splitTarget(request.url ?? "/");
    const kind = CALL_ROUTES.get(pathname);
    if (kind !== undefined) {
      const body = await readCall(request, search);
      const identity = await this.#identityOf(request);
      if (kind === null) requireAdmin(identity);
      answerJson(
        response,
        200,
        encodeResult(await this.#host.run({ ...callOf(body, identity), kind })),
      );
      return;
    }
    if (pathname.startsWith(RUN_PREFIX)) {
      requirePost(request);
      const body = await readCall(request, "");
      const path = functionPathOfUrl(pathname.slice(RUN_PREFIX.length));
      const identity = await this.#identityOf(request);
      answerJson(
        response,
        200,
        encodeResult(
          await this.#host.run({
            ...callOf({ ...body, path }, identity),
            kind: null,
          }),
        ),
      );
      return;
    }
    switch (pathname) {
      case "/api/query_ts":
        answerJson(
          response,
          200,
          `{"ts":"${encodeTimestamp(this.#host.lastTimestamp)}"}`,
        );
        return;
      case "/api/query_at_ts":
        requirePost(request);
        answerJson(response, 200, await this.#queryAt(request));
        return;
      case "/api/query_batch":
        requirePost(request);
        answerJson(response, 200, await this.#batch(request));
        return;
      case "/api/function_spec":
        requireAdmin(await this.#identityOf(request));
        answerJson(response, 200, await this.#host.functionSpec());
        return;
      case "/":
        answerText(response, 200, "This Convex deployment is running.");
        return;
      case "/version":
      case "/instance_version":
        answerText(response, 200, this.#version);
        return;
      case "/.well-known/jwks.json":
        answerJson(response, 200, JSON.stringify({ keys: [this.#publicKey] }));
        return;
      case "/instance_name":
        answerText(response, 200, "embedded");
        return;
    }
    if (pathname.startsWith(HTTP_ACTION_PREFIX)) {
      await this.#httpAction(
        request,
        response,
        pathname.slice(HTTP_ACTION_PREFIX.length - 1) + search,
      );
      return;
    }
    if (pathname.startsWith(STORAGE_PREFIX)) {
      const { status, headers, body } = await answerFile(this.#host.files, {
        method: request.method ?? "GET",
        path: pathname.slice(STORAGE_PREFIX.length),
        parameters: new URLSearchParams(search),
        headers: request.headers,
        readBody: () => readBody(request, MAX_UPLOAD_SIZE),
      });
      response.writeHead(status, {
        ...headers,
        "Content-Length": Buffer.byteLength(body),
      });
      response.end(request.method === "HEAD" ? undefined : body);
      return;
    }
    throw new RequestError(404, "NotFound", `There is no endpoint ${pathname}`);
  }

  /** @param {IncomingMessage} request */
  #identityOf(request) {
    return this.#authenticator.fromHeader(request.headers.authorization);
  }

  /**
   * An HTTP action may have credentials of its own in the header.
   *
   * @param {IncomingMessage} request
   * @returns {Promise<Identity>}
   */
  async #userOf(request) {
    try {
      return await this.#identityOf(request);
    } catch (error) {
      if (error instanceof RequestError) return ANONYMOUS;
      throw error;
    }
  }

  /**
   * @param {IncomingMessage} request
   * @returns {Promise<string>}
   */
  async #queryAt(request) {
    const body = checkedCall(await readJson(request));
    const timestamp = decodeTimestamp(body.ts);
    if (timestamp === null) {
      throw new RequestError(
        400,
        "BadJsonBody",
        "Expected `ts`, a timestamp of /api/query_ts",
      );
    }
    const identity = await this.#identityOf(request);
    const calls = [callOf(body, identity)];
    const { results } = await this.#host.snapshot(calls, timestamp);
    return results.map(encodeResult).join();
  }

  /**
   * @param {IncomingMessage} request
   * @returns {Promise<string>}
   */
  async #batch(request) {
    const body = await readJson(request);
    const identity = await this.#identityOf(request);
    const queries = isRecord(body) ? body.queries : undefined;
    if (!Array.isArray(queries)) {
      throw new RequestError(
        400,
        "BadJsonBody",
        'Expected a body {"queries": [...]}',
      );
    }
    const { results } = await this.#host.snapshot(
      queries.map((query) => callOf(checkedCall(query), identity)),
    );
    return `{"results":[${results.map(encodeResult).join(",")}]}`;
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {string} target
   */
  async #httpAction(request, response, target) {
    const { method = "GET" } = request;
    const body = await readBody(request);
    const headers = Object.entries(request.headers).flatMap(([name, value]) =>
      value === undefined
        ? []
        : [/** @type {[string, string]} */ ([name, String(value)])],
    );
    const hasBody = body.length > 0 && method !== "GET" && method !== "HEAD";
    const result = await this.#host.fetch(
      target,
      { method, headers, body: hasBody ? new Uint8Array(body) : null },
      await this.#userOf(request),
    );
    for (const [name, value] of result.headers)
      response.appendHeader(name, value);
    response.writeHead(result.status);
    if (result.body instanceof Uint8Array) {
      response.end(result.body);
      return;
    }
    response.flushHeaders();
    // Either side may break it off; the other one's connection breaks then.
    await pipeline(result.body, response).catch(() => {});
  }
}

/**
 * @param {CallBody} body
 * @param {Identity} identity
 */
function callOf({ path, componentPath, args, format }, identity) {
  if (typeof path !== "string" || !/^[\w./-]+(:\w+)?$/.test(path)) {
    throw new RequestError(
      400,
      "BadConvexFunctionIdentifier",
      `Expected the path of a function such as "messages:list", got ${JSON.stringify(path ?? null)}`,
    );
  }
  return {
    path,
    ...(componentPath && { componentPath }),
    args,
    identity,
    format: formatNamed(format),
  };
}

/**
 * @param {string} target
 * @returns {{ pathname: string, search: string }}
 */
function splitTarget(target) {
  const mark = target.indexOf("?");
  return mark < 0
    ? { pathname: target, search: "" }
    : { pathname: target.slice(0, mark), search: target.slice(mark) };
}

/**
 * Other sites must not reach this server through a browser or a name of theirs.
 *
 * @param {IncomingMessage} request
 * @throws {RequestError}
 */
export function checkIsLocal({ headers: { host, origin } }) {
  if (host !== undefined && !isLoopback(host.replace(/:\d+$/, ""))) {
    throw new RequestError(
      421,
      "MisdirectedRequest",
      `This server does not answer for ${host}`,
    );
  }
  if (origin !== undefined && origin !== "null" && !isLoopbackOrigin(origin)) {
    throw new RequestError(
      403,
      "Forbidden",
      `This server does not answer to ${origin}`,
    );
  }
}

/** @param {string} name */
function isLoopback(name) {
  return (
    LOOPBACK_NAMES.has(name) ||
    name.endsWith(".localhost") ||
    (isIPv4(name) && name.startsWith("127."))
  );
}

/** @param {string} origin */
function isLoopbackOrigin(origin) {
  return isLoopback(origin.replace(/^https?:\/\//, "").replace(/:\d+$/, ""));
}

/**
 * @param {ServerResponse} response
 * @param {string} origin
 */
function allowOrigin(response, origin) {
  response.setHeader("Access-Control-Allow-Origin", origin);
  response.setHeader("Access-Control-Allow-Credentials", "true");
  response.setHeader("Vary", "Origin");
}

/**
 * @param {IncomingMessage} request
 * @param {ServerResponse} response
 */
function answerPreflight(request, response) {
  response.writeHead(204, {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers":
      request.headers["access-control-request-headers"] ?? "*",
    "Access-Control-Max-Age": "86400",
  });
  response.end();
}

/** @param {IncomingMessage} request */
function requirePost({ method, url }) {
  if (method !== "POST") {
    throw new RequestError(
      405,
      "MethodNotAllowed",
      `${url} takes POST, not ${method}`,
    );
  }
}

/** @param {Identity} identity */
function requireAdmin(identity) {
  if (!identity.isAdmin) {
    throw new RequestError(
      403,
      "Forbidden",
      "This endpoint needs the admin key",
    );
  }
}

/**
 * @param {string} path such as `dir/module/name`
 * @returns {string} `dir/module:name`
 */
function functionPathOfUrl(path) {
  const decoded = decodeURIComponent(path);
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

/**
 * @param {IncomingMessage} request
 * @param {string} search
 * @returns {Promise<CallBody>}
 */
async function readCall(request, search) {
  if (request.method === "GET" && request.url?.startsWith("/api/query")) {
    const parameters = new URLSearchParams(search);
    const path = parameters.get("path") ?? undefined;
    const format = parameters.get("format") ?? undefined;
    const args = /** @type {JsonValue} */ (
      parseJson(parameters.get("args") ?? "{}")
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
function checkedCall(body) {
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
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @param {IncomingMessage} request
 * @returns {Promise<unknown>}
 */
async function readJson(request) {
  return parseJson((await readBody(request)).toString());
}

/**
 * @param {string} text
 * @returns {unknown}
 */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new RequestError(
      400,
      "BadJsonBody",
      `The request is not JSON: ${reason}`,
    );
  }
}

/**
 * @param {IncomingMessage} request
 * @param {number} [limit] bytes
 * @returns {Promise<Buffer>}
 */
function readBody(request, limit = MAX_BODY_SIZE) {
  return new Promise((resolve, reject) => {
    /** @type {Buffer[]} */
    const chunks = [];
    let size = 0;
    request.on("data", (/** @type {Buffer} */ chunk) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
    });
    request.on("end", () => {
      if (size <= limit) {
        resolve(
          chunks.length === 1
            ? /** @type {Buffer} */ (chunks[0])
            : Buffer.concat(chunks),
        );
      } else {
        const text = `The body has ${size} bytes, more than the ${limit} that are allowed`;
        reject(new RequestError(413, "RequestTooLarge", text));
      }
    });
    request.on("error", reject);
  });
}

/**
 * @param {string | undefined} format
 * @returns {ResultFormat}
 */
function formatNamed(format = "json") {
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

/**
 * @param {CallResult} result
 * @returns {string}
 */
function encodeResult({ value, failure, logLines }) {
  const logs =
    logLines.length === 0 ? "" : `,"logLines":${JSON.stringify(logLines)}`;
  if (failure === null) return `{"status":"success","value":${value}${logs}}`;
  const data = failure.data === null ? "" : `,"errorData":${failure.data}`;
  return `{"status":"error","errorMessage":${JSON.stringify(failure.message)}${data}${logs}}`;
}

/**
 * @param {ServerResponse} response
 * @param {number} status
 * @param {string} json
 */
function answerJson(response, status, json) {
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(json),
  });
  response.end(json);
}

/**
 * @param {ServerResponse} response
 * @param {number} status
 * @param {string} text
 */
function answerText(response, status, text) {
  response.writeHead(status, { "Content-Type": "text/plain" });
  response.end(text);
}

/**
 * @param {ServerResponse} response
 * @param {unknown} error
 */
function answerError(response, error) {
  const { status, code, message } =
    error instanceof RequestError
      ? error
      : new RequestError(
          500,
          "InternalServerError",
          "The server failed; see its standard error",
        );
  answerJson(response, status, JSON.stringify({ code, message }));
}
