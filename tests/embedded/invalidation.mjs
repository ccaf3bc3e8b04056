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
import { below, random, randomRead, randomWrites, setSeed } from "./random.mjs";

const [seed = 1, rounds = 100] = process.argv.slice(2).map(Number);
setSeed(seed);

const { host } = await loadHost();
/** @type {any[]} */
let changes = [];
host.manager.onCommit(
  (/** @type {any[]} */ committed) => (changes = committed),
);

async function run(read) {
  const args = convexToJson(read);
  const request = {
    path: "engine:read",
    kind: "query",
    args,
    identity: ANONYMOUS,
  };
  const { value, call } = await host.run(request);
  return { value, reads: call.transaction.reads };
}

const queries = [];
for (let n = 0; n < 40; n++) {
  const read = randomRead();
  if (random() < 0.3)
    Object.assign(read, { take: null, pageSize: 1 + below(3) });
  queries.push({ read, ...(await run(read)) });
}
let kept = 0;
let touched = 0;
for (let round = 0; round < rounds; round++) {
  changes = [];
  const args = convexToJson({
    writes: randomWrites().slice(0, 2),
    reads: [],
    fail: false,
  });
  await host.run({
    path: "engine:writeAndRead",
    kind: "mutation",
    args,
    identity: ANONYMOUS,
  });
  for (const query of queries) {
    const fresh = await run(query.read);
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
        JSON.stringify(convexToJson(query.read)),
      );
    }
    Object.assign(query, fresh);
  }
}
process.stdout.write(`${JSON.stringify({ kept, touched })}\n`, () =>
  process.exit(0),
);
