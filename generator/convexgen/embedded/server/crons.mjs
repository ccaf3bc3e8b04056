/** The cron jobs of a project: its `crons.ts`, run by the clock of the server. */

import { clearAlarm, destination, now, setAlarm } from "./clock.mjs";
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
 * @property {string} key of all that it is
 * @property {string} path
 * @property {string} componentPath
 * @property {ConvexValue} args
 * @property {(time: number) => number} next
 * @property {number} firstTime
 */

/** When a test moves the clock over more runs of a job than these, it runs once. */
const MAX_RUNS_OF_A_MOVE = 1_000;

/** @typedef {{ job: CronJob, alarm?: import("./clock.mjs").Alarm }} StartedJob */

export class Crons {
  /** @type {Map<string, StartedJob>} */
  #started = new Map();
  #run;

  /** @param {RunJob} run is called outside of every function's context */
  constructor(run) {
    this.#run = run;
  }

  /**
   * Stops the jobs that are not among these and starts the new ones; a job that stays keeps its
   * times.
   *
   * @param {CronJob[]} jobs
   */
  follow(jobs) {
    const wanted = new Set(jobs.map(({ key }) => key));
    for (const [key, started] of this.#started) {
      if (wanted.has(key)) continue;
      clearAlarm(started.alarm);
      this.#started.delete(key);
    }
    runOutside(() => {
      for (const job of jobs) {
        if (this.#started.has(job.key)) continue;
        /** @type {StartedJob} */
        const started = { job };
        this.#started.set(job.key, started);
        this.#arm(started, job.firstTime);
      }
    });
  }

  stop() {
    this.follow([]);
  }

  /**
   * @param {StartedJob} started
   * @param {number} time milliseconds
   */
  #arm(started, time) {
    if (this.#started.get(started.job.key) !== started) return;
    started.alarm = setAlarm(time, () => this.#fire(started, time));
  }

  /**
   * A job does not run beside itself: runs that it misses are left out.
   *
   * @param {StartedJob} started
   * @param {number} time
   */
  async #fire(started, time) {
    const { job } = started;
    await this.#run(job.path, job.args, job.componentPath, {
      id: null,
      transaction: null,
    });
    let next = job.next(time);
    const runs = ((destination() ?? time) - time) / (next - time);
    if (runs > MAX_RUNS_OF_A_MOVE) next = job.next(destination() ?? time);
    while (next <= now()) next = job.next(next);
    this.#arm(started, next);
  }
}

/**
 * @param {unknown} exported the default export of `crons.ts`
 * @param {object} context
 * @param {string} context.componentPath
 * @param {(path: string) => boolean} context.hasFunction
 * @param {import("./cronTimes.mjs").Croner | null} context.croner
 * @returns {CronJob[]}
 * @throws {StartError}
 */
export function readCrons(exported, { componentPath, hasFunction, croner }) {
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
    if (!hasFunction(path)) {
      throw new StartError(
        `crons.ts: the job "${identifier}" runs ${canonicalPath(path)}, which does not exist.`,
      );
    }
    try {
      const next = compileSchedule(schedule, identifier, croner);
      const firstTime = schedule.type === "interval" ? start : next(start);
      const value = decodeValue(args[0] ?? {});
      const key = JSON.stringify([
        componentPath,
        identifier,
        crons[identifier],
      ]);
      return { key, path, componentPath, args: value, next, firstTime };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new StartError(`crons.ts: the job "${identifier}": ${reason}`);
    }
  });
}
