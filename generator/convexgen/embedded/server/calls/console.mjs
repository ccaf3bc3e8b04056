/** The `console` of functions: its lines go to the client and to standard error. */

import { inspect } from "node:util";
import { executions } from "./executions.mjs";
import { writeLog } from "../log.mjs";

/** @typedef {"LOG" | "INFO" | "WARN" | "ERROR" | "DEBUG"} Level */

/** @type {Map<string, Level>} */
export const LEVELS = new Map([
  ["log", "LOG"],
  ["info", "INFO"],
  ["warn", "WARN"],
  ["error", "ERROR"],
  ["debug", "DEBUG"],
  ["trace", "DEBUG"],
]);

const KIND_LETTERS = { query: "Q", mutation: "M", action: "A" };
const MAX_LINE_LENGTH = 32 * 1024;

/** Must run before convex-test is loaded, which keeps the console that it finds. */
export function captureConsole() {
  const original = globalThis.console;
  const captured = Object.create(original);
  for (const [method, level] of LEVELS) {
    captured[method] = (/** @type {unknown[]} */ ...values) =>
      writeLine(level, shown(values));
  }
  globalThis.console = captured;
}

/** @param {unknown[]} values */
export function shown(values) {
  return values
    .map((value) => inspect(value, { breakLength: Infinity }))
    .join(" ");
}

/**
 * @param {Level} level
 * @param {string} text
 */
export function writeLine(level, text) {
  const line = `[${level}] ${text.slice(0, MAX_LINE_LENGTH).toWellFormed()}`;
  const call = executions.getStore()?.call ?? null;
  call?.log(line);
  const source =
    call === null ? "" : `[CONVEX ${KIND_LETTERS[call.kind]}(${call.path})] `;
  writeLog(`${source}${line}\n`);
}
