/**
 * Calls of the embedded backend's engine and of plain convex-test, both in this
 * process, while their table grows. Prints milliseconds as one line of JSON: by
 * engine, by number of documents, by operation.
 *
 * Usage: node engine.mjs DOCUMENTS...
 */

import {
  convexTestEngine,
  embeddedEngine,
} from "../tests/embedded/engines.mjs";

const sizes = process.argv.slice(2).map(Number);
const ROUND_MILLISECONDS = 300;
const LEAST_CALLS = 5;

async function median(operation) {
  const times = [];
  const until = performance.now() + ROUND_MILLISECONDS;
  while (times.length < LEAST_CALLS || performance.now() < until) {
    const start = performance.now();
    await operation(times.length);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
}

const measured = {};
for (const engine of [embeddedEngine(), convexTestEngine()]) {
  const costs = (measured[engine.name] = {});
  let filled = 0;
  for (const size of sizes) {
    for (; filled < size; filled++)
      await engine.run("mutation", "messages:send", {
        channel: `c${filled}`,
        body: "a message of a few words",
      });
    const channel = (n) => ({ channel: `c${(n * 7919) % size}` });
    costs[size] = {
      lookup: await median((n) =>
        engine.run("query", "messages:single", channel(n)),
      ),
      write: await median((n) =>
        engine.run("mutation", "messages:vote", channel(n)),
      ),
    };
  }
}
process.stdout.write(`${JSON.stringify(measured)}\n`, () => process.exit(0));
