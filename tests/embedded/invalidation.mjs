/**
 * Random queries, then random writes: a query whose reads a write did not touch
 * must give what it gave before. Prints how many results were kept without a
 * run, and how many were not.
 *
 * Usage: node invalidation.mjs SEED ROUNDS
 */

import assert from "node:assert/strict";
import { convexToJson } from "convex/values";
import { ANONYMOUS, loadHost } from "./host.mjs";
import {
  Labels,
  below,
  random,
  randomOperations,
  randomRead,
  randomScan,
  setSeed,
} from "./sequences.mjs";

const [seed = 1, rounds = 100] = process.argv.slice(2).map(Number);
setSeed(seed);

const host = await loadHost();
/** @type {any[]} */
let changes = [];
host.manager.onCommit(
  (/** @type {any[]} */ committed) => (changes = committed),
);

const call = (path, kind, args) =>
  host.run({ path, kind, args: convexToJson(args), identity: ANONYMOUS });

/** What a query gives, or the error of it, and what it read. */
async function run(plan) {
  const outcome = await call("engine:read", "query", { plan });
  const value = outcome.value ?? outcome.failure.message.split("\n")[1];
  return { value, reads: outcome.call.transaction.reads };
}

const randomPage = () => ({
  ...randomScan(),
  end: "paginate",
  options: { numItems: 1 + below(3), cursor: null },
});

const queries = [];
for (let n = 0; n < 40; n++) {
  const plan = random() < 0.3 ? randomPage() : randomRead();
  queries.push({ plan, ...(await run(plan)) });
}
const labels = new Labels();
let ids = {};
let kept = 0;
let touched = 0;
for (let round = 0; round < rounds; round++) {
  changes = [];
  const operations = randomOperations(labels).slice(0, 2);
  const args = { operations, ids, fails: false };
  const { value } = await call("engine:operate", "mutation", args);
  ({ ids } = JSON.parse(value));
  for (const query of queries) {
    const fresh = await run(query.plan);
    const isTouched = query.reads.some((range) =>
      changes.some(
        ({ before, after }) =>
          (before !== null && range.contains(before.document)) ||
          (after !== null && range.contains(after.document)),
      ),
    );
    if (isTouched) touched += 1;
    else kept += 1;
    if (!isTouched) {
      assert.equal(
        fresh.value,
        query.value,
        JSON.stringify(convexToJson(query.plan)),
      );
    }
    Object.assign(query, fresh);
  }
}
process.stdout.write(`${JSON.stringify({ kept, touched })}\n`, () =>
  process.exit(0),
);
