/**
 * Validates documents by schemas as the embedded backend does: `node validation.mjs SERVER`, where
 * SERVER is its folder. Each line of its input has two modules with schemas, the old and the new
 * one, and documents of the old one by tables; each line of its output what is wrong with each of
 * them in either.
 */

import { createInterface } from "node:readline";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { jsonToConvex } from "convex/values";

const server = process.argv[2] ?? "";
const load = (path) => import(pathToFileURL(join(server, path)).href);
const { exportSchema } = await load("push/schemas.mjs");
const { findViolation } = await load("values/validator.mjs");

/** Document IDs of these tests end with their table. */
const tableOfId = (id) => id.split("|")[1] ?? null;

async function validators(module) {
  const { default: schema } = await import(pathToFileURL(module).href);
  const { tables } = exportSchema({ exported: schema }, "");
  return new Map(tables.map((table) => [table.tableName, table.documentType]));
}

for await (const line of createInterface({ input: process.stdin })) {
  const { schemas, documents } = JSON.parse(line);
  const found = [];
  for (const schema of schemas) {
    const types = await validators(schema);
    const wrong = [];
    for (const [table, listed] of Object.entries(documents)) {
      const type = types.get(table);
      for (const document of listed) {
        const value = jsonToConvex(document);
        wrong.push(type && findViolation(type, value, tableOfId));
      }
    }
    found.push(wrong.map((one) => one ?? null));
  }
  process.stdout.write(`${JSON.stringify(found)}\n`);
}
