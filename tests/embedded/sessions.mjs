/**
 * Sessions as the backend's sources have them: answers that are kept, who calls, and
 * what ends a socket. Prints one line of JSON.
 *
 * Usage: CONVEX_URL=… ADMIN_KEY=… node sessions.mjs SCENARIO CHANNEL
 */

import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { anyApi as api } from "convex/server";
import {
  Session,
  connect,
  decodeTimestamp,
  encodeTimestamp,
  mutation,
  unsigned,
  url,
} from "./syncSession.mjs";

const adminKey = process.env.ADMIN_KEY ?? "";
const [scenario = "", channel = ""] = process.argv.slice(2);
const http = new ConvexHttpClient(url, { logger: false });

const MANY = 1_300;
const HOUR = 3_600_000_000_000n;

const bodies = async () =>
  (await http.query(api.messages.list, { channel })).map(({ body }) => body);
const send = (requestId, body = `body ${requestId}`) =>
  mutation(requestId, "messages:send", { channel, body });

/** Sends so many mutations, some hundred at a time, and gives their results. */
async function sendMany(session, count) {
  const results = [];
  for (let sent = 0; sent < count;) {
    for (const end = Math.min(count, sent + 500); sent < end; sent++)
      session.send(send(sent));
    while (results.length < sent)
      results.push((await session.nextOf("MutationResponse")).result);
  }
  return results;
}

const authenticate = (baseVersion, tokenType, value) => ({
  type: "Authenticate",
  baseVersion,
  tokenType,
  value,
});

/** What a message does to a socket, and to others: nothing. */
async function consequence(...messages) {
  const session = await Session.open();
  for (const message of messages)
    session.socket.send(
      typeof message === "string" || Buffer.isBuffer(message)
        ? message
        : JSON.stringify(message),
    );
  return (await session.end()).join(" ");
}

const add = (udfPath, more = {}) => ({
  type: "ModifyQuerySet",
  baseVersion: 0,
  newVersion: 1,
  modifications: [{ type: "Add", queryId: 0, udfPath, args: [{}], ...more }],
});
const modify = (...modifications) => ({ ...add(""), modifications });
const echo = (queryId) => ({
  type: "Add",
  queryId,
  udfPath: "values:echo",
  args: [{ value: queryId }],
});

const violations = {
  "no JSON": ["no JSON"],
  "a list": [[]],
  "an unknown message": [{ type: "Unknown" }],
  "a nested message": [
    `{"type":"Event","eventType":"e","event":${"[".repeat(10_000)}${"]".repeat(10_000)}}`,
  ],
  "deep arguments": [
    `{"type":"Mutation","requestId":0,"udfPath":"a:b","args":[${"[".repeat(200)}${"]".repeat(200)}]}`,
  ],
  bytes: [Buffer.from("{}")],
  "a session that is no UUID": [connect("session 1")],
  "no connectionCount": [{ type: "Connect", sessionId: crypto.randomUUID() }],
  "a timestamp that is none": [connect(crypto.randomUUID(), "AAAA")],
  "a timestamp that is too large": [
    connect(crypto.randomUUID(), encodeTimestamp(2n ** 64n - 1n)),
  ],
  "a timestamp ahead": [
    connect(
      crypto.randomUUID(),
      encodeTimestamp(BigInt(Date.now()) * 1_000_000n + HOUR),
    ),
  ],
  "a request id that is too large": [{ ...send(0), requestId: 2 ** 32 }],
  "a negative request id": [{ ...send(0), requestId: -1 }],
  "a request id with a fraction": [{ ...send(0), requestId: 0.5 }],
  "a request id that is text": [{ ...send(0), requestId: "0" }],
  "no request id": [{ type: "Mutation", udfPath: "a:b", args: [] }],
  "no arguments": [{ type: "Mutation", requestId: 0, udfPath: "a:b" }],
  "no path": [{ type: "Action", requestId: 0, args: [] }],
  "an empty path": [{ ...send(0), udfPath: "" }],
  "an absolute path": [{ ...send(0), udfPath: "/a:b" }],
  "a path upwards": [{ ...send(0), udfPath: "../a:b" }],
  "a path with a hyphen": [{ ...send(0), udfPath: "my-module:b" }],
  "a path with another ending": [{ ...send(0), udfPath: "a.ts:b" }],
  "a function with a point": [{ ...send(0), udfPath: "a:b.c" }],
  "a function without a name": [{ ...send(0), udfPath: "a:" }],
  "a module that is too long": [{ ...send(0), udfPath: `${"a".repeat(62)}:b` }],
  "a query whose path is wrong": [add("a b")],
  "a query id that is too large": [add("a:b", { queryId: 2 ** 32 })],
  "an unknown modification": [modify({ type: "Change", queryId: 0 })],
  "no modifications": [{ ...add(""), modifications: undefined }],
  "another base version of queries": [
    { ...add("a:b"), baseVersion: 5, newVersion: 6 },
  ],
  "a version that does not grow": [{ ...add("a:b"), newVersion: 0 }],
  "a query that is not there": [modify({ type: "Remove", queryId: 3 })],
  "a query that is there": [modify(echo(0), echo(0))],
  "another base version of identities": [authenticate(3, "None")],
  "an unknown type of token": [authenticate(0, "Service", "key")],
  "a token that is no text": [authenticate(0, "User", 7)],
  "somebody to act as who is nobody": [
    { ...authenticate(0, "Admin", adminKey), acting_as: { name: "Ann" } },
  ],
  "a component's query": [add("a:b", { componentPath: "aggregate" })],
  "a component's mutation": [{ ...send(0), componentPath: "aggregate" }],
  "a component's action": [
    { ...send(0), type: "Action", componentPath: "aggregate" },
  ],
  "a component's query of who acts as a user": [
    {
      ...authenticate(0, "Admin", adminKey),
      acting_as: { issuer: "i", subject: "s" },
    },
    add("a:b", { componentPath: "aggregate" }),
  ],
};

