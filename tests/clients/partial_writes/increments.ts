import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";

import { Conflict, ConvexStorage, increment, InvalidArgument } from "client";

const { CONVEX_URL = "", CONVEX_DEPLOY_KEY } = process.env;
const storage = new ConvexStorage(CONVEX_URL, {
  deployKey: CONVEX_DEPLOY_KEY,
});
const { meters, events } = storage;
const meter = { meterId: "m", total: 1, big: 2n, ratio: 0.5 };

test("numbers are added to", async () => {
  await meters.save(meter);
  const added = await meters.update("m", {
    total: increment(5),
    big: increment(40n),
    ratio: increment(0.25),
    spare: increment(-3),
    maybe: increment(2),
    note: "n",
  });
  assert.deepEqual(
    [added.total, added.big, added.ratio, added.spare, added.maybe, added.note],
    [6, 42n, 0.75, -3, 2, "n"],
  );
  await assert.rejects(
    meters.update("m", { total: increment(1) }, { expected: { total: 1 } }),
    Conflict,
  );
  const [first, second] = await meters.updateMany([
    { key: "m", set: { total: increment(1) } },
    { key: "m", set: { total: increment(1) }, expected: { total: 7 } },
  ]);
  assert.deepEqual([first?.total, second?.total], [8, 8]);
  await Promise.all(
    Array.from({ length: 30 }, async () => {
      await meters.update("m", { big: increment(1n) });
    }),
  );
  assert.equal((await meters.get("m"))?.big, 72n);
});

test("what is no sum of the field is refused", async () => {
  const refused: [object, RegExp][] = [
    [{ level: increment(51) }, /at most 100/],
    [{ level: increment(-51) }, /at least 0/],
    [{ total: increment(0.5) }, /whole number/],
    [{ ratio: increment(Infinity) }, /not finite/],
    [{ ratio: increment(NaN) }, /not finite/],
    [{ total: increment(1n) }, /by a number, not a bigint/],
    [{ big: increment(1) }, /by a bigint, not a number/],
    [{ big: increment(2n ** 63n - 1n) }, /no int64/],
    [{ note: increment(1) }, /`note` takes no increment/],
    [{ at: increment(1) }, /`at` takes no increment/],
    [{ revision: increment(1) }, /set by the backend/],
  ];
  for (const [changes, problem] of refused) {
    await assert.rejects(
      meters.update("m", changes),
      (error) =>
        error instanceof InvalidArgument && problem.test(error.message),
    );
  }
  await assert.rejects(
    meters.updateMany([
      { key: "m" },
      { key: "m", set: { at: increment(1) } as object },
    ]),
    { message: /`\[1\]\.at` takes no increment/ },
  );
  const copied = { ...increment(5) };
  await assert.rejects(
    meters.update("m", { total: copied } as object),
    InvalidArgument,
  );
});

test("types know which fields are numbers", async () => {
  // @ts-expect-error: a text
  await assert.rejects(meters.update("m", { note: increment(1) }));
  // @ts-expect-error: a time
  await assert.rejects(meters.update("m", { at: increment(1) }));
  // @ts-expect-error: an int64
  await assert.rejects(meters.update("m", { big: increment(1) }));
  // @ts-expect-error: no increment
  await assert.rejects(meters.update("m", { total: { amount: 1 } }));
  const expected = { total: increment(1) };
  // @ts-expect-error: to expect is to compare
  await assert.rejects(meters.update("m", {}, { expected }));
});

test("numbers of a variant are added to", async () => {
  await events.save({ eventId: "c", kind: "click", x: 1 });
  const click = await events.update("c", {
    x: increment(2),
    level: increment(1),
  });
  assert.ok(click.kind === "click");
  assert.deepEqual([click.x, click.level], [3, 4]);
  await assert.rejects(events.update("c", { count: increment(1) }), {
    message: /`count` is no field where/,
  });
  await storage.close();
});
