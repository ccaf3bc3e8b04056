/**
 * The known faults of convex-test: prints, by name, what the last step of each
 * gives there and in the embedded backend's engine.
 */

import { readFileSync } from "node:fs";
import { jsonToConvex } from "convex/values";
import { convexTestEngine, embeddedEngine } from "./engines.mjs";
import { Run } from "./run.mjs";

const file = new URL("known_faults.json", import.meta.url);

async function lastResult(engine, steps) {
  const run = new Run(engine);
  let result = null;
  for (const step of steps) result = await run.step(jsonToConvex(step));
  return result;
}

const results = {};
for (const { name, steps } of JSON.parse(readFileSync(file, "utf8"))) {
  results[name] = {
    convex_test: await lastResult(convexTestEngine(), steps),
    embedded: await lastResult(embeddedEngine(), steps),
  };
}
process.stdout.write(`${JSON.stringify(results)}\n`, () => process.exit(0));
