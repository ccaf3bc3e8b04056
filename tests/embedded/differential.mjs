/**
 * Random writes and reads, in the embedded backend's engine and in unmodified
 * convex-test: the same documents in the same order, in and outside of
 * mutations, committed and rolled back. Prints the number of comparisons.
 *
 * Usage: node differential.mjs SEED ROUNDS
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { convexTest } from "convex-test";
import * as values from "convex/values";
import { convexToJson, compareValues as expectedOrder } from "convex/values";

const server = new URL(
  "../../generator/convexgen/embedded/server/",
  import.meta.url,
);
const { bundleProject } = await import(new URL("bundle.mjs", server));
const { Host } = await import(new URL("host.mjs", server));
const { Project } = await import(new URL("project.mjs", server));
const { compareValues } = await import(new URL("order.mjs", server));
const { ANONYMOUS } = await import(new URL("identity.mjs", server));

const [seed = 1, rounds = 100] = process.argv.slice(2).map(Number);

/** mulberry32 */
let state = seed >>> 0;
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
const below = (limit) => Math.floor(random() * limit);
const pick = (items) => items[below(items.length)];

const bytes = (...items) => new Uint8Array(items).buffer;
const VALUES = [
  null,
  ...[-(2n ** 63n), -1n, 0n, 1n, 2n ** 63n - 1n],
  ...[-Infinity, -1.5, -0, 0, 5e-324, 1, 2 ** 53, Infinity, NaN],
  ...[false, true],
  ...["", "a", "aa", "b", "é", "\uffff", "\u{10000}", "\u{1f600}", "Z"],
  ...[bytes(), bytes(0), bytes(0, 1), bytes(255)],
  ...[[], [null], [1], [1, 2], ["a"], [[]]],
  ...[{}, { a: 1 }, { a: 2 }, { a: 1, b: null }, { b: 1 }],
];

const project = new Project(
  fileURLToPath(new URL("project", import.meta.url)),
  "convex",
);
const bundle = await bundleProject(project);
const host = new Host({
  bundle,
  libraries: { convexTest: { convexTest }, values },
  functionsDirectory: project.functionsDirectory,
  timeouts: { query: 10_000, mutation: 10_000, action: 10_000 },
});
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

function randomRange(fields) {
  const range = [];
  for (const field of fields) {
    const value =
      field === "n" ? [below(12)] : random() < 0.1 ? [] : [pick(VALUES)];
    const choice = random();
    if (choice < 0.4) {
      range.push(["eq", field, value]);
      continue;
    }
    if (choice < 0.7) range.push([pick(["gt", "gte"]), field, value]);
    if (choice > 0.55) {
      const upper = field === "n" ? [below(12)] : [pick(VALUES)];
      range.push([pick(["lt", "lte"]), field, upper]);
    }
    break;
  }
  return range;
}

function randomRead() {
  const index = pick([null, "by_value", "by_n_value", "by_creation_time"]);
  const fields =
    { by_value: ["value"], by_n_value: ["n", "value"] }[index] ?? [];
  const filters = [
    null,
    null,
    ["eq", "value", pick(VALUES)],
    ["neq", "value", pick(VALUES)],
  ];
  return {
    index,
    range: randomRange(fields),
    order: pick([null, "asc", "desc"]),
    filter:
      random() < 0.2 ? [pick(["lt", "gte"]), "n", below(12)] : pick(filters),
    take: pick([null, null, 0, 1, 3]),
    pageSize: null,
    cursor: null,
  };
}

function randomWrites() {
  return Array.from({ length: below(8) }, () => ({
    kind: pick(["insert", "insert", "insert", "replace", "delete"]),
    n: below(40),
    fields: random() < 0.1 ? {} : { value: pick(VALUES) },
  }));
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
