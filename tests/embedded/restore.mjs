/**
 * Runs functions, makes another host from the records of their commits, and
 * prints what each of the two has.
 */

import { ANONYMOUS, CommitStore, loadHost } from "./host.mjs";

const DAY = 24 * 3600 * 1000;

const host = await loadHost({ directory: "faults" });
const store = new CommitStore();
host.onRecord((record) => store.apply(record));
const first = caller(host);

await first("documents:insert", "mutation", {
  table: "undeclared",
  documents: [{ n: { $integer: "AQAAAAAAAAA=" } }, { b: { $bytes: "AAE=" } }],
});
const [removed] = await first("documents:insert", "mutation", {
  table: "literals",
  documents: [{ version: { $integer: "AQAAAAAAAAA=" } }],
});
await first("documents:insert", "mutation", {
  table: "articles",
  documents: [{ title: "red fox", kind: "a" }, { title: "frog" }, {}],
});
await first("documents:clear", "mutation", { table: "literals" });
const file = await first("files:store", "action", {
  text: "content",
  type: "text/plain",
});
const gone = await first("files:store", "action", { text: "gone" });
await first("files:remove", "mutation", { id: gone.id });
const pending = await first("jobs:schedule", "mutation", {
  name: "after the restart",
  delay: 300,
});
const canceled = await first("jobs:schedule", "mutation", {
  name: "never",
  delay: 300,
});
await first("jobs:cancel", "mutation", { id: canceled });
const waiting = await first("jobs:schedule", "mutation", {
  name: "far",
  delay: 30 * DAY,
});
const running = await first("jobs:scheduleWaiting", "mutation", {});
const isRunning = async () =>
  (await first("jobs:job", "query", { id: running })).state.kind ===
  "inProgress";
while (!(await isRunning()))
  await new Promise((resolve) => setTimeout(resolve, 5));
host.close();
const before = await describe(first);

const restored = await loadHost({
  directory: "faults",
  initial: store.snapshot(),
});
const second = caller(restored);
const after = await describe(second);
const jobs = {
  running: await second("jobs:job", "query", { id: running }),
  waiting: await second("jobs:job", "query", { id: waiting }),
  canceled: await second("jobs:job", "query", { id: canceled }),
};
while ((await second("jobs:ticks", "query", { name: "after the restart" })) < 1)
  await new Promise((resolve) => setTimeout(resolve, 5));
jobs.pending = await second("jobs:job", "query", { id: pending });
const [created] = await second("documents:insert", "mutation", {
  table: "literals",
  documents: [{ version: { $integer: "AQAAAAAAAAA=" } }],
});
const facts = {
  before,
  after,
  jobs,
  tablesOfIds: [removed, created].map((id) =>
    restored.database.tables.nameOfId(id),
  ),
  timestamps: [host, restored].map(({ manager }) =>
    String(manager.lastTimestamp),
  ),
};
process.stdout.write(`${JSON.stringify(facts)}\n`, () => process.exit(0));

/** @param {any} of */
function caller(of) {
  return async (path, kind, args) => {
    const request = { path, kind, args, identity: ANONYMOUS };
    const { value, failure } = await of.run(request);
    if (failure !== null) throw new Error(failure.message);
    return JSON.parse(value);
  };
}

async function describe(call) {
  const tables = ["undeclared", "literals", "articles"];
  return {
    documents: await Promise.all(
      tables.map((table) => call("documents:all", "query", { table })),
    ),
    found: await call("search:titles", "query", { text: "fox", kind: "a" }),
    file: await call("files:read", "action", { id: file.id }),
    gone: await call("files:read", "action", { id: gone.id }),
  };
}
