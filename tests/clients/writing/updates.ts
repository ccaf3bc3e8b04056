import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";

import { Conflict, ConvexStorage, InvalidArgument, NotFound } from "client";

const { CONVEX_URL = "", CONVEX_DEPLOY_KEY } = process.env;
const storage = new ConvexStorage(CONVEX_URL, {
  deployKey: CONVEX_DEPLOY_KEY,
});
const { threads, events } = storage;

test("several are updated in one transaction, all or none", async () => {
  await threads.saveMany([{ threadId: "a" }, { threadId: "b", title: "old" }]);
  const updates = [
    { key: "b", unset: ["title"], expected: { title: "old" } },
    { key: "gone", set: { title: "x" } },
    { key: "a", set: { title: "old" } },
  ];
  await assert.rejects(threads.updateMany(updates), NotFound);
  assert.equal((await threads.get("b"))?.title, "old");
  const saved = await threads.updateMany(updates, { missing: "skip" });
  assert.deepEqual(
    saved.map((one) => one && [one.threadId, one.title]),
    [["b", undefined], null, ["a", "old"]],
  );
  await assert.rejects(
    threads.updateMany([
      { key: "b", set: { title: "new" } },
      { key: "a", set: { title: "c" }, expected: { title: "other" } },
    ]),
    Conflict,
  );
  assert.equal((await threads.get("b"))?.title, undefined);
  await assert.rejects(
    threads.updateMany([
      { key: "b" },
      { key: "a", set: { title: "x".repeat(21) } },
    ]),
    (error) =>
      error instanceof InvalidArgument && error.message.includes("[1].title"),
  );
  assert.deepEqual(await threads.updateMany([]), []);
});

test("each is changed as the variant that it is", async () => {
  await events.save({ eventId: "e", kind: "click", x: 1 });
  const [event] = await events.updateMany([
    { key: "e", set: { x: 2, label: "l" } },
  ]);
  assert.ok(event?.kind === "click");
  assert.equal(event.x, 2);
  await storage.close();
});
