import assert from "node:assert/strict";
import process from "node:process";
import { after, test } from "node:test";

import { AlreadyExists, Conflict, ConvexStorage, NotFound } from "client";

const { CONVEX_URL = "", CONVEX_DEPLOY_KEY } = process.env;
const storage = new ConvexStorage(CONVEX_URL, {
  deployKey: CONVEX_DEPLOY_KEY,
});
const { spans, scores, labels, notes, seats } = storage;
const span = { traceId: "ts", spanId: 1n, env: "dev" } as const;

after(() => storage.close());

test("references by fields and by document IDs", async () => {
  const score = {
    scoreId: "s",
    trace: "ts",
    span: 1n,
    env: "dev",
    value: 1,
  } as const;
  await assert.rejects(scores.save(score), NotFound);
  const { _id } = await spans.save(span);
  const saved = await scores.save(score);
  await notes.save({ spanId: _id, number: 1, scoreId: saved._id, path: null });
  const label = { labelId: "l", ...span };
  await labels.save(label);
  await assert.rejects(spans.delete(span), Conflict);
  await labels.delete("l");
  assert.equal(await spans.delete(span), true);
  assert.deepEqual(await scores.get("s"), {
    _id: saved._id,
    _creationTime: saved._creationTime,
    scoreId: "s",
    span: null,
    value: 1,
  });
  assert.equal(await notes.get({ spanId: _id, number: 1 }), null);
});

test("sixteen want one seat", async () => {
  const results = await Promise.allSettled(
    Array.from({ length: 16 }, (_, n) =>
      seats.create({ seatId: `ts${n}`, row: "ts", number: 7n, holder: `${n}` }),
    ),
  );
  const refused = results.filter(({ status }) => status === "rejected");
  assert.equal(refused.length, 15);
  for (const one of refused)
    assert.ok(one.status === "rejected" && one.reason instanceof AlreadyExists);
});
