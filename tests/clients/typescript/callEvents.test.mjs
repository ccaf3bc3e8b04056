// What `onCall` is told of calls of every kind, and of each way in which they end.
// CONVEX_URL and CONVEX_DEPLOY_KEY name a deployment with the functions of the test.

import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { test } from "node:test";
import { inspect } from "node:util";

import {
  Aborted,
  AccessDenied,
  Client,
  Conflict,
  functionCall,
  Functions,
  InvalidArgument,
  LimitExceeded,
  ServerError,
  Storage,
  Timeout,
  Unavailable,
} from "client";

const { CONVEX_URL, CONVEX_DEPLOY_KEY } = process.env;
const SECRET = "s3cr3t";

const call = (kind, path, idempotent, args = { name: "a" }) =>
  functionCall({ kind, path, idempotent }, args);
const get = (args) => call("query", "n:get", true, args);
const add = (args) => call("mutation", "n:add", false, args);
const put = (args) => call("mutation", "n:add", true, args);
const ask = (args) => call("action", "n:ask", false, args);
const KINDS = [get, add, put, ask];

const bytes = (text) => Buffer.byteLength(text);
const sizeOf = (path, args = { name: "a" }) =>
  bytes(JSON.stringify({ path, format: "convex_encoded_json", args: [args] }));

/** The client, and what its hook is told. */
function observed(options, url = CONVEX_URL) {
  const events = [];
  const onCall = (event) => events.push(event);
  return { events, client: new Client(url, { ...options, onCall }) };
}

const outcome = ({ kind, path, attempts, error }) => [
  kind,
  path,
  attempts,
  error,
];

const failureOf = async (promise) =>
  await promise.then(
    () => assert.fail("it has succeeded"),
    (error) => error,
  );

// A deployment

test("each call is told of once", async () => {
  const { events, client } = observed({ deployKey: CONVEX_DEPLOY_KEY });
  for (const made of KINDS) {
    assert.equal(await client.run(made()), "a");
    assert.deepEqual(await client.change(made()), {
      answer: "a",
      isCertain: true,
    });
    const { kind, path } = made();
    assert.deepEqual(events.splice(0).map(outcome), [
      [kind, path, 1, undefined],
      [kind, path, 1, undefined],
    ]);
  }
  const failures = [];
  for (const one of [
    ask({ name: "nobody" }),
    add({ name: "a", refused: true }),
  ]) {
    failures.push(await failureOf(client.run(one)));
  }
  assert.deepEqual(events.map(outcome), [
    ["action", "n:ask", 1, Conflict],
    ["mutation", "n:add", 1, Conflict],
  ]);
  // The logs of the deployment have what the function printed under it.
  const ids = failures.map((error) => error.requestId);
  assert.ok(ids.every((one) => /^\w+$/.test(one)));
  assert.deepEqual(
    events.map((one) => one.requestId),
    ids,
  );
  for (const one of events) {
    assert.equal(one.url, CONVEX_URL);
    assert.ok(one.milliseconds > 0 && one.bytesReceived > 0);
  }
  await client.close();
});

test("a deployment with the key, a user and nobody", async () => {
  for (const [options, error] of [
    [{ deployKey: CONVEX_DEPLOY_KEY }, undefined],
    [{}, AccessDenied],
    [{ auth: SECRET }, AccessDenied],
    [{ auth: () => Promise.resolve(SECRET) }, AccessDenied],
  ]) {
    const { events, client } = observed(options);
    if (error === undefined) await client.run(get());
    else assert.ok((await failureOf(client.run(get()))) instanceof error);
    // A token that a function gave is asked for anew, once.
    const attempts = typeof options.auth === "function" ? 2 : 1;
    assert.deepEqual(events.map(outcome), [
      ["query", "n:get", attempts, error],
    ]);
    await client.close();
  }
});

