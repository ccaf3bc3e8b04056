// The generated client of Mastra storage, from Node, against the functions that
// it comes with. CONVEX_URL and CONVEX_DEPLOY_KEY name the deployment.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, beforeEach, test } from "node:test";
import { inspect } from "node:util";

import {
  AccessDenied,
  AlreadyExists,
  Conflict,
  ConvexStorage,
  ConvexgenError,
  InvalidArgument,
  type JsonValue,
  MessageRole,
  NotFound,
  RunStatus,
  ServerError,
  Timeout,
  UNSET,
  Unavailable,
} from "client";

const url = process.env.CONVEX_URL ?? "";
const deployKey = process.env.CONVEX_DEPLOY_KEY;
const storage = new ConvexStorage(url, { deployKey });

beforeEach(async () => {
  for (const table of await storage.system.tables()) {
    await storage.system.clear(table.name);
  }
});

after(() => storage.close());

function message(messageId: string, threadId = "t", content: JsonValue = "") {
  return { messageId, threadId, role: MessageRole.USER, content };
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

test("absent and value come back as they were", async () => {
  const saved = await storage.threads.save({
    threadId: "t",
    resourceId: "Ü🚂",
  });
  assert.ok(!("title" in saved) && !("metadata" in saved));
  assert.deepEqual(await storage.threads.get("t"), saved);
  const named = await storage.threads.save({ ...saved, title: "" });
  assert.equal(named.title, "");
  assert.equal(named._id, saved._id);
  assert.equal(await storage.threads.get("gone"), null);
});

test("the backend sets timestamps", async () => {
  const createdAt = Date.UTC(2020, 1, 29) + 0.125;
  const thread = { threadId: "t", resourceId: "r" };
  const first = await storage.threads.save({ ...thread, createdAt });
  assert.equal(first.createdAt, createdAt);
  const later = await storage.threads.save(thread);
  assert.equal(later.createdAt, createdAt);
  assert.ok(later.updatedAt >= first.updatedAt);
});

test("creating twice is harmless, with other content it is refused", async () => {
  const thread = {
    threadId: "t",
    resourceId: "r",
    metadata: { $ref: "#/a", clé: [1, null] },
  };
  const created = await storage.threads.create(thread);
  assert.deepEqual(await storage.threads.create(thread), created);
  await assert.rejects(
    storage.threads.create({ ...thread, title: "other" }),
    (error) =>
      error instanceof AlreadyExists &&
      error.message.startsWith('Failed to create thread with ID "t": ') &&
      error.cause instanceof Error,
  );
});

test("an update changes the fields named", async () => {
  const { threads } = storage;
  await threads.save({ threadId: "t", resourceId: "r", title: "a" });
  const metadata = { $seat: 12 };
  const changed = await threads.update("t", { metadata, title: undefined });
  assert.deepEqual([changed.title, changed.metadata], ["a", metadata]);
  const merged = await threads.update("t", { metadata: { b: [] } });
  assert.deepEqual(merged.metadata, { $seat: 12, b: [] });
  const unset = await threads.update(
    "t",
    { title: UNSET },
    { expected: { title: "a", resourceId: "r" } },
  );
  assert.ok(!("title" in unset));
  await threads.update("t", { title: "b" }, { expected: { title: UNSET } });
  await assert.rejects(
    threads.update("t", { title: "c" }, { expected: { title: UNSET } }),
    Conflict,
  );
  await assert.rejects(threads.update("gone", { title: "c" }), (error) => {
    assert.ok(error instanceof NotFound);
    assert.equal(error.operation, 'update thread by ID "gone"');
    return true;
  });
  await assert.rejects(
    threads.update("t", { resourceId: UNSET as never }),
    /`resourceId` cannot be removed: it is not optional/,
  );
  await assert.rejects(
    storage.traces.update({ traceId: "t", spanId: "s" }, {
      updatedAt: 1,
    } as object),
    /`updatedAt` is set by the backend/,
  );
});

test("composite keys are objects", async () => {
  const key = { workflowName: "w", runId: "r" };
  const run = await storage.workflowRuns.save({
    ...key,
    stateType: RunStatus.RUNNING,
    state: {},
  });
  assert.deepEqual(await storage.workflowRuns.get(run), run);
  const found = await storage.workflowRuns.getMany([
    { ...key, runId: "x" },
    key,
  ]);
  assert.deepEqual(found, [null, run]);
  assert.equal(await storage.workflowRuns.delete(key), true);
  assert.equal(await storage.workflowRuns.delete(key), false);
  await assert.rejects(
    storage.workflowRuns.update(key, { state: 1 }),
    /Failed to update workflow run by workflow name "w" and run ID "r": /,
  );
});

test("many at once", async () => {
  const done: number[] = [];
  const all = Array.from({ length: 1200 }, (_, index) => message(`m${index}`));
  const progress = (count: number) => done.push(count);
  assert.equal(await storage.messages.saveMany(all, { progress }), 1200);
  assert.deepEqual(done, [200, 400, 600, 800, 1000, 1200]);
  const keys = ["m7", "gone", ...all.slice(0, 300).map((one) => one.messageId)];
  const found = await storage.messages.getMany(keys);
  assert.deepEqual(
    found.map((one) => one?.messageId),
    ["m7", undefined, ...keys.slice(2)],
  );
  assert.equal((await collect(storage.messages.list())).length, 1200);
  assert.equal(await storage.messages.deleteMany(["m1", "gone", "m2"]), 2);
  assert.equal(await storage.messages.clear(), 1198);
});

test("queries take bounds, an order, pages and the first", async () => {
  const { messages } = storage;
  const times = [5, 3, 4, 1, 2];
  await messages.saveMany(
    times.map((createdAt) => ({ ...message(`m${createdAt}`), createdAt })),
  );
  const ids = async (options: Parameters<typeof messages.byThreadId>[1]) =>
    (await collect(messages.byThreadId("t", options))).map(
      (one) => one.createdAt,
    );
  assert.deepEqual(await ids({}), [1, 2, 3, 4, 5]);
  assert.deepEqual(await ids({ order: "desc" }), [5, 4, 3, 2, 1]);
  assert.deepEqual(await ids({ createdAt: { gt: 2, lte: 4 } }), [3, 4]);
  assert.deepEqual(await ids({ createdAt: 4 }), [4]);
  const inThread = messages.byThreadId("t");
  const inPairs = await collect(inThread.iterate({ pageSize: 2 }));
  assert.deepEqual(inPairs, await inThread.all());
  // Each iteration starts anew.
  assert.deepEqual(inPairs, await collect(inThread));
  assert.equal(inPairs.length, 5);
  const page = await inThread.page({ limit: 2 });
  assert.equal(page.items.length, 2);
  assert.equal(page.isDone, false);
  const { cursor } = page;
  const rest = await inThread.page({ cursor });
  assert.deepEqual([rest.items.length, rest.isDone], [3, true]);
  for (const wrong of [cursor, "no cursor"]) {
    await assert.rejects(
      messages.byThreadId("another").page({ cursor: wrong }),
      (error) =>
        error instanceof InvalidArgument && /first page/.test(error.message),
    );
  }
  const last = await messages.byThreadId("t", { order: "desc" }).first();
  assert.equal(last?.messageId, "m5");
  assert.equal(await messages.byThreadId("gone").first(), null);
  await assert.rejects(messages.list().page({ limit: 0 }), InvalidArgument);
  // Fault 19: more than a query reads.
  const tooLarge =
    /is 32001: the limit of a page, or its size, is 32000 at most/;
  for (const call of [
    async () => await messages.list().page({ limit: 32_001 }),
    async () => await messages.list().iterate({ pageSize: 32_001 }).next(),
    async () => {
      for await (const found of messages.list().watch({ limit: 32_001 })) {
        assert.fail(`it was taken: ${found.length}`);
      }
    },
  ]) {
    await assert.rejects(
      call(),
      (error) =>
        error instanceof InvalidArgument && tooLarge.test(error.message),
    );
  }
  const newest = await messages.list({ order: "desc" }).first();
  assert.equal(newest?.messageId, "m2");
});

test("queries check their arguments before anything is sent", async () => {
  const nowhere = new ConvexStorage("http://127.0.0.1:9");
  const { threads } = nowhere;
  for (const updatedAt of [{ gt: 2, gte: 4 }, { lt: NaN }]) {
    assert.throws(
      () => threads.byResourceId("r", { updatedAt }),
      (error) => {
        assert.ok(error instanceof InvalidArgument);
        assert.equal(error.operation, 'list threads by resource ID "r"');
        return true;
      },
    );
  }
  assert.throws(() => threads.list({ order: "up" as "asc" }), /neither "asc"/);
  const bounds = { gte: 1 };
  const query = threads.byResourceId("r", { updatedAt: bounds, order: "desc" });
  bounds.gte = NaN;
  assert.equal(
    inspect(query),
    'CountedQuery [threads:getThreadsByResourceId({ resourceId: "r", updatedAt: { gte: 1 }, order: "desc" })] {}',
  );
  assert.equal(`${threads.list()}`, "Query threads:list()");
  await nowhere.close();
});

test("deleting cascades", async () => {
  await storage.threads.save({ threadId: "t", resourceId: "r" });
  await storage.messages.saveMany([
    message("a"),
    message("b"),
    message("c", "u"),
  ]);
  assert.equal(await storage.threads.delete("t"), true);
  const left = await collect(storage.messages.list());
  assert.deepEqual(
    left.map((one) => one.messageId),
    ["c"],
  );
});

test("tables are measured", async () => {
  await storage.messages.saveMany([message("a"), message("b")]);
  const { documents, bytes } = await storage.system.measure("messages");
  assert.equal(documents, 2);
  assert.ok(bytes > 100);
});

test("subscriptions yield what changes", async () => {
  const { messages } = storage;
  const seen: string[][] = [];
  for await (const found of messages.byThreadId("t").watch({ limit: 2 })) {
    seen.push(found.map((one) => one.messageId));
    if (seen.length === 1) await messages.save(message("a"));
    if (seen.length === 2)
      await messages.saveMany([message("b"), message("c")]);
    if (seen.length === 3) await messages.delete("a");
    if (seen.length === 4) break;
  }
  assert.deepEqual(seen, [[], ["a"], ["a", "b"], ["b", "c"]]);
});

test("subscriptions call back", async () => {
  await storage.threads.save({ threadId: "t", resourceId: "r", title: "a" });
  const titles: (string | undefined)[] = [];
  await new Promise<void>((resolve, reject) => {
    const stop = storage.threads.watch("t").onUpdate((thread) => {
      titles.push(thread?.title);
      if (titles.length === 2) {
        stop();
        resolve();
      }
    }, reject);
    setTimeout(() => void storage.threads.update("t", { title: "b" }), 200);
  });
  assert.deepEqual(titles, ["a", "b"]);
});

test("closing ends subscriptions and calls", async () => {
  const other = new ConvexStorage(url, { deployKey });
  const snapshots = other.threads.watch("t")[Symbol.asyncIterator]();
  assert.equal((await snapshots.next()).value, null);
  const waiting = snapshots.next();
  await other.close();
  assert.equal((await waiting).done, true);
  await assert.rejects(other.threads.get("t"), /the client is closed/);
});

test("internal functions need the key", async () => {
  const open = new ConvexStorage(url);
  await assert.rejects(open.threads.get("t"), AccessDenied);
  await assert.rejects(async () => {
    for await (const _ of open.threads.watch("t")) assert.fail();
  }, AccessDenied);
  await open.close();
});

test("settings are checked", () => {
  for (const [place, options] of [
    ["nowhere", {}],
    ["ftp://a.b", {}],
    [url, { deployKey: "" }],
    [url, { deployKey: "k", auth: "t" }],
    [url, { timeout: 0 }],
  ] as const) {
    assert.throws(() => new ConvexStorage(place, options), InvalidArgument);
  }
});

/** The limit of what ends by nothing but its limit, on any machine. */
const MOMENT = 50;

test("a call has a deadline, and what failed is tried again", async () => {
  const statuses = [503, 429, 200];
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    if (request.url === "/api/mutation") return;
    const status = statuses.shift() ?? 404;
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ status: "success", value: null }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const there = `http://127.0.0.1:${port}`;
  const other = new ConvexStorage(there, { timeout: 900_000 });
  assert.equal(await other.threads.get("t"), null);
  assert.equal(requests, 3);
  await assert.rejects(other.threads.get("t"), ServerError);
  const hasty = new ConvexStorage(there, { timeout: MOMENT });
  await assert.rejects(
    hasty.threads.save({ threadId: "t", resourceId: "r" }),
    (error) => error instanceof Timeout && /may have run/.test(error.message),
  );
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await assert.rejects(other.threads.get("t"), (error) => {
    assert.ok(error instanceof Unavailable && error instanceof ConvexgenError);
    assert.equal(error.name, "Unavailable");
    return true;
  });
});

