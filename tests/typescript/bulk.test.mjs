// What errors say of calls for many items. `i7` is there twice.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Conflict, ConvexStorage, DuplicateKey, InvalidArgument } from "client";

const storage = new ConvexStorage(process.env.CONVEX_URL, {
  deployKey: process.env.CONVEX_DEPLOY_KEY,
});

function item(number, fields = {}) {
  const itemId = `i${number}`;
  return { shelf: "s", itemId, serial: number, fixed: "f", ...fields };
}

async function thrown(promise) {
  return await promise.then(
    () => assert.fail("nothing was thrown"),
    (error) => error,
  );
}

test("duplicates are named and deleted", async () => {
  const key = { shelf: "s", itemId: "i7" };
  const error = await thrown(storage.items.get(key));
  assert.ok(error instanceof DuplicateKey);
  assert.equal(error.docIds.length, 2);
  assert.equal(error.entity, "Item");
  assert.deepEqual({ ...error.key }, key);
  const keys = [{ shelf: "s", itemId: "none" }, key];
  for (const call of ["getMany", "deleteMany"]) {
    const many = await thrown(storage.items[call](keys));
    assert.ok(many instanceof DuplicateKey);
    assert.deepEqual([many.index, many.batch, many.done], [1, 1, 0]);
  }
  assert.equal(await storage.system.delete("items", error.docIds[1]), true);
  assert.equal(await storage.system.delete("items", error.docIds[1]), false);
  assert.equal((await storage.items.get(key))._id, error.docIds[0]);
});

test("errors say which item and batch, and how many were done", async () => {
  await storage.items.clear();
  await storage.items.save(item(700, { fixed: "before" }));
  const items = Array.from({ length: 701 }, (_, number) => item(number));
  const error = await thrown(storage.items.saveMany(items));
  assert.ok(error instanceof Conflict);
  assert.deepEqual([error.index, error.batch, error.done], [700, 2, 500]);
  assert.match(
    error.message,
    /item 700 \(itemId "i700", shelf "s"\), in batch 2, after 500 were done|item 700 \(shelf "s", itemId "i700"\), in batch 2, after 500 were done/,
  );
});

test("so do those that are found before anything is sent", async () => {
  const items = [item(1), item(2, { serial: new Date() })];
  const error = await thrown(storage.items.saveMany(items));
  assert.ok(error instanceof InvalidArgument);
  assert.deepEqual([error.index, error.batch, error.done], [1, 1, 0]);
});
