/**
 * Lets operations on the disk fail while a data file is used, each once in its
 * turn: `node diskFaults.mjs FOLDER`. Prints how often each outcome was seen.
 */

import assert from "node:assert/strict";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";

const [folder] = process.argv.slice(2);
const path = join(folder, "data");

class Ended extends Error {}
process.exit = () => {
  throw new Ended();
};

/** What is to fail, by the number of the operation. */
let fault = { fails: () => false, code: "" };
let done = [];

function failing(code) {
  return Object.assign(new Error(`${code}: of the test`), { code });
}

for (const name of [
  "openSync",
  "readSync",
  "writeSync",
  "fsyncSync",
  "ftruncateSync",
  "fstatSync",
  "closeSync",
  "renameSync",
  "rmSync",
]) {
  const real = fs[name];
  fs[name] = (...given) => {
    if (name === "writeSync" && given[0] === process.stderr.fd) return 0;
    done.push(name);
    if (!fault.fails(done.length, name)) return real(...given);
    // A disk that gets full takes what it has place for, and a file is closed in any case.
    const [file, bytes, offset, length] = given;
    if (name === "writeSync") real(file, bytes, offset, Math.floor(length / 2));
    if (name === "closeSync") real(file);
    throw failing(fault.code);
  };
}
syncBuiltinESMExports();

const { DataFile } = await import(
  new URL(
    "../../generator/convexgen/embedded/server/persistence/dataFile.mjs",
    import.meta.url,
  )
);
const { StartError } = await import(
  new URL(
    "../../generator/convexgen/embedded/server/errors.mjs",
    import.meta.url,
  )
);

const TEXT = "x".repeat(150_000);
/** The file is written anew twice. */
const RECORDS = Array.from({ length: 14 }, (_, n) => ({
  timestamp: String(n + 1),
  tables: [],
  documents: [["", "notes", String(n % 2), JSON.stringify({ n, TEXT })]],
  files: [],
  requests: [],
}));

/** Applies records until the end of the process. Gives how many were answered, and why no more. */
function use(records) {
  const warnings = [];
  let answered = 0;
  try {
    const file = new DataFile(path, (line) => warnings.push(line));
    const before = Number(file.snapshot().timestamp);
    for (const record of records.slice(before)) {
      file.apply(record);
      answered = Number(record.timestamp);
    }
    file.close();
    const outcome = warnings.length > 0 ? "warned" : "silent";
    return { answered, before, outcome, warnings };
  } catch (error) {
    if (error instanceof Ended) return { answered, outcome: "ended", warnings };
    assert.ok(error instanceof StartError, error.stack);
    assert.match(error.message, /data cannot be used: E[A-Z]+: of the test/);
    return { answered, outcome: "refused", warnings };
  }
}

function snapshot() {
  const file = new DataFile(path, () => {});
  file.close();
  return file.snapshot();
}

function begin() {
  fs.rmSync(path, { force: true });
  fs.rmSync(`${path}.new`, { force: true });
  done = [];
}

begin();
assert.equal(use(RECORDS).outcome, "silent");
const operations = [...done];
assert.equal(operations.filter((name) => name === "renameSync").length, 2);
const expected = snapshot();

/** Whether an operation is one of those that write a file anew, which need not be. */
function isSpared(at) {
  const begun = operations.slice(0, at).lastIndexOf("rmSync");
  const renamed = operations.indexOf("renameSync", begun);
  return begun >= 0 && at - 1 <= renamed;
}

const counts = { ended: 0, refused: 0, warned: 0 };
for (const [code, fails] of [
  ["EIO", (number, _, at) => number === at],
  ["ENOSPC", (number, name, at) => number >= at && name === "writeSync"],
]) {
  for (let at = 1; at <= operations.length; at++) {
    if (code === "ENOSPC" && operations[at - 1] !== "writeSync") continue;
    begin();
    fault = { fails: (number, name) => fails(number, name, at), code };
    const { answered, outcome, warnings } = use(RECORDS);
    fault = { fails: () => false, code };
    const what = `${code} of ${operations[at - 1]}, the operation ${at}: ${outcome}`;
    counts[outcome] += 1;
    if (code === "EIO" && isSpared(at)) assert.equal(outcome, "warned", what);
    if (outcome === "warned") assert.match(warnings.join(), /: of the test/);
    const kept = Number(snapshot().timestamp);
    assert.ok(kept === answered || kept === answered + 1, `${what}: ${kept}`);
    // When the disk is as it should be, it goes on.
    const rest = use(RECORDS);
    assert.ok(["silent", "warned"].includes(rest.outcome), what);
    assert.deepEqual(snapshot(), expected, what);
    assert.equal(fs.existsSync(`${path}.new`), false, what);
  }
}
console.log(JSON.stringify(counts));
