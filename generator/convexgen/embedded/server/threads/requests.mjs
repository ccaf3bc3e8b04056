/** The requests that the thread of functions has not answered yet. */

import { NO_CALL } from "../calls/activity.mjs";
import { CallError, StartError, describeFailure } from "../errors.mjs";
import { newRequestId } from "../calls/metadata.mjs";

/**
 * @typedef {import("./messages.mjs").CallResult} CallResult
 * @typedef {import("./messages.mjs").Request} Request
 * @typedef {import("./messages.mjs").SnapshotResult} SnapshotResult
 *
 * @typedef {object} Lost what has become of the thread
 * @property {number} call that it was at; another one's is not repeated either when it may have had effects
 * @property {string} text why the call has failed
 * @property {number} lastRequest that had been taken up
 * @property {bigint} lastTimestamp that anybody has heard of
 * @property {(text: string) => CallResult} failed
 * @property {(text: string) => object} httpFailed
 */

/** So often is something tried that was never at fault itself. */
const MAX_ATTEMPTS = 3;

/** The backend's own text, with the reason. */
const INTERRUPTED =
  "Transient error while executing action: another function had to be stopped, and this one with it";
const GIVEN_UP =
  "Functions had to be stopped and started again each time this one was to run";

/** One request and whoever waits for its answer. */
export class PendingRequest {
  #resolve;
  #reject;
  #attempts = 1;
  /** Of the queries of a snapshot that are not run again. @type {Map<number, CallResult>} */
  #failures = new Map();

  /**
   * @param {Request} message
   * @param {string | null} key of a mutation whose answer is to be kept
   * @param {(result: any) => void} resolve
   * @param {(error: Error) => void} reject
   */
  constructor(message, key, resolve, reject) {
    this.message = message;
    this.key = key;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** @returns {Request} without what is not to run again */
  get toSend() {
    const { message } = this;
    if (message.type !== "snapshot" || this.#failures.size === 0)
      return message;
    const queries = message.queries.filter(({ id }) => !this.#failures.has(id));
    return { ...message, queries };
  }

  /** Whether it loads a project's modules. */
  get isLoading() {
    const { type } = this.message;
    return type === "load" || type === "authConfig";
  }

  /**
   * @param {number} call
   * @returns {string | null} the path of the function of that call, null when it is none of this request's
   */
  pathOf(call) {
    const { message } = this;
    if (message.type === "snapshot")
      return message.queries.find(({ id }) => id === call)?.path ?? null;
    if (message.id !== call) return null;
    if (message.type === "run") return message.path;
    return message.type === "fetch"
      ? `${message.method} ${message.target}`
      : null;
  }

  /** @param {any} result */
  answer(result) {
    this.#resolve(
      this.#failures.size === 0 ? result : this.#withFailures(result),
    );
  }

  /** @param {Error} error */
  refuse(error) {
    this.#reject(error);
  }

  /** @param {SnapshotResult} result without the queries that are not run again */
  #withFailures({ timestamp, results }) {
    const { message } = this;
    const rest = [...results];
    const all = [];
    for (const { id } of message.type === "snapshot" ? message.queries : []) {
      const result = this.#failures.get(id) ?? rest.shift();
      if (result === undefined) break;
      all.push({ weight: 0, ...result });
    }
    return { timestamp, results: all };
  }

  /**
   * @param {Lost} lost
   * @returns {boolean} whether it is to be sent again
   */
  survives(lost) {
    const { call, text, lastRequest, lastTimestamp, failed, httpFailed } = lost;
    const { message } = this;
    const isAtFault =
      this.pathOf(call) !== null ||
      (this.isLoading && call === NO_CALL && message.id <= lastRequest);
    if (message.type === "snapshot" && isAtFault) {
      this.#failures.set(call, failed(text));
      return true;
    }
    if (!isAtFault && !this.#mayHaveEffects(lastRequest)) {
      if (message.id <= lastRequest) this.#attempts += 1;
      if (this.#attempts <= MAX_ATTEMPTS) return true;
    }
    const reason = isAtFault
      ? text
      : this.#attempts > MAX_ATTEMPTS
        ? GIVEN_UP
        : INTERRUPTED;
    switch (message.type) {
      case "run":
        this.#resolve(failed(reason));
        break;
      case "fetch":
        this.#resolve(httpFailed(reason));
        break;
      case "snapshot":
        this.#resolve({
          timestamp: lastTimestamp,
          results: message.queries.map(() => failed(reason)),
        });
        break;
      default:
        this.#reject(new StartError(reason));
    }
    return false;
  }

  /**
   * What a transaction has not committed is gone with the thread, so that the
   * transaction can be repeated. An action may have reached other systems.
   *
   * @param {number} lastRequest
   */
  #mayHaveEffects(lastRequest) {
    const { message } = this;
    if (message.id > lastRequest) return false;
    return (
      message.type === "fetch" ||
      message.type === "load" ||
      (message.type === "run" &&
        message.kind !== "query" &&
        message.kind !== "mutation")
    );
  }
}

/**
 * @param {string} text why a call has failed with the thread that ran it
 * @param {string} functionsDirectory
 * @returns {CallResult}
 */
export function failedResult(text, functionsDirectory) {
  return {
    value: null,
    failure: describeFailure(
      new CallError(text),
      functionsDirectory,
      newRequestId(),
    ),
    logLines: [],
    commitTimestamp: null,
    nextJournal: null,
    isStopped: true,
  };
}
