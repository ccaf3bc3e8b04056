/** When a cron job runs next. Times are in UTC. */

/**
 * What `cronJobs()` of `convex/server` exports.
 *
 * @typedef {{ type: "interval", seconds?: number, minutes?: number, hours?: number }
 *   | { type: "hourly", minuteUTC?: number }
 *   | { type: "daily", hourUTC: number, minuteUTC?: number }
 *   | { type: "weekly", dayOfWeek: string, hourUTC: number, minuteUTC?: number }
 *   | { type: "monthly", day: number, hourUTC: number, minuteUTC?: number }
 *   | { type: "cron", cron: string }} CronSchedule
 */

/**
 * The library that reads cron strings.
 *
 * @typedef {object} Croner
 * @property {new (pattern: string, options: object) => { nextRun(after: Date): Date | null }} Cron
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * Five fields, no time zone that could change the clock, and steps from a number on, as `5/20`.
 * A day of the month or one of the week is enough where both are given, as in Convex's parser.
 */
const READING = { mode: "5-part", utcOffset: 0, sloppyRanges: true };

/**
 * What the library reads in a field and Convex refuses.
 * Source: `saffron/src/parse.rs` of https://github.com/get-convex/saffron.
 */
const REFUSED = /[^\w*,/#-]|^\/|,\/|#L/i;
const SEVENTH_WEEKDAY = /(?:^|[,-])7/;

const MISSING =
  "to know its times, the npm package `croner` is needed in version 10 or 11. " +
  "Run: npm install --save-dev croner@11";

/**
 * @param {CronSchedule} schedule
 * @param {string} name of the job; it spreads jobs whose minute is left open
 * @param {Croner | null} croner null when it is not installed; intervals do without
 * @returns {(time: number) => number} the first time of the schedule after another one, in Unix milliseconds
 * @throws {Error} for a cron string that cannot be read, or that never comes
 */
export function compileSchedule(schedule, name, croner) {
  if (schedule.type === "interval") {
    const { seconds = 0, minutes = 0, hours = 0 } = schedule;
    const length = seconds * 1000 + minutes * MINUTE + hours * HOUR;
    return (time) => time + length;
  }
  if (croner === null) throw new Error(MISSING);
  const text = cronOf(schedule, name);
  const cron = readCron(text, croner);
  return (time) => {
    const next = cron.nextRun(new Date(time));
    if (next === null)
      throw new Error(`The cron spec "${text}" will never match any time`);
    return next.getTime();
  };
}

/**
 * @param {string} text
 * @param {Croner} croner
 * @throws {Error} for what Convex refuses too, or the library does not read
 */
function readCron(text, { Cron }) {
  const fields = text.split(/ +/);
  if (fields.length !== 5)
    throw unreadable(text, `it has ${fields.length} fields, not 5`);
  for (const field of fields) {
    const refused = REFUSED.exec(field)?.[0];
    if (refused !== undefined)
      throw unreadable(text, `Convex does not know the "${refused}" there`);
  }
  if (SEVENTH_WEEKDAY.test(fields[4] ?? ""))
    throw unreadable(text, "days of the week are 0-6, and Sunday is 0");
  try {
    return new Cron(text, READING);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw unreadable(text, reason.replace(/^CronPattern: /, ""));
  }
}

/**
 * @param {Exclude<CronSchedule, { type: "interval" }>} schedule
 * @param {string} name
 * @returns {string}
 */
function cronOf(schedule, name) {
  if (schedule.type === "cron") return schedule.cron;
  const { minuteUTC: minute = spread(name) } = schedule;
  switch (schedule.type) {
    case "hourly":
      return `${minute} * * * *`;
    case "daily":
      return `${minute} ${schedule.hourUTC} * * *`;
    case "weekly": {
      const weekday = schedule.dayOfWeek.slice(0, 3);
      return `${minute} ${schedule.hourUTC} * * ${weekday}`;
    }
    case "monthly":
      return `${minute} ${schedule.hourUTC} ${schedule.day} * *`;
  }
}

/**
 * @param {string} name
 * @returns {number} a minute of an hour
 */
function spread(name) {
  let hash = 0;
  for (const character of name)
    hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 60;
  return hash;
}

/**
 * @param {string} text
 * @param {string} reason
 */
function unreadable(text, reason) {
  return new Error(`The cron string "${text}" cannot be read: ${reason}.`);
}
