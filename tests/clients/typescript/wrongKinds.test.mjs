// What is of the wrong kind as a whole is refused as an argument, in words, and
// before anything is sent: no error is that of the line that stumbled over it.

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";

import {
  AccessDenied,
  ConvexStorage,
  increment,
  InvalidArgument,
} from "client";

/** What is sent is refused in other words. */
const fetch = async () => new Response("{}", { status: 403 });
const URL = "http://127.0.0.1:1";
const storage = new ConvexStorage(URL, { deployKey: "key", fetch });
const { items, loose, files, system, functions } = storage;

const WRONG = [null, 5, 5n, "ab", "", true, [5], () => 1];
const item = { itemId: "k", text: "t", vector: [1, 0], steps: {} };
const all = items.list();
const by = items.byText("t");
const found = items.find();
const numbered = items.numbered();
const block = (collect) => storage.atomic(collect);
const begun = (watched) => watched[Symbol.asyncIterator]().next();
const later = async (found) => await found.next();

/** By what is asked, with what stands in the place of an object. */
const OPTIONS = {
  "a storage": (given) => new ConvexStorage(URL, given),
  "from the environment": (given) => ConvexStorage.fromEnv(given),
  get: (given) => items.get("k", given),
  getMany: (given) => items.getMany(["k"], given),
  watch: (given) => items.watch("k", given),
  list: (given) => items.list(given),
  create: (given) => items.create(item, given),
  save: (given) => items.save(item, given),
  saveMany: (given) => items.saveMany([item], given),
  update: (given) => items.update("k", { text: "b" }, given),
  updateMany: (given) =>
    items.updateMany([{ key: "k", set: { text: "b" } }], given),
  updateEntries: (given) => items.updateEntries("k", { steps: {} }, given),
  upsert: (given) =>
    items.upsert("k", { set: { text: "b" }, create: { steps: {} } }, given),
  delete: (given) => items.delete("k", given),
  deleteMany: (given) => items.deleteMany(["k"], given),
  clear: (given) => items.clear(given),
  getByDocId: (given) => items.getByDocId("a", given),
  watchByDocId: (given) => items.watchByDocId("a", given),
  getByCode: (given) => items.getByCode("a", given),
  "loose create": (given) => loose.create({}, given),
  "loose createMany": (given) => loose.createMany([{}], given),
  "loose replace": (given) => loose.replace("a", {}, given),
  "a query": (given) => items.byText("t", given),
  "a query with conditions": (given) => items.find(given),
  "a query with windows": (given) => items.numbered(given),
  "a search": (given) => items.searchText("a", given),
  nearest: (given) => items.nearest([1, 0], given),
  iterate: (given) => later(all.iterate(given)),
  all: (given) => all.all(given),
  first: (given) => all.first(given),
  page: (given) => all.page(given),
  "watched query": (given) => all.watch(given),
  "deletion of what is found": (given) => by.delete(given),
  "update of what is found": (given) => by.update(given),
  "copy of what is found": (given) => by.copy(given),
  "page by conditions": (given) => found.page(given),
  "count by conditions": (given) => found.count(given),
  "watched conditions": (given) => found.watch(given),
  count: (given) => numbered.count(given),
  rank: (given) => numbered.rank("k", given),
  "page by number": (given) => numbered.page(given),
  around: (given) => numbered.around("k", given),
  aroundMany: (given) => numbered.aroundMany([{ key: "k" }], given),
  "results of a search": (given) => items.searchText("a").all(given),
  "first result": (given) => items.searchText("a").first(given),
  "watched search": (given) => items.searchText("a").watch(given),
  atomic: (given) =>
    storage.atomic((tx) => tx.items.create(item) && undefined, given),
  snapshot: (given) => storage.snapshot(() => undefined, given),
  "delete in a block": (given) => block((tx) => tx.items.delete("k", given)),
  "update in a block": (given) =>
    block((tx) => tx.items.update("k", { text: "b" }, given)),
  "save in a block": (given) => block((tx) => tx.items.save(item, given)),
  "replace in a block": (given) =>
    block((tx) => tx.loose.replace("a", {}, given)),
  upload: (given) => files.upload(new Blob(["a"]), given),
  download: (given) => files.download("a", given),
  stream: (given) => files.stream("a", given),
  url: (given) => files.url("a", given),
  "delete a file": (given) => files.delete("a", given),
  tables: (given) => system.tables(given),
  size: (given) => system.measure("items", given),
  "clear a table": (given) => system.clear("items", given),
  "delete a document": (given) => system.delete("items", "a", given),
  fillCounts: (given) => system.fillCounts(given),
  refillCounts: (given) => system.refillCounts("items.by_text", given),
  verifyCounts: (given) => system.verifyCounts(given),
  "a function": (given) => functions.own.run({ at: 1 }, given),
  "a watched function": (given) => functions.own.watchSeen({}, given),
};
const OBJECTS = {
  create: (given) => items.create(given),
  save: (given) => items.save(given),
  "one of saveMany": (given) => items.saveMany([given]),
  "loose create": (given) => loose.create(given),
  "one of createMany": (given) => loose.createMany([given]),
  "loose replace": (given) => loose.replace("a", given),
  update: (given) => items.update("k", given),
  updateEntries: (given) => items.updateEntries("k", given),
  "one of updateMany": (given) => items.updateMany([given]),
  "set of updateMany": (given) => items.updateMany([{ key: "k", set: given }]),
  "expected of updateMany": (given) =>
    items.updateMany([{ key: "k", set: { text: "b" }, expected: given }]),
  upsert: (given) => items.upsert("k", given),
  "set of an upsert": (given) => items.upsert("k", { set: given }),
  "create of an upsert": (given) =>
    items.upsert("k", { set: { count: increment(1) }, create: given }),
  "expected of update": (given) =>
    items.update("k", { text: "b" }, { expected: given }),
  "expected of save": (given) => items.save(item, { expected: given }),
  "expected of delete": (given) => items.delete("k", { expected: given }),
  "expected of replace": (given) => loose.replace("a", {}, { expected: given }),
  where: (given) => items.find({ where: given }),
  "set of what is found": (given) => by.update({ set: given }),
  "key of copies": (given) => by.copy({ key: given }),
  "set of copies": (given) => by.copy({ key: { itemId: "l" }, set: given }),
  "one of aroundMany": (given) => numbered.aroundMany([given]),
  "one around a page": (given) => numbered.page({ offset: 0, around: [given] }),
  "create in a block": (given) => block((tx) => tx.items.create(given)),
  "update in a block": (given) => block((tx) => tx.items.update("k", given)),
  "upsert in a block": (given) => block((tx) => tx.items.upsert("k", given)),
  "set in a block": (given) =>
    block((tx) => tx.items.upsert("k", { set: given })),
  "create of an upsert in a block": (given) =>
    block((tx) => tx.items.upsert("k", { create: given })),
  "expect in a block": (given) => block((tx) => tx.items.expect("k", given)),
  "expected in a block": (given) =>
    block((tx) => tx.items.delete("k", { expected: given })),
  "arguments of a function": (given) => functions.own.run(given),
};

