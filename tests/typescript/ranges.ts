// Runs queries that come as JSON, and prints the keys of what each finds, or the
// name of its error.

import { readFileSync } from "node:fs";

import { ConvexStorage, UNSET } from "client";
import { jsonToConvex } from "convex/values";

interface Query {
  store: string;
  method: string;
  /** Values in Convex's JSON; `{"unset": true}` in place of one is `UNSET`. */
  arguments: unknown[];
  options: Record<string, unknown>;
}

type Found = Iterable<{ key: string }> | AsyncIterable<{ key: string }>;
type Method = (...given: unknown[]) => Found | Promise<unknown>;

const storage = new ConvexStorage(process.env.CONVEX_URL ?? "", {
  deployKey: process.env.CONVEX_DEPLOY_KEY,
});
const stores = storage as unknown as Record<string, Record<string, Method>>;

function given(value: unknown): unknown {
  if (typeof value === "object" && value !== null) {
    if ("unset" in value) return UNSET;
    if ("range" in value) {
      const entries = Object.entries(value.range as Record<string, unknown>);
      return Object.fromEntries(
        entries.map(([name, bound]) => [name, given(bound)]),
      );
    }
  }
  return jsonToConvex(value as Parameters<typeof jsonToConvex>[0]);
}

async function keysOf(query: Query): Promise<string[]> {
  const options = Object.fromEntries(
    Object.entries(query.options).map(([name, one]) => [name, given(one)]),
  );
  const method = stores[query.store]?.[query.method];
  if (method === undefined) throw new Error(`no method ${query.method}`);
  const all = query.arguments.map(given);
  const found = await method.call(stores[query.store], ...all, options);
  if (found === null) return [];
  const keys: string[] = [];
  const add = (one: { key?: string; item?: { key: string } }): void => {
    keys.push(one.item?.key ?? one.key ?? "?");
  };
  if (query.method.startsWith("watch")) {
    for await (const snapshot of found as AsyncIterable<{ key: string }[]>) {
      snapshot.forEach(add);
      break;
    }
  } else if (query.method.startsWith("page")) {
    (found as { items: { key: string }[] }).items.forEach(add);
  } else if (query.method.startsWith("first")) {
    add(found as { key: string });
  } else {
    for await (const one of found as Iterable<{ key: string }>) add(one);
  }
  return keys;
}

const queries = JSON.parse(
  readFileSync(process.argv[2] ?? "", "utf8"),
) as Query[];
const results: unknown[] = [];
for (const query of queries) {
  try {
    results.push(await keysOf(query));
  } catch (error) {
    const { name, message } = error as Error;
    results.push({ name, message });
  }
}
console.log(JSON.stringify(results));
await storage.close();
