/** The cron jobs of a project: its `crons.ts`, run in real time. */

import { clearTimeout, setTimeout } from "node:timers";
import { compileSchedule } from "./cronTimes.mjs";
import { StartError } from "./errors.mjs";
import { canonicalPath, functionPath } from "./functions.mjs";
import { decodeValue } from "./json.mjs";
import { runOutside } from "./outside.mjs";

/**
 * @typedef {import("./cronTimes.mjs").CronSchedule} CronSchedule
 * @typedef {import("./scheduler.mjs").RunJob} RunJob
 * @typedef {import("./values.mjs").ConvexValue} ConvexValue
 *
 * @typedef {{ [name: string]: { name: string, args: any[], schedule: CronSchedule } }} ExportedCrons
 *
 * @typedef {object} CronJob
 * @property {string} path
 * @property {string} componentPath
 * @property {ConvexValue} args
 * @property {(time: number) => number} next
 * @property {number} firstTime
 */

/** A longer delay of `setTimeout` would end at once. */
const MAX_TIMEOUT = 2 ** 31 - 1;

// convex-test replaces the global by an accessor.
const { now } = Date;

export class Crons {
  /** @type {Set<NodeJS.Timeout>} */
  #timers = new Set();
  #run;
  #isStopped = false;

  /** @param {RunJob} run is called outside of every function's context */
  constructor(run) {
    this.#run = run;
  }

  /**
   * @param {CronJob[]} jobs
   */
  start(jobs) {
    runOutside(() => {
      for (const job of jobs) this.#arm(job, job.firstTime);
    });
  }

  stop() {
    this.#isStopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  /**
   * @param {CronJob} job
   * @param {number} time milliseconds
   */
  #arm(job, time) {
    if (this.#isStopped) return;
    const delay = Math.max(0, time - now());
    const timer = setTimeout(
      () => {
        this.#timers.delete(timer);
        if (delay > MAX_TIMEOUT) this.#arm(job, time);
        else void this.#fire(job, time);
      },
      Math.min(delay, MAX_TIMEOUT),
    );
    this.#timers.add(timer);
  }

  /**
   * A job does not run beside itself: runs that it misses are left out.
   *
   * @param {CronJob} job
   * @param {number} time
   */
  async #fire(job, time) {
    await this.#run(job.path, job.args, job.componentPath);
    let next = job.next(time);
    while (next <= now()) next = job.next(next);
    this.#arm(job, next);
  }
}

/**
 * @param {unknown} exported the default export of `crons.ts`
 * @param {string} componentPath
 * @param {import("./scheduler.mjs").KindOf} kindOf
 * @returns {CronJob[]}
 * @throws {StartError}
 */
export function readCrons(exported, componentPath, kindOf) {
  if (
    typeof exported !== "object" ||
    exported === null ||
    !("export" in exported) ||
    typeof exported.export !== "function"
  ) {
    throw new StartError(
      "crons.ts must have the result of `cronJobs()` as its default export.",
    );
  }
  /** @type {ExportedCrons} */
  const crons = JSON.parse(exported.export());
  const start = now();
  return Object.entries(crons).map(([identifier, { name, args, schedule }]) => {
    const path = functionPath(name);
    if (kindOf(path, componentPath) === null) {
      throw new StartError(
        `crons.ts: the job "${identifier}" runs ${canonicalPath(path)}, which does not exist.`,
      );
    }
    try {
      const next = compileSchedule(schedule, identifier);
      const firstTime = schedule.type === "interval" ? start : next(start);
      const value = decodeValue(args[0] ?? {});
      return { path, componentPath, args: value, next, firstTime };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new StartError(`crons.ts: the job "${identifier}": ${reason}`);
    }
  });
}
