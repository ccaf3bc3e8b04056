/**
 * Faults that a test asks for: calls that are late, whose connection breaks,
 * or that the server answers with an error, over HTTP and WebSocket.
 */

import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { functionPath } from "../calls/definitions.mjs";

/**
 * @typedef {import("node:http").IncomingMessage} IncomingMessage
 * @typedef {import("node:http").ServerResponse} ServerResponse
 * @typedef {import("ws").WebSocket} WebSocket
 *
 * @typedef {object} Fault
 * @property {"delay" | "drop" | "dropAnswer" | "error"} kind
 * @property {string | null} path of a function, or of a URL when it begins with `/`; null for every call
 * @property {number | null} nth the matching call that it is for, from 1; null for every one
 * @property {number} [seconds] of a delay
 * @property {number} [status] of an error
 */

/** The server cannot go on with this connection. */
const CLOSE_INTERNAL_ERROR = 1011;

export class Faults {
  /** @type {(Fault & { calls: number })[]} */
  #faults = [];

  /** @param {Fault} fault */
  add(fault) {
    const path =
      fault.path === null || fault.path.startsWith("/")
        ? fault.path
        : functionPath(fault.path);
    this.#faults.push({ ...fault, path, calls: 0 });
  }

  clear() {
    this.#faults = [];
  }

  /**
   * Counts a call.
   *
   * @param {string[]} names all under which it may be meant
   * @returns {Fault[]}
   */
  #take(names) {
    return this.#faults.filter((fault) => {
      if (fault.path !== null && !names.includes(fault.path)) return false;
      fault.calls += 1;
      return fault.nth === null || fault.nth === fault.calls;
    });
  }

  /**
   * @param {(request: IncomingMessage, response: ServerResponse) => void} handle
   * @returns {(request: IncomingMessage, response: ServerResponse) => Promise<void>}
   */
  guardRequests(handle) {
    return async (request, response) => {
      if (this.#faults.length === 0) {
        handle(request, response);
        return;
      }
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      for (const fault of this.#take(namesOfRequest(request, body))) {
        switch (fault.kind) {
          case "delay":
            await setTimeout((fault.seconds ?? 0) * 1000);
            break;
          case "drop":
            request.socket.destroy();
            return;
          case "dropAnswer":
            breakAnswer(response);
            break;
          case "error":
            response.writeHead(fault.status ?? 500, {
              "Content-Type": "application/json",
            });
            response.end(
              JSON.stringify({
                code: "InjectedFault",
                message: "A test asked for this error",
              }),
            );
            return;
        }
      }
      handle(requestAgain(request, body), response);
    };
  }

  /**
   * @param {WebSocket} socket
   * @returns {WebSocket} in so far as a session uses it
   */
  guardSocket(socket) {
    return /** @type {WebSocket} */ (
      /** @type {unknown} */ (
        new GuardedSocket(socket, (names) => this.#take(names))
      )
    );
  }
}

/** A socket whose messages pass one after another, late or not at all. */
class GuardedSocket extends EventEmitter {
  #socket;
  #take;
  #passing = Promise.resolve();
  /** Ids of requests whose answer is to be lost. @type {Set<number>} */
  #withoutAnswer = new Set();

  /**
   * @param {WebSocket} socket
   * @param {(names: string[]) => Fault[]} take
   */
  constructor(socket, take) {
    super();
    this.#socket = socket;
    this.#take = take;
    socket.on("message", (data, isBinary) => {
      this.#passing = this.#passing.then(() =>
        this.#pass(String(data), isBinary),
      );
    });
    socket.on("close", () => this.emit("close"));
    socket.on("error", (error) => this.emit("error", error));
  }

  /**
   * @param {string} text
   * @param {boolean} isBinary
   */
  async #pass(text, isBinary) {
    const { names, requestId } = namesOfMessage(text);
    for (const fault of names.length === 0 ? [] : this.#take(names)) {
      switch (fault.kind) {
        case "delay":
          await setTimeout((fault.seconds ?? 0) * 1000);
          break;
        case "drop":
          this.#socket.terminate();
          return;
        case "dropAnswer":
          if (requestId !== null) this.#withoutAnswer.add(requestId);
          break;
        case "error":
          this.#socket.close(
            CLOSE_INTERNAL_ERROR,
            "InternalServerError: a test asked for this error",
          );
          return;
      }
    }
    if (this.#socket.readyState === this.#socket.OPEN)
      this.emit("message", text, isBinary);
  }

  /** @param {string} text */
  send(text) {
    const answer = /^\{"type":"(?:Mutation|Action)Response","requestId":(\d+),/;
    const requestId =
      this.#withoutAnswer.size === 0 ? null : (answer.exec(text)?.[1] ?? null);
    if (requestId !== null && this.#withoutAnswer.delete(Number(requestId)))
      this.#socket.terminate();
    else this.#socket.send(text);
  }

  ping() {
    this.#socket.ping();
  }

  /**
   * @param {number} [code]
   * @param {string} [reason]
   */
  close(code, reason) {
    this.#socket.close(code, reason);
  }

  get bufferedAmount() {
    return this.#socket.bufferedAmount;
  }

  terminate() {
    this.#socket.terminate();
  }
}

/**
 * @param {IncomingMessage} request
 * @param {Buffer} body
 * @returns {string[]}
 */
function namesOfRequest({ url = "/" }, body) {
  const pathname = url.split("?", 1)[0] ?? "/";
  const names = [pathname];
  const run = /^\/api\/run\/(.+)\/([^/]+)$/.exec(pathname);
  if (run !== null) names.push(`${run[1]}:${run[2]}`);
  if (!pathname.startsWith("/api/")) return names;
  const inUrl = new URLSearchParams(url.slice(pathname.length)).get("path");
  for (const path of [inUrl, ...pathsOfBody(body)]) {
    if (typeof path === "string") names.push(functionPath(path));
  }
  return names;
}

/**
 * @param {Buffer} body
 * @returns {unknown[]}
 */
function pathsOfBody(body) {
  try {
    const json = JSON.parse(body.toString());
    return Array.isArray(json.queries)
      ? json.queries.map((/** @type {{ path: unknown }} */ { path }) => path)
      : [json.path];
  } catch {
    return [];
  }
}

/**
 * @param {string} text
 * @returns {{ names: string[], requestId: number | null }} no names for what calls no function
 */
function namesOfMessage(text) {
  /** @type {any} */
  let message;
  try {
    message = JSON.parse(text);
  } catch {
    return { names: [], requestId: null };
  }
  const calls =
    message.type === "ModifyQuerySet"
      ? [...(message.modifications ?? [])]
      : [message];
  const names = calls
    .map(({ udfPath }) => udfPath)
    .filter((path) => typeof path === "string")
    .map(functionPath);
  return { names, requestId: message.requestId ?? null };
}

/**
 * @param {IncomingMessage} request that has been read
 * @param {Buffer} body
 * @returns {IncomingMessage} in so far as it is used
 */
function requestAgain({ method, url, headers, socket }, body) {
  const again = Readable.from(body.length === 0 ? [] : [body]);
  return /** @type {IncomingMessage} */ (
    Object.assign(again, { method, url, headers, socket })
  );
}

/** @param {ServerResponse} response whose connection breaks when it is ready */
function breakAnswer(response) {
  Object.assign(response, {
    writeHead: () => response,
    flushHeaders: () => {},
    write: () => true,
    end: () => response.destroy(),
  });
}
