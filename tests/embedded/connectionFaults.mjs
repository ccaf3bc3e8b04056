/**
 * What faults do to a socket that is spoken by hand, and npm's client under them. Prints
 * one line of JSON.
 *
 * Usage: CONVEX_URL=… node connectionFaults.mjs SCENARIO CHANNEL [SESSION]
 */

import { ConvexClient } from "convex/browser";
import { anyApi as api } from "convex/server";
import { Session, mutation, url } from "./syncSession.mjs";

const [scenario = "", channel = "", sessionId = crypto.randomUUID()] =
  process.argv.slice(2);
const send = (requestId) =>
  mutation(requestId, "messages:send", { channel, body: `body ${requestId}` });

/** Silence cannot be waited for: what was sent later over another socket has been answered. */
const SILENCE = "silence";

async function outcome(session, message) {
  session.send(message);
  const other = await Session.open();
  other.add(0, "values:echo", { value: 1 });
  await other.next();
  const answered = session.next().then(
    ({ type }) => type,
    async () => await session.closed,
  );
  const quiet = new Promise((resolve) =>
    setTimeout(() => resolve(SILENCE), 1_000),
  );
  return await Promise.race([answered, quiet]);
}

const scenarios = {
  /** One mutation, sent until it is answered: what became of each time. */
  async attempts() {
    const outcomes = [];
    for (let attempt = 0; attempt < 2; attempt++) {
      const session = await Session.open({ sessionId });
      outcomes.push(await outcome(session, send(7)));
      session.socket.terminate();
    }
    return outcomes;
  },

  async subscription() {
    const session = await Session.open();
    const query = { udfPath: "messages:list", args: [{ channel }] };
    const modifications = [{ type: "Add", queryId: 0, ...query }];
    return await outcome(session, {
      type: "ModifyQuerySet",
      baseVersion: 0,
      newVersion: 1,
      modifications,
    });
  },

  /** How a socket ends that only connects, or how its opening does. */
  async opening() {
    try {
      return await (
        await Session.open()
      ).closed;
    } catch (error) {
      return error.message;
    }
  },

  /** A socket on which nothing ever comes; an answer would have. */
  async silentOpening() {
    const session = await Session.open();
    session.add(0, "values:echo", { value: 1 });
    const quiet = new Promise((resolve) =>
      setTimeout(() => resolve(SILENCE), 1_000),
    );
    return await Promise.race([session.next(), session.closed, quiet]);
  },

  /** npm's client makes each mutation once, however often it has to send it. */
  async npmClient() {
    const client = new ConvexClient(url, {
      unsavedChangesWarning: false,
      logger: false,
    });
    const bodies = Array.from({ length: 5 }, (_, n) => `body ${n}`);
    const sent = bodies.map((body) =>
      client.mutation(api.messages.send, { channel, body }),
    );
    const ids = await Promise.all(sent);
    const seen = await new Promise((resolve) => {
      client.onUpdate(api.messages.list, { channel }, (messages) => {
        if (messages.length >= bodies.length) resolve(messages);
      });
    });
    await client.close();
    return {
      bodies: seen.map(({ body }) => body),
      areResults: seen.every(({ _id }, n) => _id === ids[n]),
    };
  },
};

const result = await scenarios[scenario]();
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