test("snapshots, and what they refuse", async () => {
  const { events, client } = observed({ deployKey: CONVEX_DEPLOY_KEY });
  class Own extends Functions {
    async run(one) {
      return await this._client.run(one);
    }
  }
  const storage = Object.assign(new Storage(client), {
    functions: new Own(client),
  });
  let ended;
  await storage.snapshot(async (at) => {
    ended = at.functions;
    await at.functions.run(get());
    for (const made of [add, ask]) {
      await failureOf(at.functions.run(made()));
    }
  });
  await failureOf(ended.run(get()));
  await client.close();
  await failureOf(storage.snapshot(() => undefined));
  await failureOf(client.run(get()));
  assert.deepEqual(events.map(outcome), [
    ["query", "/api/query_ts", 1, undefined],
    ["query", "n:get", 1, undefined],
    ["mutation", "n:add", 0, InvalidArgument],
    ["action", "n:ask", 0, InvalidArgument],
    ["query", "n:get", 0, InvalidArgument],
    ["query", "/api/query_ts", 0, InvalidArgument],
    ["query", "n:get", 0, InvalidArgument],
  ]);
});

test("a subscription begins with a call, and its results are none", async () => {
  const { events, client } = observed({ deployKey: CONVEX_DEPLOY_KEY });
  const seen = [];
  for await (const count of client.watch(call("query", "n:count", true, {}))) {
    seen.push(count);
    if (seen.length === 2) break;
    await client.run(add());
  }
  assert.equal(seen[1], seen[0] + 1);
  assert.deepEqual(
    events.map((one) => one.path),
    ["n:count", "n:add"],
  );
  await client.close();
});

// Answers of a script

const answered = (status, body) => () =>
  Promise.resolve(
    new Response(typeof body === "string" ? body : JSON.stringify(body), {
      status,
    }),
  );
const failed = (code, syscall) => () =>
  Promise.reject(
    new TypeError("fetch failed", {
      cause: Object.assign(new Error(code), { code, syscall }),
    }),
  );
const VALUE = { status: "success", value: "a" };
const THROWN = {
  status: "error",
  errorMessage: `[Request ID: 1a2b] Server Error\nUncaught ConvexError: ${SECRET}`,
  errorData: { code: "Conflict", message: SECRET },
};
const DONE = answered(200, VALUE);
const FAILED = answered(560, THROWN);
const BUSY = answered(503, "busy");
const RATE = answered(429, { code: "RateLimited", message: "no" });
const REFUSED_TOKEN = answered(401, { code: "Unauthenticated", message: "" });
const GARBAGE = answered(200, "<html>");
const RESET = failed("ECONNRESET", "read");
const CLOSED = failed("ECONNREFUSED", "connect");
const NEVER = () => new Promise(() => undefined);
const TOKENS = { auth: async () => SECRET };
/** The limit of what ends by nothing but its limit, on any machine. */
const MOMENT = 50;
/** The same where there is a pause of a tenth of a second before. */
const LATER = 5_000;
const FIRST = [get, put];
const ONCE = [add, ask];

