// Null where a field is never null is refused before it is sent, wherever it is
// given; of the entities that test_nulls.py declares.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AccessDenied, ConvexStorage, InvalidArgument, UNSET } from "client";

/** What is sent is refused in other words. */
const storage = new ConvexStorage("http://127.0.0.1:1", {
  deployKey: "key",
  fetch: async () => new Response("{}", { status: 403 }),
});
const { open, loose, table0 } = storage;
const stores = Object.keys(storage).filter((name) => name.startsWith("table"));
assert.equal(stores.length, 11);

const NEVER = ["required", "optional"];
const NULLABLE = ["nullable", "both"];
const MAY_BE_ABSENT = ["optional", "both"];

const capital = (field) => field[0].toUpperCase() + field.slice(1);
const exact = (store, field) => store[`exact${capital(field)}`](null);
const numbered = (store, field) => store[`numbered${capital(field)}`](null);
const found = (store, field, value = null) =>
  store.findAny({ where: { [field]: value } });
const item = (more) => ({
  key: "k",
  text: "t",
  vector: [1, 0],
  required: "a",
  nullable: null,
  ...more,
});
const made = () => {
  const { key: _, ...others } = item();
  return others;
};
const block = (name, collect) => storage.atomic((tx) => collect(tx[name]));

/** Of a store, the name of it and a field that is given null. */
const QUERIES = {
  query: (store, field) => exact(store, field).first(),
  page: (store, field) => exact(store, field).page({ limit: 3 }),
  all: (store, field) => exact(store, field).all(),
  delete: (store, field) => exact(store, field).delete(),
  update: (store, field) => exact(store, field).update({ set: { text: "b" } }),
  copy: (store, field) => exact(store, field).copy({ key: { key: "l" } }),
  bounds: (store, field) =>
    store[`in${capital(field)}`]({ [field]: null }).first(),
  count: (store, field) => numbered(store, field).count(),
  rank: (store, field) => numbered(store, field).rank("k"),
  "page by number": (store, field) =>
    numbered(store, field).page({ offset: 1 }),
  window: (store, field) => numbered(store, field).around("k"),
  condition: (store, field) => found(store, field).first(),
  "one of some": (store, field) => found(store, field, { in: [null] }).first(),
  "one of some, and absent": (store, field) => {
    const absent = MAY_BE_ABSENT.includes(field);
    return found(store, field, { in: [null], absent }).first();
  },
  "count by a condition": (store, field) => found(store, field).count(),
  search: (store, field) => store.searchText("a", { [field]: null }).first(),
  nearest: (store, field) => store.nearest([1, 0], { [field]: null }),
};
const WATCHES = {
  watch: (store, field) => exact(store, field).watch(),
  "watched condition": (store, field) => found(store, field).watch(),
  "watched search": (store, field) =>
    store.searchText("a", { [field]: null }).watch(),
};
const EXPECTED = {
  update: (store, field) =>
    store.update("k", { text: "b" }, { expected: { [field]: null } }),
  delete: (store, field) => store.delete("k", { expected: { [field]: null } }),
  save: (store, field) => store.save(item(), { expected: { [field]: null } }),
  updateMany: (store, field) =>
    store.updateMany([
      { key: "k", set: { text: "b" }, expected: { [field]: null } },
    ]),
  "update in a block": (_, field, name) =>
    block(name, (tx) =>
      tx.update("k", { text: "b" }, { expected: { [field]: null } }),
    ),
  "delete in a block": (_, field, name) =>
    block(name, (tx) => tx.delete("k", { expected: { [field]: null } })),
  "save in a block": (_, field, name) =>
    block(name, (tx) => tx.save(item(), { expected: { [field]: null } })),
  "condition of a block": (_, field, name) =>
    block(name, (tx) => tx.expect("k", { [field]: null })),
};
const WRITES = {
  update: (store, field) => store.update("k", { [field]: null }),
  "update of what is found": (store, field) =>
    store.list().update({ set: { [field]: null } }),
  "set of copies": (store, field) =>
    store.list().copy({ key: { key: "l" }, set: { [field]: null } }),
  updateMany: (store, field) =>
    store.updateMany([{ key: "k", set: { [field]: null } }]),
  create: (store, field) => store.create(item({ [field]: null })),
  save: (store, field) => store.save(item({ [field]: null })),
  saveMany: (store, field) => store.saveMany([item({ [field]: null })]),
  "set of an upsert": (store, field) =>
    store.upsert("k", { set: { [field]: null }, create: made() }),
  "create of an upsert": (store, field) =>
    store.upsert("k", { set: {}, create: { ...made(), [field]: null } }),
  "update in a block": (_, field, name) =>
    block(name, (tx) => tx.update("k", { [field]: null })),
};

/** Whether it is thrown at once or later. */
async function thrown(call) {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return undefined;
}

