// A table whose documents are of several shapes, through the client of the spec
// that has it. Lines after `@ts-expect-error` are mistakes that tsc finds.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import {
  ConvexStorage,
  type Event,
  type EventClickInput,
  InvalidArgument,
  UNSET,
} from "client";

const storage = new ConvexStorage(process.env.CONVEX_URL ?? "", {
  deployKey: process.env.CONVEX_DEPLOY_KEY ?? "",
});
const { events, drawings } = storage;

const click: EventClickInput = {
  ...{ eventId: "e1", sessionId: "s1" },
  ...{ kind: "click", x: 1, y: 2 },
};

after(() => storage.close());

function describe(event: Event): string {
  switch (event.kind) {
    case "click":
      return `${event.x}, ${event.y}`;
    case "press":
    case "paste":
      // @ts-expect-error a field of another variant
      return event.key + (event.x ?? "");
    case "upload":
      return event.secret;
  }
}

test("documents are told apart by their tag", async () => {
  const saved = await events.save(click);
  assert.equal(describe(saved), "1, 2");
  const count: number = saved.count;
  assert.equal(count, 1);
  await events.saveMany([
    {
      ...{ eventId: "e2", sessionId: "s1", kind: "press", key: "k" },
      details: { $a: { b: 1 } },
    },
    {
      ...{ eventId: "e3", sessionId: "s1", kind: "upload", secret: "s" },
      ...{ file: { "": ["é".repeat(700_000)] }, embedding: [1, 0, 0] },
    },
  ]);
  const all = [];
  for await (const event of events.list()) all.push(describe(event));
  assert.deepEqual(all, ["1, 2", "k", "s"]);
  const upload = await events.get("e3");
  assert.ok(upload?.kind === "upload");
  assert.deepEqual(upload.file, { "": ["é".repeat(700_000)] });
  // @ts-expect-error what a variant needs
  const lacking = { ...click, x: undefined } satisfies EventClickInput;
  await assert.rejects(events.create({ ...click, x: 0.5 }), /`x` must be/);
  assert.ok(lacking);
});

test("updates name fields of any variant", async () => {
  const pressed = await events.update(
    "e2",
    { details: { $a: { c: 2 } }, value: null },
    { expected: { kind: "press", details: { $a: { b: 1 } } } },
  );
  assert.ok(pressed.kind === "press");
  assert.deepEqual(pressed.details, { $a: { b: 1, c: 2 } });
  assert.equal(pressed.value, null);
  await events.update("e2", { details: UNSET, value: UNSET });
  await events.update("e1", { value: "v", x: 3 });
  for (const [key, changes] of [
    ["e1", { key: "b" }],
    ["e1", { value: 5 }],
    ["e3", { secret: UNSET }],
  ] as const) {
    await assert.rejects(events.update(key, changes), InvalidArgument);
  }
  // @ts-expect-error no update changes the tag
  await assert.rejects(events.update("e1", { kind: "press" }));
  // @ts-expect-error of no variant
  await assert.rejects(events.update("e1", { value: true }));
  // @ts-expect-error a field that is always there
  await assert.rejects(events.update("e1", { x: UNSET }), InvalidArgument);
});

test("queries find documents of all variants", async () => {
  const found = await events.byValue("v").first();
  assert.equal(found?.eventId, "e1");
  assert.equal((await events.latestOfKind("upload").page()).items.length, 1);
  assert.equal(
    (await events.searchKey("k", { kind: "press" }).all()).length,
    1,
  );
  const [near] = await events.nearestByEmbedding([1, 0, 0]);
  assert.equal(near?.item.kind, "upload");
  for await (const snapshot of events.latestOfKind("click").watch()) {
    assert.deepEqual(snapshot.map(describe), ["3, 2"]);
    break;
  }
  assert.equal((await storage.functions.reports.latest())?.kind, "upload");
});

test("composite keys, and deletions", async () => {
  const center = { x: 0, y: 0 };
  await drawings.save({
    ...{ layer: "a", number: 1n, shape: "circle", center, radius: 2 },
  });
  const drawn = await drawings.get({ layer: "a", number: 1n });
  assert.ok(drawn?.shape === "circle");
  assert.equal(drawn.radius, 2);
  assert.equal(await events.delete("e3"), true);
  assert.equal(await events.deleteMany(["e1", "none"]), 1);
  await events.update("e2", { details: { $from: "typescript" } });
});
