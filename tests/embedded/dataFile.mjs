/**
 * Damages data files in every way: `node dataFile.mjs FOLDER`. Prints how often
 * each outcome was seen.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const { DataFile } = await import(
  new URL(
    "../../generator/convexgen/embedded/server/persistence/dataFile.mjs",
    import.meta.url,
  )
);

const [folder] = process.argv.slice(2);
const path = join(folder, "data");

/** Opens the file, gives what is in it, and what was said. */
function open() {
  const warnings = [];
  const file = new DataFile(path, (line) => warnings.push(line));
  return { file, warnings };
}

function read() {
  const { file, warnings } = open();
  file.close();
  return { state: file.snapshot(), warnings };
}

const RECORDS = [
  {
    timestamp: "5",
    tables: [["", "notes", 10001]],
    documents: [
      ["", "notes", "a", '{"_id":"a","text":"\\n"}'],
      ["", "notes", "b", '{"n":1.0}'],
    ],
    files: [["f", "text/plain", new Uint8Array([0, 10, 255])]],
    requests: [],
  },
  {
    timestamp: "7",
    tables: [["counter", "counts", 10001]],
    documents: [["counter", "counts", "c", "{}"]],
    files: [],
    requests: [["session 1", "7", "1.0", ["line"]]],
  },
  {
    timestamp: "9",
    tables: [],
    documents: [
      ["", "notes", "a", null],
      ["", "notes", "b", '{"n":2.0}'],
    ],
    files: [],
    requests: [],
  },
];

/** The states after each record, and where the records begin. */
const states = [];
const offsets = [];
{
  const { file, warnings } = open();
  assert.deepEqual(warnings, []);
  states.push(file.snapshot());
  for (const record of RECORDS) {
    offsets.push(statSync(path).size);
    file.apply(record);
    states.push(file.snapshot());
  }
  file.close();
  assert.deepEqual(read().state, states.at(-1));
}
assert.equal(states.at(-1).documents.length, 2);
const intact = readFileSync(path);
const counts = { torn: 0, whole: 0, damaged: 0, foreign: 0, moved: 0 };
assert.equal(statSync(path).mode & 0o777, 0o600);

// A write that was cut short loses its own record alone.
for (let length = offsets[0]; length <= intact.length; length++) {
  writeFileSync(path, intact.subarray(0, length));
  const { state, warnings } = read();
  const count = offsets.filter((offset) => offset < length).length;
  const isWhole = length === intact.length || offsets.includes(length);
  assert.deepEqual(state, states[isWhole ? count : count - 1], `${length}`);
  assert.equal(warnings.length, isWhole ? 0 : 1);
  assert.deepEqual(read().warnings, []);
  counts[isWhole ? "whole" : "torn"] += 1;
}

// Any other byte than what was written is refused, and nothing is changed.
for (let position = 0; position < intact.length; position++) {
  const damaged = Buffer.from(intact);
  damaged[position] ^= 1 << (position % 8);
  writeFileSync(path, damaged);
  const offset = offsets.findLast((start) => start <= position);
  const expected =
    offset === undefined
      ? /is not a data file of convexgen|has the format/
      : new RegExp(`is damaged: the record at byte ${offset} `);
  assert.throws(read, expected, `${position}`);
  assert.ok(readFileSync(path).equals(damaged));
  counts[offset === undefined ? "foreign" : "damaged"] += 1;
}

// So is a record that was removed, repeated or moved, unless none is behind it.
const first = intact.subarray(0, offsets[0]);
const lines = offsets.map((start, n) => intact.subarray(start, offsets[n + 1]));
const [a, b, c] = lines;
for (const moved of [
  [b],
  [c],
  [b, c],
  [a, c],
  [a, a],
  [a, a, b, c],
  [a, b, b],
  [a, b, c, a],
  [a, b, c, c],
  [b, a],
  [b, a, c],
  [a, c, b],
  [c, b, a],
]) {
  const at = moved.findIndex((line, n) => line !== lines[n]);
  const offset = moved
    .slice(0, at)
    .reduce((sum, { length }) => sum + length, first.length);
  writeFileSync(path, Buffer.concat([first, ...moved]));
  assert.throws(
    read,
    new RegExp(`is damaged: the record at byte ${offset} is not`),
    String(at),
  );
  counts.moved += 1;
}

// A file of the version that had no chain is read, and written anew with one.
const unchained = lines.map((line) => {
  const body = line.subarray(26, -1);
  const digest = createHash("sha256").update(body).digest("hex").slice(0, 16);
  return Buffer.concat([
    line.subarray(0, 9),
    Buffer.from(`${digest} `),
    line.subarray(26),
  ]);
});
const old = Buffer.concat([Buffer.from("convexgen data 1\n"), ...unchained]);
writeFileSync(path, old, { mode: 0o644 });
assert.deepEqual(read().state, states.at(-1));
assert.match(readFileSync(path, "latin1"), /^convexgen data 2\n/);
assert.deepEqual(read().state, states.at(-1));
assert.equal(statSync(path).mode & 0o777, 0o600);
old[offsets[1] + 30] ^= 1;
writeFileSync(path, old);
assert.throws(read, /is damaged: the record at byte/);

// What is out of date does not pile up.
writeFileSync(path, "");
const { file } = open();
const text = "x".repeat(20_000);
for (let n = 0; n < 500; n++) {
  const json = JSON.stringify({ n, text });
  file.apply({
    timestamp: String(n),
    tables: [],
    documents: [["", "notes", "a", json]],
    files: [],
    requests: [],
  });
  assert.ok(statSync(path).size < 1_100_000);
}
const last = file.snapshot();
assert.equal(last.documents.length, 1);
assert.equal(statSync(path).mode & 0o777, 0o600);
file.close();
writeFileSync(`${path}.new`, "of a rewriting that was cut short");
assert.deepEqual(read().state, last);

console.log(JSON.stringify(counts));
