// A signal and a timeout of one call: of each method that asks the deployment.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  Aborted,
  ConvexStorage,
  InvalidArgument,
  Timeout,
  Unavailable,
} from "client";

const url = "http://127.0.0.1:1";
const key = { threadId: "t", messageId: "m" };
const fields = {
  author: "a",
  tokens: 1,
  text: "b",
  signal: "c",
  vector: [1, 2],
  steps: {},
};
const document = { ...key, ...fields };

/** The methods that ask, by what has them; of each, whether it may change something. */
function methods(storage) {
  const { messages, threads, system, functions } = storage;
  const found = messages.list();
  const counted = messages.byAuthorAndTokens("a");
  const windowed = messages.around("t", "a");
  const filtered = messages.find();
  const search = messages.searchText("a");
  const read = {
    get: (of) => messages.get(key, of),
    getIncluding: (of) => messages.get(key, { ...of, include: ["thread"] }),
    getMany: (of) => messages.getMany([key], of),
    getByDocId: (of) => messages.getByDocId("x", of),
    nearest: (of) => messages.nearest([1, 2], { signal_: "c", ...of }),
    all: (of) => found.all(of),
    first: (of) => found.first(of),
    page: (of) => found.page(of),
    iterate: (of) => found.iterate(of).next(),
    count: (of) => counted.count(of),
    pageByOffset: (of) => counted.page({ offset: 0, ...of }),
    rank: (of) => counted.rank(key, of),
    around: (of) => windowed.around(key, of),
    aroundMany: (of) => windowed.aroundMany([{ key }], of),
    windowedPage: (of) => windowed.page({ offset: 0, around: [], ...of }),
    filteredPage: (of) => filtered.page(of),
    filteredCount: (of) => filtered.count(of),
    searchAll: (of) => search.all(of),
    searchFirst: (of) => search.first(of),
    snapshot: (of) => storage.snapshot(() => undefined, of),
    tables: (of) => system.tables(of),
    measure: (of) => system.measure("messages", of),
    verifyCounts: (of) => system.verifyCounts(of),
    ask: (of) => functions.own.ask({ question: "why" }, of),
  };
  const written = {
    create: (of) => messages.create(document, of),
    createOfKeyAlone: (of) => threads.create({ threadId: "t" }, of),
    save: (of) => messages.save(document, of),
    saveExpecting: (of) =>
      messages.save(document, { expected: { author: "a" }, ...of }),
    saveOfKeyAlone: (of) => threads.save({ threadId: "t" }, of),
    saveMany: (of) => messages.saveMany([document], of),
    saveManyBeside: (of) =>
      messages.saveMany([document], { concurrency: 4, ...of }),
    update: (of) => messages.update(key, { text: "c" }, of),
    updateMany: (of) => messages.updateMany([{ key }], of),
    upsert: (of) => messages.upsert(key, { create: fields }, of),
    updateEntries: (of) => messages.updateEntries(key, { steps: {} }, of),
    delete: (of) => messages.delete(key, of),
    deleteOfKeyAlone: (of) => threads.delete("t", of),
    deleteMany: (of) => messages.deleteMany([key], of),
    clear: (of) => messages.clear(of),
    deleteFound: (of) => found.delete(of),
    updateFound: (of) => found.update({ set: { text: "c" }, ...of }),
    copyFound: (of) => found.copy({ key: { messageId: "n" }, ...of }),
    atomic: (of) => storage.atomic((tx) => tx.messages.save(document), of),
    systemDelete: (of) => system.delete("messages", "x", of),
    systemClear: (of) => system.clear("messages", of),
    tell: (of) => functions.own.tell("it", of),
  };
  // Which begin with a query.
  const counting = {
    fillCounts: (of) => system.fillCounts(of),
  };
  return [
    [read, false],
    [counting, false],
    [written, true],
  ];
}

const SILENT = (_, { signal }) =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });

