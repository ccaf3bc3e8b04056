// The tokens of users, as the client asks for them. TOKEN is one of Ada,
// OTHER_TOKEN one of Bob, WRONG_TOKEN is signed by somebody else.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  AccessDenied,
  Client,
  functionCall,
  InvalidArgument,
  Timeout,
  Unavailable,
} from "client";

const { CONVEX_URL, TOKEN, OTHER_TOKEN, WRONG_TOKEN } = process.env;

function whoAmI(kind = "query") {
  const path = kind === "query" ? "users:whoAmI" : "users:write";
  return functionCall({ kind, path, idempotent: kind === "query" }, {});
}

/** Gives tokens one after another, the last again and again; errors are thrown. */
function tokens(...texts) {
  const asked = [];
  const fetchToken = async ({ forceRefreshToken }) => {
    asked.push(forceRefreshToken);
    const given = texts.length > 1 ? texts.shift() : texts[0];
    if (given instanceof Error) throw given;
    return given;
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

/** The limit of what ends by nothing but its limit, on any machine. */
const MOMENT = 50;

test("the time of a call is that of its token too", async () => {
  const alive = setInterval(() => undefined, 1000);
  const auth = () => new Promise(() => undefined);
  const client = new Client(CONVEX_URL, { auth, timeout: MOMENT });
  await assert.rejects(client.run(whoAmI()), (error) => {
    assert.ok(error instanceof Timeout);
    assert.match(error.message, /gives tokens gave none in time/);
    return true;
  });
  await client.close();
  clearInterval(alive);
});

test("a subscription with a token that is refused ends", async () => {
  const client = new Client(CONVEX_URL, { auth: WRONG_TOKEN });
  for (const _ of ["once", "again"]) {
    const snapshots = client.watch(whoAmI())[Symbol.asyncIterator]();
    await assert.rejects(snapshots.next(), AccessDenied);
    assert.equal((await snapshots.next()).done, true);
  }
  await client.close();
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

/** What ends a subscription, and the users that it saw before. */
async function ended(client, seen = []) {
  try {
    for await (const user of client.watch(whoAmI())) seen.push(user);
  } catch (error) {
    return error;
  }
  assert.fail("it went on");
}

test("a subscription says when no token comes", async () => {
  const failures = [
    new RangeError("the session is over"),
    new Unavailable("the session service is away"),
    new InvalidArgument("the session has no such user"),
  ];
  for (const failure of failures) {
    // The first is for the ordinary call, the second for the subscription, and the
    // third is fetched when the second was taken.
    for (const before of [[], [TOKEN], [TOKEN, TOKEN]]) {
      const { client } = tokens(...before, failure);
      const error = await ended(client);
      assert.ok(error instanceof AccessDenied, String(error));
      assert.equal(error.reason, "the function that gives tokens failed");
      assert.equal(error.cause, failure);
      assert.equal(error.operation, whoAmI().operation);
      await assert.rejects(
        client.run(whoAmI()),
        (thrown) => thrown === failure,
      );
      await client.close();
    }
  }
});

test("a function that throws before it gives a promise is as one that rejects", async () => {
  const failure = new RangeError("the session is over");
  const given = [Promise.resolve(TOKEN)];
  const auth = () => {
    if (given.length === 0) throw failure;
    return given.shift();
  };
  const client = new Client(CONVEX_URL, { auth });
  const error = await ended(client);
  assert.ok(error instanceof AccessDenied, String(error));
  assert.equal(error.cause, failure);
  await assert.rejects(client.run(whoAmI()), RangeError);
  await client.close();
});

test("all subscriptions end with what is no token", async () => {
  for (const given of [5, {}, "", "a b", `${TOKEN}\n${TOKEN}`]) {
    const { client } = tokens(TOKEN, TOKEN, TOKEN, given);
    const errors = await Promise.all([ended(client), ended(client)]);
    for (const error of errors) {
      assert.ok(error instanceof InvalidArgument, String(error));
      assert.match(error.reason, /no token/);
    }
    await client.close();
  }
});

test("a subscription after one that ended is of the user too", async () => {
  const failure = new RangeError("the session is over");
  // A token that is refused is asked for once more.
  for (const worthless of [[WRONG_TOKEN, WRONG_TOKEN], [failure]]) {
    const { client } = tokens(TOKEN, ...worthless, TOKEN);
    assert.ok((await ended(client)) instanceof AccessDenied);
    for await (const user of client.watch(whoAmI())) {
      assert.equal(user, "Ada");
      break;
    }
    await client.close();
  }
});

test("results become those of the user that the next token is of", async () => {
  const { client } = tokens(TOKEN, TOKEN, OTHER_TOKEN);
  const seen = new Set();
  for await (const user of client.watch(whoAmI())) {
    seen.add(user);
    if (user === "Bob") break;
  }
  seen.delete("Ada");
  assert.deepEqual([...seen], ["Bob"]);
  await client.close();
});

test("what is no token is refused before anything is sent, and not shown", async () => {
  const secret = "eyJhbGciOiJub25lIn0";
  const texts = ["", " ", `a ${secret}`, `${secret}\n${secret}`, `${secret}\0`];
  texts.push(`${secret}\u00e9`, `${secret}\u2713`, `${secret}\x7f`);
  const sent = [];
  const fetch = async (request) => {
    sent.push(request);
    throw new TypeError("nothing is sent");
  };
  for (const text of texts) {
    assert.throws(
      () => new Client(CONVEX_URL, { auth: text }),
      (error) => {
        assert.ok(error instanceof InvalidArgument);
        assert.match(error.message, /^the token is empty, or has characters/);
        return !String(error).includes(secret);
      },
    );
    assert.throws(
      () => new Client(CONVEX_URL, { deployKey: text }),
      (error) => {
        assert.ok(error instanceof InvalidArgument);
        assert.match(error.message, /^the deploy key is empty, or has/);
        return !String(error).includes(secret);
      },
    );
  }
  for (const given of [...texts, 5, {}, new String(secret), [secret]]) {
    const client = new Client(CONVEX_URL, { auth: async () => given, fetch });
    for (const kind of ["query", "action"]) {
      await assert.rejects(client.run(whoAmI(kind)), (error) => {
        assert.ok(error instanceof InvalidArgument, String(error));
        assert.match(error.message, /token/);
        assert.equal(error.mayHaveRun, false);
        for (let one = error; one !== undefined; one = one.cause) {
          assert.ok(!String(one).includes(secret));
        }
        return true;
      });
    }
    await client.close();
  }
  assert.deepEqual(sent, []);
  for (const options of [{ auth: 5 }, { auth: {} }, { deployKey: 5 }]) {
    const words = /auth is a token or a function|the deploy key is text, not/;
    assert.throws(() => new Client(CONVEX_URL, options), { message: words });
  }
});

test("spaces around a token are none of it", async () => {
  for (const auth of [` ${TOKEN}\n`, async () => `\n${TOKEN} `]) {
    const client = new Client(CONVEX_URL, { auth });
    assert.equal(await client.run(whoAmI()), "Ada");
    for await (const user of client.watch(whoAmI())) {
      assert.equal(user, "Ada");
      break;
    }
    await client.close();
  }
});
