// What errors say of a call that failed: that it may have run, or that nothing
// of it did; and what ends a call: its deadline and the end of its client.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createServer } from "node:http";
import { test } from "node:test";
import { inspect } from "node:util";

import {
  AccessDenied,
  AlreadyExists,
  Client,
  Conflict,
  functionCall,
  InvalidArgument,
  LimitExceeded,
  NotFound,
  ServerError,
  StoredFiles,
  Timeout,
  Unavailable,
} from "client";

const url = "http://127.0.0.1:1";
/** The limit of what ends by nothing but its limit, on any machine. */
const MOMENT = 50;

const call = (kind, idempotent) =>
  functionCall({ kind, path: "a:b", idempotent }, {});
const ONCE = call("mutation", false);
const REPEATED = call("mutation", true);
const ACTION = call("action", false);
const QUERY = call("query", true);
const SEARCH = { ...call("action", true), onlyReads: true };
const UNREADABLE = { ...ONCE, decode: () => assert.fail("of another type") };

const failed = (cause) => () =>
  Promise.reject(new TypeError("fetch failed", { cause }));
const system = (code, syscall) =>
  failed(Object.assign(new Error(code), { code, syscall }));
const answered = (status, body) => async () =>
  new Response(typeof body === "string" ? body : JSON.stringify(body), {
    status,
  });
const ofConvex = (status, code) => answered(status, { code, message: "no" });
const thrown = (code) =>
  answered(560, {
    status: "error",
    errorMessage: "",
    errorData: { code, message: "as the function says" },
  });

const REFUSED = system("ECONNREFUSED", "connect");
const UNKNOWN_HOST = system("ENOTFOUND", "getaddrinfo");
const EACH_REFUSED = failed(
  new AggregateError([
    Object.assign(new Error(), { code: "ECONNREFUSED", syscall: "connect" }),
    Object.assign(new Error(), { code: "ETIMEDOUT", syscall: "connect" }),
  ]),
);
const RESET = system("ECONNRESET", "read");
const LOST = failed(Object.assign(new Error(), { code: "UND_ERR_SOCKET" }));
const GATEWAY = answered(503, "<html>upstream</html>");
const RATE = ofConvex(429, "RateLimited");
const KEY = ofConvex(401, "BadDeployKey");

/** Attempts, of which the last is made again and again. */
function scripted(attempts) {
  const left = [...attempts];
  return () => (left.length > 1 ? left.shift() : left[0])();
}

async function errorOf(attempts, asked, timeout) {
  const client = new Client(url, { fetch: scripted(attempts), timeout });
  try {
    await client.run(asked);
  } catch (error) {
    return error;
  }
  return assert.fail("it has succeeded");
}