async function failure(promise, name) {
  return await promise.then(
    () => assert.fail(`${name} has succeeded`),
    (error) => error,
  );
}

async function eachMethod(fetch, check) {
  const storage = new ConvexStorage(url, { fetch });
  for (const [ones, isWriting] of methods(storage)) {
    for (const [name, call] of Object.entries(ones)) {
      await check(call, name, isWriting);
    }
  }
  await storage.close();
}

test("a signal ends each method while it waits", async () => {
  let isAsked = () => undefined;
  const fetch = (...given) => {
    isAsked();
    return SILENT(...given);
  };
  await eachMethod(fetch, async (call, name, isWriting) => {
    const controller = new AbortController();
    const asked = new Promise((resolve) => (isAsked = resolve));
    const failing = failure(call({ signal: controller.signal }), name);
    await asked;
    const reason = new Error("no more");
    controller.abort(reason);
    const error = await failing;
    assert.ok(error instanceof Aborted, `${name}: ${error.stack}`);
    assert.equal(error.name, "AbortError");
    assert.equal(error.cause, reason, name);
    assert.equal(error.mayHaveRun, isWriting, name);
    assert.ok(error.operation, name);
  });
});

test("what has been aborted before sends nothing", async () => {
  const fetch = () => assert.fail("it was sent");
  await eachMethod(fetch, async (call, name) => {
    const error = await failure(call({ signal: AbortSignal.abort() }), name);
    assert.ok(error instanceof Aborted, `${name}: ${error.stack}`);
    assert.equal(error.mayHaveRun, false, name);
  });
});

/** The limit of what ends by nothing but its limit, on any machine. */
const MOMENT = 1;

test("each method has its own timeout", async () => {
  await eachMethod(SILENT, async (call, name, isWriting) => {
    const error = await failure(call({ timeout: MOMENT }), name);
    assert.ok(error instanceof Timeout, `${name}: ${error.stack}`);
    assert.match(error.message, /within 1 ms/);
    assert.equal(error.mayHaveRun, isWriting, name);
  });
});

test("a signal of a timeout is one", async () => {
  await eachMethod(SILENT, async (call, name) => {
    const error = await failure(call({ signal: AbortSignal.timeout(1) }), name);
    assert.ok(error instanceof Timeout, `${name}: ${error.stack}`);
    assert.match(error.message, /the time of the signal is over/);
    assert.equal(error.cause?.name, "TimeoutError");
  });
});

test("no number of milliseconds is no timeout", async () => {
  const fetch = () => assert.fail("it was sent");
  for (const timeout of [0, -1, Number.NaN, Infinity, 2 ** 31, "a"]) {
    await eachMethod(fetch, async (call, name) => {
      const error = await failure(call({ timeout }), name);
      assert.ok(error instanceof InvalidArgument, `${name}: ${error.stack}`);
    });
  }
});

test("an option of another name is refused", async () => {
  const fetch = () => assert.fail("it was sent");
  await eachMethod(fetch, async (call, name) => {
    const error = await failure(call({ timeuot: 5 }), name);
    assert.ok(error instanceof InvalidArgument, `${name}: ${error.stack}`);
    assert.match(error.message, /`options\.timeuot` is not known here: /, name);
  });
});

test("all methods are among them", () => {
  const storage = new ConvexStorage(url);
  const { messages, threads, system, functions } = storage;
  const having = [
    storage,
    messages,
    threads,
    system,
    functions.own,
    messages.list(),
    messages.find(),
    messages.byAuthorAndTokens("a"),
    messages.around("t", "a"),
    messages.searchText("a"),
  ];
  const called = methods(storage).flatMap(([ones]) =>
    Object.values(ones).map(String),
  );
  // These ask by others, or begin nothing that ends.
  const others =
    /^(constructor|close|toString|refillCounts|_\w+|watch\w*|by[A-Z]\w*|list|find|searchText)$/;
  for (const one of having) {
    let prototype = Object.getPrototypeOf(one);
    for (
      ;
      prototype !== Object.prototype;
      prototype = Object.getPrototypeOf(prototype)
    ) {
      for (const name of Object.getOwnPropertyNames(prototype)) {
        const isCalled = called.some((text) => text.includes(`.${name}(`));
        assert.ok(isCalled || others.test(name), name);
      }
    }
  }
});

