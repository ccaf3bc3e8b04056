/** Who may reach this server: this machine, and what runs on it. */

import { isIPv4 } from "node:net";
import { RequestError } from "../errors.mjs";

/**
 * @typedef {import("node:http").IncomingMessage} IncomingMessage
 * @typedef {import("node:http").ServerResponse} ServerResponse
 */

const LOOPBACK_NAMES = new Set(["localhost", "[::1]"]);

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
export function allowOrigin(response, origin) {
  response.setHeader("Access-Control-Allow-Origin", origin);
  response.setHeader("Access-Control-Allow-Credentials", "true");
  response.setHeader("Vary", "Origin");
}

/**
 * @param {IncomingMessage} request
 * @param {ServerResponse} response
 */
export function answerPreflight(request, response) {
  response.writeHead(204, {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers":
      request.headers["access-control-request-headers"] ?? "*",
    "Access-Control-Max-Age": "86400",
  });
  response.end();
}
