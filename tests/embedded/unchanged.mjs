/**
 * Writes what is there already, in several ways; prints which of them a
 * subscription ran again for.
 *
 * Usage: node unchanged.mjs
 */

import { ConvexClient } from "convex/browser";
import { anyApi } from "convex/server";

const { add, read, write } = anyApi.unchanged;
const client = new ConvexClient(process.env.CONVEX_URL ?? "");
const id = await client.mutation(add, {});
let runs = 0;
await new Promise((resolve) => {
  client.onUpdate(read, { id }, () => {
    runs += 1;
    resolve(undefined);
  });
});
/** @type {string[]} */
const seen = [];
const ways = ["patch", "replace", "replace all", "other zero"];
for (const way of ways) {
  const before = runs;
  // It is done when its effects have been shown.
  await client.mutation(write, { id, way });
  if (runs > before) seen.push(way);
}
process.stdout.write(`${JSON.stringify(seen)}\n`, () => process.exit(0));
