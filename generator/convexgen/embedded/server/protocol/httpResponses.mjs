/** What the HTTP API answers. */

import { RequestError } from "../errors.mjs";
import { made } from "./heldBytes.mjs";

/**
 * @typedef {import("node:http").ServerResponse} ServerResponse
 * @typedef {import("../threads/messages.mjs").CallResult} CallResult
 */

/**
 * @param {CallResult} result
 * @returns {string}
 */
export function encodeResult({ value, failure, logLines }) {
  const logs =
    logLines.length === 0 ? "" : `,"logLines":${JSON.stringify(logLines)}`;
  if (failure === null) return `{"status":"success","value":${value}${logs}}`;
  const data = failure.data === null ? "" : `,"errorData":${failure.data}`;
  return `{"status":"error","errorMessage":${JSON.stringify(failure.message)}${data}${logs}}`;
}

/**
 * Counts what waits until it is read.
 *
 * @param {ServerResponse} response
 * @param {number} size
 */
export function countUnread(response, size) {
  if (response.destroyed) return;
  const share = made.open(() => response.destroy());
  response.on("close", () => share.close());
  share.add(size);
}

/**
 * @param {ServerResponse} response
 * @param {string | Uint8Array} body
 */
export function endWith(response, body) {
  countUnread(response, Buffer.byteLength(body));
  response.end(body);
}

/**
 * @param {ServerResponse} response
 * @param {number} status
 * @param {string} json
 */
export function answerJson(response, status, json) {
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(json),
  });
  endWith(response, json);
}

/**
 * @param {ServerResponse} response
 * @param {number} status
 * @param {string} text
 */
export function answerText(response, status, text) {
  response.writeHead(status, { "Content-Type": "text/plain" });
  response.end(text);
}

/**
 * @param {ServerResponse} response
 * @param {unknown} error
 */
export function answerError(response, error) {
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
