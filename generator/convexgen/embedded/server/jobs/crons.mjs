/** The cron jobs of a project: its `crons.ts`, run by the clock of the server. */

import { clearAlarm, destination, now, setAlarm } from "../clock.mjs";
import { runOutside } from "../calls/outside.mjs";

/**
 * @typedef {import("./scheduler.mjs").RunJob} RunJob
 * @typedef {import("../values/values.mjs").ConvexValue} ConvexValue
 * @typedef {import("../calls/job.mjs").CronJob} CronJob
 */

/** When a test moves the clock over more runs of a job than these, it runs once. */
const MAX_RUNS_OF_A_MOVE = 1_000;

/** @typedef {{ job: CronJob, alarm?: import("../clock.mjs").Alarm }} StartedJob */

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
      isCanceled: () => false,
      transaction: null,
    });
    let next = job.next(time);
    const runs = ((destination() ?? time) - time) / (next - time);
    if (runs > MAX_RUNS_OF_A_MOVE) next = job.next(destination() ?? time);
    while (next <= now()) next = job.next(next);
    this.#arm(started, next);
  }
}
