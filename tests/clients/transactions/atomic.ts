import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";

import {
  AccessDenied,
  AlreadyExists,
  type AtomicStorage,
  Conflict,
  ConvexgenError,
  ConvexStorage,
  increment,
  InvalidArgument,
  LimitExceeded,
  NotFound,
  type Outcome,
  type Thread,
  UNSET,
} from "client";

const { CONVEX_URL = "", CONVEX_DEPLOY_KEY } = process.env;
const storage = new ConvexStorage(CONVEX_URL, {
  deployKey: CONVEX_DEPLOY_KEY,
});
const unreachable = new ConvexStorage("http://127.0.0.1:9", {
  deployKey: "k",
});

type Block = AtomicStorage<ConvexStorage>;

function add(tx: Block, threadId: string): Outcome<Thread> {
  return tx.threads.create({ threadId, title: threadId });
}

test("writes of several stores are one transaction", async () => {
  await storage.events.save({ eventId: "old", kind: "click", x: 1 });
  await storage.markers.create({ markerId: "gone" });
  const long = "x".repeat(2_000_000);
  const [thread, message, changed, event, deleted, missed, upserted] =
    await storage.atomic(async (tx) => {
      const created = add(tx, "t1");
      const first = tx.messages.create({
        threadId: "t1",
        number: 1n,
        content: [long],
      });
      tx.threads.expect("t1", { status: "open", title: "t1", state: UNSET });
      const changed = tx.threads.update(
        "t1",
        { state: { phase: "asking" }, title: UNSET },
        { expected: { title: "t1" } },
      );
      const event = tx.events.update("old", { x: 2 });
      tx.messages.expectAbsent({ threadId: "t1", number: 2n });
      tx.messages.expect({ threadId: "t1", number: 1n });
      assert.throws(() => created.result, InvalidArgument);
      assert.equal(await storage.threads.get("t1"), null);
      return [
        created,
        first,
        changed,
        event,
        tx.markers.delete("gone"),
        tx.markers.delete("never"),
        tx.accounts.upsert("new", { set: { balance: increment(5) } }),
      ] as const;
    });
  assert.equal(thread.result.title, "t1");
  assert.deepEqual(message.result.content, [long]);
  assert.equal(changed.result.phase, "asking");
  assert.deepEqual(await storage.threads.get("t1"), changed.result);
  assert.ok(event.result.kind === "click" && event.result.x === 2);
  assert.equal(upserted.result.balance, 5);
  assert.deepEqual([deleted.result, missed.result], [true, false]);
  assert.equal(await storage.threads.byStatusAndUpdatedAt("open").count(), 1);
});

test("one failing operation changes nothing, and is named", async () => {
  await storage.accounts.create({ accountId: "a", balance: 1 });
  const failing: [(tx: Block) => unknown, typeof ConvexgenError][] = [
    [(tx) => tx.accounts.create({ accountId: "a", balance: 2 }), AlreadyExists],
    [(tx) => tx.accounts.expectAbsent("a"), AlreadyExists],
    [(tx) => tx.accounts.expect("b"), NotFound],
    [(tx) => tx.accounts.update("b", { balance: 1 }), NotFound],
    [(tx) => tx.accounts.expect("a", { balance: 2 }), Conflict],
    [
      (tx) =>
        tx.accounts.save(
          { accountId: "a", balance: 9 },
          { expected: { balance: 2 } },
        ),
      Conflict,
    ],
    [(tx) => tx.accounts.delete("a", { expected: { balance: 2 } }), Conflict],
    [
      (tx) =>
        tx.accounts.update("a", { balance: 2 }, { expected: { balance: 3 } }),
      Conflict,
    ],
  ];
  for (const [fail, kind] of failing) {
    const block = storage.atomic((tx) => {
      tx.markers.create({ markerId: "m" });
      fail(tx);
      tx.accounts.save({ accountId: "c", balance: 1 });
    });
    await assert.rejects(block, (error) => {
      assert.ok(error instanceof kind, String(error));
      assert.ok(error instanceof ConvexgenError);
      assert.equal(error.index, 1);
      assert.match(error.message, /operation 1 of 3 in one transaction/);
      assert.ok(error.key);
      return true;
    });
    assert.equal(await storage.markers.get("m"), null);
    assert.equal(await storage.accounts.get("c"), null);
  }
});

test("nothing is sent where it throws, or collects nothing", async () => {
  assert.equal(await unreachable.atomic(() => 7), 7);
  let late: Block | undefined;
  let created: Outcome<Thread> | undefined;
  const failed = unreachable.atomic((tx) => {
    late = tx;
    created = add(tx, "t");
    throw new Error("on purpose");
  });
  await assert.rejects(failed, /on purpose/);
  assert.throws(() => created?.result, InvalidArgument);
  assert.throws(() => late?.threads.delete("t"), /atomic block has ended/);
  await assert.rejects(
    unreachable.atomic((tx) => {
      tx.threads.create({ threadId: "t", title: "x".repeat(21) });
    }),
    InvalidArgument,
  );
});

test("what is too large is refused before it is sent", async () => {
  await assert.rejects(
    unreachable.atomic((tx) => {
      for (let number = 0; number <= 4096; number += 1) {
        tx.markers.delete(`${number}`);
      }
    }),
    (error) => error instanceof LimitExceeded && /4096/.test(error.message),
  );
  await assert.rejects(
    unreachable.atomic((tx) => {
      const content = "x".repeat(9_000_000);
      tx.messages.create({ threadId: "t", number: 1n, content: "" });
      tx.messages.create({ threadId: "t", number: 2n, content });
      tx.messages.create({ threadId: "t", number: 3n, content: `${content}x` });
    }),
    (error) =>
      error instanceof LimitExceeded &&
      error.message.includes("`operations[2]`"),
  );
});

test("a block is for those who have the key", async () => {
  const withoutKey = new ConvexStorage(CONVEX_URL);
  const block = withoutKey.atomic((tx) => tx.markers.delete("m"));
  await assert.rejects(block, AccessDenied);
  await withoutKey.close();
  await unreachable.close();
  await storage.close();
});