async function refused(place, words, call) {
  const error = await thrown(call);
  assert.ok(error instanceof InvalidArgument, `${place}: ${error}`);
  assert.match(error.message, words, place);
}

async function sent(place, call) {
  const error = await thrown(call);
  assert.ok(error instanceof AccessDenied, `${place}: ${error}`);
}

const finds = (field) =>
  field === "optional"
    ? /`(where\.)?optional` is never null: null finds nothing. `UNSET` finds those without it/
    : /`(where\.)?required` is never null: null finds nothing$/;

for (const [place, ask] of Object.entries({ ...QUERIES, ...WATCHES })) {
  test(`no query by null: ${place}`, async () => {
    for (const name of stores) {
      for (const field of NEVER) {
        const call = () => ask(storage[name], field, name);
        await refused(`${name} ${place}`, finds(field), call);
      }
    }
  });
}

for (const [kind, places] of Object.entries({ EXPECTED, WRITES })) {
  for (const [place, ask] of Object.entries(places)) {
    test(`no null: ${place} of ${kind}`, async () => {
      for (const name of stores) {
        for (const field of NEVER) {
          const words = new RegExp(
            `\`.*${field}\` is never null: where it is optional, leave it out, or update it to \`UNSET\``,
          );
          const call = () => ask(storage[name], field, name);
          await refused(`${name} ${place}`, words, call);
        }
      }
    });
  }
}

test("null of nullable fields", async () => {
  for (const places of [QUERIES, EXPECTED, WRITES]) {
    for (const [place, ask] of Object.entries(places)) {
      for (const name of stores) {
        for (const field of NULLABLE) {
          const call = () => ask(storage[name], field, name);
          await sent(`${name} ${field} ${place}`, call);
        }
      }
    }
  }
});

test("null for what is always there", async () => {
  const there =
    /`\w+` is (null|undefined|UNSET), which finds nothing: it is always there/;
  for (const key of [null, undefined, UNSET]) {
    for (const call of [
      () => table0.get(key),
      () => table0.getMany(["k", key]),
      () => table0.getByDocId(key),
      () => table0.update(key, { text: "b" }),
      () => table0.delete(key),
      () => table0.deleteMany([key]),
      () => numbered(table0, "nullable").rank(key),
      () => numbered(table0, "nullable").around(key),
      () => block("table0", (tx) => tx.expectAbsent(key)),
      () => loose.replace(key, { mark: null }),
    ]) {
      await refused(String(key), there, call);
    }
  }
  const all = table0.list();
  await refused("key", /`key` is null, and it is always there/, () =>
    all.copy({ key: { key: null } }),
  );
  await refused("key", /`key` is never null/, () =>
    table0.save(item({ key: null })),
  );
  await refused("search", there, () => table0.searchText(null).first());
  await refused("vector", there, () => table0.nearest(null));
});

