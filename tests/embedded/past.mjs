/**
 * Random writes, and between them random queries of earlier states: each gives
 * what it gave when that state was the present. Prints how many were compared.
 *
 * Usage: node past.mjs SEED ROUNDS
 */

import assert from "node:assert/strict";
import { convexToJson } from "convex/values";
import { ANONYMOUS, loadHost } from "./host.mjs";
import {
  Labels,
  pick,
  randomOperations,
  randomRead,
  setSeed,
} from "./sequences.mjs";

const [seed = 1, rounds = 100] = process.argv.slice(2).map(Number);
setSeed(seed);

const host = await loadHost();
const call = (path, kind, args, turn = null) => {
  const request = { path, kind, args: convexToJson(args), turn };
  return host.run({ ...request, identity: ANONYMOUS });
};

/** What queries give, or their errors, on one state. */
async function read(plans, timestamp) {
  const turn = await host.manager.takeTurn();
  const restore = timestamp === null ? () => {} : host.rewind(timestamp, turn);
  const results = [];
  for (const plan of plans) {
    const outcome = await call("engine:read", "query", { plan }, turn);
    results.push(outcome.value ?? outcome.failure.message.split("\n")[1]);
  }
  restore();
  turn.release();
  return results;
}

const labels = new Labels();
const plans = Array.from({ length: 6 }, randomRead);
const states = [];
let ids = {};
let compared = 0;
for (let round = 0; round < rounds; round++) {
  const operations = randomOperations(labels);
  const args = { operations, ids, fails: false };
  const { value } = await call("engine:operate", "mutation", args);
  ({ ids } = JSON.parse(value));
  const timestamp = host.manager.lastTimestamp;
  states.push({ timestamp, results: await read(plans, null) });
  const state = pick(states);
  assert.deepEqual(await read(plans, state.timestamp), state.results);
  assert.deepEqual(await read(plans, null), states.at(-1)?.results);
  compared += plans.length;
}
process.stdout.write(`${JSON.stringify(compared)}\n`, () => process.exit(0));
