// What the client refuses before anything is sent: a deployment in production
// says no more than "Server Error" of what a validator refuses.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AccessDenied, ConvexStorage, InvalidArgument } from "client";

const fetch = () => assert.fail("it was sent");
const storage = new ConvexStorage("http://127.0.0.1:1", { fetch });
const { messages, functions } = storage;
const key = { threadId: "t", messageId: "m" };
const document = {
  ...key,
  author: "a",
  tokens: 1,
  text: "b",
  signal: "c",
  vector: [1, 2],
  steps: {},
};

async function refused(call, words) {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof InvalidArgument, error.stack);
    assert.match(error.message, words);
    return;
  }
  assert.fail(`it was taken: ${call}`);
}

test("bounds that are none", async () => {
  for (const [tokens, words] of [
    [{ ge: 1 }, /`tokens` has `ge`, and a range has gt, gte, lt, lte/],
    [{ gt: 1, lower: undefined }, /`tokens` has `lower`/],
    [{ from: 1, gt: 0 }, /`tokens` has `from`/],
    [new Date(), /tokens.* is of a type that Convex does not have/],
    [new Map([["gt", 1]]), /tokens.* is of a type that Convex does not have/],
  ]) {
    for (const query of [
      () => messages.byAuthorAndTokens("a", { tokens }),
      () => messages.around("t", "a", { tokens }),
    ]) {
      await refused(query, words);
    }
  }
  await refused(
    () => messages.find({ where: { tokens: { ge: 1 } } }).first(),
    /where\.tokens` is no condition/,
  );
});

test("pages of no whole number of items", async () => {
  const words = /`limit` is .*, not a whole number from 1 on/;
  for (const limit of [0, -1, 1.5, Number.NaN, Infinity, "2", null]) {
    for (const query of [
      messages.list(),
      messages.find(),
      messages.byAuthorAndTokens("a"),
      messages.around("t", "a"),
    ]) {
      await refused(() => query.page({ limit }), words);
      await refused(() => query.iterate({ pageSize: limit }).next(), words);
      await refused(
        () => query.watch({ limit })[Symbol.asyncIterator]().next(),
        words,
      );
    }
    const counted = messages.around("t", "a");
    await refused(() => counted.page({ offset: 0, limit }), /`limit` is/);
    await refused(
      () => counted.page({ offset: 0, limit, around: [] }),
      /`limit` is/,
    );
    await refused(
      () => messages.searchText("a", { limit }).all(),
      /`limit` is/,
    );
    await refused(() => messages.nearest([1, 2], { limit }), /`limit` is/);
  }
  for (const offset of [-1, 1.5, Number.NaN, "2", null]) {
    const counted = messages.byAuthorAndTokens("a");
    await refused(() => counted.page({ offset }), /`offset` is/);
  }
});

test("fields that are not there", async () => {
  const words = /`(\[0\]\.)?txet` is not known here: threadId, messageId/;
  const txet = "c";
  const { threadId: _, messageId: __, ...fields } = document;
  for (const call of [
    () => messages.create({ ...document, txet }),
    () => messages.save({ ...document, txet }),
    () => messages.save(document, { expected: { txet } }),
    () => messages.saveMany([{ ...document, txet }]),
    () => messages.update(key, { txet }),
    () => messages.update(key, {}, { expected: { txet } }),
    () => messages.updateMany([{ key, set: { txet } }]),
    () => messages.updateMany([{ key, unset: ["txet"] }]),
    () => messages.updateMany([{ key, expected: { txet } }]),
    () => messages.upsert(key, { set: { txet }, create: fields }),
    () => messages.upsert(key, { create: { ...fields, txet } }),
    () => messages.delete(key, { expected: { txet } }),
    () => messages.list().update({ set: { txet } }),
    () => messages.list().copy({ key: { messageId: "n" }, set: { txet } }),
    () => storage.atomic((tx) => tx.messages.save({ ...document, txet })),
    () => storage.atomic((tx) => tx.messages.update(key, { txet })),
    () => storage.atomic((tx) => tx.messages.expect(key, { txet })),
  ]) {
    await refused(call, words);
  }
  await refused(
    () => messages.find({ where: { txet } }),
    /`where.txet` is not known here: author, metadata, tokens/,
  );
  await refused(
    () => functions.own.ask({ question: "why", txet }),
    /`txet` is not known here: question, hint/,
  );
});

test("what is not optional and is left out", async () => {
  const words = /`(\[0\]\.)?text` is left out, and is not optional/;
  const { text: _, threadId: __, messageId: ___, ...fields } = document;
  const given = { ...key, ...fields };
  for (const call of [
    () => messages.create(given),
    () => messages.save(given),
    () => messages.save({ ...given, text: undefined }),
    () => messages.saveMany([given]),
    () => messages.upsert(key, { create: fields }),
    () => messages.upsert(key, { set: { author: "b" }, create: fields }),
    () => storage.atomic((tx) => tx.messages.create(given)),
    () => storage.atomic((tx) => tx.messages.save(given)),
    () => storage.atomic((tx) => tx.messages.upsert(key, { create: fields })),
    () => functions.own.tell(),
    () => functions.own.tell(undefined),
  ]) {
    await refused(call, words);
  }
  for (const call of [
    () => functions.own.ask({}),
    () => functions.own.ask({ hint: "none" }),
    () => functions.own.watchAsk({})[Symbol.asyncIterator]().next(),
  ]) {
    await refused(call, /`question` is left out, and is not optional/);
  }
});

const place = { street: "a", position: { lat: 1, lng: 2 } };
const order = { orderId: "o", place };

/** Each way to give some fields of an order. */
const GIVEN = [
  ({ orders }, fields) => orders.save({ ...order, ...fields }),
  ({ orders }, fields) => orders.saveMany([{ ...order, ...fields }]),
  ({ orders }, fields) => orders.update("o", fields),
  ({ orders }, fields) => orders.updateMany([{ key: "o", set: fields }]),
  ({ orders }, fields) => orders.upsert("o", { create: { place, ...fields } }),
  ({ orders }, fields) => orders.update("o", {}, { expected: fields }),
  ({ orders }, fields) => orders.list().update({ set: fields }),
  (storage, fields) => storage.atomic((tx) => tx.orders.update("o", fields)),
  ({ functions }, fields) =>
    functions.placing.order({ place, orders: [{ ...order, ...fields }] }),
];

test("what is left out within what is given", async () => {
  for (const [fields, path] of [
    [{ place: { position: place.position } }, "place.street"],
    [{ place: { ...place, street: undefined } }, "place.street"],
    [{ place: { ...place, position: { lng: 2 } } }, "place.position.lat"],
    [{ sentTo: { street: "b" } }, "sentTo.position"],
    [{ lines: [{ sku: "a", count: 1 }, { sku: "b" }] }, "lines[1].count"],
    [{ byName: { first: { count: 1 } } }, "byName.first.sku"],
    [{ priced: { sku: "a" } }, "priced.count"],
    [{ priced: [{ sku: "a" }] }, "priced[0].count"],
    [{ payment: { owner: "ada" } }, "payment.kind"],
  ]) {
    const escaped = path.replaceAll(/[[\].]/g, "\\$&");
    const words = new RegExp(`${escaped}\` is left out, and is not optional`);
    for (const give of GIVEN) await refused(() => give(storage, fields), words);
  }
  await refused(
    () => functions.placing.order({ place: { street: "a" } }),
    /`place.position` is left out/,
  );
  await refused(
    () => functions.placing.lines({ first: { sku: "a" } }),
    /`first.count` is left out/,
  );
});

