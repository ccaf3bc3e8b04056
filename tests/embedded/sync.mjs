/**
 * The sync protocol, spoken by hand. Prints one line of JSON.
 *
 * Usage: CONVEX_URL=… ADMIN_KEY=… node sync.mjs SCENARIO CHANNEL
 */

import { ConvexHttpClient } from "convex/browser";
import { anyApi as api } from "convex/server";
import { Session, mutation, unsigned, url } from "./syncSession.mjs";

const adminKey = process.env.ADMIN_KEY ?? "";
const [scenario = "", channel = ""] = process.argv.slice(2);
const http = new ConvexHttpClient(url, { logger: false });

const bodiesOf = ({ value }) => value.page.map(({ body }) => body);

const scenarios = {
  /** Versions chain, from nothing on. */
  async versions() {
    const session = await Session.open();
    session.add(0, "messages:list", { channel });
    const first = await session.next();
    session.add(1, "values:echo", { value: 1 });
    const second = await session.next();
    session.modify({ type: "Remove", queryId: 0 });
    const third = await session.next();
    session.send({
      type: "Authenticate",
      baseVersion: 0,
      tokenType: "Admin",
      value: adminKey,
    });
    const fourth = await session.next();
    const transitions = [first, second, third, fourth];
    return {
      modifications: transitions.map(({ modifications }) =>
        modifications.map(({ type }) => type),
      ),
      versions: transitions.map(({ endVersion }) => [
        endVersion.querySet,
        endVersion.identity,
      ]),
      areChained: transitions.slice(1).every(({ startVersion }, n) => {
        const { endVersion } = transitions[n] ?? {};
        return JSON.stringify(startVersion) === JSON.stringify(endVersion);
      }),
    };
  },

  /** An answer, then a transition, after success and after failure. */
  async answers() {
    const session = await Session.open();
    session.add(0, "messages:list", { channel });
    await session.next();
    session.send(mutation(0, "messages:send", { channel, body: "a" }));
    session.send(mutation(1, "errors:insertAndRefuse", { channel }));
    session.send({
      type: "Action",
      requestId: 2,
      udfPath: "errors:refuseInAction",
      args: [{}],
    });
    const messages = [];
    while (messages.filter(({ type }) => type !== "Transition").length < 3) {
      messages.push(await session.next());
    }
    messages.push(await session.nextOf("Transition"));
    const answers = messages.filter(({ type }) => type !== "Transition");
    const success = answers.find(({ success }) => success);
    const position = messages.indexOf(success);
    const shown = messages.findIndex(
      ({ modifications }) => modifications?.length > 0,
    );
    return {
      answers: answers
        .map(({ type, requestId, success, errorData }) => [
          type,
          requestId,
          success,
          errorData?.code,
        ])
        .sort(),
      effectFollowsAnswer: shown > position,
      isLastATransition: messages.at(-1).type,
      hasTimestamp: typeof success.ts,
    };
  },

  /** One mutation of one session, whenever it is run. */
  async oneMutation() {
    const session = await Session.open({ sessionId: channel });
    session.send(mutation(7, "messages:send", { channel, body: "once" }));
    const answer = await session.nextOf("MutationResponse");
    const messages = await http.query(api.messages.list, { channel });
    return { answer, bodies: messages.map(({ body }) => body) };
  },

  /** A mutation that is sent again runs once; one that failed runs again. */
  async duplicates() {
    const sessionId = crypto.randomUUID();
    const results = [];
    for (let connection = 0; connection < 2; connection++) {
      const session = await Session.open({ sessionId });
      session.send(mutation(7, "messages:send", { channel, body: "once" }));
      results.push(await session.nextOf("MutationResponse"));
      session.send(mutation(8, "errors:insertAndFail", { channel }));
      results.push(await session.nextOf("MutationResponse"));
    }
    const other = await Session.open();
    other.send(
      mutation(7, "messages:send", { channel, body: "another session" }),
    );
    await other.nextOf("MutationResponse");
    const messages = await http.query(api.messages.list, { channel });
    const [first, , again] = results;
    return {
      bodies: messages.map(({ body }) => body),
      isSameAnswer: first.result === again.result && first.ts === again.ts,
      successes: results.map(({ success }) => success),
    };
  },

  /** A page that is read again ends where it ended, also for another session with its journal. */
  async journals() {
    const [first] = await http.mutation(api.messages.sendMany, {
      channel,
      bodies: ["a", "b", "c"],
    });
    const args = { channel, paginationOpts: { numItems: 2, cursor: null } };
    const session = await Session.open();
    session.add(0, "messages:page", args);
    const [page] = (await session.next()).modifications;
    await http.mutation(api.messages.remove, { id: first });
    const [shrunk] = (await session.next()).modifications;
    const bodies = [page, shrunk].map(bodiesOf);
    for (const journal of [shrunk.journal, null]) {
      const other = await Session.open();
      other.modify({
        type: "Add",
        queryId: 0,
        udfPath: "messages:page",
        args: [args],
        journal,
      });
      bodies.push(bodiesOf((await other.next()).modifications[0]));
    }
    return bodies;
  },

  /** Events are taken and not answered. */
  async events() {
    const session = await Session.open();
    session.send({ type: "Event", eventType: "ClientConnect", event: [] });
    session.send(mutation(0, "messages:send", { channel, body: "a" }));
    return (await session.next()).type;
  },

  /** Only what touches the range that a query read makes it run again. */
  async ranges() {
    await http.mutation(api.messages.send, { channel, body: "low", votes: 1 });
    await http.mutation(api.messages.send, { channel, body: "high", votes: 5 });
    const session = await Session.open();
    session.add(0, "messages:top", { channel, count: 1 });
    await session.next();
    const send = (votes) =>
      http.mutation(api.messages.send, {
        channel,
        body: `votes ${votes}`,
        votes,
      });
    await http.mutation(api.messages.send, {
      channel: `${channel} other`,
      body: "",
      votes: 9,
    });
    await send(3);
    await send(4);
    await send(6);
    const update = await session.next();
    return {
      count: session.received.length,
      value: update.modifications[0].value,
      logLines: update.modifications[0].logLines,
    };
  },

  /** Errors are pushed, and go away again. */
  async errors() {
    const [first, second] = await http.mutation(api.messages.sendMany, {
      channel,
      bodies: ["a", "b"],
    });
    await http.mutation(api.messages.remove, { id: second });
    const session = await Session.open();
    session.add(0, "messages:single", { channel });
    const types = [(await session.next()).modifications[0].type];
    const id = await http.mutation(api.messages.send, { channel, body: "c" });
    const failed = (await session.next()).modifications[0];
    types.push(failed.type);
    await http.mutation(api.messages.remove, { id });
    types.push((await session.next()).modifications[0].type);
    return {
      types,
      mentions: failed.errorMessage.includes("unique()"),
      kept: typeof first,
    };
  },

  async chunks() {
    const lengths = {};
    for (const path of ["/api/1.48.0/sync", "/api/1.27.0/sync", "/api/sync"]) {
      const session = await Session.open({ path });
      session.add(0, "limits:returnText", { length: 6_000_000 });
      const first = await session.next();
      if (first.type === "Transition") {
        lengths[path] = [first.modifications[0].value.length];
        continue;
      }
      const parts = [first.chunk];
      while (parts.length < first.totalParts)
        parts.push((await session.next()).chunk);
      const { modifications } = JSON.parse(parts.join(""));
      lengths[path] = [modifications[0].value.length, parts.length];
    }
    return lengths;
  },

  async identities() {
    const session = await Session.open();
    session.add(0, "secret:whoAmI", {});
    const seen = [(await session.next()).modifications[0].value];
    const value = unsigned({
      iss: "https://issuer",
      sub: "ann",
      given_name: "Ann",
      role: "chef",
    });
    session.send({
      type: "Authenticate",
      baseVersion: 0,
      tokenType: "User",
      value,
    });
    seen.push((await session.next()).modifications[0].value);
    const impersonating = { issuer: "i", subject: "bob" };
    session.send({
      type: "Authenticate",
      baseVersion: 1,
      tokenType: "Admin",
      value: adminKey,
      impersonating,
    });
    seen.push((await session.next()).modifications[0].value);
    session.send({ type: "Authenticate", baseVersion: 2, tokenType: "None" });
    seen.push((await session.next()).modifications[0].value);
    return seen;
  },

  /** Many writers at once: what a subscriber sees never goes back. */
  async stress() {
    await http.mutation(api.messages.send, { channel, body: "" });
    const watching = await Session.open();
    watching.add(0, "messages:list", { channel });
    const writers = await Promise.all(
      Array.from({ length: 6 }, () => Session.open()),
    );
    const votes = await Promise.all(
      writers.map(async (session) => {
        const results = [];
        for (let requestId = 0; requestId < 50; requestId++) {
          session.send(mutation(requestId, "messages:vote", { channel }));
        }
        while (results.length < 50) {
          results.push((await session.nextOf("MutationResponse")).result);
        }
        return results;
      }),
    );
    const seen = [];
    while (seen.at(-1) !== 300) {
      const { modifications } = await watching.nextOf("Transition");
      for (const { value } of modifications) seen.push(value[0].votes ?? 0);
    }
    return {
      distinct: new Set(votes.flat()).size,
      isMonotonic: seen.every(
        (count, n) => n === 0 || count > (seen[n - 1] ?? 0),
      ),
    };
  },
};

const result = await scenarios[scenario]();
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
