/**
 * Faults that a test asks for: calls and connections that are late, break, get no answer, half of
 * one or an error, over HTTP and WebSocket.
 */

import { createHash } from "node:crypto";
import { STATUS_CODES } from "node:http";
import { Readable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { functionPath } from "../calls/definitions.mjs";
import { ActiveFaults } from "./activeFaults.mjs";
import { breakAnswer, halveAnswer, withholdAnswer } from "./brokenAnswers.mjs";
import { GuardedSocket } from "./guardedSocket.mjs";

/**
 * @typedef {import("node:http").IncomingMessage} IncomingMessage
 * @typedef {import("node:http").ServerResponse} ServerResponse
 * @typedef {import("node:stream").Duplex} Duplex
 * @typedef {import("ws").WebSocket} WebSocket
 * @typedef {import("./activeFaults.mjs").Fault} Fault
 * @typedef {(request: IncomingMessage, socket: Duplex, head: Buffer) => void} UpgradeListener
 */

/** The URL of WebSockets as a path, of whatever version. */
const SYNC_PATH = "/api/sync";

export class Faults {
  #active = new ActiveFaults();

  /** @param {Fault} fault */
  add(fault) {
    this.#active.add(fault);
  }

  clear() {
    this.#active.clear();
  }

  /**
   * @param {(request: IncomingMessage, response: ServerResponse) => void} handle
   * @returns {(request: IncomingMessage, response: ServerResponse) => Promise<void>}
   */
  guardRequests(handle) {
    return async (request, response) => {
      if (this.#active.isEmpty) {
        handle(request, response);
        return;
      }
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      const call = {
        names: namesOfRequest(request, body),
        isNamedOnly: false,
        attempt: attemptOfRequest(request, body),
      };
      for (const { kind, seconds, status } of this.#active.take(call)) {
        switch (kind) {
          case "delay":
            await setTimeout((seconds ?? 0) * 1000);
            break;
          case "drop":
            request.socket.destroy();
            return;
          case "dropAnswer":
            breakAnswer(response);
            break;
          case "halfAnswer":
            halveAnswer(response);
            break;
          case "silence":
            this.#active.keepSilent(() => request.socket.destroy());
            return;
          case "silenceAnswer":
            this.#active.keepSilent(() => request.socket.destroy());
            withholdAnswer(response);
            break;
          case "error":
            response.writeHead(status ?? 500, {
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
   * The opening of a WebSocket: it runs nothing, so that without its answer it has not happened.
   *
   * @param {UpgradeListener} upgrade
   * @returns {(...parameters: Parameters<UpgradeListener>) => Promise<void>}
   */
  guardUpgrades(upgrade) {
    return async (request, socket, head) => {
      const { pathname } = targetOf(request);
      const call = {
        names: [pathname, pathname.replace(/^\/api\/[^/]+\/sync$/, SYNC_PATH)],
        isNamedOnly: true,
        attempt: pathname,
      };
      for (const { kind, seconds, status = 500 } of this.#active.take(call)) {
        switch (kind) {
          case "delay":
            await setTimeout((seconds ?? 0) * 1000);
            break;
          case "drop":
          case "dropAnswer":
            socket.destroy();
            return;
          case "silence":
          case "silenceAnswer":
            this.#active.keepSilent(() => socket.destroy());
            return;
          case "halfAnswer":
            socket.end("HTTP/1.1 101 Switching Protocols\r\nUpgrade: webso");
            return;
          case "error":
            socket.end(
              `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n` +
                "Connection: close\r\nContent-Length: 0\r\n\r\n",
            );
            return;
        }
      }
      upgrade(request, socket, head);
    };
  }

  /**
   * @param {WebSocket} socket
   * @param {Duplex} connection below it
   * @returns {WebSocket} in so far as a session uses it
   */
  guardSocket(socket, connection) {
    return /** @type {WebSocket} */ (
      /** @type {unknown} */ (
        new GuardedSocket(socket, connection, this.#active)
      )
    );
  }
}

/** @param {IncomingMessage} request */
function targetOf({ url = "/" }) {
  const [pathname = "/"] = url.split("?", 1);
  return { pathname, search: url.slice(pathname.length) };
}

/**
 * @param {IncomingMessage} request
 * @param {Buffer} body
 * @returns {string[]}
 */
function namesOfRequest(request, body) {
  const { pathname, search } = targetOf(request);
  const names = [pathname];
  const run = /^\/api\/run\/(.+)\/([^/]+)$/.exec(pathname);
  if (run !== null) names.push(`${run[1]}:${run[2]}`);
  if (!pathname.startsWith("/api/")) return names;
  const inUrl = new URLSearchParams(search).get("path");
  for (const path of [inUrl, ...pathsOfBody(body)]) {
    if (typeof path === "string") names.push(functionPath(path));
  }
  return names;
}

/**
 * @param {IncomingMessage} request
 * @param {Buffer} body
 * @returns {string} the same for a request that is the same in all that it asks for
 */
function attemptOfRequest({ method, url }, body) {
  const digest = createHash("sha256").update(body).digest("base64");
  return `${method} ${url} ${digest}`;
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
 * @param {IncomingMessage} request that has been read
 * @param {Buffer} body
 * @returns {IncomingMessage} in so far as it is used
 */
function requestAgain({ method, url, headers, rawHeaders, socket }, body) {
  const again = Readable.from(body.length === 0 ? [] : [body]);
  return /** @type {IncomingMessage} */ (
    Object.assign(again, { method, url, headers, rawHeaders, socket })
  );
}
