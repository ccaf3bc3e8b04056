/** Conflicts that a test asks for: mutations that have run are undone, and run again. */

import { functionPath } from "./definitions.mjs";

/**
 * @typedef {object} Conflict
 * @property {string | null} path of a mutation; null for every one
 * @property {number | null} nth the matching run that it is for, from 1; null for every one
 */

export class Conflicts {
  /** @type {(Conflict & { runs: number })[]} */
  #conflicts = [];

  /** @param {Conflict} conflict */
  add({ path, nth }) {
    this.#conflicts.push({
      path: path === null ? null : functionPath(path),
      nth,
      runs: 0,
    });
  }

  clear() {
    this.#conflicts = [];
  }

  /**
   * Counts a mutation that has run for the first time.
   *
   * @param {string} path
   * @returns {number} how often it has to run again
   */
  take(path) {
    return this.#conflicts.filter((conflict) => {
      if (conflict.path !== null && conflict.path !== path) return false;
      conflict.runs += 1;
      return conflict.nth === null || conflict.nth === conflict.runs;
    }).length;
  }
}
