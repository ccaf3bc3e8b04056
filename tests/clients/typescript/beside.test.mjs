// Batches that are saved at the same time, and pages fetched before they are needed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Aborted, AccessDenied, ConvexStorage, InvalidArgument } from "client";

/** A deployment that answers when so many calls are there, by what each saves. */
class Deployment {
  calls = 0;
  most = 0;
  saved = [];
  #party;
  #waiting = [];
  #refuse;

  constructor(party, refuse = () => false) {
    this.#party = party;
    this.#refuse = refuse;
  }

  fetch = async (_, { body }) => {
    const { threads } = JSON.parse(body).args[0];
    this.calls += 1;
    const isRefused = this.#refuse(threads);
    const answered = new Promise((answer) => this.#waiting.push(answer));
    this.most = Math.max(this.most, this.#waiting.length);
    if (this.#waiting.length >= this.#party) {
      for (const answer of this.#waiting.splice(0)) answer();
    }
    await answered;
    if (isRefused) {
      const refusal = { code: "BadDeployKey", message: "no" };
      return new Response(JSON.stringify(refusal), { status: 401 });
    }
    this.saved.push(threads.map(({ threadId }) => threadId));
    return new Response(JSON.stringify({ status: "success", value: null }));
  };

  open() {
    return new ConvexStorage("http://127.0.0.1:1", { fetch: this.fetch });
  }
}

function threads(count, from = 0) {
  return Array.from({ length: count }, (_, n) => ({ threadId: `${from + n}` }));
}

test("so many batches are saved at the same time", async () => {
  const deployment = new Deployment(4);
  const storage = deployment.open();
  const progress = [];
  const options = { concurrency: 4, progress: (done) => progress.push(done) };
  assert.equal(await storage.threads.saveMany(threads(4000), options), 4000);
  assert.deepEqual([deployment.calls, deployment.most], [8, 4]);
  const multiples = [1, 2, 3, 4, 5, 6, 7, 8].map((count) => 500 * count);
  assert.deepEqual(progress, multiples);
  await storage.close();
});

test("of two with one key the later one stays", async () => {
  const deployment = new Deployment(1);
  const storage = deployment.open();
  const all = [...threads(500), ...threads(500), ...threads(500, 499)];
  await storage.threads.saveMany(all, { concurrency: 8 });
  assert.deepEqual([deployment.calls, deployment.most], [3, 1]);
  await storage.close();
});

test("the error is that of the first batch that fails", async () => {
  const isRefused = ([{ threadId }]) => ["500", "1000"].includes(threadId);
  const deployment = new Deployment(4, isRefused);
  const storage = deployment.open();
  const saving = storage.threads.saveMany(threads(2000), { concurrency: 4 });
  await assert.rejects(saving, (error) => {
    assert.ok(error instanceof AccessDenied, error.stack);
    assert.deepEqual([error.batch, error.done], [2, 500]);
    return true;
  });
  // Those beside it have ended.
  assert.equal(deployment.saved.flat().length, 1000);
  await storage.close();
});

test("what gives the entities may fail", async () => {
  const deployment = new Deployment(1);
  const storage = deployment.open();
  async function* failing(error) {
    yield* threads(1500);
    throw error;
  }
  const range = new RangeError("no more");
  for (const concurrency of [1, 4]) {
    await assert.rejects(
      storage.threads.saveMany(failing(range), { concurrency }),
      range,
    );
    const invalid = [...threads(1700), { threadId: new Date() }];
    await assert.rejects(
      storage.threads.saveMany(invalid, { concurrency }),
      (error) => {
        assert.ok(error instanceof InvalidArgument, error.stack);
        const { index, batch, done } = error;
        assert.deepEqual([index, batch, done], [1700, 4, 1500]);
        return true;
      },
    );
  }
  await storage.close();
});

test("no number of batches", async () => {
  const storage = new Deployment(1).open();
  for (const concurrency of [0, 17, 1.5, Number.NaN, "2", null]) {
    await assert.rejects(
      storage.threads.saveMany([], { concurrency }),
      /`concurrency` is from 1 to 16, not/,
    );
  }
  await storage.close();
});

/** A deployment with so many pages of two threads, which answers when it is told. */
class Pages {
  /** The numbers of the pages that were asked for, and of those given up. */
  asked = [];
  givenUp = [];
  #count;
  #fails;
  #held = new Map();

  constructor(count, fails = () => false) {
    this.#count = count;
    this.#fails = fails;
  }

  fetch = async (_, { body, signal }) => {
    const { cursor } = JSON.parse(body).args[0].paginationOpts;
    const number = Number(cursor ?? 0);
    this.asked.push(number);
    const held = this.#held.get(number);
    if (held !== undefined) {
      signal.addEventListener("abort", () => this.givenUp.push(number));
      const aborted = new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
      await Promise.race([held.promise, aborted]);
    }
    if (this.#fails(number)) {
      const refusal = { code: "BadDeployKey", message: "no" };
      return new Response(JSON.stringify(refusal), { status: 401 });
    }
    const page = [2 * number, 2 * number + 1].map((count) => ({
      _id: `${count}`,
      _creationTime: 0,
      threadId: `${count}`,
    }));
    const isDone = number === this.#count - 1;
    const value = { page, isDone, continueCursor: `${number + 1}` };
    return new Response(JSON.stringify({ status: "success", value }));
  };

  /** Holds back a page until what it returns is called. */
  hold(number) {
    let release;
    const promise = new Promise((resolve) => (release = resolve));
    this.#held.set(number, { promise });
    return release;
  }

  open() {
    return new ConvexStorage("http://127.0.0.1:1", { fetch: this.fetch });
  }
}

async function take(found, count) {
  const ids = [];
  for (let index = 0; index < count; index += 1) {
    ids.push((await found.next()).value.threadId);
  }
  return ids;
}

test("pages are fetched before they are needed, from the second one on", async () => {
  const pages = new Pages(4);
  const storage = pages.open();
  const found = storage.threads.list().iterate({ pageSize: 2 });
  // Whoever wants no second page pays for none.
  assert.deepEqual(await take(found, 2), ["0", "1"]);
  assert.deepEqual(pages.asked, [0]);
  assert.deepEqual(await take(found, 1), ["2"]);
  assert.deepEqual(pages.asked, [0, 1, 2]);
  assert.deepEqual(await take(found, 5), ["3", "4", "5", "6", "7"]);
  assert.equal((await found.next()).done, true);
  assert.deepEqual(pages.asked, [0, 1, 2, 3]);
  assert.equal((await storage.threads.list().all()).length, 8);
  await storage.close();
});

test("the page after is given up with the loop", async () => {
  const pages = new Pages(4);
  pages.hold(2);
  const storage = pages.open();
  for await (const { threadId } of storage.threads.list()) {
    if (threadId === "2") break;
  }
  assert.deepEqual([pages.asked, pages.givenUp], [[0, 1, 2], [2]]);
  await storage.close();
});

test("a signal ends the page after with its reason", async () => {
  const pages = new Pages(4);
  pages.hold(2);
  const storage = pages.open();
  const controller = new AbortController();
  const found = storage.threads
    .list()
    .iterate({ signal: controller.signal, timeout: 900_000 });
  assert.deepEqual(await take(found, 4), ["0", "1", "2", "3"]);
  controller.abort("enough");
  await assert.rejects(found.next(), (error) => {
    assert.ok(error instanceof Aborted, error.stack);
    assert.equal(error.cause, "enough");
    return true;
  });
  assert.deepEqual(pages.givenUp, [2]);
  await storage.close();
});

test("an error of the page after comes when it is needed", async () => {
  const storage = new Pages(4, (number) => number === 2).open();
  const found = storage.threads.list().iterate();
  assert.deepEqual(await take(found, 3), ["0", "1", "2"]);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(await take(found, 1), ["3"]);
  await assert.rejects(found.next(), AccessDenied);
  await storage.close();
});
