/**
 * Calls over both protocols through the clients of the package convex, and how
 * long a change takes to reach its subscriber. Prints one line of JSON.
 *
 * Usage: CONVEX_URL=... node wire.mjs UNRELATED, the number of subscriptions
 * that no change concerns
 */

import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { anyApi as api } from "convex/server";

const unrelated = Number(process.argv[2]);
const url = process.env.CONVEX_URL ?? "";
const ROUND_MILLISECONDS = 1000;
const CHANGES = 200;

const http = new ConvexHttpClient(url, { logger: false });
const socket = new ConvexClient(url, { logger: false });

async function perSecond(call) {
  let calls = 0;
  const start = performance.now();
  while (performance.now() < start + ROUND_MILLISECONDS) {
    await call();
    calls++;
  }
  return (1000 * calls) / (performance.now() - start);
}

async function latency() {
  let arrived = () => {};
  const ready = [];
  for (let n = 0; n <= unrelated; n++) {
    ready.push(
      new Promise((resolve) =>
        socket.onUpdate(api.messages.list, { channel: `s${n}` }, () => {
          resolve(undefined);
          if (n === 0) arrived();
        }),
      ),
    );
  }
  await Promise.all(ready);
  const times = [];
  for (let n = 0; n < CHANGES; n++) {
    const seen = new Promise((resolve) => {
      arrived = () => resolve(undefined);
    });
    const start = performance.now();
    await http.mutation(api.messages.vote, { channel: "s0" });
    await seen;
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[CHANGES >> 1];
}

for (let n = 0; n < 200; n++)
  await http.mutation(api.messages.send, { channel: `s${n}`, body: "a" });
const rates = {};
for (const [name, client] of Object.entries({ http, socket })) {
  for (const [kind, path] of [
    ["query", api.messages.single],
    ["mutation", api.messages.vote],
  ]) {
    let calls = 0;
    // A client answers a query that it still follows by itself.
    const call = () => client[kind](path, { channel: `s${calls++ % 200}` });
    await call();
    rates[`${name} ${kind}`] = await perSecond(call);
  }
}
const milliseconds = await latency();
process.stdout.write(`${JSON.stringify({ rates, milliseconds })}\n`, () =>
  process.exit(0),
);
