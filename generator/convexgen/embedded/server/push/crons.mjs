/**
 * The cron jobs that a `crons.ts` exports. Their names and times are checked by `cronJobs()` of
 * `convex/server` already.
 * Source: `cron_analyze` in the backend's `isolate/src/environment/analyze.rs`, and
 * `validate_cron_jobs` in its `application/src/application_function_runner/mod.rs`.
 */

import { now } from "../clock.mjs";
import { compileSchedule } from "../jobs/cronTimes.mjs";
import { canonicalPath, functionPath } from "../calls/definitions.mjs";
import { decodeValue } from "../values/json.mjs";
import { Refusal, whileLoading, whilePushing } from "../refusals/refusal.mjs";

/**
 * @typedef {import("../jobs/cronTimes.mjs").CronSchedule} CronSchedule
 * @typedef {import("../calls/job.mjs").CronJob} CronJob
 * @typedef {import("../calls/definitions.mjs").FunctionKind} FunctionKind
 *
 * @typedef {{ [name: string]: ExportedCron }} ExportedCrons
 * @typedef {{ name: string, args: any[], schedule: CronSchedule }} ExportedCron
 *
 * @typedef {object} CronContext
 * @property {string} componentPath
 * @property {(path: string) => FunctionKind | null} kindOf null for what does not exist
 * @property {import("../jobs/cronTimes.mjs").Croner | null} croner
 */

/**
 * @param {import("../calls/definitions.mjs").ModuleExports | undefined} crons `crons.ts`, if there is one
 * @param {CronContext} context
 * @returns {CronJob[]}
 * @throws {import("../errors.mjs").StartError}
 */
export function readCrons(crons, context) {
  if (crons === undefined) return [];
  const exported = Object.entries(exportedBy(crons));
  const jobs = exported.map(([identifier, cron]) =>
    jobOf(identifier, cron, context),
  );
  for (const [identifier, cron] of exported)
    checkFunction(identifier, cron, context);
  return jobs;
}

/**
 * @param {import("../calls/definitions.mjs").ModuleExports} crons
 * @returns {ExportedCrons}
 */
function exportedBy(crons) {
  return whileLoading(() => {
    if (!("default" in crons)) {
      throw new Refusal(
        "`convex/crons.js` must have a default export of a Crons object.",
      );
    }
    const object = /** @type {any} */ (crons.default);
    if (object?.isCrons !== true) {
      throw new Refusal(
        "The default export of `convex/crons.js` is not a Crons object.",
      );
    }
    return JSON.parse(object.export());
  });
}

/**
 * @param {string} identifier
 * @param {ExportedCron} cron
 * @param {CronContext} context
 * @returns {CronJob}
 */
function jobOf(identifier, cron, { componentPath, croner }) {
  const { name, args, schedule } = cron;
  return whilePushing(() => {
    try {
      const start = now();
      const next = compileSchedule(schedule, identifier, croner);
      return {
        key: JSON.stringify([componentPath, identifier, cron]),
        path: functionPath(name),
        componentPath,
        args: decodeValue(args[0] ?? {}),
        next,
        firstTime: schedule.type === "interval" ? start : next(start),
      };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Refusal(`crons.ts: the job "${identifier}": ${reason}`);
    }
  });
}

/**
 * @param {string} identifier
 * @param {ExportedCron} cron
 * @param {CronContext} context
 */
function checkFunction(identifier, { name }, { kindOf }) {
  const path = functionPath(name);
  const kind = kindOf(path);
  whileLoading(() => {
    if (kind === null) {
      throw new Refusal(
        `The cron job '${identifier}' schedules a function that does not exist: ` +
          canonicalPath(path),
      );
    }
    if (kind === "query") {
      throw new Refusal(
        `The cron job '${identifier}' schedules a query function, only actions and mutations can be ` +
          `scheduled: ${canonicalPath(path)}`,
      );
    }
  });
}
