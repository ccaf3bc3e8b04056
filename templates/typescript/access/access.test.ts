/** What everybody gets of each function is what the rules of the spec say. */

import { describe, expect } from "vitest";

import { matrix } from "./access.js";
import { Calls } from "./calls.js";
import { test } from "./index.js";
import { Rows, strayed, unlisted } from "./rows.js";

const TIMEOUT = 120_000;

const name = "each function has a row, and each row a function";

test(name, { timeout: TIMEOUT }, async ({ convexBackend }) => {
  const functions = await new Calls(convexBackend).functions();
  expect(unlisted(matrix, functions)).toEqual([]);
});

describe("who gets what of functions for users", () => {
  for (const path of new Set(matrix.rows.map((row) => row.function)))
    test(path, { timeout: TIMEOUT }, async ({ convexBackend }) => {
      const calls = new Calls(convexBackend);
      const kind = (await calls.functions()).get(path) ?? "query";
      const rows = new Rows(matrix, calls);
      const wrong: string[] = [];
      for (const row of matrix.rows)
        if (row.function === path) wrong.push(...(await rows.wrong(row, kind)));
      expect(wrong).toEqual([]);
    });
});

describe("who reaches the other functions", () => {
  for (const module of matrix.modules)
    test(module.name, { timeout: TIMEOUT }, async ({ convexBackend }) => {
      const calls = new Calls(convexBackend);
      expect(await strayed(matrix, module, calls)).toEqual([]);
    });
});

for (const [module, field] of Object.entries(matrix.untold))
  test.skip(`${module}: no documents could be made up, since ${field} has no value`, () =>
    undefined);
