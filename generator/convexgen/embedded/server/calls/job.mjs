/**
 * What scheduled functions and cron jobs are, to what runs them.
 *
 * @typedef {import("../values/values.mjs").ConvexValue} ConvexValue
 *
 * A part of the transaction of a scheduled mutation.
 *
 * @typedef {object} JobTransaction
 * @property {() => boolean} begin false when there is nothing to do any more
 * @property {() => void} end
 *
 * @typedef {object} Job
 * @property {string | null} id null for a cron job
 * @property {() => boolean} isCanceled
 * @property {JobTransaction | null} transaction of a mutation
 *
 * @typedef {object} CronJob
 * @property {string} key of all that it is
 * @property {string} path
 * @property {string} componentPath
 * @property {ConvexValue} args
 * @property {(time: number) => number} next
 * @property {number} firstTime
 */

export {};
