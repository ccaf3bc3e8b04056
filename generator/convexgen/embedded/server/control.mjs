/**
 * Control of the server by the process that started it: requests as lines of
 * JSON on standard input, `{"method": …, …}`, each with one line as its answer.
 * It is not on the network, so that no client can reach it and no fault hits it.
 */

import { createInterface } from "node:readline";
import { advance, followMachine, moveTo, now } from "./clock.mjs";

/**
 * @typedef {import("./faults.mjs").Fault} Fault
 * @typedef {import("./faults.mjs").Faults} Faults
 *
 * @typedef {{ method: "reset" } | { method: "clock.now" } | { method: "clock.follow" }
 *   | { method: "clock.set", time: number, isRunning: boolean }
 *   | { method: "clock.advance", milliseconds: number }
 *   | { method: "faults.add", fault: Fault } | { method: "faults.clear" }} ControlRequest
 */

/**
 * @param {object} options
 * @param {() => Promise<{ url: string, port: number }>} options.reset to an empty database at a new port
 * @param {Faults} options.faults
 */
export function followControl({ reset, faults }) {
  const lines = createInterface({ input: process.stdin });
  let last = Promise.resolve();
  lines.on("line", (line) => {
    last = last.then(async () => {
      const answer = await run(line, reset, faults).catch((error) => ({
        error: error instanceof Error ? error.message : String(error),
      }));
      process.stdout.write(`${JSON.stringify(answer)}\n`);
    });
  });
}

/**
 * @param {string} line
 * @param {() => Promise<object>} reset
 * @param {Faults} faults
 * @returns {Promise<object>}
 */
async function run(line, reset, faults) {
  /** @type {ControlRequest} */
  const request = JSON.parse(line);
  switch (request.method) {
    case "reset":
      faults.clear();
      followMachine();
      return await reset();
    case "clock.now":
      break;
    case "clock.follow":
      followMachine();
      break;
    case "clock.set":
      await moveTo(request.time, request.isRunning);
      break;
    case "clock.advance":
      await advance(request.milliseconds);
      break;
    case "faults.add":
      faults.add(request.fault);
      return {};
    case "faults.clear":
      faults.clear();
      return {};
    default:
      throw new Error(`There is no such request: ${line}`);
  }
  return { now: now() };
}
