import assert from "node:assert/strict";
import process from "node:process";
import { after, test } from "node:test";

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
const { flows, runs } = storage;
const key = { workflowName: "w", runId: "ts" };

after(() => storage.close());

test("a record is read as it was written", async () => {
  const steps = { a: { $x: [1, null] }, "step 2": "text", b: null };
  const notes = { n: { text: "t", at: 5 } };
  const created = await runs.create({
    ...key,
    steps,
    notes,
    fields: { n: 2n },
  });
  assert.deepEqual(created.steps, steps);
  assert.deepEqual(await runs.get(key), created);
  assert.deepEqual((await runs.getMany([key])).at(0)?.notes, notes);
  const saved = await runs.save({ ...key, steps: { c: 1 } });
  assert.deepEqual([saved.steps, saved.notes], [{ c: 1 }, {}]);
});

test("an update merges by entry", async () => {
  await runs.save({ ...key, steps: { a: 1, b: 2 } });
  const updated = await runs.update(
    key,
    { status: "done", steps: { a: UNSET, c: { $d: 1 }, none: undefined } },
    { expected: { steps: { a: 1, b: 2 } } },
  );
  assert.deepEqual(updated.steps, { b: 2, c: { $d: 1 } });
  await assert.rejects(
    runs.update(key, {}, { expected: { steps: {} } }),
    Conflict,
  );
  const many = await runs.updateMany([{ key, set: { steps: { b: UNSET } } }]);
  assert.deepEqual(many.at(0)?.steps, { c: { $d: 1 } });
});

test("sixteen write entries of one document at once", async () => {
  const before = await runs.save({ ...key, steps: { old: 0 } });
  const numbers = [...Array.from({ length: 16 }).keys()];
  await Promise.all(
    numbers.map((n) =>
      runs.updateEntries(key, { steps: { [`s${n}`]: n, old: UNSET } }),
    ),
  );
  const found = await runs.get(key);
  const expected = Object.fromEntries(numbers.map((n) => [`s${n}`, n]));
  assert.deepEqual(found?.steps, expected);
  assert.equal(found?.updatedAt, before.updatedAt);
});

test("what is refused", async () => {
  await assert.rejects(
    runs.updateEntries({ ...key, runId: "none" }, { steps: { a: 1 } }),
    NotFound,
  );
  await assert.rejects(
    // @ts-expect-error: it is no record.
    runs.updateEntries(key, { status: "done" }),
    (error) =>
      error instanceof InvalidArgument &&
      /`status` has no entries of its own/.test(error.message),
  );
  await assert.rejects(
    // @ts-expect-error: it is no object.
    runs.updateEntries(key, { steps: 5 }),
    InvalidArgument,
  );
  await assert.rejects(
    runs.updateEntries(key, {
      notes: { ["n".repeat(21)]: { text: "", at: 1 } },
    }),
    InvalidArgument,
  );
});

test("large entries", async () => {
  const text = "é".repeat(2 ** 20);
  const saved = await flows.save({ flowId: "ts", results: { a: { text } } });
  assert.deepEqual(saved.phases, { first: "start" });
  await flows.updateEntries("ts", { texts: { t: text } });
  const found = await flows.get("ts");
  assert.equal(found?.texts["t"], text);
  assert.deepEqual(found.results, { a: { text } });
});
