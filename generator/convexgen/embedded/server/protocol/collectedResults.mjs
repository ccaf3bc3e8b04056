/** Results of queries that go out in one answer. */

import { made } from "./heldBytes.mjs";

/** @typedef {import("../threads/messages.mjs").CallResult} CallResult */

/** Eight of the largest, in bytes. */
const MOST_OF_AN_ANSWER = 128 * 1024 * 1024;
const TOO_MUCH =
  "The results of the queries that are asked for at once have more than 128 MiB: ask for fewer at once, or for less";

/** @template Q of a query */
export class CollectedResults {
  #share;
  /** @type {Map<Q, CallResult>} */
  results = new Map();

  /** @param {() => void} onRefused has no more collected */
  constructor(onRefused) {
    this.#share = made.open(onRefused);
  }

  /**
   * The last result of a query counts. Those that there is no room for fail.
   *
   * @param {Q[]} queries
   * @param {CallResult[]} results of them
   */
  add(queries, results) {
    for (const [position, query] of queries.entries()) {
      const result = results[position];
      if (result === undefined) continue;
      const before = this.results.get(query);
      if (before !== undefined) this.#share.add(-lengthOf(before));
      const hasRoom = this.#share.size + lengthOf(result) <= MOST_OF_AN_ANSWER;
      const kept = hasRoom ? result : refused(result);
      this.results.set(query, kept);
      this.#share.add(lengthOf(kept));
    }
  }

  close() {
    this.#share.close();
  }
}

/** @param {CallResult} result */
function refused(result) {
  const failure = { message: TOO_MUCH, data: null };
  return { ...result, value: null, failure, logLines: [] };
}

/** @param {CallResult} result */
function lengthOf({ value, failure, logLines }) {
  return [value ?? "", failure?.message ?? "", failure?.data ?? "", ...logLines]
    .map((text) => Buffer.byteLength(text))
    .reduce((sum, length) => sum + length);
}
