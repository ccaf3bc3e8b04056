import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";

import {
  AlreadyExists,
  Conflict,
  ConvexStorage,
  type Event,
  increment,
  InvalidArgument,
  NotFound,
  UNSET,
} from "client";

const { CONVEX_URL = "", CONVEX_DEPLOY_KEY } = process.env;
const storage = new ConvexStorage(CONVEX_URL, {
  deployKey: CONVEX_DEPLOY_KEY,
});
const { bodies, channels, customers, events, marks, shapes } = storage;

test("documents are created, read, changed, replaced and deleted by ID", async () => {
  const channel = await channels.create({ title: "news" });
  const given = { channel: channel._id, text: "hello", note: "mine" };
  const first = await events.create(given);
  const second = await events.create(given);
  assert.notEqual(first._id, second._id);
  assert.deepEqual(await events.get(first._id), first);
  assert.deepEqual(await events.getMany([second._id, first._id]), [
    second,
    first,
  ]);
  const changed = await events.update(
    first._id,
    { text: "bye", data: { length: 3 }, count: increment(2) },
    { expected: { revision: 1 } },
  );
  assert.equal(changed.count, 2);
  assert.equal(changed.length, 3);
  await assert.rejects(
    events.update(first._id, { text: "x" }, { expected: { data: UNSET } }),
    Conflict,
  );
  const replaced = await events.replace(
    first._id,
    { channel: channel._id, text: "new" },
    { expected: { text: "bye" } },
  );
  assert.equal(replaced.note, "mine");
  assert.equal(replaced.data, undefined);
  assert.equal(replaced.revision, 3);
  await assert.rejects(
    events.replace(first._id, { ...given, kind: "other" }),
    (error: unknown) =>
      error instanceof Conflict && error.message.includes(first._id),
  );
  const [skipped, updated] = await events.updateMany(
    [
      { key: second._id, set: { text: "two" } },
      { key: first._id, unset: ["note"] },
    ],
    { missing: "skip" },
  );
  assert.equal(skipped?.text, "two");
  assert.equal(updated?.note, undefined);
  assert.equal(await events.delete(second._id), true);
  assert.equal(await events.get(second._id), null);
  await assert.rejects(events.update(second._id, { text: "x" }), NotFound);
  await assert.rejects(
    events.replace(second._id, { channel: channel._id, text: "x" }),
    NotFound,
  );
  const found = await events.get(first._id, { include: ["place", "replies"] });
  assert.equal(found?.place?.title, "news");
  assert.equal(await channels.delete(channel._id), true);
  assert.equal(await events.get(first._id), null);
});

test("many are created, and queried", async () => {
  const { _id: channel } = await channels.create({ title: "many" });
  const inputs = Array.from({ length: 7 }, (_, count) => ({
    channel,
    text: `no. ${count}`,
    count,
  }));
  assert.equal(await events.createMany(inputs), 7);
  const all: Event[] = await events.ordered(channel).all();
  const ids = all.map((one) => one._id);
  assert.equal(await events.ordered(channel).rank(ids[3]!), 3);
  const window = await events.ordered(channel).around(ids[2]!, { before: 1 });
  assert.deepEqual(window?.before, [all[1]]);
  assert.equal(await events.ordered(channel).update({ set: { text: "x" } }), 7);
  await assert.rejects(
    events.ordered(channel).copy({ key: { text: "x" } }),
    InvalidArgument,
  );
  assert.equal(await events.deleteMany(ids.slice(0, 2)), 2);
  assert.equal(await events.ordered(channel).delete(), 5);
});

test("what is unique, does not change, is large or of several shapes", async () => {
  await channels.create({ title: "a", slug: "slug", limit: 2 });
  await assert.rejects(
    channels.create({ title: "b", limit: 2 }),
    AlreadyExists,
  );
  const found = await channels.getBySlug("slug");
  assert.equal(found?.limit, 2);
  assert.deepEqual(await channels.getByLimit(2), found);
  assert.equal(await channels.getByTitleAndIsMain("a", true), null);
  const mark = await marks.create({ name: "m" });
  assert.deepEqual(await marks.replace(mark._id, { name: "m" }), mark);
  await assert.rejects(marks.replace(mark._id, { name: "n" }), Conflict);
  const body = await bodies.create({ content: { a: "x".repeat(2_000_000) } });
  const merged = await bodies.update(body._id, { content: { b: 1 } });
  assert.equal(Object.keys(merged.content as object).length, 2);
  const circle = await shapes.create({ kind: "circle", label: "c" });
  const square = await shapes.replace(circle._id, {
    kind: "square",
    label: "s",
    side: 2,
  });
  assert.equal(square._id, circle._id);
});

test("atomic blocks and subscriptions", async () => {
  const { _id: channel } = await channels.create({ title: "atomic" });
  const made = await storage.atomic((tx) => {
    tx.customers.save({ email: "a" });
    const created = tx.events.create({ channel, text: "one" });
    tx.channels.update(channel, { title: "changed" });
    tx.channels.replace(channel, { title: "replaced" });
    tx.channels.expect(channel, { title: "replaced" });
    return created;
  });
  const { _id: id } = made.result;
  const snapshots = events.watch(id)[Symbol.asyncIterator]();
  assert.equal((await snapshots.next()).value?.text, "one");
  await customers.update("a", { favourite: id });
  await events.delete(id);
  assert.equal((await snapshots.next()).value, null);
  await snapshots.return?.(undefined);
  const customer = await customers.get("a");
  assert.ok(customer);
  assert.equal(customer.favourite, undefined);
  assert.deepEqual(await customers.getByDocId(customer._id), customer);
  const watched = customers.watchByDocId(customer._id)[Symbol.asyncIterator]();
  assert.deepEqual((await watched.next()).value, customer);
  await watched.return?.(undefined);
  await storage.close();
});
