/**
 * Prints the next times of schedules, in ISO 8601, or why there are none.
 *
 * Usage: node cronTimes.mjs '[[SCHEDULE, AFTER], …]'
 */

import * as croner from "croner";

const { compileSchedule } = await import(
  new URL(
    "../../generator/convexgen/embedded/server/jobs/cronTimes.mjs",
    import.meta.url,
  )
);

const times = JSON.parse(process.argv[2] ?? "[]").map(([schedule, after]) => {
  try {
    const next = compileSchedule(schedule, "job", croner);
    return new Date(next(Date.parse(after))).toISOString();
  } catch (error) {
    return error.message;
  }
});
process.stdout.write(`${JSON.stringify(times)}\n`);
