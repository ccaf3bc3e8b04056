/**
 * When a cron job runs next. Times are in UTC.
 *
 * Cron strings are read here and not by a library: a project resolves packages
 * from its own `node_modules`, where it need not have one.
 */

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
 * @typedef {object} CronFields
 * @property {Set<number>} minutes
 * @property {Set<number>} hours
 * @property {Set<number>} days of the month, from 1
 * @property {Set<number>} months from 1
 * @property {Set<number>} weekdays from 0, a Sunday
 * @property {boolean} eitherDay a day of the month or a weekday is enough
 */

/**
 * @typedef {object} FieldRule
 * @property {string} name
 * @property {number} least
 * @property {number} most
 * @property {string[]} names of the values from `least` on
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The 29th of February of a weekday comes back within 40 years. */
const HORIZON = 41 * 366 * DAY;

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const WEEKDAYS = "sun mon tue wed thu fri sat".split(" ");

/** @type {[FieldRule, FieldRule, FieldRule, FieldRule, FieldRule]} */
const RULES = [
  { name: "minute", least: 0, most: 59, names: [] },
  { name: "hour", least: 0, most: 23, names: [] },
  { name: "day of the month", least: 1, most: 31, names: [] },
  { name: "month", least: 1, most: 12, names: MONTHS },
  { name: "day of the week", least: 0, most: 7, names: WEEKDAYS },
];

/**
 * @param {CronSchedule} schedule
 * @param {string} name of the job; it spreads jobs whose minute is left open
 * @returns {(time: number) => number} the first time of the schedule after another one, in Unix milliseconds
 * @throws {Error} for a cron string that cannot be read, or that never comes
 */
export function compileSchedule(schedule, name) {
  if (schedule.type === "interval") {
    const { seconds = 0, minutes = 0, hours = 0 } = schedule;
    const length = seconds * 1000 + minutes * MINUTE + hours * HOUR;
    return (time) => time + length;
  }
  const fields = parseCron(cronOf(schedule, name));
  return (time) => nextTime(fields, time);
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
 * @returns {CronFields}
 */
export function parseCron(text) {
  const parts = text.trim().split(/\s+/);
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = parts;
  if (parts.length !== RULES.length)
    throw unreadable(text, `it has ${parts.length} fields, not 5`);
  const weekdays = valuesOf(text, weekday, RULES[4]);
  if (weekdays.delete(7)) weekdays.add(0);
  return {
    minutes: valuesOf(text, minute, RULES[0]),
    hours: valuesOf(text, hour, RULES[1]),
    days: valuesOf(text, day, RULES[2]),
    months: valuesOf(text, month, RULES[3]),
    weekdays,
    eitherDay: !day.startsWith("*") && !weekday.startsWith("*"),
  };
}

/**
 * @param {string} text
 * @param {string} field
 * @param {FieldRule} rule
 * @returns {Set<number>}
 */
function valuesOf(text, field, rule) {
  /** @type {Set<number>} */
  const values = new Set();
  for (const part of field.split(",")) {
    const match =
      /^(?:(?<all>\*)|(?<first>\w+)(?:-(?<last>\w+))?)(?:\/(?<step>\d+))?$/.exec(
        part,
      )?.groups;
    if (match === undefined)
      throw unreadable(text, `"${part}" is no ${rule.name}`);
    const { all, first: from = "", last: to, step } = match;
    const first = all ? rule.least : numberOf(text, from, rule);
    // A day of the week in full is Sunday to Saturday, without a second Sunday.
    const most = rule.names === WEEKDAYS ? 6 : rule.most;
    const isOpen =
      all !== undefined || (step !== undefined && to === undefined);
    const last = isOpen ? most : numberOf(text, to ?? from, rule);
    const distance = step === undefined ? 1 : Number(step);
    if (first > last || distance === 0)
      throw unreadable(text, `"${part}" is empty as ${rule.name}`);
    for (let value = first; value <= last; value += distance) values.add(value);
  }
  return values;
}

/**
 * @param {string} text
 * @param {string} word
 * @param {FieldRule} rule
 */
function numberOf(text, word, { name, least, most, names }) {
  const named = names.indexOf(word.toLowerCase());
  const value =
    named >= 0 ? least + named : /^\d+$/.test(word) ? Number(word) : NaN;
  if (!(value >= least && value <= most))
    throw unreadable(text, `"${word}" is no ${name} (${least}-${most})`);
  return value;
}

/**
 * @param {string} text
 * @param {string} reason
 */
function unreadable(text, reason) {
  return new Error(`The cron string "${text}" cannot be read: ${reason}.`);
}

/**
 * @param {CronFields} fields
 * @param {number} after
 * @returns {number}
 */
function nextTime(fields, after) {
  let time = Math.floor(after / MINUTE) * MINUTE + MINUTE;
  while (time < after + HORIZON) {
    const date = new Date(time);
    if (!isDay(fields, date)) time = Math.floor(time / DAY) * DAY + DAY;
    else if (!fields.hours.has(date.getUTCHours()))
      time = Math.floor(time / HOUR) * HOUR + HOUR;
    else if (!fields.minutes.has(date.getUTCMinutes())) time += MINUTE;
    else return time;
  }
  throw new Error("The cron string names days that never come.");
}

/**
 * @param {CronFields} fields
 * @param {Date} date
 */
function isDay({ days, months, weekdays, eitherDay }, date) {
  if (!months.has(date.getUTCMonth() + 1)) return false;
  const isDayOfMonth = days.has(date.getUTCDate());
  const isWeekday = weekdays.has(date.getUTCDay());
  return eitherDay ? isDayOfMonth || isWeekday : isDayOfMonth && isWeekday;
}