const scenarios = {
  /** Answers are kept, however many there are. */
  async many() {
    const sessionId = crypto.randomUUID();
    const results = await sendMany(await Session.open({ sessionId }), MANY);
    const session = await Session.open({ sessionId });
    return {
      again: (await sendMany(session, 3)).map((id, n) => id === results[n]),
      count: (await bodies()).length,
    };
  },

  /** The same of one session before and after a restart: prints the first answers. */
  async before() {
    const session = await Session.open({ sessionId: channel });
    session.send(mutation(MANY, "messages:count", { channel }));
    const { result, ts } = await session.nextOf("MutationResponse");
    const results = await sendMany(session, MANY);
    return { count: result, ts, first: results[0], last: results.at(-1) };
  },

  async after() {
    const session = await Session.open({ sessionId: channel });
    const answer = (requestId) =>
      session.answerTo(requestId, "messages:send", { channel, body: "again" });
    const count = await answer(MANY);
    const [first, last] = [await answer(0), await answer(MANY - 1)];
    const kept = {
      count: count.result,
      ts: count.ts,
      first: first.result,
      last: last.result,
    };
    return { kept, stored: (await bodies()).length };
  },

  /** Neither the path nor the arguments nor who calls it are compared. */
  async another() {
    const sessionId = crypto.randomUUID();
    const session = await Session.open({ sessionId });
    const first = await session.answerTo(1, "messages:send", {
      channel,
      body: "first",
    });
    const other = await Session.open({
      sessionId: `{${sessionId.toUpperCase()}}`,
    });
    other.send(authenticate(0, "Admin", adminKey));
    const second = await other.answerTo(1, "messages:count", { channel });
    return [second.result === first.result, second.ts === first.ts];
  },

  /** Sent over many sockets at once, one runs; of one that fails, each is told. */
  async together() {
    const sessionId = crypto.randomUUID();
    const sessions = await Promise.all(
      Array.from({ length: 8 }, () => Session.open({ sessionId })),
    );
    const all = (path, requestId, more) =>
      Promise.all(
        sessions.map((session) =>
          session.answerTo(requestId, path, { channel, ...more }),
        ),
      );
    const sent = await all("messages:send", 0, { body: "once" });
    const failed = await all("errors:insertAndFail", 1, {});
    return {
      bodies: await bodies(),
      results: new Set(sent.map(({ result }) => result)).size,
      failures: failed.filter(({ success }) => !success).length,
    };
  },

  /** Without a `Connect` there is no session to know a request by. */
  async unnamed() {
    const session = await Session.open({ sessionId: null });
    for (const body of ["first", "second"])
      await session.answerTo(0, "messages:send", { channel, body });
    return await bodies();
  },

  /** A second `Connect` is for what comes behind it, whatever waits still. */
  async switched() {
    const [first, second] = [crypto.randomUUID(), crypto.randomUUID()];
    const session = await Session.open({ sessionId: first });
    for (let requestId = 0; requestId < 20; requestId++)
      session.send(send(requestId));
    session.send(connect(second));
    session.send(send(19, "of the second"));
    const answers = [];
    while (answers.length < 21)
      answers.push((await session.nextOf("MutationResponse")).result);
    const again = [];
    for (const sessionId of [first, second]) {
      const other = await Session.open({ sessionId });
      again.push(
        (await other.answerTo(19, "messages:send", { channel, body: "no" }))
          .result,
      );
    }
    return [
      again[0] === answers[19],
      again[1] === answers[20],
      (await bodies()).length,
    ];
  },

  /** Who sends a mutation is known when it comes, not when its turn does. */
  async identities() {
    const session = await Session.open();
    const who = (requestId) => mutation(requestId, "secret:whoWrites", {});
    for (let requestId = 0; requestId < 20; requestId++)
      session.send(who(requestId));
    const value = unsigned({ iss: "https://issuer", sub: "ann" });
    session.send(authenticate(0, "User", value));
    session.send(who(20));
    session.send(authenticate(1, "None"));
    const seen = [];
    while (seen.length < 21)
      seen.push((await session.nextOf("MutationResponse")).result);
    return [new Set(seen.slice(0, 20)).size, seen[0], seen[20]];
  },

  /** Credentials that are refused end the socket, with all that is behind them. */
  async refused() {
    const ends = [];
    for (const [tokenType, value] of [
      ["Admin", "wrong"],
      ["User", "garbage"],
      ["User", unsigned({ iss: "i", sub: "s", exp: 1 })],
    ]) {
      const session = await Session.open();
      session.send(authenticate(0, "Admin", adminKey));
      session.add(0, "secret:read", {});
      while ((await session.nextOf("Transition")).endVersion.querySet !== 1);
      session.send(authenticate(1, tokenType, value));
      session.send(mutation(0, "secret:write", { channel }));
      session.send(send(1));
      const end = await session.end();
      const told = session.received.at(-1);
      ends.push([...end, told.baseVersion, told.authUpdateAttempted]);
    }
    const session = await Session.open();
    await session.answerTo(0, "messages:send", { channel, body: "after" });
    return { ends, bodies: await bodies() };
  },

  /** A token that has expired ends the socket with the next that needs it. */
  async expired() {
    const needs = {
      mutation: (session) => session.send(send(1)),
      action: (session) =>
        session.send({
          ...mutation(1, "waiting:forMessage", { channel }),
          type: "Action",
        }),
      query: (session) => session.add(1, "values:echo", { value: 1 }),
      update: () =>
        http.mutation(api.messages.send, { channel, body: "other" }),
    };
    const ends = {};
    for (const [name, need] of Object.entries(needs))
      ends[name] = await endWithToken(need);
    return { ends, bodies: await bodies() };
  },

  /** One client's timestamp is its own; what the server has told is good. */
  async observed() {
    const session = await Session.open();
    const { ts } = await session.answerTo(0, "messages:send", {
      channel,
      body: "a",
    });
    const ahead = BigInt(Date.now()) * 1_000_000n + HOUR;
    const liar = await Session.open({
      maxObservedTimestamp: encodeTimestamp(ahead),
    });
    const end = await liar.end();
    const honest = await Session.open({ maxObservedTimestamp: ts });
    const later = await honest.answerTo(0, "messages:send", {
      channel,
      body: "b",
    });
    return [
      end,
      decodeTimestamp(later.ts) > decodeTimestamp(ts),
      decodeTimestamp(later.ts) < ahead,
    ];
  },

  async violations() {
    const ends = {};
    for (const [name, messages] of Object.entries(violations))
      ends[name] = await consequence(...messages);
    const session = await Session.open();
    session.add(0, "values:echo", { value: "fine" });
    ends["what is right"] = (await session.next()).modifications[0].value;
    return ends;
  },

  /** Forms of paths and ids that Convex takes. */
  async forms() {
    const seen = [];
    for (const path of ["values:echo", "values.js:echo"]) {
      const session = await Session.open();
      session.add(2 ** 32 - 1, path, { value: path });
      seen.push((await session.next()).modifications[0].type);
    }
    for (const sessionId of [
      crypto.randomUUID().replaceAll("-", ""),
      `urn:uuid:${crypto.randomUUID()}`,
    ]) {
      const session = await Session.open({ sessionId });
      seen.push(
        (await session.answerTo(2 ** 32 - 1, "messages:count", { channel }))
          .success,
      );
    }
    return seen;
  },

  /** One change says all that it does to a query, in the order of the ids. */
  async changes() {
    const session = await Session.open();
    session.modify(echo(5), echo(2), echo(9));
    const first = await session.next();
    const remove = (queryId) => ({ type: "Remove", queryId });
    session.modify(remove(5), echo(5), echo(7), remove(7), remove(2));
    const second = await session.next();
    return [first, second].map(({ modifications }) =>
      modifications.map(({ type, queryId }) => `${type} ${queryId}`),
    );
  },

  /** A thousand mutations may wait on one socket. */
  async queue() {
    const session = await Session.open();
    for (let requestId = 0; requestId < 1_000; requestId++)
      session.send(send(requestId));
    let answered = 0;
    while (answered < 1_000) {
      await session.nextOf("MutationResponse");
      answered += 1;
    }
    const many = await Session.open();
    for (let requestId = 0; requestId < 5_000; requestId++)
      many.send(send(requestId));
    const code = await many.closed;
    await session.answerTo(1_000, "messages:send", { channel, body: "last" });
    const made = (await bodies()).length;
    return [answered, code, made < 6_001];
  },

  /** A socket that is lost when a mutation ran: what was not begun by then never is. */
  async lost() {
    const sessionId = crypto.randomUUID();
    const watching = await Session.open();
    watching.add(0, "messages:list", { channel });
    await watching.next();
    const session = await Session.open({ sessionId });
    session.send(send(0));
    const { modifications } = await watching.nextOf("Transition");
    session.send("no message");
    await session.closed;
    const other = await Session.open({ sessionId });
    const answer = await other.answerTo(0, "messages:send", {
      channel,
      body: "again",
    });
    const [{ _id, body }] = modifications[0].value;
    return [[body], answer.result === _id];
  },

  /** npm's client fetches another token when one is refused, and is the user then. */
  async npmClient() {
    const client = new ConvexClient(url, {
      unsavedChangesWarning: false,
      logger: false,
    });
    let fetched = 0;
    client.setAuth(async () =>
      fetched++ === 0
        ? "garbage"
        : unsigned({ iss: "i", sub: "ann", iat: now(), exp: now() + 3600 }),
    );
    const seen = await new Promise((resolve) => {
      client.onUpdate(api.secret.whoAmI, {}, (user) => {
        if (user !== null) resolve(user.subject);
      });
    });
    const wrote = await client.mutation(api.secret.whoWrites, {});
    await client.close();
    return [seen, wrote, fetched > 1];
  },
};

const now = () => Math.floor(Date.now() / 1000);

/** The end of a session whose token has expired. A slow machine gets a token that lasts longer. */
async function endWithToken(need) {
  for (let seconds = 2; ; seconds *= 2) {
    const exp = now() + seconds;
    const session = await Session.open();
    session.send(
      authenticate(0, "User", unsigned({ iss: "i", sub: "ann", exp })),
    );
    session.add(0, "messages:list", { channel });
    session.send(mutation(0, "secret:whoWrites", {}));
    const first = await session.nextOf("MutationResponse").catch(() => null);
    if (first?.result !== "ann") continue;
    await new Promise((resolve) =>
      setTimeout(resolve, exp * 1000 - Date.now() + 50),
    );
    await need(session);
    const [, ...end] = await session.end();
    return [...end, session.received.at(-1).authUpdateAttempted];
  }
}

const result = await scenarios[scenario]();
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
