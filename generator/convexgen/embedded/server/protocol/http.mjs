/**
 * Convex's HTTP API.
 * Source: the backend's `local_backend/src/{public_api,router}.rs`.
 */

import { pipeline } from "node:stream/promises";
import { RequestError } from "../errors.mjs";
import { CollectedResults } from "./collectedResults.mjs";
import { ANONYMOUS } from "../identity/identity.mjs";
import { DEPLOYMENT_NAME } from "../calls/metadata.mjs";
import { HTTP_ACTION_BODY_LIMIT } from "../calls/httpAnswers.mjs";
import {
  MAX_UPLOAD_SIZE,
  PART_SIZE,
  STORAGE_PREFIX,
  answerFile,
} from "./files.mjs";
import {
  RUN_PREFIX,
  checkedCall,
  clientOf,
  formatNamed,
  functionPathOfUrl,
  isRecord,
  readBody,
  readCall,
  readJson,
  releaseBody,
  requirePost,
  splitTarget,
} from "./httpRequests.mjs";
import {
  answerError,
  answerJson,
  answerText,
  countUnread,
  encodeResult,
  endWith,
} from "./httpResponses.mjs";
import { allowOrigin, answerPreflight, checkIsLocal } from "./locality.mjs";
import { decodeTimestamp, encodeTimestamp } from "./timestamps.mjs";

/**
 * @typedef {import("node:http").IncomingMessage} IncomingMessage
 * @typedef {import("node:http").ServerResponse} ServerResponse
 * @typedef {import("../calls/definitions.mjs").FunctionKind} FunctionKind
 * @typedef {import("../identity/identity.mjs").Authenticator} Authenticator
 * @typedef {import("../identity/identity.mjs").Identity} Identity
 * @typedef {import("./httpRequests.mjs").CallBody} CallBody
 * @typedef {import("../calls/metadata.mjs").Client} Client
 * @typedef {{ identity: Identity, client: Client }} Caller
 * @typedef {import("../threads/remoteHost.mjs").RemoteHost} RemoteHost
 */

/** @type {Map<string, FunctionKind | null>} */
const CALL_ROUTES = new Map([
  ["/api/query", "query"],
  ["/api/mutation", "mutation"],
  ["/api/action", "action"],
  ["/api/function", null],
]);

/** Below which HTTP actions are, at the port of the API. */
export const HTTP_ACTIONS = "/http";
const HTTP_ACTION_PREFIX = `${HTTP_ACTIONS}/`;

export class HttpApi {
  #host;
  #authenticator;
  #publicKey;
  #version;

