import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { expect } from "vitest";

import { ConvexStorage, NotFound } from "../generated/typescript/index.js";
import { test as base } from "../generated/typescript/testing/index.js";
import { api } from "./api.js";

const test = base.extend<{ storage: ConvexStorage }>({
  storage: async ({ convexBackend }, use) => {
    const { url, adminKey } = convexBackend;
    const storage = new ConvexStorage(url, { deployKey: adminKey });
    await use(storage);
    await storage.close();
  },
});

test("the client over HTTP", async ({ convexBackend }) => {
  const client = new ConvexHttpClient(convexBackend.url);
  await client.mutation(api.board.post, { noteId: "n1", text: "hello" });
  expect(await client.query(api.board.texts)).toEqual(["hello"]);
  const lines = () => convexBackend.logLines();
  await expect
    .poll(lines)
    .toContainEqual(expect.stringMatching(/posting' 'n1/));
});

test("the key may call internal functions", async ({ convexBackend }) => {
  const secret = makeFunctionReference<"query">("board:secret");
  const client = new ConvexHttpClient(convexBackend.url);
  await expect(client.query(secret)).rejects.toThrow(/public function/);
  // It is not in the types of the client.
  (client as unknown as { setAdminAuth(key: string): void }).setAdminAuth(
    convexBackend.adminKey,
  );
  expect(await client.query(secret)).toBe("secret");
});

test("the client over a WebSocket", async ({ convexBackend }) => {
  const client = new ConvexClient(convexBackend.url);
  const seen: string[][] = [];
  client.onUpdate(api.board.texts, {}, (texts) => seen.push(texts));
  await expect.poll(() => seen).toEqual([[]]);
  await client.mutation(api.board.post, { noteId: "n1", text: "hello" });
  await expect.poll(() => seen).toEqual([[], ["hello"]]);
  await client.close();
});

test("the generated client", async ({ storage }) => {
  await storage.notes.create({ noteId: "n1", text: "hello" });
  for await (const note of storage.notes.watch("n1")) {
    if (note?.text === "changed") break;
    await storage.notes.update("n1", { text: "changed" });
  }
  await storage.notes.delete("n1");
  await expect(storage.notes.update("n1", { text: "" })).rejects.toThrow(
    NotFound,
  );
});

test("and its repeats", async ({ convexBackend, storage }) => {
  await convexBackend.faults.error(503, { path: "notes:save", nth: 1 });
  await convexBackend.faults.drop({ path: "notes:getById", nth: 1 });
  await storage.notes.save({ noteId: "n1", text: "hello" });
  expect((await storage.notes.get("n1"))?.text).toBe("hello");
});
