/** Which faults a test has asked for, and which calls they are for. */

import { functionPath } from "../calls/definitions.mjs";

/**
 * @typedef {"delay" | "drop" | "dropAnswer" | "error" | "silence" | "silenceAnswer" | "halfAnswer"} FaultKind
 *
 * @typedef {object} Fault
 * @property {FaultKind} kind
 * @property {string | null} path of a function; of a URL when it begins with `/`; `Connect`, the
 *   first message of a WebSocket; null for every call
 * @property {number | null} nth the matching call that it is for, from 1; null for every one
 * @property {boolean} [isFirstAttempt] only calls that have not been sent before
 * @property {number} [seconds] of a delay
 * @property {number} [status] of an error
 *
 * @typedef {object} Suffering what is to suffer faults
 * @property {string[]} names all under which it may be meant
 * @property {boolean} isNamedOnly whether faults of every call are not for it
 * @property {string} attempt the same when a client sends it again
 */

/** The message that begins a session, as a path. */
export const CONNECT = "Connect";

export class ActiveFaults {
  /** @type {(Fault & { calls: number, attempts: Set<string> })[]} */
  #faults = [];
  /** Ends connections on which nothing is answered any more. @type {Set<() => void>} */
  #silent = new Set();

  get isEmpty() {
    return this.#faults.length === 0;
  }

  /** @param {Fault} fault */
  add(fault) {
    const { path } = fault;
    const isPlain = path === null || path === CONNECT || path.startsWith("/");
    this.#faults.push({
      ...fault,
      path: isPlain ? path : functionPath(path),
      calls: 0,
      attempts: new Set(),
    });
  }

  clear() {
    this.#faults = [];
    for (const end of this.#silent) end();
    this.#silent.clear();
  }

  /** @param {() => void} end of a connection, once faults are over */
  keepSilent(end) {
    this.#silent.add(end);
  }

  /**
   * Counts a call.
   *
   * @param {Suffering} call
   * @returns {Fault[]}
   */
  take({ names, isNamedOnly, attempt }) {
    return this.#faults.filter((fault) => {
      const { path, nth, attempts } = fault;
      if (path === null ? isNamedOnly : !names.includes(path)) return false;
      fault.calls += 1;
      if (!fault.isFirstAttempt) return nth === null || nth === fault.calls;
      const isFirst = !attempts.has(attempt);
      attempts.add(attempt);
      return isFirst;
    });
  }
}
