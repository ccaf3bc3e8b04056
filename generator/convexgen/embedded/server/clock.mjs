/**
 * The time of the server: of documents, commits, the scheduler and `Date` in
 * functions. It is the machine's until a test sets it.
 */

import { clearTimeout, setTimeout } from "node:timers";

/**
 * Work for a moment of this clock.
 *
 * @typedef {object} Alarm
 * @property {number} time milliseconds
 * @property {() => Promise<void>} work
 * @property {NodeJS.Timeout | null} timer
 */

/** A longer delay of `setTimeout` would end at once. */
const MAX_TIMEOUT = 2 ** 31 - 1;

/** Functions that schedule each other at once would never be done. */
const MAX_ALARMS_OF_A_MOVE = 10_000;

/**
 * @typedef {object} ClockState
 * @property {number} offset how far the clock is ahead of the machine's, in milliseconds
 * @property {number | null} standing where it stands still, null while it runs
 */

// Functions see another clock.
const machineNow = Date.now;

let offset = 0;
/** @type {number | null} */
let standing = null;
/** @type {Set<Alarm>} */
const alarms = new Set();
/** What alarms have started. @type {Set<Promise<void>>} */
const running = new Set();
let jumps = 0;
/** Where a move is going. @type {number | null} */
let target = null;

/** @returns {number} milliseconds since 1970 */
export function now() {
  return timeOf({ offset, standing });
}

/**
 * @param {ClockState} state of a clock
 * @returns {number} its milliseconds since 1970
 */
export function timeOf({ offset, standing }) {
  return standing ?? machineNow() + offset;
}

/** @returns {number | null} the moment to which a test is moving the clock, null when none is */
export function destination() {
  return target;
}

/** @returns {number} how often the clock has gone back */
export function countOfJumpsBack() {
  return jumps;
}

/**
 * @param {number} time milliseconds; at once when it is past
 * @param {() => Promise<void>} work must not reject
 * @returns {Alarm}
 */
export function setAlarm(time, work) {
  /** @type {Alarm} */
  const alarm = { time, work, timer: null };
  alarms.add(alarm);
  arm(alarm);
  return alarm;
}

/** @param {Alarm | undefined} alarm */
export function clearAlarm(alarm) {
  if (alarm === undefined) return;
  alarms.delete(alarm);
  disarm(alarm);
}

/** @param {Alarm} alarm */
function arm(alarm) {
  disarm(alarm);
  const delay = Math.max(0, alarm.time - now());
  if (delay > 0 && standing !== null) return;
  alarm.timer = setTimeout(
    () => {
      if (alarm.time > now()) arm(alarm);
      else void ring(alarm);
    },
    Math.min(Math.ceil(delay), MAX_TIMEOUT),
  );
}

/** @param {Alarm} alarm */
function disarm(alarm) {
  if (alarm.timer !== null) clearTimeout(alarm.timer);
  alarm.timer = null;
}

/** @param {Alarm} alarm */
async function ring(alarm) {
  clearAlarm(alarm);
  const work = alarm.work();
  running.add(work);
  try {
    await work;
  } finally {
    running.delete(work);
  }
}

/**
 * Goes to a moment. On the way forward every alarm rings at its own time, and
 * the next one only when the work of the one before is done.
 *
 * @param {number} time milliseconds
 * @param {boolean} isRunning whether the clock runs on from there
 */
export async function moveTo(time, isRunning) {
  if (time < now()) jumps += 1;
  else await passTo(time);
  standing = isRunning ? null : time;
  offset = time - machineNow();
  for (const alarm of alarms) arm(alarm);
}

/** @param {number} time */
async function passTo(time) {
  target = time;
  try {
    await ringUpTo(time);
  } finally {
    target = null;
  }
}

/** @param {number} time */
async function ringUpTo(time) {
  for (let count = 0; ; count++) {
    if (count > MAX_ALARMS_OF_A_MOVE) {
      throw new Error(
        `More than ${MAX_ALARMS_OF_A_MOVE} functions were due: does a scheduled one schedule itself?`,
      );
    }
    const due = nextAlarm(time);
    if (due !== null) {
      standing = Math.max(now(), due.time);
      await ring(due);
    } else if (running.size > 0) {
      await Promise.all(running);
    } else {
      return;
    }
  }
}

/**
 * @param {number} limit
 * @returns {Alarm | null} the first that rings up to there
 */
function nextAlarm(limit) {
  /** @type {Alarm | null} */
  let first = null;
  for (const alarm of alarms) {
    if (alarm.time <= limit && alarm.time < (first?.time ?? Infinity))
      first = alarm;
  }
  return first;
}

/** @param {number} milliseconds */
export function advance(milliseconds) {
  return moveTo(now() + milliseconds, standing === null);
}

/** Goes back to the machine's time. */
export function followMachine() {
  standing = null;
  offset = 0;
  for (const alarm of alarms) arm(alarm);
}

/** @returns {ClockState} */
export function clockState() {
  return { offset, standing };
}

/** @param {ClockState} state of another thread's clock */
export function restoreClock(state) {
  ({ offset, standing } = state);
  for (const alarm of alarms) arm(alarm);
}
