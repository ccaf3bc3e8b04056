/**
 * What HTTP actions answer.
 *
 * @typedef {object} HttpAnswer
 * @property {number} status
 * @property {[name: string, value: string][]} headers
 * @property {Uint8Array<ArrayBuffer> | null} body null where it follows in parts
 */

/** Bytes of a request, and of an answer. Source: the backend's `udf/src/http_action.rs`. */
export const HTTP_ACTION_BODY_LIMIT = 20 * 1024 * 1024;

/**
 * @param {number} status
 * @param {string} contentType
 * @param {string} text
 * @returns {HttpAnswer}
 */
export function httpAnswer(status, contentType, text) {
  const body = new TextEncoder().encode(text);
  return { status, headers: [["content-type", contentType]], body };
}

/**
 * @param {string} message
 * @returns {HttpAnswer}
 */
export function httpFailure(message) {
  return httpAnswer(500, "application/json", JSON.stringify({ code: message }));
}