test("what is unique", async () => {
  await refused("required", /`required` is never null: null finds/, () =>
    table0.getByRequired(null),
  );
  for (const [given, field] of [
    [null, "nullable"],
    [null, "both"],
    [UNSET, "optional"],
    [UNSET, "both"],
  ]) {
    const words =
      /` is (null, and many may have that|UNSET, and many may be without it)/;
    const call = () => table0[`getBy${capital(field)}`](given);
    await refused(field, words, call);
  }
});

test("lists, JSON and objects", async () => {
  const element = /`where.parts` never has null in it: null finds nothing/;
  for (const [field, value, words] of [
    ["parts", null, /`where.parts` is never null: null finds nothing/],
    ["parts", { in: [["a"], ["b", null]] }, element],
    ["parts", { contains: ["a", null] }, element],
    ["holes", null, /`where.holes` is never null/],
    ["text", { contains: [null] }, /`where.text` never has null in it/],
    ["data", null, /`where.data` names paths/],
  ]) {
    await refused(field, words, () => found(open, field, value).first());
  }
  for (const [field, value] of [
    ["holes", { in: [["a", null]] }],
    ["holes", { contains: [null] }],
    ["none", null],
    ["stateBy", null],
    ["data", { "a.b": null }],
    ["data", { a: { in: [null, [null]] } }],
    ["data", { a: { contains: [null] } }],
  ]) {
    await sent(field, () => found(open, field, value).first());
  }
  await sent("object", () => open.byStateBy(null).first());
  await refused("object", /`stateAt` is never null/, () =>
    open.byStateAt({ stateAt: null }).first(),
  );
  const nothing = { data: null, anything: null, none: null };
  await sent("JSON", () => open.update("k", nothing, { expected: nothing }));
  await refused("beside JSON", /`parts` is never null/, () =>
    open.delete("k", { expected: { ...nothing, parts: null } }),
  );
  const given = { mark: null };
  await sent("keyless", () => loose.replace("a", given, { expected: given }));
  await refused("keyless", /`note` is never null/, () =>
    loose.replace("a", given, { expected: { note: null } }),
  );
});

test("a document that was read is written as it is", async () => {
  // A newer deployment may have null where this client has none.
  const read = item({ _id: "a", _creationTime: 1, optional: null });
  await sent("save", () => table0.save(read));
});

const part = (more) => ({
  name: "a",
  mark: null,
  marks: ["a", null],
  words: ["a"],
  inner: { at: 1, by: null },
  ...more,
});
/** What a part has that is null and never is, by where. */
const NULL_PARTS = {
  name: part({ name: null }),
  note: part({ note: null }),
  marks: part({ marks: null }),
  "words[1]": part({ words: ["a", null] }),
  inner: part({ inner: null }),
  "inner.at": part({ inner: { at: null, by: null } }),
};
/** The places of parts in a document. */
const PLACES = {
  part: (one) => ({ part: one }),
  "parts[1]": (one) => ({ parts: [part(), one] }),
  "byName.a": (one) => ({ byName: { a: one, b: part() } }),
  either: (one) => ({ either: one }),
};
const deepOf = (more) => ({
  deepId: "k",
  parts: [],
  byName: {},
  either: "a",
  data: null,
  ...more,
});
/** The words for a null at a path. */
const never = (path) =>
  new RegExp(`\`${path.replaceAll("[", "\\[")}\` is never null`);

test("null in what is within", async () => {
  const { deep } = storage;
  for (const [place, fieldsWith] of Object.entries(PLACES)) {
    for (const [path, one] of Object.entries(NULL_PARTS)) {
      const words = never(`${place}.${path}`);
      const fields = fieldsWith(one);
      for (const call of [
        () => deep.save(deepOf(fields)),
        () => deep.create(deepOf(fields)),
        () => deep.update("k", fields),
        () => deep.delete("k", { expected: fields }),
        () => deep.upsert("k", { set: fields }),
        () => block("deep", (tx) => tx.expect("k", fields)),
      ]) {
        await refused(`${place} ${path}`, words, call);
      }
      const many = never(`[0].${place}.${path}`);
      await refused(place, many, () => deep.saveMany([deepOf(fields)]));
    }
    const fields = fieldsWith(part({ data: { a: [null] } }));
    await sent(place, () => deep.save(deepOf(fields)));
    await sent(place, () => deep.update("k", fields, { expected: fields }));
  }
  const read = { _id: "a", _creationTime: 1, ...deepOf() };
  await sent("read", () =>
    storage.deep.save({ ...read, part: NULL_PARTS.name }),
  );
});

test("null in arguments of functions", async () => {
  const { own: functions } = storage.functions;
  const given = (more) => ({ name: "a", mark: null, either: "a", ...more });
  const own = (args) => functions.run(given(args));
  for (const [path, args] of Object.entries({
    name: { name: null },
    note: { note: null },
    part: { part: null },
    parts: { parts: null },
    "parts[0]": { parts: [null] },
    named: { named: null },
    counts: { counts: null },
    "counts.a": { counts: { b: 1, a: null } },
    "loose[0].note": { loose: [{ mark: null, note: null }] },
  })) {
    await refused(path, never(path), () => own(args));
  }
  for (const [path, one] of Object.entries(NULL_PARTS)) {
    await refused(path, never(`part.${path}`), () => own({ part: one }));
    await refused(path, never(`parts[0].${path}`), () => own({ parts: [one] }));
    await refused(path, never(`either.${path}`), () => own({ either: one }));
    await refused(path, never(`a.${path}`), () => functions.whole({ a: one }));
  }
  await refused("by position", never("at"), () => functions.ask(null));
  await refused("watched", never("at"), () =>
    functions.watchAsk(null)[Symbol.asyncIterator]().next(),
  );
  for (const args of [
    {},
    { named: { a: null } },
    { either: null },
    { data: null },
    { data: [{ a: null }] },
    { part: part(), either: part({ data: [null] }) },
    { loose: [{ mark: null }, { _id: "a", mark: null, note: null }] },
  ]) {
    await sent(JSON.stringify(args), () => own(args));
  }
  await sent("whole", () => functions.whole({ a: part() }));
});

test("fields that are called as what searches take", async () => {
  const { named } = storage;
  const there = /` is null, which finds nothing: it is always there/;
  await refused("search", there, () => named.searchText(null).first());
  await refused("vector", there, () => named.nearest(null));
  for (const words of [5, ["a"], {}]) {
    await refused("search", /`search` is no text/, () =>
      named.searchText(words).first(),
    );
  }
  for (const numbers of ["a", [1, "b"], [1, null], {}]) {
    await refused("vector", /`vector` is no array of numbers/, () =>
      named.nearest(numbers),
    );
  }
});