// Calls, answers, attempts, the class of the error; what the client is given, and
// the call. Each call gives what it would without a hook.
const SCRIPTS = [
  ["at once", KINDS, [DONE], 1, undefined],
  ["overloaded, then not", FIRST, [BUSY, DONE], 2, undefined],
  ["overloaded twice", FIRST, [BUSY, RATE, DONE], 3, undefined],
  ["overloaded", ONCE, [BUSY], 1, Unavailable],
  ["too many requests", ONCE, [RATE], 1, Unavailable],
  ["cut off, then not", FIRST, [RESET, DONE], 2, undefined],
  ["cut off", ONCE, [RESET], 1, Unavailable],
  ["no connection, then one", FIRST, [CLOSED, DONE], 1, undefined],
  ["no connection", KINDS, [CLOSED], 0, Unavailable],
  ["a function that fails", KINDS, [FAILED], 1, Conflict],
  ["fails after a break", FIRST, [RESET, FAILED], 2, Conflict],
  ["a refused key", KINDS, [REFUSED_TOKEN], 1, AccessDenied],
  ["a new token", KINDS, [REFUSED_TOKEN, DONE], 2, undefined, TOKENS],
  ["no better token", KINDS, [REFUSED_TOKEN], 2, AccessDenied, TOKENS],
  ["no answer of Convex", KINDS, [GARBAGE], 1, ServerError],
  ["no answer", KINDS, [NEVER], 1, Timeout, { timeout: MOMENT }],
  ["late again", FIRST, [RESET, NEVER], 2, Timeout, { timeout: LATER }],
  ["no time", KINDS, [NEVER], 0, InvalidArgument, {}, { timeout: 0 }],
  ["no option", KINDS, [NEVER], 0, InvalidArgument, {}, { limit: 1 }],
  [
    "aborted before",
    KINDS,
    [NEVER],
    0,
    Aborted,
    {},
    { signal: AbortSignal.abort() },
  ],
  [
    "tokens that fail",
    KINDS,
    [NEVER],
    0,
    RangeError,
    { auth: () => Promise.reject(new RangeError(SECRET)) },
  ],
  [
    "what is thrown that is no error",
    KINDS,
    [NEVER],
    0,
    Error,
    {
      auth: async () => {
        throw SECRET;
      },
    },
  ],
];

for (const [title, kinds, answers, attempts, error, given, asked] of SCRIPTS) {
  test(title, async () => {
    for (const made of kinds) {
      const left = [...answers];
      const sent = [];
      const received = [];
      const fetch = async (_, init) => {
        sent.push(bytes(init.body));
        const response = await (left.length > 1 ? left.shift() : left[0])();
        received.push(bytes(await response.clone().text()));
        return response;
      };
      const options = { fetch, ...given };
      const { events, client } = observed(options, "http://127.0.0.1:1");
      const one = made({ name: SECRET });
      if (error === undefined) assert.equal(await client.run(one, asked), "a");
      else {
        const failure = await failureOf(client.run(one, asked));
        assert.ok(error === Error || failure instanceof error, failure);
      }
      const [event, ...others] = events;
      assert.deepEqual(others, []);
      const { kind, path } = one;
      assert.deepEqual(outcome(event), [kind, path, attempts, error]);
      const size = sizeOf(path, { name: SECRET });
      assert.equal(event.bytesSent, attempts * size);
      assert.ok(sent.every((each) => each === size));
      const total = received.reduce((sum, each) => sum + each, 0);
      assert.equal(event.bytesReceived, total);
      assert.equal(event.requestId, error === Conflict ? "1a2b" : undefined);
      const shown = inspect(event, { depth: null, showHidden: true });
      assert.ok(!shown.includes(SECRET), shown);
      await client.close();
    }
  });
}

test("aborted on the way, closed on the way", async () => {
  for (const made of KINDS) {
    const controller = new AbortController();
    for (const [end, error] of [
      [() => controller.abort(), Aborted],
      [(client) => client.close(), Unavailable],
    ]) {
      const { events, client } = observed({
        fetch: async () => {
          queueMicrotask(() => void end(client));
          return await NEVER();
        },
      });
      const { signal } = error === Aborted ? controller : {};
      await failureOf(client.run(made(), { signal }));
      const { kind, path } = made();
      assert.deepEqual(events.map(outcome), [[kind, path, 1, error]]);
      await client.close();
    }
  }
});

test("what cannot be sent", async () => {
  const { events, client } = observed({ fetch: NEVER });
  await failureOf(client.run(get({ name: new Date() })));
  await failureOf(client.run(add({ name: "x".repeat(17 * 1024 * 1024) })));
  await failureOf(client.run(ask({ name: Array(9000).fill(0) })));
  assert.deepEqual(events.map(outcome), [
    ["query", "n:get", 0, InvalidArgument],
    ["mutation", "n:add", 0, LimitExceeded],
    ["action", "n:ask", 0, LimitExceeded],
  ]);
  await client.close();
});

