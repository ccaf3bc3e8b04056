/**
 * What HTTP actions answer.
 *
 * @typedef {object} HttpAnswer
 * @property {number} status
 * @property {[name: string, value: string][]} headers
 * @property {Uint8Array<ArrayBuffer> | null} body null where it follows in parts
 */

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
