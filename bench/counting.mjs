/**
 * Inserts, counts and pages of the tables of `counting.yaml`, in this process:
 * the processor time of the whole call, and what it reads and writes. Prints
 * medians as one line of JSON: by what is done, by table.
 *
 * Usage: node counting.mjs PROJECT ROUNDS LENGTH MANY
 */

import { convexToJson } from "convex/values";
import { ADMIN, loadHost } from "../tests/embedded/host.mjs";

const [project, ...numbers] = process.argv.slice(2);
const [ROUNDS, LENGTH, MANY] = numbers.map(Number);
const CALLS = 50;
const BATCH = 100;
const PAGE = 40;

const host = await loadHost({ directory: project });
let last = 0;

async function call(kind, path, args) {
  const request = { path, kind, args: convexToJson(args), identity: ADMIN };
  const { failure, call } = await host.run(request);
  if (failure !== null) throw new Error(failure.message);
  const metrics = call.transaction.meter.getTransactionMetrics();
  return {
    read: metrics.documentsRead.used,
    written: metrics.documentsWritten.used,
  };
}

/** A table with its functions. */
class Table {
  #entity;
  #module;

  /** @param {string} functions the module of those that write and count */
  constructor(entity, functions) {
    this.#entity = entity;
    this.#module = functions;
  }

  #document(threadId) {
    last += 1;
    return {
      [`${this.#entity}Id`]: `d${last}`,
      threadId,
      createdAt: last,
      text: "A message of some words, as people write them.",
    };
  }

  insert() {
    const given = { [this.#entity]: this.#document("t") };
    return call("mutation", `${this.#module}:create`, given);
  }

  insertMany(count, thread) {
    const some = Array.from({ length: count }, (_, at) =>
      this.#document(thread(at)),
    );
    const given = { [`${this.#entity}s`]: some };
    return call("mutation", `${this.#module}:saveMany`, given);
  }

  #read(function_, args) {
    const path = `${this.#module}:byThreadIdAndCreatedAt${function_}`;
    return call("query", path, { threadId: "t", ...args });
  }

  count() {
    return this.#read("Count", {});
  }

  page() {
    return this.#read("Page", { offset: LENGTH / 2, limit: PAGE });
  }
}

const tables = {
  plain: new Table("plain", "plains"),
  counted: new Table("counted", "counteds"),
  aggregated: new Table("aggregated", "aggregated"),
};

/** What is measured: calls, each so often a round and of so many documents. */
const operations = {
  insert: [CALLS, 1, (table) => table.insert()],
  insertMany: [1, MANY, (table) => table.insertMany(MANY, () => "t")],
  insertApart: [1, MANY, (table) => table.insertMany(MANY, (at) => `t${at}`)],
  count: [CALLS, 1, (table) => table.count()],
  page: [CALLS, 1, (table) => table.page()],
};
const READS = ["count", "page"];

/** The means of a round, a document. */
async function round([calls, documents, operation], table) {
  const sums = { read: 0, written: 0 };
  const start = process.cpuUsage();
  for (let n = 0; n < calls; n++) {
    const used = await operation(table);
    sums.read += used.read;
    sums.written += used.written;
  }
  const { user, system } = process.cpuUsage(start);
  const every = calls * documents;
  return {
    milliseconds: (user + system) / 1000 / every,
    read: sums.read / every,
    written: sums.written / every,
  };
}

function median(rounds, name) {
  const values = rounds.map((one) => one[name]).sort((a, b) => a - b);
  return values[values.length >> 1];
}

for (const table of Object.values(tables))
  for (let filled = 0; filled < LENGTH; filled += BATCH)
    await table.insertMany(BATCH, () => "t");

const measured = {};
for (const [name, operation] of Object.entries(operations)) {
  const compared = Object.entries(tables).filter(
    ([table]) => table !== "plain" || !READS.includes(name),
  );
  const rounds = Object.fromEntries(compared.map(([table]) => [table, []]));
  // In turns, each time from another one on; the first round is not kept.
  for (let n = 0; n <= ROUNDS; n++) {
    const first = n % compared.length;
    for (const [table, functions] of [
      ...compared.slice(first),
      ...compared.slice(0, first),
    ]) {
      const result = await round(operation, functions);
      if (n > 0) rounds[table].push(result);
    }
  }
  measured[name] = Object.fromEntries(
    Object.entries(rounds).map(([table, some]) => [
      table,
      {
        milliseconds: median(some, "milliseconds"),
        read: median(some, "read"),
        written: median(some, "written"),
      },
    ]),
  );
}
process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit(0));
