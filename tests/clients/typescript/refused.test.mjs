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

test("what a newer deployment may lack is sent as it was read", async () => {
  const { text: _, ...read } = { ...document, _id: "a", _creationTime: 1 };
  const answering = async () => new Response("{}", { status: 403 });
  const other = new ConvexStorage("http://127.0.0.1:1", { fetch: answering });
  await assert.rejects(other.messages.save(read), AccessDenied);
});
