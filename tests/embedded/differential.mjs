/**
 * Random writes and reads, in the embedded backend's engine and in unmodified
 * convex-test: the same documents in the same order, in and outside of
 * mutations, committed and rolled back. Prints the number of comparisons.
 *
 * Usage: node differential.mjs SEED ROUNDS
 */

import assert from "node:assert/strict";
import { convexTest } from "convex-test";
import { convexToJson, compareValues as expectedOrder } from "convex/values";
import { ANONYMOUS, compareValues, loadHost } from "./host.mjs";
import {
  VALUES,
  below,
  random,
  randomRead,
  randomWrites,
  setSeed,
} from "./random.mjs";

const [seed = 1, rounds = 100] = process.argv.slice(2).map(Number);
setSeed(seed);

const { bundle, host } = await loadHost();
const modules = { "./_generated/api.js": async () => ({}) };
for (const [path, exports] of bundle.modules)
  modules[`./${path}.js`] = async () => exports;
const plain = convexTest({ schema: bundle.schema, modules });

const path = (name) => ({ componentPath: "", udfPath: `engine:${name}` });

async function runHere(kind, name, args) {
  const request = {
    path: `engine:${name}`,
    kind,
    args: convexToJson(args),
    identity: ANONYMOUS,
  };
  const { value, failure } = await host.run(request);
  if (failure !== null)
    throw new Error(/Uncaught Error: (.*)/.exec(failure.message)?.[1]);
  return JSON.parse(value);
}

function runThere(kind, name, args) {
  const run = kind === "query" ? plain.queryFromPath : plain.mutationFromPath;
  return run(path(name), args);
}

async function allPages(run, read, pageSize) {
  const rows = [];
  let cursor = null;
  for (;;) {
    const page = await run("query", "read", {
      ...read,
      take: null,
      pageSize,
      cursor,
    });
    rows.push(...page.page);
    if (page.isDone) return rows;
    assert.ok(page.page.length <= pageSize);
    cursor = page.continueCursor;
  }
}

let comparisons = 0;
for (const left of VALUES) {
  for (const right of VALUES) {
    assert.equal(
      Math.sign(compareValues(left, right)),
      Math.sign(expectedOrder(left, right)),
    );
    comparisons += 1;
  }
}
for (let round = 0; round < rounds; round++) {
  const reads = Array.from({ length: 3 }, randomRead);
  const args = { writes: randomWrites(), reads, fail: random() < 0.2 };
  const [here, there] = await Promise.all(
    [runHere, runThere].map((run) =>
      run("mutation", "writeAndRead", args).then(
        (results) => ["committed", results],
        (error) => ["rolled back", JSON.parse(error.message)],
      ),
    ),
  );
  assert.deepEqual(here, there, JSON.stringify(convexToJson(args)));
  comparisons += reads.length;
  const read = randomRead();
  const expected = await runThere("query", "read", read);
  assert.deepEqual(
    await runHere("query", "read", read),
    expected,
    JSON.stringify(convexToJson(read)),
  );
  const pageSize = 1 + below(4);
  assert.deepEqual(
    await allPages(runHere, read, pageSize),
    await runThere("query", "read", { ...read, take: null }),
    JSON.stringify(convexToJson({ ...read, pageSize })),
  );
  comparisons += 2;
}
process.stdout.write(`${JSON.stringify(comparisons)}\n`, () => process.exit(0));