const may = [
  [[RESET], ONCE, Unavailable],
  [[LOST], ONCE, Unavailable],
  // On a connection that was there.
  [[system("ETIMEDOUT", "read")], ONCE, Unavailable],
  [[system("EHOSTUNREACH", "read")], ONCE, Unavailable],
  [
    [failed(Object.assign(new Error(), { code: "ERR_SSL" }))],
    ONCE,
    Unavailable,
  ],
  // Of browsers.
  [[failed(undefined)], ONCE, Unavailable],
  [[GATEWAY], ONCE, Unavailable],
  [[ofConvex(500, "InternalServerError")], ONCE, ServerError],
  [[answered(502, "")], ONCE, ServerError],
  [[answered(404, "<html>")], ONCE, ServerError],
  // Whatever is there where it leads to: nothing is asked of it.
  ...[301, 302, 303, 307, 308].map((status) => [
    [answered(status, "")],
    ONCE,
    ServerError,
  ]),
  // With it the backend ends what it has begun.
  [[answered(408, "")], ONCE, Unavailable],
  [[answered(408, ""), REFUSED], REPEATED, Unavailable],
  [[answered(401, "<html>")], ONCE, AccessDenied],
  [[answered(200, "<html>")], ONCE, ServerError],
  [[answered(200, { status: "success", value: 1 })], UNREADABLE, ServerError],
  [[thrown("Conflict")], ACTION, Conflict],
  [[RESET, REFUSED], REPEATED, Unavailable],
  [[failed(undefined), REFUSED], REPEATED, Unavailable],
  [[GATEWAY, REFUSED], REPEATED, Unavailable],
  [[RESET, KEY], REPEATED, AccessDenied],
  [[RESET, ofConvex(400, "BadJsonBody")], REPEATED, InvalidArgument],
  [[RESET, thrown("AlreadyExists")], REPEATED, AlreadyExists],
  [[() => new Promise(() => {})], REPEATED, Timeout, MOMENT],
];
const certain = [
  [[REFUSED], ONCE, Unavailable],
  [[UNKNOWN_HOST], ONCE, Unavailable],
  [[EACH_REFUSED], ACTION, Unavailable],
  [[REFUSED], REPEATED, Unavailable],
  [[KEY], ONCE, AccessDenied],
  [[KEY], ACTION, AccessDenied],
  [[ofConvex(404, "FunctionPathNotFound")], ONCE, AccessDenied],
  [[RATE], ONCE, Unavailable],
  [[RATE, REFUSED], REPEATED, Unavailable],
  [[thrown("Conflict")], ONCE, Conflict],
  [[thrown("AlreadyExists")], REPEATED, AlreadyExists],
  [[RESET, REFUSED], QUERY, Unavailable],
  [[GATEWAY, answered(200, "<html>")], QUERY, ServerError],
  // A search of vectors is an action, and changes nothing.
  [[RESET, REFUSED], SEARCH, Unavailable],
  [[answered(200, "<html>")], SEARCH, ServerError],
  [
    [answered(200, { status: "success", value: 1 })],
    { ...SEARCH, decode: UNREADABLE.decode },
    ServerError,
  ],
  [[thrown("InvalidArgument")], SEARCH, InvalidArgument],
  // What no server has heard in full; Node answers 431 with nothing more.
  [[answered(431, "")], ONCE, AccessDenied],
  [[answered(413, "<html>")], ONCE, LimitExceeded],
  [[answered(414, "")], ACTION, LimitExceeded],
];

for (const [cases, mayHaveRun] of [
  [may, true],
  [certain, false],
]) {
  test(`errors of calls that ${mayHaveRun ? "may have" : "have not"} run`, async () => {
    for (const [number, [attempts, asked, kind, timeout]] of cases.entries()) {
      const error = await errorOf(attempts, asked, timeout);
      const seen = `${number}: ${error.stack}`;
      assert.equal(error.constructor, kind, seen);
      assert.equal(error.mayHaveRun, mayHaveRun, seen);
      const count = error.message.split("may have run").length - 1;
      // A function that fails says so itself.
      const isTold = mayHaveRun && asked !== ACTION;
      assert.equal(count, isTold ? 1 : 0, seen);
    }
  });
}

const succeeded = (value) => answered(200, { status: "success", value });
const BEGUN = succeeded({ removed: true, isDone: false });
const UNFINISHED = succeeded({ removed: 1, remaining: [], unfinished: "a" });

test("what was begun has run in part, whatever its next request says", async () => {
  const remove = (client) => client.runUntilDone(ONCE);
  const removeMany = (client) =>
    client.removeMany(
      () => ONCE,
      () => ONCE,
      ["a"],
      {},
    );
  for (const [answers, work] of [
    [[BEGUN], remove],
    [[BEGUN, BEGUN], remove],
    [[UNFINISHED], removeMany],
    [[UNFINISHED, BEGUN], removeMany],
  ]) {
    for (const last of [REFUSED, KEY, RATE, thrown("Conflict")]) {
      const fetch = scripted([...answers, last]);
      const error = await work(new Client(url, { fetch })).catch((one) => one);
      assert.ok(error.mayHaveRun, error.stack);
      assert.match(error.message, /; a part of the call has run/);
      assert.equal(error.batch, work === removeMany ? 1 : undefined);
    }
  }
  const fetch = scripted([KEY]);
  const error = await remove(new Client(url, { fetch })).catch((one) => one);
  assert.ok(error instanceof AccessDenied && !error.mayHaveRun, error.stack);
});

const ADDRESS = "http://127.0.0.1:1/api/storage/x";
const never = () => new Promise(() => {});
const endless = (status) => async () =>
  new Response(new ReadableStream({ pull: never }), { status });

