/**
 * Finds out, in the network's thread, that the thread of functions is stuck: it
 * does not answer, and the same call has gone on all the time.
 */

import { NO_CALL } from "../calls/activity.mjs";

/**
 * @typedef {import("../calls/activity.mjs").Activity} Activity
 * @typedef {import("../calls/definitions.mjs").FunctionKind} FunctionKind
 *
 * @typedef {{ [kind in FunctionKind]: number }} CpuLimits milliseconds that a function may compute
 *   without a pause
 *
 * @typedef {object} Stuck
 * @property {number} call that is stuck, `NO_CALL` when what is does not belong to one any more
 * @property {number} limit milliseconds
 */

const INTERVAL = 100;
/** Modules are no functions: a limit of these that a test makes small is none of theirs. */
const LOADING_LIMIT = 10_000;
/** Modules that are loaded for what they export have no function that could go on. */
export const NO_FUNCTIONS = { query: 0, mutation: 0, action: 0 };
/** A function that blocks its thread without computing is given up, too. */
const WALL_TIME_FACTOR = 10;

/** @param {number} limit milliseconds after which modules were given up */
export function notLoaded(limit) {
  return `The functions are not loaded after ${limit / 1000}s: does a module loop while it is imported?`;
}

export class Watchdog {
  #limits;
  #activity;
  #ping;
  #isBusy;
  #isLoading;
  #onStuck;
  /** @type {NodeJS.Timeout | null} */
  #timer = null;
  /** Since the thread has not answered. @type {Observation | null} */
  #observed = null;

  /**
   * @param {object} options
   * @param {CpuLimits} options.limits
   * @param {() => Activity} options.activity of the thread
   * @param {() => void} options.ping asks the thread for a sign of life
   * @param {() => boolean} options.isBusy whether anybody waits for the thread
   * @param {() => boolean} options.isLoading whether it is to load functions
   * @param {(stuck: Stuck) => void} options.onStuck
   */
  constructor({ limits, activity, ping, isBusy, isLoading, onStuck }) {
    this.#limits = limits;
    this.#activity = activity;
    this.#ping = ping;
    this.#isBusy = isBusy;
    this.#isLoading = isLoading;
    this.#onStuck = onStuck;
  }

  /** From now on until nobody waits for the thread. */
  watch() {
    this.#timer ??= setInterval(() => this.#look(this.#activity()), INTERVAL);
  }

  /** The thread has given a sign of life. */
  pong() {
    this.#observed = null;
  }

  stop() {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#observed = null;
  }

  /** @param {Activity} activity */
  #look(activity) {
    const observed = this.#observed;
    if (observed === null) {
      if (!this.#isBusy()) {
        this.stop();
        return;
      }
      this.#observed = new Observation(activity);
      this.#ping();
    } else if (observed.switches !== activity.switches) {
      this.#observed = new Observation(activity);
    } else {
      const { call } = activity;
      const limit = this.#limit(activity);
      if (
        observed.computed(activity) < limit &&
        observed.age() < limit * WALL_TIME_FACTOR
      )
        return;
      this.stop();
      this.#onStuck({ call, limit });
    }
  }

  /**
   * @param {Activity} activity
   * @returns {number} milliseconds
   */
  #limit({ call, kind }) {
    if (call !== NO_CALL) return this.#limits[kind];
    const { action } = this.#limits;
    return this.#isLoading() ? Math.max(action, LOADING_LIMIT) : action;
  }
}

class Observation {
  #start = performance.now();
  #cpu = process.cpuUsage();
  #systemTime;

  /** @param {Activity} activity */
  constructor(activity) {
    this.switches = activity.switches;
    this.#systemTime = activity.systemTime;
  }

  /** @returns {number} milliseconds since then */
  age() {
    return performance.now() - this.#start;
  }

  /**
   * The time of the whole process stands for that of its busy thread; on a
   * machine with much to do it passes slower than the clock.
   *
   * @param {Activity} activity
   * @returns {number} milliseconds for which a function has computed since then, at most
   */
  computed(activity) {
    const { user, system } = process.cpuUsage(this.#cpu);
    const used = Math.min((user + system) / 1000, this.age());
    return used - (activity.systemTime - this.#systemTime);
  }
}