/** Objects with names of their own, by what they may have besides. */
const PARTS = {
  upsert: (other) =>
    items.upsert("k", Object.assign(other, { set: { text: "b" } })),
  "upsert in a block": (other) =>
    block((tx) =>
      tx.items.upsert("k", Object.assign(other, { set: { text: "b" } })),
    ),
  "one of updateMany": (other) =>
    items.updateMany([Object.assign(other, { key: "k", set: { text: "b" } })]),
  "one of aroundMany": (other) =>
    numbered.aroundMany([Object.assign(other, { key: "k", before: 1 })]),
  "one around a page": (other) =>
    numbered.page({ offset: 0, around: [Object.assign(other, { key: "k" })] }),
  "key of copies": (other) =>
    by.copy({ key: { itemId: { random: true, oder: other.oder } } }),
};

/** What is no object either, and what of the values above is right there. */
const OTHERS = {
  "keys of getMany": [(given) => items.getMany(given), [[5]]],
  "keys of deleteMany": [(given) => items.deleteMany(given), [[5]]],
  "items of saveMany": [(given) => items.saveMany(given), []],
  "updates of many": [(given) => items.updateMany(given), []],
  "several windows": [(given) => numbered.aroundMany(given), []],
  "windows of a page": [
    (given) => numbered.page({ offset: 0, around: given }),
    [],
  ],
  unset: [(given) => by.update({ set: {}, unset: given }), []],
  "unset of copies": [
    (given) => by.copy({ key: { itemId: "l" }, unset: given }),
    [],
  ],
  "unset of many": [
    (given) => items.updateMany([{ key: "k", unset: given }]),
    [],
  ],
  include: [(given) => items.get("k", { include: given }), []],
  "include of many": [(given) => items.getMany(["k"], { include: given }), []],
  "include of a query": [(given) => items.byText("t", { include: given }), []],
  missing: [(given) => items.updateMany([], { missing: given }), []],
  order: [(given) => items.list({ order: given }), []],
  "order of a query": [(given) => items.byText("t", { order: given }), []],
  limit: [(given) => all.page({ limit: given }), [5]],
  "watched limit": [(given) => begun(all.watch({ limit: given })), [5]],
  "limit of a search": [
    (given) => items.searchText("a", { limit: given }),
    [5],
  ],
  pageSize: [(given) => later(all.iterate({ pageSize: given })), [5]],
  cursor: [(given) => all.page({ cursor: given }), [null, "ab", ""]],
  offset: [(given) => numbered.page({ offset: given }), [5]],
  before: [(given) => numbered.around("k", { before: given }), [5]],
  concurrency: [(given) => items.saveMany([item], { concurrency: given }), [5]],
  timeout: [(given) => items.get("k", { timeout: given }), [5]],
  signal: [(given) => items.get("k", { signal: given }), []],
  "signal of a watch": [(given) => items.watch("k", { signal: given }), []],
  "signal of a file": [(given) => files.stream("a", { signal: given }), []],
  "progress of saveMany": [
    (given) => items.saveMany([item], { progress: given }),
    ["function"],
  ],
  "progress of deleteMany": [
    (given) => items.deleteMany(["k"], { progress: given }),
    ["function"],
  ],
  "progress of clear": [
    (given) => items.clear({ progress: given }),
    ["function"],
  ],
  "progress of what is found": [
    (given) => by.delete({ progress: given }),
    ["function"],
  ],
  "progress of counts": [
    (given) => system.fillCounts({ progress: given }),
    ["function"],
  ],
  "progress of a file": [
    (given) => files.stream("a", { progress: given }),
    ["function"],
  ],
  search: [(given) => items.searchText(given), ["ab", ""]],
  vector: [(given) => items.nearest(given), [[5]]],
  file: [(given) => files.upload(given), []],
  URL: [(given) => new ConvexStorage(given), []],
  deployKey: [(given) => new ConvexStorage(URL, { deployKey: given }), ["ab"]],
  auth: [
    (given) => new ConvexStorage(URL, { auth: given }),
    ["ab", "", "function"],
  ],
  fetch: [(given) => new ConvexStorage(URL, { fetch: given }), ["function"]],
};