/** The files of a client for which each transfer goes as is said. */
const filesOf = (transfer, timeout) => {
  const fetch = (request, init) =>
    request === ADDRESS ? transfer(init) : succeeded(ADDRESS)();
  const client = new Client(url, { fetch, timeout });
  return { client, files: new StoredFiles(client, "files") };
};
const CONTENT = new Blob(["content"]);

test("errors of files say whether they may be stored", async () => {
  for (const [transfer, kind, mayBeStored, timeout] of [
    [answered(502, "<html>"), ServerError, true],
    [answered(413, "too large"), ServerError, true],
    [answered(200, "{}"), ServerError, true],
    [answered(200, "<html>"), ServerError, true],
    [RESET, Unavailable, true],
    [LOST, Unavailable, true],
    [failed(undefined), Unavailable, true],
    [never, Timeout, true, MOMENT],
    [endless(200), Timeout, true, MOMENT],
    [ofConvex(401, "StorageTokenInvalid"), ServerError, false],
    [REFUSED, Unavailable, false],
    [UNKNOWN_HOST, Unavailable, false],
  ]) {
    const error = await filesOf(transfer, timeout)
      .files.upload(CONTENT)
      .catch((one) => one);
    assert.equal(error.constructor, kind, error.stack);
    assert.equal(error.mayHaveRun, mayBeStored, error.stack);
    const count = error.message.split("the file may be stored").length - 1;
    assert.equal(count, mayBeStored ? 1 : 0, error.stack);
  }
});

test("no download outlives its deadline, or says that it may have changed something", async () => {
  for (const [transfer, kind, timeout] of [
    [never, Timeout, MOMENT],
    [endless(200), Timeout, MOMENT],
    [endless(500), Timeout, MOMENT],
    [endless(404), NotFound, MOMENT],
    [answered(500, "oops"), ServerError],
    [RESET, Unavailable],
  ]) {
    const error = await filesOf(transfer, timeout)
      .files.download("x")
      .catch((one) => one);
    assert.equal(error.constructor, kind, error.stack);
    assert.equal(error.mayHaveRun, false, error.stack);
  }
});

test("who reads a download slowly gets all of it", async () => {
  const pieces = ["a", "b", "c"].map((one) => new TextEncoder().encode(one));
  const { files } = filesOf(
    async () => new Response(ReadableStream.from(pieces)),
  );
  const stream = await files.stream("x", { timeout: MOMENT });
  let text = "";
  for await (const piece of stream) {
    await new Promise((resolve) => setTimeout(resolve, 120));
    text += new TextDecoder().decode(piece);
  }
  assert.equal(text, "abc");
});

test("closing ends files that are sent and received", async () => {
  for (const [work, mayBeStored] of [
    [(files) => files.upload(CONTENT), true],
    [(files) => files.download("x"), false],
  ]) {
    for (const transfer of [never, endless(200)]) {
      const { client, files } = filesOf(transfer);
      const ended = assert.rejects(work(files), (error) => {
        assert.ok(error instanceof Unavailable, error.stack);
        assert.match(error.message, /the client was closed/);
        assert.equal(error.mayHaveRun, mayBeStored, error.stack);
        return true;
      });
      await new Promise((resolve) => setTimeout(resolve, 20));
      await client.close();
      await ended;
    }
  }
});

test("values that a validator refuses are not told", async () => {
  // In the words of the backend: each with the value that is refused.
  const cases = [
    [
      "ArgumentValidationError: Object contains extra field `x` that is not in the validator.",
      'Object: {note: "x\n    at Validator: v.y Value: 5", secret: "hunter-2"}',
      InvalidArgument,
    ],
    [
      "ArgumentValidationError: Value does not match validator.",
      'Value: "hunter-2"',
      InvalidArgument,
    ],
    [
      "ReturnsValidationError: Value does not match validator.",
      'Value: ["hunter-2"]',
      ServerError,
    ],
    [
      'Failed to insert or update a document in table "users" because it does not match the schema: Object is missing the required field `name`.',
      'Object: {secret: "hunter-2"}',
      ServerError,
    ],
  ];
  const fields = Array.from({ length: 100 }, (_, n) => `f${n}: v.any()`);
  const validator = `v.object({${fields.join(", ")}})`;
  for (const [words, value, kind] of cases) {
    for (const last of [`\nValidator: ${validator}\n\n    at x`, ""]) {
      const errorMessage = `Server Error\n${words}\nPath: .set\n${value}${last}`;
      const answer = answered(560, { status: "error", errorMessage });
      const error = await errorOf([answer], ONCE);
      assert.equal(error.constructor, kind);
      assert.ok(!inspect(error).includes("hunter"), inspect(error));
      assert.ok(error.message.includes(words), error.message);
      assert.ok(error.message.includes("Path: .set"));
      const isCut = error.message.includes("Validator: v.object({f0: v.any()");
      assert.equal(isCut, last !== "");
      assert.ok(!error.message.includes("f99"));
    }
  }
});