test("a retry ends too, and says what may have run", async () => {
  const controller = new AbortController();
  const fetch = () => {
    controller.abort();
    const cause = Object.assign(new Error(), { code: "ECONNRESET" });
    return Promise.reject(new TypeError("fetch failed", { cause }));
  };
  const storage = new ConvexStorage(url, { fetch });
  const saving = storage.messages.save(document, { signal: controller.signal });
  const error = await failure(saving, "save");
  assert.ok(error instanceof Aborted && error.mayHaveRun, error.stack);
  await storage.close();
});

test("a call for a token ends", async () => {
  const storage = new ConvexStorage(url, { auth: () => new Promise(() => {}) });
  const controller = new AbortController();
  const { signal } = controller;
  const failing = failure(storage.threads.get("t", { signal }), "get");
  controller.abort();
  assert.ok((await failing) instanceof Aborted);
  const error = await failure(
    storage.threads.get("t", { timeout: MOMENT }),
    "get",
  );
  assert.match(error.message, /gives tokens gave none in time/);
  await storage.close();
});

test("what a call of many has done is told", async () => {
  const controller = new AbortController();
  let count = 0;
  const fetch = (...given) => {
    count += 1;
    if (count < 3) return answered(null);
    setTimeout(() => controller.abort());
    return SILENT(...given);
  };
  const storage = new ConvexStorage(url, { fetch });
  const threads = Array.from({ length: 2000 }, (_, n) => ({
    threadId: `${n}`,
  }));
  const { signal } = controller;
  const error = await failure(storage.threads.saveMany(threads, { signal }));
  assert.ok(error instanceof Aborted, error.stack);
  assert.deepEqual([error.done, error.batch], [1000, 3]);
  await storage.close();
});

test("signals are let go when calls are over", async () => {
  const storage = new ConvexStorage(url, { fetch: () => answered(null) });
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = function (...given) {
    listeners += 1;
    addEventListener.apply(this, given);
  };
  signal.removeEventListener = function (...given) {
    listeners -= 1;
    removeEventListener.apply(this, given);
  };
  for (let count = 0; count < 20; count += 1) {
    assert.equal(await storage.threads.get("t", { signal }), null);
  }
  assert.equal(listeners, 0);
  await storage.close();
});

test("a signal ends a subscription as closing does", async () => {
  const storage = new ConvexStorage(url, { fetch: SILENT });
  for (const watch of [
    (of) => storage.threads.watch("t", of),
    (of) => storage.threads.list().watch(of),
    (of) => storage.messages.searchText("a").watch(of),
    (of) => storage.functions.own.watchAsk({ question: "why" }, of),
  ]) {
    for (const isAborted of [true, false]) {
      const controller = new AbortController();
      if (isAborted) controller.abort();
      else setTimeout(() => controller.abort());
      for await (const seen of watch({ signal: controller.signal })) {
        assert.fail(`${seen}`);
      }
    }
    const error = await failure(
      watch({ timeout: MOMENT })[Symbol.asyncIterator]().next(),
    );
    assert.ok(error instanceof Timeout, error.stack);
  }
  await storage.close();
});

test("the client that is closed ends calls with signals as well", async () => {
  const storage = new ConvexStorage(url, { fetch: SILENT });
  const { signal } = new AbortController();
  const failing = failure(storage.threads.get("t", { signal }), "get");
  await storage.close();
  assert.ok((await failing) instanceof Unavailable);
});

function answered(value) {
  const text = JSON.stringify({ status: "success", value, logLines: [] });
  return Promise.resolve(new Response(text));
}
