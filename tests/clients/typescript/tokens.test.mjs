// The tokens of users, as the client asks for them. TOKEN is one of Ada,
// WRONG_TOKEN is signed by somebody else.

import assert from "node:assert/strict";
import { test } from "node:test";

import { AccessDenied, Client, functionCall, Timeout } from "client";

const { CONVEX_URL, TOKEN, WRONG_TOKEN } = process.env;

function whoAmI(kind = "query") {
  const path = kind === "query" ? "users:whoAmI" : "users:write";
  return functionCall({ kind, path, idempotent: kind === "query" }, {});
}

/** Gives tokens one after another, the last again and again. */
function tokens(...texts) {
  const asked = [];
  const fetchToken = async ({ forceRefreshToken }) => {
    asked.push(forceRefreshToken);
    return texts.length > 1 ? texts.shift() : texts[0];
  };
  return { asked, client: new Client(CONVEX_URL, { auth: fetchToken }) };
}

test("a refused token is replaced once", async () => {
  for (const kind of ["query", "action"]) {
    const { asked, client } = tokens(WRONG_TOKEN, TOKEN);
    assert.equal(await client.run(whoAmI(kind)), "Ada");
    assert.deepEqual(asked, [false, true]);
    await client.close();
  }
  const { asked, client } = tokens(WRONG_TOKEN);
  await assert.rejects(client.run(whoAmI()), AccessDenied);
  assert.deepEqual(asked, [false, true]);
  await client.close();
  const only = new Client(CONVEX_URL, { auth: WRONG_TOKEN });
  await assert.rejects(only.run(whoAmI()), AccessDenied);
  await only.close();
});

test("the time of a call is that of its token too", async () => {
  const alive = setInterval(() => undefined, 1000);
  const auth = () => new Promise(() => undefined);
  const client = new Client(CONVEX_URL, { auth, timeout: 50 });
  await assert.rejects(client.run(whoAmI()), (error) => {
    assert.ok(error instanceof Timeout);
    assert.match(error.message, /gives tokens gave none in time/);
    return true;
  });
  await client.close();
  clearInterval(alive);
});

test("errors of the function are its own", async () => {
  const auth = () => Promise.reject(new RangeError("the session is over"));
  const client = new Client(CONVEX_URL, { auth });
  await assert.rejects(client.run(whoAmI()), RangeError);
  await client.close();
});

test("a subscription ends where its token is refused", async () => {
  // The first is for the ordinary call that comes before.
  const { client } = tokens(TOKEN, WRONG_TOKEN);
  const seen = [];
  await assert.rejects(async () => {
    for await (const user of client.watch(whoAmI())) seen.push(user);
  }, AccessDenied);
  assert.deepEqual(seen, []);
  await client.close();
});

test("a subscription of nobody goes on", async () => {
  const { client } = tokens(null);
  for await (const user of client.watch(whoAmI())) {
    assert.equal(user, null);
    break;
  }
  await client.close();
});
