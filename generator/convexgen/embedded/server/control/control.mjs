/**
 * Control of the server by the process that started it: requests as lines of
 * JSON on standard input, `{"method": …, …}`, each with one line as its answer.
 * It is not on the network, so that no client can reach it and no fault hits it.
 */

import { createInterface } from "node:readline";

/**
 * @typedef {import("./activeFaults.mjs").Fault} Fault
 * @typedef {import("./faults.mjs").Faults} Faults
 * @typedef {import("../calls/conflicts.mjs").Conflict} Conflict
 *
 * @typedef {{ method: "clock.now" } | { method: "clock.follow" }
 *   | { method: "clock.set", time: number, isRunning: boolean }
 *   | { method: "clock.advance", milliseconds: number }} ClockRequest
 *
 * @typedef {{ method: "reset" } | ClockRequest
 *   | { method: "faults.add", fault: Fault | (Conflict & { kind: "conflict" }) } | { method: "faults.clear" }} ControlRequest
 *
 * @typedef {object} Controlled
 * @property {() => Promise<{ url: string, port: number }>} reset
 *   to an empty database at a new port, and to the machine's time
 * @property {(request: ClockRequest) => Promise<number>} moveClock gives the time
 * @property {Faults} faults of connections
 * @property {(conflict: Conflict) => void} addConflict
 * @property {() => void} clearConflicts
 */

/** @param {Controlled} controlled */
export function followControl(controlled) {
  const lines = createInterface({ input: process.stdin });
  let last = Promise.resolve();
  lines.on("line", (line) => {
    last = last.then(async () => {
      const answer = await run(line, controlled).catch((error) => ({
        error: error instanceof Error ? error.message : String(error),
      }));
      process.stdout.write(`${JSON.stringify(answer)}\n`);
    });
  });
}

/**
 * @param {string} line
 * @param {Controlled} controlled
 * @returns {Promise<object>}
 */
async function run(line, controlled) {
  const { faults } = controlled;
  /** @type {ControlRequest} */
  const request = JSON.parse(line);
  switch (request.method) {
    case "reset":
      faults.clear();
      return await controlled.reset();
    case "clock.now":
    case "clock.follow":
    case "clock.set":
    case "clock.advance":
      return { now: await controlled.moveClock(request) };
    case "faults.add":
      if (request.fault.kind === "conflict")
        controlled.addConflict(request.fault);
      else faults.add(request.fault);
      return {};
    case "faults.clear":
      faults.clear();
      controlled.clearConflicts();
      return {};
    default:
      throw new Error(`There is no such request: ${line}`);
  }
}