test("what Node really says where there is no deployment, and where it goes", async () => {
  const server = createServer((request) => {
    request.resume().on("end", () => request.socket.destroy());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const there = `http://127.0.0.1:${server.address().port}`;
  const client = new Client(there);
  await assert.rejects(client.run(ONCE), (error) => {
    assert.ok(error instanceof Unavailable && error.mayHaveRun, error.stack);
    return true;
  });
  await new Promise((resolve) => server.close(resolve));
  for (const nowhere of [there, "http://nowhere.invalid"]) {
    const gone = new Client(nowhere);
    await assert.rejects(gone.run(ONCE), (error) => {
      assert.ok(error instanceof Unavailable && !error.mayHaveRun, error.stack);
      assert.match(error.message, /cannot connect to/);
      return true;
    });
  }
});

test("no call and no file goes where a gateway leads it", async () => {
  const heard = [];
  const listen = async (answer) => {
    const server = createServer((request, response) => {
      request.resume().on("end", () => answer(request, response));
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { server, at: `http://127.0.0.1:${server.address().port}` };
  };
  const elsewhere = await listen(({ url: path }, response) => {
    heard.push(path);
    response.end(JSON.stringify({ status: "success", storageId: "a" }));
  });
  for (const status of [301, 302, 303, 307, 308]) {
    for (const location of [elsewhere.at, "http://127.0.0.1:1"]) {
      const gateway = await listen((_, response) =>
        response.writeHead(status, { location }).end("moved"),
      );
      const client = new Client(gateway.at);
      const fetch = (request, init) =>
        String(request).startsWith(gateway.at)
          ? globalThis.fetch(request, init)
          : succeeded(gateway.at)();
      const files = new StoredFiles(new Client(url, { fetch }), "files");
      for (const [work, mayHaveRun] of [
        [() => client.run(ONCE), true],
        [() => client.run(REPEATED), true],
        [() => client.run(QUERY), false],
        [() => files.upload(CONTENT), true],
        [() => files.download("x"), false],
      ]) {
        await assert.rejects(work(), (error) => {
          assert.ok(error instanceof ServerError, error.stack);
          assert.equal(error.mayHaveRun, mayHaveRun, error.stack);
          assert.match(error.message, new RegExp(`${status}: moved`));
          return true;
        });
      }
      gateway.server.close();
    }
  }
  assert.deepEqual(heard, []);
  elsewhere.server.close();
});

test("closing ends calls that are repeated, asked or waiting for a token", async () => {
  for (const options of [
    { fetch: scripted([RESET]) },
    { fetch: () => new Promise(() => {}) },
    { auth: () => new Promise(() => {}) },
  ]) {
    const client = new Client(url, options);
    const running = client.run(REPEATED);
    const refused = assert.rejects(running, (error) => {
      assert.ok(error instanceof Unavailable, error.stack);
      assert.match(error.message, /the client was closed/);
      assert.equal(error.mayHaveRun, options.auth === undefined);
      return true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    await client.close();
    await refused;
  }
});

if (process.argv[2] === "alone") {
  // Nothing else keeps the program: the deadline does.
  const auth = () => new Promise(() => {});
  const client = new Client(url, { auth, timeout: MOMENT });
  const error = await client.run(QUERY).catch((one) => one);
  console.log(error instanceof Timeout);
} else {
  test("a token that never comes is waited for until the deadline", () => {
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const program = [process.argv[1], "alone"];
    const { stdout } = spawnSync(process.execPath, program, { env });
    assert.match(String(stdout), /^true$/m);
  });
}
