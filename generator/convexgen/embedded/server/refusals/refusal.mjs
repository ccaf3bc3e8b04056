/** How a push is refused: in the backend's words, with what it says around them. */

import { StartError } from "../errors.mjs";

/** What the backend refuses. */
export class Refusal extends Error {}

/**
 * @param {string} place in front of what is wrong
 * @param {() => void} check
 * @param {string} [ending] after it
 * @throws {Refusal}
 */
export function explained(place, check, ending = "") {
  try {
    check();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal(`${place}${error.message}${ending}`);
  }
}

const PUSHING = "Hit an error while pushing:\n";

/** What is said before it where a file is wrong that is evaluated by itself. */
export const INVALID_SCHEMA = "Hit an error while evaluating your schema:\n";
export const INVALID_AUTH_CONFIG = "The pushed auth config is invalid: ";

/**
 * Source: `start_push` in the backend's `local_backend/src/deploy_config2.rs`.
 *
 * @template T
 * @param {() => T} check
 * @param {string} [before] what is said before it
 * @returns {T}
 * @throws {StartError}
 */
export function whilePushing(check, before = PUSHING) {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new StartError(`${before}${error.message}`);
  }
}

/**
 * What a module is refused for when it is loaded or looked through.
 * Source: `analyze_modules` in the backend's `application/src/lib.rs`.
 *
 * @template T
 * @param {() => T} check
 * @returns {T}
 * @throws {StartError}
 */
export function whileLoading(check) {
  return whilePushing(
    check,
    `${PUSHING}Loading the pushed modules encountered the following\n    error:\n`,
  );
}
