import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";

import {
  ConvexStorage,
  InvalidArgument,
  LimitExceeded,
  type SnapshotStorage,
  Unavailable,
} from "client";

const { CONVEX_URL = "", CONVEX_DEPLOY_KEY } = process.env;
const storage = new ConvexStorage(CONVEX_URL, {
  deployKey: CONVEX_DEPLOY_KEY,
});

type Moment = SnapshotStorage<ConvexStorage>;

async function messages(count: number, written = 0): Promise<void> {
  await storage.messages.saveMany(
    Array.from({ length: count }, (_, index) => ({
      threadId: "t1",
      number: BigInt(index),
      content: [index, written],
    })),
  );
}

test("all reads are of one moment", async () => {
  await storage.accounts.save({ accountId: "a", balance: 100 });
  await storage.threads.save({ threadId: "t1" });
  await messages(250);
  const numbers = await storage.snapshot(async (at) => {
    const query = at.messages.byThread("t1");
    const first = await query.page({ limit: 100 });
    await storage.accounts.update("a", { balance: 0 });
    await storage.messages.deleteMany([{ threadId: "t1", number: 3n }]);
    await storage.threads.save({ threadId: "t2" });
    const rest = await query.page({ cursor: first.cursor, limit: 1000 });
    assert.equal((await query.all()).length, 250);
    assert.equal((await at.accounts.get("a"))?.balance, 100);
    assert.deepEqual((await at.threads.getMany(["t1", "t2"]))[1], null);
    assert.equal(await at.threads.byStatusAndUpdatedAt("open").count(), 1);
    assert.equal((await storage.accounts.get("a"))?.balance, 0);
    return [...first.items, ...rest.items].map(({ number }) => number);
  });
  assert.deepEqual(
    numbers,
    Array.from({ length: 250 }, (_, index) => BigInt(index)),
  );
  assert.equal(await storage.threads.byStatusAndUpdatedAt("open").count(), 2);
});

test("a snapshot only reads", async () => {
  let late: Moment | undefined;
  await storage.snapshot(async (at) => {
    late = at;
    const writing = at as unknown as ConvexStorage;
    await assert.rejects(
      writing.accounts.save({ accountId: "b", balance: 1 }),
      /a snapshot only reads/,
    );
    await assert.rejects(writing.accounts.delete("a"), /only reads/);
    await assert.rejects(
      at.notes.nearestByEmbedding([1, 0]),
      /this is an action/,
    );
    assert.throws(() => writing.accounts.watch("a"), /does not change/);
    assert.throws(() => at.accounts.list().watch(), InvalidArgument);
    // @ts-expect-error what writes is not there
    at.accounts.save;
    // @ts-expect-error
    at.system;
  });
  await assert.rejects(async () => late?.accounts.get("a"), /has ended/);
  assert.equal(await storage.accounts.get("b"), null);
});

test("a snapshot that is too old is refused at once", async () => {
  await storage.snapshot(async (at) => {
    for (let round = 0; round < 9; round += 1) await messages(500, round);
    await assert.rejects(
      at.accounts.get("a"),
      (error) =>
        error instanceof LimitExceeded &&
        error.message.includes("Begin another one"),
    );
  });
  const nobody = new ConvexStorage("http://127.0.0.1:9");
  await assert.rejects(
    nobody.snapshot(() => 1),
    Unavailable,
  );
  await nobody.close();
  await storage.close();
});
