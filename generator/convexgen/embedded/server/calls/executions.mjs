/**
 * The function that the current asynchronous context runs. convex-test keeps
 * contexts of its own; this one knows the transaction, so that a function that
 * outlives its transaction cannot touch another one's.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { clearInterval, setImmediate, setInterval } from "node:timers";
import { CallError } from "../errors.mjs";
import { resolveTimestamps } from "../values/values.mjs";

/**
 * @typedef {import("./metadata.mjs").RequestMetadata} RequestMetadata
 * @typedef {import("./job.mjs").Job} Job
 * @typedef {import("../database/transaction.mjs").Transaction} Transaction
 * @typedef {import("../database/turns.mjs").Turn} Turn
 * @typedef {import("../values/values.mjs").ConvexValue} ConvexValue
 * @typedef {import("../values/json.mjs").Encoder} Encoder
 * @typedef {import("./definitions.mjs").FunctionKind} FunctionKind
 */

const MAX_LOG_LINES = 256;
const LOG_OVERFLOW = `[ERROR] Log overflow (maximum ${MAX_LOG_LINES}). Remaining log lines omitted.`;

/**
 * What settles by itself and is not tracked, as the body of a request is, does so within a few turns
 * of the event loop: as many looks apart, in milliseconds, find nothing before a promise is given up.
 */
const LOOKS = 10;
const TIME_BETWEEN_LOOKS = 50;

/** One call from outside, with everything that it calls. */
export class Call {
  /** @type {string[]} */
  logLines = [];
  /** The encoded result, null as long as there is none. @type {string | null} */
  result = null;
  /** What cannot be encoded before the commit. @type {ConvexValue} */
  unresolved = null;
  /** The transaction of a query or mutation. @type {Transaction | null} */
  transaction = null;
  /** Where the page of this run ended. @type {string | null} */
  nextJournal = null;

  /** Gives it up while it runs. @type {((error: unknown) => void) | null} */
  fail = null;
  /** True once its answer has left. */
  isAnswered = false;

  /**
   * @param {object} options
   * @param {number} options.id another one for each call that runs
   * @param {string} options.path
   * @param {FunctionKind} options.kind
   * @param {ConvexValue} options.args
   * @param {Encoder} options.encode
   * @param {string | null} options.journal where the page of an earlier run ended
   * @param {Turn | null} options.turn held by the caller for several calls
   * @param {Job | null} options.job that the call is of
   * @param {RequestMetadata} options.metadata of the request that the call is of
   */
  constructor({ id, path, kind, args, encode, journal, turn, job, metadata }) {
    this.id = id;
    this.path = path;
    this.kind = kind;
    this.args = args;
    this.encode = encode;
    this.journal = journal;
    this.turn = turn;
    this.job = job;
    this.metadata = metadata;
  }

  /**
   * @param {bigint} timestamp of its commit
   * @returns {string} the encoded result
   */
  committedResult(timestamp) {
    this.result ??= this.encode(resolveTimestamps(this.unresolved, timestamp));
    return this.result;
  }

  /** @param {string} line */
  log(line) {
    const { length } = this.logLines;
    if (length < MAX_LOG_LINES - 1) this.logLines.push(line);
    else if (length < MAX_LOG_LINES) this.logLines.push(LOG_OVERFLOW);
  }
}

/** One function that runs, called from outside or by another one. */
export class Execution {
  /** True between the call from outside and its own function. */
  isWaiting = true;
  /** @type {Transaction | null} */
  transaction = null;
  paginatedQueries = 0;
  /** Of the component that the function is of; the project's own is empty. */
  componentPath = "";
  /** Of the function, such as `dir/module:name`. */
  path = "";
  /** How many queries and mutations it is nested in. */
  depth = 0;
  /** Fails the function alone, not the call that it is a part of. @type {((error: unknown) => void) | null} */
  fail = null;
  /** True once the function has ended, whatever it has begun. */
  isOver = false;
  /** The call of another function that it waits for, or what waits behind it. @type {Promise<unknown> | null} */
  #last = null;
  /** What the function has begun that goes on by itself. @type {Set<PromiseLike<unknown>>} */
  #pending = new Set();
  #countOfTracked = 0;

  /**
   * @param {Call | null} call null for a call that convex-test makes by itself
   * @param {boolean} isOutermost
   * @param {FunctionKind} kind
   */
  constructor(call, isOutermost, kind) {
    this.call = call;
    this.isOutermost = isOutermost;
    this.kind = kind;
  }

  /**
   * @template T
   * @param {Promise<T>} promise
   * @returns {Promise<T>} with its outcome, which somebody is to handle
   */
  track(promise) {
    this.#countOfTracked += 1;
    this.#pending.add(promise);
    return promise.finally(() => this.#pending.delete(promise));
  }

  /**
   * A system call, in the order of asking: none while another function runs for this one.
   *
   * @template T
   * @param {() => T | Promise<T>} perform
   * @param {boolean} isCall of another function
   * @returns {T | Promise<T>}
   */
  inTurn(perform, isCall) {
    if (this.#last === null && !isCall) return perform();
    const answer = (this.#last ?? Promise.resolve()).then(perform);
    const last = Promise.allSettled([answer]).then(() => {
      if (this.#last === last) this.#last = null;
    });
    this.#last = last;
    return this.track(answer);
  }

  /**
   * What a query or mutation gives, unless it waits while nothing goes on that it has begun.
   * Source: `run_inner` in the backend's `isolate/src/environment/udf/mod.rs`.
   *
   * @template T
   * @param {T | Promise<T>} result of its handler
   * @returns {Promise<T>}
   * @throws {CallError} for a promise that nothing will settle
   */
  outcome(result) {
    return new Promise((resolve, reject) => {
      let looks = 0;
      let count = this.#countOfTracked;
      const timer = setInterval(() => {
        const isIdle =
          this.#pending.size === 0 && this.#countOfTracked === count;
        looks = isIdle ? looks + 1 : 0;
        count = this.#countOfTracked;
        if (looks < LOOKS) return;
        clearInterval(timer);
        reject(new CallError("Returned promise will never resolve"));
      }, TIME_BETWEEN_LOOKS);
      void Promise.resolve(result)
        .then(resolve, reject)
        .finally(() => clearInterval(timer));
    });
  }

  /** When nothing goes on any more that the function has begun, and errors without a handler are known. */
  async settle() {
    do {
      await Promise.allSettled(this.#pending);
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#pending.size > 0);
  }

  /**
   * Nothing is left of a run that was undone.
   *
   * @param {number} logged how many lines had been logged before it
   */
  startOver(logged) {
    this.paginatedQueries = 0;
    if (this.call === null) return;
    this.call.logLines.length = logged;
    if (!this.isOutermost) return;
    this.call.result = null;
    this.call.unresolved = null;
  }
}

/** @type {AsyncLocalStorage<Execution>} */
export const executions = new AsyncLocalStorage();

/** Whose own function a mutation's transaction is of; none has those of nested calls of actions. @type {WeakMap<Transaction, Call>} */
export const callsOfTransactions = new WeakMap();
