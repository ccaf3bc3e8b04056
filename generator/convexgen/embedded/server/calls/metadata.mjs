/** What is known of requests. */

import { randomBytes } from "node:crypto";

/**
 * @typedef {object} Client who sent a request
 * @property {string | null} ip
 * @property {string | null} userAgent
 *
 * @typedef {object} RequestMetadata
 * @property {string | null} ip
 * @property {string | null} userAgent
 * @property {string} requestId
 * @property {string | null} scheduledFunctionId
 * @property {string | null} authToken of the user
 */

/** Also at `/instance_name`. */
export const DEPLOYMENT_NAME = "embedded";

/** Of calls that the server makes by itself. @type {Client} */
export const NO_CLIENT = Object.freeze({ ip: null, userAgent: null });

export function newRequestId() {
  return randomBytes(8).toString("hex");
}
