// Runs queries that come as JSON, and prints the keys of what each finds, or the
// name of its error.

import { readFileSync } from "node:fs";

import { ConvexStorage, UNSET } from "client";
import { jsonToConvex } from "convex/values";

interface Query {
  store: string;
  /** That of the store, and what its query is asked for after a dot: all, if nothing is said. */
  method: string;
  /** Values in Convex's JSON; `{"unset": true}` in place of one is `UNSET`. */
  arguments: unknown[];
  options: Record<string, unknown>;
}

interface Item {
  key: string;
}

interface Found extends AsyncIterable<Item> {
  first: () => Promise<Item | null>;
  page: () => Promise<{ items: Item[] }>;
  all: () => Promise<Item[]>;
  watch: () => AsyncIterable<Item[]>;
}

/** A query, or what a search of vectors has found. */
type Method = (...given: unknown[]) => Found | Promise<{ item: Item }[]>;

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
  const [name = "", wanted] = query.method.split(".");
  const method = stores[query.store]?.[name];
  if (method === undefined) throw new Error(`no method ${name}`);
  const all = query.arguments.map(given);
  const found = method.call(stores[query.store], ...all, options);
  if (found instanceof Promise)
    return (await found).map(({ item }) => item.key);
  return (await itemsOf(found, wanted)).map(({ key }) => key);
}

async function itemsOf(found: Found, wanted = "iterate"): Promise<Item[]> {
  switch (wanted) {
    case "first": {
      const first = await found.first();
      return first === null ? [] : [first];
    }
    case "page":
      return (await found.page()).items;
    case "all":
      return await found.all();
    case "watch":
      for await (const snapshot of found.watch()) return snapshot;
      return [];
    default: {
      const items: Item[] = [];
      for await (const one of found) items.push(one);
      return items;
    }
  }
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