test("elements that are undefined", async () => {
  const hole = [];
  hole[1] = 1;
  for (const numbers of [[1, undefined], hole]) {
    for (const fields of [{ numbers }, { free: { deep: [numbers] } }]) {
      const words = /\[[01]\]` is undefined, which no list holds/;
      for (const give of GIVEN) {
        await refused(() => give(storage, fields), words);
      }
    }
  }
});

const answering = async () => new Response("{}", { status: 403 });
const sending = new ConvexStorage("http://127.0.0.1:1", { fetch: answering });

test("what may be of another object is the deployment's to say", async () => {
  for (const fields of [
    { sentTo: null },
    { priced: "two" },
    { bare: { a: {} } },
    { bare: { a: { b: undefined } } },
    { several: { code: "a" } },
    { several: { other: 1 } },
    { loose: { sku: "a" } },
    { loose: {} },
    { payment: { kind: "coins" } },
    { numbers: [null, 1] },
    { free: { sku: [{}] } },
  ]) {
    for (const give of GIVEN) {
      await assert.rejects(
        async () => await give(sending, fields),
        AccessDenied,
        JSON.stringify(fields),
      );
    }
  }
});

test("what a newer deployment may lack is sent as it was read", async () => {
  const { text: _, ...read } = { ...document, _id: "a", _creationTime: 1 };
  await assert.rejects(sending.messages.save(read), AccessDenied);
  const placed = { ...order, place: {}, _id: "a", _creationTime: 1 };
  await assert.rejects(sending.orders.save(placed), AccessDenied);
});