test("what does not fit the types", async () => {
  const { events, client } = observed({ fetch: DONE });
  const decode = () => {
    throw new TypeError("of another type");
  };
  await failureOf(client.run({ ...get(), decode }));
  assert.deepEqual(events.map(outcome), [["query", "n:get", 1, ServerError]]);
  await client.close();
});

test("bytes are those of UTF-8", async () => {
  const { events, client } = observed({
    fetch: answered(200, { status: "success", value: "Ü🚂" }),
  });
  await client.run(get({ name: "Ü🚂" }));
  const [event] = events;
  assert.equal(event.bytesSent, sizeOf("n:get", { name: "Ü🚂" }));
  assert.equal(
    event.bytesReceived,
    bytes(JSON.stringify({ status: "success", value: "Ü🚂" })),
  );
  await client.close();
});

// Hooks

test("a hook that fails is written to the console, and changes nothing", async (t) => {
  for (const onCall of [
    () => {
      throw new RangeError("of the hook");
    },
    async () => {
      throw new RangeError("of the hook");
    },
  ]) {
    const written = t.mock.method(console, "error", () => undefined);
    const client = new Client(CONVEX_URL, { fetch: DONE, onCall });
    assert.equal(await client.run(get()), "a");
    const other = new Client(CONVEX_URL, { fetch: FAILED, onCall });
    assert.ok((await failureOf(other.run(add()))) instanceof Conflict);
    const said = written.mock.calls.map(({ arguments: [text, problem] }) => [
      text,
      problem.message,
    ]);
    assert.deepEqual(said, [
      ["`onCall` failed when it was told of n:get:", "of the hook"],
      ["`onCall` failed when it was told of n:add:", "of the hook"],
    ]);
    written.mock.restore();
    await Promise.all([client.close(), other.close()]);
  }
});

test("it is told where the call is made, before who makes it goes on", async () => {
  const caller = new AsyncLocalStorage();
  const told = [];
  const client = new Client(CONVEX_URL, {
    deployKey: CONVEX_DEPLOY_KEY,
    onCall: () => told.push(caller.getStore()),
  });
  const numbers = [...Array(40).keys()];
  await Promise.all(
    numbers.map((number) =>
      caller.run(number, async () => {
        await client.run(number % 2 ? add() : get());
        assert.ok(told.includes(number));
      }),
    ),
  );
  assert.deepEqual(
    told.sort((a, b) => a - b),
    numbers,
  );
  await client.close();
});

test("a hook may make calls, by another client", async () => {
  const options = { deployKey: CONVEX_DEPLOY_KEY };
  const other = new Client(CONVEX_URL, options);
  const made = [];
  const client = new Client(CONVEX_URL, {
    ...options,
    onCall: ({ path }) => made.push(other.run(add({ name: path }))),
  });
  await client.run(get());
  await client.run(ask());
  assert.deepEqual(await Promise.all(made), ["n:get", "n:ask"]);
  await Promise.all([client.close(), other.close()]);
});

test("what is no hook is refused", () => {
  for (const onCall of [3, null, "log", {}]) {
    assert.throws(() => new Client(CONVEX_URL, { onCall }), InvalidArgument);
    assert.throws(() => new Storage(CONVEX_URL, { onCall }), InvalidArgument);
  }
});

test("storages give it to their clients", () => {
  const onCall = () => undefined;
  class Seen extends Storage {
    get hook() {
      return this._client.onCall;
    }
  }
  assert.equal(new Seen(CONVEX_URL, { onCall }).hook, onCall);
  assert.equal(Seen.fromEnv({ onCall }).hook, onCall);
  assert.equal(Seen.fromEnv().hook, undefined);
});
