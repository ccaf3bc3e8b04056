/** One query of a session. */

import { createHash } from "node:crypto";

/**
 * @typedef {import("../threads/messages.mjs").CallResult} CallResult
 * @typedef {import("./clientMessages.mjs").AddQuery} AddQuery
 */

/** Results of this length are compared as they are, in characters. */
const LONGEST_KEPT = 1_000;

export class Subscription {
  isDirty = true;
  /** What it had read is not known, and it would stop everybody again. */
  isStopped = false;
  /** What the client has, or the digest of it. @type {string | null} */
  #sent = null;
  #onInvalidate;
  #ownWeight;
  #weightOfReads = 0;

  /**
   * @param {number} key by which the host follows it
   * @param {AddQuery} query
   * @param {() => void} onInvalidate
   */
  constructor(key, query, onInvalidate) {
    this.key = key;
    this.queryId = query.queryId;
    this.path = query.path;
    this.componentPath = query.componentPath;
    this.args = query.args;
    this.journal = query.journal;
    this.#ownWeight = query.weight;
    this.#onInvalidate = onInvalidate;
  }

  /** What to ask the host for. */
  toCall() {
    const { key, path, args, journal } = this;
    return {
      key,
      path,
      componentPath: this.componentPath ?? "",
      args,
      journal,
    };
  }

  /** What it holds of memory, in bytes. */
  get weight() {
    return this.#ownWeight + this.#weightOfReads;
  }

  /**
   * @param {number} weightOfReads of its last run
   * @returns {number} by how much it weighs more than before
   */
  weighReads(weightOfReads) {
    const difference = weightOfReads - this.#weightOfReads;
    this.#weightOfReads = weightOfReads;
    return difference;
  }

  /**
   * @param {CallResult} result of its last run
   * @returns {boolean} whether it is another one than the client has
   */
  take(result) {
    this.journal = result.nextJournal;
    this.isStopped = result.isStopped;
    if (this.isStopped) this.isDirty = false;
    const key = shortened(resultKey(result));
    if (this.#sent === key) return false;
    this.#sent = key;
    return true;
  }

  invalidate() {
    this.isDirty = true;
    this.#onInvalidate();
  }
}

/** What is kept for as long as a client follows it is short, however long the result is. @param {string} key */
function shortened(key) {
  if (key.length <= LONGEST_KEPT) return key;
  return createHash("sha256").update(key).digest("hex");
}

/**
 * Log lines make it another one, as in the backend's `sync/src/state.rs`; the request id of an
 * error does not.
 *
 * @param {CallResult} result
 */
function resultKey({ value, failure, logLines }) {
  const logs = JSON.stringify(logLines);
  if (failure === null) return `value ${logs} ${value}`;
  return `failure ${logs} ${failure.data} ${failure.message.replace(/^\[Request ID: \w+\] /, "")}`;
}
