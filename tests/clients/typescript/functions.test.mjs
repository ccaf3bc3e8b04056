// Functions written by hand, through the client of the spec that declares them.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import {
  ConvexStorage,
  InvalidArgument,
  NotFound,
  Period,
  ServerError,
} from "client";

const storage = new ConvexStorage(process.env.CONVEX_URL, {
  deployKey: process.env.CONVEX_DEPLOY_KEY,
});
const { usage, adminSummary, marks } = storage.functions;

after(() => storage.close());

test("arguments and results have their types", async () => {
  const since = 1.5;
  const [first] = await usage.weekly({
    since,
    period: Period.DAY,
    class: null,
  });
  assert.deepEqual([first.tokens, first.at], [2n ** 60n, since]);
  assert.deepEqual(JSON.parse(first.model), ["day", "absent", null, "absent"]);
  const all = {
    since,
    period: "week",
    class: "c",
    team: "red",
    URLPrefix: "/x",
  };
  const [second] = await usage.weekly(all);
  assert.deepEqual(JSON.parse(second.model), ["week", "red", "c", "/x"]);
  class Week {
    since = since;
    get period() {
      return "week";
    }
    get class() {
      return "of a getter";
    }
  }
  const [third] = await usage.weekly(new Week());
  assert.deepEqual(JSON.parse(third.model)[2], "of a getter");
});

test("arguments by position", async () => {
  assert.deepEqual(await marks.mark("r", 7), [
    "r",
    "7",
    "undefined",
    "undefined",
  ]);
  const marked = await marks.mark("r", 7, null, "d");
  assert.deepEqual(marked, ["r", "7", "null", "d"]);
  const watched = marks.watchMark("r", 7, undefined, "d");
  for await (const snapshot of watched) {
    assert.deepEqual(snapshot, ["r", "7", "undefined", "d"]);
    break;
  }
  await assert.rejects(
    marks.mark("r", 7, "late"),
    (error) => error instanceof InvalidArgument && /until/.test(error.message),
  );
});

test("every kind of value", async () => {
  const { _id } = await storage.reports.save({ reportId: "r", total: 1 });
  const bytes = new Uint8Array([0, 255]).buffer;
  const given = {
    all: { deep: [null, true, "é", 1.5, 2n ** 60n, bytes] },
    bytes,
    flags: { on: true },
    number: Infinity,
    ids: [_id],
    usage: { model: "m", tokens: -(2n ** 63n), at: 0 },
  };
  const payload = { $ref: "#", clé: 1 };
  const stored = { jsonText: '{"$ref":"#","clé":1}' };
  assert.deepEqual(await usage.echo({ ...given, payload }), {
    ...given,
    payload: stored,
  });
  await storage.reports.clear();
});

test("what does not fit is refused", async () => {
  const valid = { since: 0, period: "day", class: null };
  await assert.rejects(usage.weekly({ ...valid, team: "too long" }), /`team`/);
  await assert.rejects(usage.weekly({ ...valid, since: NaN }), InvalidArgument);
});

test("failures are errors of the tree", async () => {
  assert.equal(await usage.fail({ code: "none" }), null);
  await assert.rejects(usage.fail({ code: "NotFound" }), (error) => {
    assert.ok(error instanceof NotFound);
    assert.equal(error.message, "Failed to run usage:fail: as asked");
    return true;
  });
  await assert.rejects(usage.fail({ code: "crash" }), ServerError);
});

test("queries are watched", async () => {
  const seen = [];
  for await (const summary of adminSummary.watchSummary()) {
    seen.push(summary);
    if (seen.length === 2) break;
    await storage.reports.save({ reportId: "new", total: 1 });
  }
  assert.deepEqual(seen, [null, "new"]);
  assert.deepEqual(await usage.list(), ["new"]);
});
