import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";

import {
  Conflict,
  ConvexStorage,
  InvalidArgument,
  NotFound,
  UNSET,
} from "client";

const { CONVEX_URL = "", CONVEX_DEPLOY_KEY } = process.env;
const storage = new ConvexStorage(CONVEX_URL, {
  deployKey: CONVEX_DEPLOY_KEY,
});
const { threads, messages, events } = storage;
const past = Date.UTC(2020, 1, 29);

test("a save and a deletion are of what is as expected", async () => {
  const first = await threads.save({ threadId: "t", owner: "me" });
  assert.equal(first.revision, 1);
  const saved = await threads.save(
    { threadId: "t" },
    { expected: { owner: "me", revision: 1 } },
  );
  assert.equal(saved.revision, 2);
  await assert.rejects(
    threads.save({ threadId: "t" }, { expected: { revision: 1 } }),
    Conflict,
  );
  await assert.rejects(
    threads.save({ threadId: "new" }, { expected: { owner: UNSET } }),
    NotFound,
  );
  await assert.rejects(
    threads.delete("t", { expected: { revision: 1 } }),
    Conflict,
  );
  assert.equal(
    await threads.delete("t", { expected: { revision: 2, owner: UNSET } }),
    true,
  );
  assert.equal(await threads.delete("t", { expected: { revision: 2 } }), false);
  await messages.save({ threadId: "t", number: 1n, content: "x" });
  const key = { threadId: "t", number: 1n };
  await assert.rejects(
    messages.delete(key, { expected: { content: "y" } }),
    Conflict,
  );
  assert.ok(await messages.delete(key, { expected: { content: "x" } }));
  await events.save({ eventId: "e", kind: "press", key: "k" });
  await assert.rejects(
    events.delete("e", { expected: { kind: "click" } }),
    Conflict,
  );
});

test("nobody gives a revision", async () => {
  await assert.rejects(
    threads.save({ threadId: "t", revision: 5 } as { threadId: string }),
    { message: /`revision` is set by the backend/ },
  );
  await threads.save({ threadId: "t" });
  await assert.rejects(
    threads.update("t", { revision: 5 } as object),
    InvalidArgument,
  );
});

test("a save keeps what it does not give", async () => {
  await threads.save({
    threadId: "k",
    title: "a",
    status: "closed",
    closedAt: past,
    labels: ["x"],
    createdAt: past,
  });
  const kept = await threads.save({ threadId: "k", owner: "me" });
  assert.deepEqual(
    [kept.title, kept.status, kept.closedAt, kept.labels, kept.createdAt],
    ["a", "closed", past, ["x"], past],
  );
  const removed = await threads.update("k", { title: UNSET, closedAt: null });
  assert.deepEqual([removed.title, removed.closedAt], [undefined, null]);
  const first = await messages.save({ threadId: "k", number: 2n, content: 1 });
  await assert.rejects(
    messages.save({ ...first, createdAt: past }),
    (error) => error instanceof Conflict && /given: keep/.test(error.message),
  );
  await storage.close();
});
