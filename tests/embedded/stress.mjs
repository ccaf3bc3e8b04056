/**
 * Writers that increment one counter, over HTTP and over WebSockets, while the
 * server is killed and started again: `node stress.mjs WRITERS WATCHERS
 * INCREMENTS`, so many of each protocol, each until so many increments of its own
 * are acknowledged; some of those with a socket watch the counter. Prints what
 * each writer was told.
 */

import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { anyApi } from "convex/server";

const url = process.env.CONVEX_URL ?? "";
const [writers, watchers, increments] = process.argv.slice(2).map(Number);
const { increment, read } = anyApi.counters;
const options = { logger: false, skipConvexDeploymentUrlCheck: true };

/** How long to wait for a server that is not there. */
const PAUSE = 20;

/**
 * The increments that were acknowledged, as `[sequence, count]`: a failed one
 * may have been done, and is not tried again.
 */
async function writeOverHttp(writer) {
  const client = new ConvexHttpClient(url, options);
  const acknowledged = [];
  for (let sequence = 0; acknowledged.length < increments; sequence++) {
    try {
      const count = await client.mutation(increment, { writer, sequence });
      acknowledged.push([sequence, count]);
    } catch (error) {
      if (!/fetch failed/.test(String(error))) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
  return { writer, acknowledged, seen: [] };
}

/** This client sends again by itself what is not answered. */
async function writeOverSocket(writer, isWatching) {
  const client = new ConvexClient(url, options);
  const acknowledged = [];
  const seen = [];
  if (isWatching) client.onUpdate(read, {}, (count) => seen.push(count));
  for (let sequence = 0; acknowledged.length < increments; sequence++) {
    const count = await client.mutation(increment, { writer, sequence });
    acknowledged.push([sequence, count]);
    // A mutation is over when its effect is in the subscriptions.
    if (isWatching && !(seen.at(-1) >= count))
      throw new Error(`${writer} saw ${seen.at(-1)} after ${count}`);
  }
  return { writer, acknowledged, seen, client };
}

const running = [];
for (let number = 0; number < writers; number++) {
  running.push(writeOverHttp(`http ${number}`));
  running.push(writeOverSocket(`socket ${number}`, number < watchers));
}
const reports = await Promise.all(running);
for (const { client } of reports) await client?.close();
const plain = reports.map(({ client, ...report }) => report);
process.stdout.write(JSON.stringify(plain), () => process.exit(0));