  /**
   * @param {object} options
   * @param {RemoteHost} options.host
   * @param {Authenticator} options.authenticator
   * @param {import("../identity/signing.mjs").SigningKey["public"]} options.publicKey of the tokens that functions sign
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
    } finally {
      releaseBody(request);
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
      const caller = await this.#callerOf(request);
      if (kind === null) requireAdmin(caller.identity);
      answerJson(
        response,
        200,
        encodeResult(await this.#host.run({ ...callOf(body, caller), kind })),
      );
      return;
    }
    if (pathname.startsWith(RUN_PREFIX)) {
      requirePost(request);
      const body = await readCall(request, "");
      const path = functionPathOfUrl(pathname.slice(RUN_PREFIX.length));
      const caller = await this.#callerOf(request);
      answerJson(
        response,
        200,
        encodeResult(
          await this.#host.run({
            ...callOf({ ...body, path }, caller),
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
        answerJson(response, 200, await this.#batch(request, response));
        return;
      case "/api/function_spec":
        requireAdmin(await this.#identityOf(request));
        answerJson(response, 200, await this.#host.functionSpec());
        return;
      case "/api/shapes2":
        requireAdmin(await this.#identityOf(request));
        answerJson(response, 200, await this.#host.shapes());
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
        answerText(response, 200, DEPLOYMENT_NAME);
        return;
    }
    if (pathname.startsWith(HTTP_ACTION_PREFIX)) {
      await this.#httpAction(
        request,
        response,
        pathname.slice(HTTP_ACTIONS.length) + search,
      );
      return;
    }
    if (pathname.startsWith(STORAGE_PREFIX)) {
      const { status, headers, length, body } = await answerFile(
        this.#host.files,
        {
          method: request.method ?? "GET",
          path: pathname.slice(STORAGE_PREFIX.length),
          parameters: new URLSearchParams(search),
          headers: request.headers,
          readBody: () => readBody(request, MAX_UPLOAD_SIZE),
        },
      );
      response.writeHead(status, { ...headers, "Content-Length": length });
      if (request.method === "HEAD") {
        response.end();
        return;
      }
      // One part that waits, and one that is ready.
      countUnread(response, Math.min(length, 2 * PART_SIZE));
      // Whoever reads may break it off, or the file is deleted; the connection breaks then.
      await pipeline(body, response).catch(() => {});
      return;
    }
    if (pathname === VARIABLES) {
      throw new RequestError(400, "NoEnvironmentVariables", NO_VARIABLES);
    }
    throw new RequestError(404, "NotFound", noEndpoint(pathname));
  }

  /** @param {IncomingMessage} request */
  #identityOf(request) {
    return this.#authenticator.fromHeader(request.headers.authorization);
  }

  /**
   * @param {IncomingMessage} request
   * @returns {Promise<Caller>}
   */
  async #callerOf(request) {
    const identity = await this.#identityOf(request);
    return { identity, client: clientOf(request) };
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
    const calls = [callOf(body, await this.#callerOf(request))];
    // What is not over can still change. Convex fails here, with an error of its own.
    if (timestamp > this.#host.lastTimestamp) {
      throw new RequestError(
        400,
        "BadTimestamp",
        "`ts` is behind the last timestamp of /api/query_ts",
      );
    }
    const results = [];
    for await (const part of this.#host.read(calls, { past: timestamp }))
      results.push(...part.results);
    return results.map(encodeResult).join();
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @returns {Promise<string>}
   */
  async #batch(request, response) {
    const body = await readJson(request);
    const caller = await this.#callerOf(request);
    const queries = isRecord(body) ? body.queries : undefined;
    if (!Array.isArray(queries)) {
      throw new RequestError(
        400,
        "BadJsonBody",
        'Expected a body {"queries": [...]}',
      );
    }
    const calls = queries.map((query) => callOf(checkedCall(query), caller));
    /** @type {CollectedResults<object>} */
    const collected = new CollectedResults(() => response.destroy());
    try {
      let done = 0;
      for await (const { results } of this.#host.read(calls)) {
        // Nobody is there any more to read the answer.
        if (response.destroyed) break;
        const part = calls.slice(done, done + results.length);
        collected.add(part, results);
        done += part.length;
      }
      const all = [...collected.results.values()];
      return `{"results":[${all.map(encodeResult).join(",")}]}`;
    } finally {
      collected.close();
    }
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {string} target
   */
  async #httpAction(request, response, target) {
    const { method = "GET" } = request;
    const body = await readBody(request, HTTP_ACTION_BODY_LIMIT);
    const headers = Object.entries(request.headers).flatMap(([name, value]) =>
      value === undefined
        ? []
        : [/** @type {[string, string]} */ ([name, String(value)])],
    );
    const hasBody = body.length > 0 && method !== "GET" && method !== "HEAD";
    const result = await this.#host.fetch(
      target,
      {
        method,
        headers,
        body: hasBody ? new Uint8Array(body) : null,
        client: clientOf(request),
      },
      await this.#userOf(request),
    );
    for (const [name, value] of result.headers)
      response.appendHeader(name, value);
    response.writeHead(result.status);
    if (result.body instanceof Uint8Array) {
      endWith(response, result.body);
      return;
    }
    response.flushHeaders();
    // Either side may break it off; the other one's connection breaks then.
    await pipeline(result.body, response).catch(() => {});
  }
}

/**
 * @param {CallBody} body
 * @param {Caller} caller
 */
function callOf({ path, componentPath, args, format }, caller) {
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
    ...caller,
    format: formatNamed(format),
  };
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

// Where `npx convex env` sets variables. It asks again where there is nothing.
const VARIABLES = "/api/update_environment_variables";
const NO_VARIABLES =
  "This is the embedded backend, whose variables are those of the environment " +
  "that it starts in. End it, and start it with them: NAME=value convexgen dev";

/**
 * Of those of Convex that are not here, `npx convex deploy` asks for some.
 *
 * @param {string} pathname
 */
function noEndpoint(pathname) {
  return (
    `There is no endpoint ${pathname}. This is the embedded backend, to which ` +
    "`npx convex` cannot deploy, import or export: see who names its address, " +
    "such as .env.local"
  );
}