const deep = Array.from({ length: 60 }).reduce<JsonValue>(
  (inner) => ({ deep: [inner] }),
  "bottom",
);

export const torture: [string, JsonValue][] = [
  ["keys", { $ref: 1, _id: 2, clé: 3, "": 4, "a b": [] }],
  ["own __proto__", JSON.parse('{"__proto__": {"a": 1}}') as JsonValue],
  [
    "entries",
    Object.fromEntries(Array.from({ length: 1500 }, (_, n) => [`k${n}`, n])),
  ],
  ["elements", Array.from({ length: 10_000 }, (_, n) => n)],
  ["depth", deep],
  ["numbers", [0, -0, 0.1, 1e300, 5e-324, 2 ** 53, 2 ** 60, -1e20]],
  ["integers", [2n ** 63n, -(10n ** 30n), { $a: 2n ** 53n + 1n }]],
  ["text form", { jsonText: "{}" }],
  ["text", "é😀\u0000\u202e"],
  ["null", null],
];

for (const [name, value] of torture) {
  test(`JSON comes back equal: ${name}`, async () => {
    await storage.messages.save(message("m", "t", value));
    const read = await storage.messages.get("m");
    assert.deepEqual(read?.content, value);
  });
}

test("what is not JSON is refused with its place", async () => {
  const loop: Record<string, unknown> = {};
  loop.loop = loop;
  for (const [value, problem] of [
    [{ a: [1, "\ud800"] }, "`content.a[1]` has a lone surrogate (U+D800"],
    [{ "a b": NaN }, '`content["a b"]` is NaN, which is no number of JSON'],
    [[undefined], "`content[0]` is of type undefined"],
    [{ when: new Date(0) }, "`content.when` is of type Date"],
    [loop, "is nested over 200 levels deep, or inside itself"],
  ] as const) {
    await assert.rejects(
      storage.messages.save(message("m", "t", value as unknown as JsonValue)),
      (error) => {
        assert.ok(error instanceof InvalidArgument);
        assert.ok(error.message.includes(problem), error.message);
        assert.ok(error.message.startsWith("Failed to save message with ID"));
        return true;
      },
    );
  }
  await assert.rejects(storage.threads.get("\udfff"), /`threadId` has a lone/);
  await assert.rejects(
    storage.messages.saveMany([message("a"), message("b", "\ud800")]),
    /Failed to save messages: `\[1\]\.threadId` has a lone surrogate/,
  );
});

test("what breaks a rule is refused before it is sent", async () => {
  const offline = new ConvexStorage("http://127.0.0.1:1");
  const trace = { traceId: "t", spanId: "s", name: "n" };
  await assert.rejects(
    offline.traces.save({ ...trace, startedAt: 0, kind: 1.5 }),
    /`kind` must be a whole number within ±2\^53/,
  );
  await assert.rejects(
    offline.traces.save({ ...trace, startedAt: Infinity }),
    (error) => {
      assert.ok(error instanceof InvalidArgument);
      assert.deepEqual((error.data as { path: string }).path, "startedAt");
      return true;
    },
  );
  await assert.rejects(
    storage.threads.save({ threadId: 1 as never, resourceId: "r" }),
    InvalidArgument,
  );
});
