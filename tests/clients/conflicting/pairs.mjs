/**
 * Pairs of mutations that see the same snapshot, by what they read and write:
 * the second one conflicts where it has read what the first one writes. Prints
 * how many pairs of each kind do, by kind and table.
 *
 * Usage: node pairs.mjs PROJECT ROWS PAIRS
 */

import { convexToJson } from "convex/values";
import { ADMIN, loadHost, seededRandom } from "../../embedded/host.mjs";

const [project, ...numbers] = process.argv.slice(2);
const [ROWS, PAIRS] = numbers.map(Number);
const BATCH = 200;
const ENTITIES = ["plain", "counted", "twice", "whole"];

const host = await loadHost({ directory: project });
const { manager } = host;
const draw = seededRandom(12);
const below = (limit) => Math.floor(draw() * limit);

// What functions draw is the same in each run.
Math.random = draw;

/** What the transaction that would be committed has read and written. */
let sets = null;
let isKept = true;
const commit = manager.commit.bind(manager);
manager.commit = (isNested) => {
  if (isNested || isKept) return commit(isNested);
  const changes = [...manager.stashWrites().values()].flat();
  sets = { reads: manager.current.reads, changes };
  throw new Error("It is not to be kept");
};

async function run(path, args) {
  sets = null;
  const request = { path, kind: "mutation", args: convexToJson(args) };
  const { failure } = await host.run({ ...request, identity: ADMIN });
  if (failure !== null && sets === null) throw new Error(failure.message);
}

/** @returns what a mutation reads and writes that leaves nothing behind */
async function attempt([path, args]) {
  isKept = false;
  try {
    await run(path, args);
    return sets;
  } finally {
    isKept = true;
  }
}

const isConflict = (reader, writer) =>
  writer.changes.some(({ tableName, before, after }) =>
    [before, after].some(
      (stored) =>
        stored !== null &&
        reader.reads.some(
          (read) =>
            read.tableName === tableName && read.contains(stored.document),
        ),
    ),
  );

/** Documents of an entity, and writes of them. */
class Writes {
  #entity;
  #last = 0;

  constructor(entity) {
    this.#entity = entity;
  }

  get #module() {
    return `${this.#entity}s`;
  }

  document(number, threadId, createdAt) {
    return { [`${this.#entity}Id`]: `d${number}`, threadId, createdAt };
  }

  async fill() {
    for (; this.#last < ROWS; this.#last += BATCH) {
      const some = Array.from({ length: BATCH }, (_, at) =>
        this.document(this.#last + at, "t", this.#last + at),
      );
      await run(`${this.#module}:saveMany`, { [this.#module]: some });
    }
  }

  create(threadId, createdAt = null) {
    const number = (this.#last += 1);
    const document = this.document(number, threadId, createdAt ?? number);
    return [`${this.#module}:create`, { [this.#entity]: document }];
  }

  late() {
    return this.create("t", below(ROWS) + 0.5);
  }

  /** One of the thread; of those of the first half the first of a pair, of others the second. */
  #key(half) {
    const number = below(ROWS / 2) + (half * ROWS) / 2;
    return { [`${this.#entity}Id`]: `d${number}` };
  }

  move(half) {
    const set = { createdAt: below(ROWS) + 0.25 };
    return [`${this.#module}:update`, { ...this.#key(half), set }];
  }

  remove(half) {
    return [`${this.#module}:remove`, this.#key(half)];
  }
}

const counts = {};
for (const entity of ENTITIES) {
  const writes = new Writes(entity);
  await writes.fill();
  const kinds = {
    "appends to one thread": () => [writes.create("t"), writes.create("t")],
    "late inserts into one thread": () => [writes.late(), writes.late()],
    "moves within one thread": () => [writes.move(0), writes.move(1)],
    "deletions from one thread": () => [writes.remove(0), writes.remove(1)],
    "appends to two threads": () => [writes.create("t"), writes.create("u")],
    "first ones of two threads": () =>
      ["v", "w"].map((name) => writes.create(`${name}${below(2 ** 40)}`)),
  };
  counts[entity] = {};
  for (const [kind, pair] of Object.entries(kinds)) {
    let conflicts = 0;
    for (let n = 0; n < PAIRS; n++) {
      const [first, second] = pair();
      const writer = await attempt(first);
      const reader = await attempt(second);
      conflicts += Number(isConflict(reader, writer));
      // The log is as long as it is between writes that are kept.
      await run(...writes.create("t"));
    }
    counts[entity][kind] = conflicts;
  }
}
process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.exit(0));
