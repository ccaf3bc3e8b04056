/** What is known of requests. */

import { randomFillSync } from "node:crypto";

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

const REQUEST_ID_LENGTH = 8;

// Asking for few bytes takes as long as asking for many.
const randomPool = Buffer.alloc(512 * REQUEST_ID_LENGTH);
let randomPosition = randomPool.length;

export function newRequestId() {
  if (randomPosition === randomPool.length) {
    randomFillSync(randomPool);
    randomPosition = 0;
  }
  const start = randomPosition;
  randomPosition += REQUEST_ID_LENGTH;
  return randomPool.toString("hex", start, randomPosition);
}
