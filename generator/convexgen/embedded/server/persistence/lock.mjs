/**
 * A file beside another one that says which process uses that. It goes with the
 * process; one that was killed leaves it, and the next one sees that it is gone.
 */

import {
  closeSync,
  constants,
  linkSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { StartError } from "../errors.mjs";

/** @typedef {{ pid: number, started: string | null }} Owner */

/** A server ends a moment after the process that started it, in milliseconds. */
const PATIENCE = 2000;
const PAUSE = 50;
/** Neither follows a link nor waits for a pipe. Windows has neither of the two. */
const PLAIN =
  constants.O_RDONLY |
  (constants.O_NOFOLLOW ?? 0) |
  (constants.O_NONBLOCK ?? 0);
/** More than a lock has. */
const MOST_BYTES = 1_000;

/**
 * @param {string} path of the file to use
 * @returns {() => void} gives it up
 * @throws {StartError} when another process uses it
 */
export function lockFile(path) {
  const lock = `${path}.lock`;
  const own = JSON.stringify({
    pid: process.pid,
    started: startOf(process.pid),
  });
  const deadline = performance.now() + PATIENCE;
  while (!create(lock, own)) {
    const found = read(lock);
    if (found === null) continue;
    const owner = parse(found);
    if (owner === null || isAlive(owner)) {
      if (performance.now() < deadline) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
        continue;
      }
      const who =
        owner === null ? "another process" : `the process ${owner.pid}`;
      throw new StartError(
        `${path} is in use by ${who}. End it first, or name another file; if it is no convexgen, ` +
          `delete ${lock}.`,
      );
    }
    takeAway(lock, found);
  }
  return () => rmSync(lock, { force: true });
}

/**
 * @param {string} lock
 * @param {string} text
 * @returns {boolean} false when it is there already
 */
function create(lock, text) {
  const beside = `${lock}.${process.pid}`;
  // What another process of this number has left, or somebody has put there.
  rmSync(beside, { force: true });
  writeFileSync(beside, text, { flag: "wx", mode: 0o600 });
  try {
    // It comes into being with its content.
    linkSync(beside, lock);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST")
      return false;
    throw error;
  } finally {
    rmSync(beside);
  }
}

/**
 * @param {string} lock
 * @returns {string | null} null when it is gone; "" when it is something else than a file
 */
function read(lock) {
  let file;
  try {
    file = openSync(lock, PLAIN);
  } catch (error) {
    const isGone =
      error instanceof Error && "code" in error && error.code === "ENOENT";
    return isGone ? null : "";
  }
  try {
    const bytes = Buffer.alloc(MOST_BYTES);
    return bytes.toString("utf8", 0, readSync(file, bytes, 0, MOST_BYTES, 0));
  } catch {
    return "";
  } finally {
    closeSync(file);
  }
}

/**
 * @param {string} text
 * @returns {Owner | null} null when nobody knows
 */
function parse(text) {
  try {
    const { pid, started } = JSON.parse(text);
    return Number.isInteger(pid) ? { pid, started } : null;
  } catch {
    return null;
  }
}

/** @param {Owner} owner */
function isAlive({ pid, started }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM"))
      return false;
  }
  // Numbers of processes are used again, in containers the very next time.
  return started === null || startOf(pid) === started;
}

/**
 * @param {number} pid
 * @returns {string | null} when it started, as Linux counts it; null elsewhere
 */
function startOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the program, in parentheses, may have spaces. See proc_pid_stat(5).
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${fields[19]}`;
  } catch {
    return null;
  }
}

/**
 * Removes the lock of a process that is gone, unless another one has just done
 * so and has put its own there.
 *
 * @param {string} lock
 * @param {string} stale
 */
function takeAway(lock, stale) {
  const aside = `${lock}.${process.pid}.stale`;
  try {
    renameSync(lock, aside);
  } catch {
    return;
  }
  if (read(aside) !== stale) linkSync(aside, lock);
  rmSync(aside);
}