async function thrown(call) {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return undefined;
}

async function refused(place, ask, given) {
  const error = await thrown(() => ask(given));
  const shown = typeof given === "bigint" ? given : JSON.stringify(given);
  assert.ok(error instanceof InvalidArgument, `${place} ${shown}: ${error}`);
  return error;
}

for (const [kind, places] of Object.entries({ OPTIONS, OBJECTS })) {
  test(`no other kind in place of an object: ${kind}`, async () => {
    for (const [place, ask] of Object.entries(places)) {
      for (const given of WRONG) {
        const { message } = await refused(place, ask, given);
        assert.match(message, /` is .*, not an object|^the deploy/, place);
      }
    }
  });
}

class Misspelt {
  get oder() {
    return "desc";
  }
}

test("no option of another name", async () => {
  for (const [place, ask] of Object.entries(OPTIONS)) {
    const { message } = await refused(place, ask, { oder: "desc" });
    assert.match(message, /`options\.oder` is not known here: /, place);
    const { signal } = new AbortController();
    await refused(place, ask, signal);
  }
  for (const [place, ask] of Object.entries(PARTS)) {
    for (const given of [{ oder: "desc" }, new Misspelt()]) {
      const { message } = await refused(place, ask, given);
      assert.match(message, /oder` is not known here: /, place);
    }
  }
});

test("no other kind in other places", async () => {
  for (const [place, [ask, right]] of Object.entries(OTHERS)) {
    for (const given of WRONG) {
      const isRight = right.some((one) =>
        one === "function"
          ? typeof given === "function"
          : isDeepStrictEqual(one, given),
      );
      if (!isRight) await refused(place, ask, given);
    }
  }
});

test("what is an object is sent, also one of a class", async () => {
  class Changes {
    get text() {
      return "b";
    }
  }
  class Options {
    get fetch() {
      return fetch;
    }
  }
  Object.assign(process.env, { CONVEX_URL: URL, CONVEX_DEPLOY_KEY: "key" });
  for (const call of [
    () => ConvexStorage.fromEnv(new Options()).items.get("k"),
    () => items.update("k", new Changes(), { expected: new Changes() }),
    () => items.updateMany([{ key: "k", set: new Changes(), unset: ["note"] }]),
    () =>
      items.upsert("k", { set: undefined, create: { text: "b", steps: {} } }),
    () => by.update({ set: new Changes() }),
    () => items.find({ where: {} }).first(),
    () => items.get("k", { include: [] }),
    () => items.get("k", { signal: undefined, timeout: undefined }),
    () => functions.own.run({ at: 1 }),
  ]) {
    const error = await thrown(call);
    assert.ok(error instanceof AccessDenied, String(error));
  }
});
