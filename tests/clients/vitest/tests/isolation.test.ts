import { appendFileSync } from "node:fs";
import { ConvexHttpClient } from "convex/browser";
import { describe, expect } from "vitest";

import {
  type ConvexBackend,
  test,
} from "../generated/typescript/testing/index.js";
import { api } from "./api.js";

/** Each server process has a key of its own. */
function note({ adminKey }: ConvexBackend) {
  const file = process.env["SEEN_KEYS"];
  if (file !== undefined) appendFileSync(file, `${adminKey}\n`);
}

async function isAlone(backend: ConvexBackend, text: string) {
  note(backend);
  const client = new ConvexHttpClient(backend.url);
  expect(await client.query(api.board.texts)).toEqual([]);
  await client.mutation(api.board.post, { noteId: text, text });
  expect(await client.query(api.board.texts)).toEqual([text]);
}

const texts = Array.from({ length: 40 }, (_, number) => `text ${number}`);

for (const text of texts)
  test(text, async ({ convexBackend }) => {
    await isAlone(convexBackend, text);
  });

describe.concurrent("at the same time", () => {
  for (const text of texts.slice(0, 8))
    test(text, async ({ convexBackend }) => {
      await isAlone(convexBackend, text);
    });
});

let earlier: string | null = null;

test("is soon an earlier one", async ({ convexBackend }) => {
  earlier = convexBackend.url;
  await convexBackend.clock.set(0);
  await convexBackend.faults.error(500);
});

test("has nothing of an earlier one", async ({ convexBackend }) => {
  expect(earlier).not.toBeNull();
  await expect(fetch(`${earlier}/version`)).rejects.toThrow("fetch failed");
  const before = Date.now() - 1;
  const now = await convexBackend.clock.now();
  expect(now.getTime()).toBeGreaterThan(before);
  expect(now.getTime()).toBeLessThan(Date.UTC(2031, 0));
  expect((await fetch(`${convexBackend.url}/version`)).status).toBe(200);
});
