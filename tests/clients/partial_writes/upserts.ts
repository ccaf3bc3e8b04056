import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";

import {
  AlreadyExists,
  ConvexStorage,
  increment,
  InvalidArgument,
  UNSET,
} from "client";

const { CONVEX_URL = "", CONVEX_DEPLOY_KEY } = process.env;
const storage = new ConvexStorage(CONVEX_URL, {
  deployKey: CONVEX_DEPLOY_KEY,
});
const { meters, threads, messages, events, teams, runs } = storage;
const create = { total: 1, big: 2n, ratio: 0.5 };

test("what is there is changed, what is not is created", async () => {
  const first = await meters.upsert("m", { set: { note: "a" }, create });
  assert.deepEqual([first.total, first.note, first.level], [1, "a", 50]);
  const again = await meters.upsert("m", {
    set: { note: UNSET, total: increment(4) },
    create: { ...create, level: 9 },
  });
  assert.deepEqual([again.total, again.note, again.level], [5, undefined, 50]);
  assert.equal(again._id, first._id);
  assert.equal(again.revision, 2);
  const other = await meters.upsert("n", {
    set: {
      total: increment(5),
      big: increment(-1n),
      level: increment(1),
      spare: increment(2),
      deep: increment(3n),
      maybe: increment(0.5),
      note: UNSET,
    },
    create: { ratio: 1, big: 4n, maybe: null, note: "x" },
  });
  assert.deepEqual(
    [other.total, other.big, other.level, other.spare, other.deep, other.maybe],
    [5, 3n, 51, 2, 3n, 0.5],
  );
  assert.equal(other.note, undefined);
  await meters.upsert("o", { create });
  assert.equal((await meters.upsert("o", { set: create })).revision, 2);
});

test("keys of several fields, large values, touches and variants", async () => {
  const key = { threadId: "t", number: 1n };
  const { updatedAt } = await threads.upsert("t", { create: { slug: "s" } });
  const message = await messages.upsert(key, {
    set: { content: { $a: "x".repeat(2_000_000) } },
  });
  assert.equal(message.number, 1n);
  assert.deepEqual((await messages.get(key))?.content, message.content);
  await messages.upsert(key, { set: { note: "n" }, create: { content: 1 } });
  assert.ok(((await threads.get("t"))?.updatedAt ?? 0) > updatedAt + 1);
  const click = await events.upsert("e", {
    set: { label: "l" },
    create: { kind: "click", x: 1 },
  });
  assert.ok(click.kind === "click");
  const moved = await events.upsert("e", {
    set: { x: increment(1) },
    create: { kind: "click" },
  });
  assert.ok(moved.kind === "click");
  assert.equal(moved.x, 2);
  await teams.upsert("a", { create: { points: 1 } });
  await assert.rejects(
    teams.upsert("b", { set: { points: increment(1) } }),
    AlreadyExists,
  );
});

test("entries that are documents of their own", async () => {
  const first = await runs.upsert("r", {
    set: { steps: { a: 1, b: UNSET }, count: increment(1) },
    create: { steps: { b: 1, c: 2 } },
  });
  assert.deepEqual([first.steps, first.count], [{ a: 1, c: 2 }, 3]);
  const again = await runs.upsert("r", {
    set: { steps: { c: UNSET, d: 4 }, count: increment(1) },
    create: { steps: { z: 1 } },
  });
  assert.deepEqual([again.steps, again.count], [{ a: 1, d: 4 }, 4]);
});

test("what makes no document is refused", async () => {
  const refused: [object, RegExp][] = [
    [{ create: { ...create, level: 101 } }, /at most 100/],
    [{ set: { level: increment(51) }, create }, /at most 100/],
    [{ set: { note: "x".repeat(21) }, create }, /at most 20/],
    [{ set: { meterId: "n" }, create }, /`meterId` is of the key/],
    [{ create: { ...create, meterId: "n" } }, /`meterId` is of the key/],
    [{ create: { ...create, note: UNSET } }, /`note` of `create`/],
    [{ create: { ...create, total: increment(1) } }, /`total` of `create`/],
    [{ create: { ...create, revision: 5 } }, /`revision` is set by/],
    [{ set: { at: increment(1) }, create }, /`at` takes no increment/],
    [{ set: { total: UNSET }, create }, /`total` cannot be removed/],
    [{ set: { note: "a" } }, /total/],
  ];
  for (const [upsert, problem] of refused) {
    await assert.rejects(
      meters.upsert("new", upsert),
      (error) =>
        error instanceof InvalidArgument && problem.test(error.message),
    );
  }
  assert.equal(await meters.get("new"), null);
});

test("of many who upsert, one creates", async () => {
  await Promise.all(
    Array.from({ length: 20 }, async (_, number) => {
      const set = { total: increment(number) };
      await meters.upsert("race", { set, create });
    }),
  );
  const meter = await meters.get("race");
  assert.deepEqual([meter?.total, meter?.revision], [191, 20]);
});

test("types find mistakes", async () => {
  // @ts-expect-error: a text
  await assert.rejects(meters.upsert("m", { set: { note: 5 }, create }));
  // @ts-expect-error: no such field
  await assert.rejects(meters.upsert("m", { create: { ...create, nope: 1 } }));
  // @ts-expect-error: for `set`
  await assert.rejects(meters.upsert("m", { create: { total: increment(1) } }));
  await storage.close();
});
