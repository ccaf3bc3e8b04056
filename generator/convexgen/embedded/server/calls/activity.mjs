/**
 * Memory that the thread of functions shares with the network's: which call it
 * is at, so that the network's thread can tell when it is stuck, and in which.
 */

/** @typedef {import("./definitions.mjs").FunctionKind} FunctionKind */

/** Numbers of calls are 32-bit integers; a job's is negative. */
export const NO_CALL = 0;

const KINDS = /** @type {const} */ (["query", "mutation", "action"]);
const CALL = 0;
const KIND = 1;
const SWITCHES = 2;
const LAST_REQUEST = 3;
const WORDS = 4;

export class Activity {
  #words;
  #systemTime;

  /** @param {SharedArrayBuffer} [memory] of the other thread's */
  constructor(
    memory = new SharedArrayBuffer(
      WORDS * Int32Array.BYTES_PER_ELEMENT + Float64Array.BYTES_PER_ELEMENT,
    ),
  ) {
    this.memory = memory;
    this.#words = new Int32Array(memory, 0, WORDS);
    this.#systemTime = new Float64Array(memory, this.#words.byteLength, 1);
  }

  /**
   * @param {number} call
   * @param {FunctionKind} kind of the function that goes on, maybe one that the call's own has called
   */
  enter(call, kind) {
    Atomics.store(this.#words, KIND, KINDS.indexOf(kind));
    if (Atomics.exchange(this.#words, CALL, call) !== call)
      Atomics.add(this.#words, SWITCHES, 1);
  }

  /** No function goes on. */
  leave() {
    this.enter(NO_CALL, "query");
  }

  /** @returns {number} the call that goes on, or was the last to; `NO_CALL` for none */
  get call() {
    return Atomics.load(this.#words, CALL);
  }

  /** @returns {FunctionKind} of the function in it */
  get kind() {
    return KINDS[Atomics.load(this.#words, KIND)] ?? "action";
  }

  /** @returns {number} is another one when another call has gone on meanwhile */
  get switches() {
    return Atomics.load(this.#words, SWITCHES);
  }

  /** The last request that has been taken up. */
  get lastRequest() {
    return Atomics.load(this.#words, LAST_REQUEST);
  }

  set lastRequest(id) {
    Atomics.store(this.#words, LAST_REQUEST, id);
  }

  /** Milliseconds that the server itself has needed for functions. */
  get systemTime() {
    return this.#systemTime[0] ?? 0;
  }

  set systemTime(milliseconds) {
    this.#systemTime[0] = milliseconds;
  }
}
