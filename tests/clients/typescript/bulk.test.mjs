// What errors say of calls for many items. `i7` is there twice.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  Conflict,
  ConvexStorage,
  DuplicateKey,
  InvalidArgument,
  NotFound,
  UNSET,
} from "client";

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

test("the item is named where the message is about another", async () => {
  const items = [item(1), item(2, { other: "none" })];
  const error = await thrown(storage.items.saveMany(items));
  assert.ok(error instanceof NotFound);
  assert.deepEqual(
    [error.entity, { ...error.key }],
    ["Parent", { parentId: "none" }],
  );
  assert.deepEqual({ ...error.item }, { shelf: "s", itemId: "i2" });
  assert.match(error.message, /item 1 \(.*itemId "i2"/);
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

test("the tables that there are are named", async () => {
  for (const call of [
    () => storage.system.clear("nope"),
    () => storage.system.measure("nope"),
    () => storage.system.delete("nope", "a"),
  ]) {
    const error = await thrown(call());
    assert.ok(error instanceof InvalidArgument);
    const told = 'there is no table "nope": there are parents, items';
    assert.equal(error.message, told);
  }
});

test("one text is no list of keys", async () => {
  await storage.parents.save({ parentId: "a" });
  for (const call of ["getMany", "deleteMany"]) {
    for (const given of ["a", null, undefined, 5, { parentId: "a" }]) {
      const error = await thrown(storage.parents[call](given));
      assert.ok(error instanceof InvalidArgument);
      assert.match(error.message, /expected an array or an iterable/);
    }
  }
  const error = await thrown(storage.items.saveMany("ab"));
  assert.match(error.message, /found one string/);
  assert.equal(await storage.parents.deleteMany(new Set(["a", "b"])), 1);
});

test("what getters of a class give is not lost", async () => {
  class Named {
    get shelf() {
      return "of the base";
    }
    get free() {
      return "given";
    }
  }
  class Given extends Named {
    serial = 900;
    get shelf() {
      return "s";
    }
    get itemId() {
      return `i${this.serial}`;
    }
    get fixed() {
      return "f";
    }
  }
  const { shelf, itemId, free } = await storage.items.save(new Given());
  assert.deepEqual([shelf, itemId, free], ["s", "i900", "given"]);
  await storage.items.saveMany([new Given()]);
  class Changes {
    get free() {
      return UNSET;
    }
  }
  const expected = new (class {
    get free() {
      return "given";
    }
  })();
  const key = { shelf, itemId };
  const changed = await storage.items.update(key, new Changes(), { expected });
  assert.ok(!("free" in changed));
});

test("null where a field may only be absent", async () => {
  const key = { shelf: "s", itemId: "i900" };
  const calls = [
    () => storage.items.update(key, { free: null }),
    () => storage.items.save(item(901, { free: null })),
  ];
  for (const call of calls) {
    const error = await thrown(call());
    assert.ok(error instanceof InvalidArgument);
    assert.match(error.message, /leave it out, or update it to `UNSET`/);
  }
});
