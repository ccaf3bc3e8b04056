/**
 * What the unmodified npm clients do with the embedded backend. Prints one line
 * of JSON; values are in Convex's JSON encoding.
 *
 * Usage: CONVEX_URL=… ADMIN_KEY=… node clients.mjs SCENARIO CHANNEL
 */

import { ConvexClient, ConvexHttpClient } from "convex/browser";
import {
  fetchAction,
  fetchMutation,
  fetchQuery,
  preloadQuery,
  preloadedQueryResult,
} from "convex/nextjs";
import { anyApi } from "convex/server";
import { convexToJson, jsonToConvex } from "convex/values";

const url = process.env.CONVEX_URL ?? "";
const adminKey = process.env.ADMIN_KEY ?? "";
const [scenario, channel, ...rest] = process.argv.slice(2);
const api = anyApi;

const http = new ConvexHttpClient(url, { logger: false });
const socket = new ConvexClient(url, { logger: false });

/** The next update of a query for which `accept` holds. */
function updateOf(query, args, accept) {
  return new Promise((resolve, reject) => {
    socket.onUpdate(
      query,
      args,
      (result) => accept(result) && resolve(result),
      reject,
    );
  });
}

const scenarios = {
  async httpRoundTrip() {
    const id = await http.mutation(api.messages.send, {
      channel,
      body: "http",
    });
    const messages = await http.query(api.messages.list, { channel });
    return messages.map(({ _id, body }) => [_id === id, body]);
  },

  /** All of one client read one state of the database. */
  async consistentQuery() {
    const args = { channel };
    const read = async (client) =>
      (await client.consistentQuery(api.messages.list, args)).length;
    const lengths = [await read(http)];
    await http.mutation(api.messages.send, { channel, body: "later" });
    lengths.push(await read(http));
    lengths.push(await read(new ConvexHttpClient(url, { logger: false })));
    return lengths;
  },

  /** What pages of Next.js call on its server. */
  async nextjs() {
    const options = { url };
    const args = { channel };
    await fetchMutation(api.messages.send, { ...args, body: "next" }, options);
    const preloaded = await preloadQuery(api.messages.list, args, options);
    const messages = [
      ...(await fetchQuery(api.messages.list, args, options)),
      ...preloadedQueryResult(preloaded),
    ];
    const value = await fetchAction(api.values.relay, { value: 1n }, options);
    return [...messages.map(({ body }) => body), String(value)];
  },

  async socketRoundTrip() {
    const id = await socket.mutation(api.messages.send, {
      channel,
      body: "socket",
    });
    const messages = await socket.query(api.messages.list, { channel });
    return messages.map(({ _id, body }) => [_id === id, body]);
  },

  /** Each leaves the set of queries in one message and the next joins it in another, at once. */
  async socketQueriesInTurn() {
    let answered = 0;
    for (; answered < 500; answered++)
      await socket.query(api.messages.list, {
        channel: `${channel} ${answered % 200}`,
      });
    return answered;
  },

  /** An update that another client causes. */
  async subscription() {
    await updateOf(
      api.messages.list,
      { channel },
      (messages) => messages.length === 0,
    );
    const update = updateOf(
      api.messages.list,
      { channel },
      (messages) => messages.length === 1,
    );
    await http.mutation(api.messages.send, { channel, body: "from elsewhere" });
    return (await update).map(({ body }) => body);
  },

  /** When a mutation resolves, its effect is in the subscribed results. */
  async ownWriteIsVisible() {
    let latest = [];
    await updateOf(api.messages.list, { channel }, (messages) => {
      latest = messages;
      return true;
    });
    const seen = [];
    for (let n = 1; n <= 20; n++) {
      await socket.mutation(api.messages.send, { channel, body: String(n) });
      seen.push(latest.length);
    }
    return seen;
  },

  async values() {
    const results = [];
    for (const json of JSON.parse(rest[0] ?? "[]")) {
      const value = jsonToConvex(json);
      const id = await socket.mutation(api.values.put, { value });
      for (const client of [http, socket]) {
        results.push(convexToJson(await client.query(api.values.get, { id })));
      }
      results.push(
        convexToJson(await socket.action(api.values.relay, { value })),
      );
    }
    return results;
  },

  async convexError() {
    const caught = [];
    for (const client of [http, socket]) {
      await client
        .query(api.errors.refuse, {})
        .catch((error) => caught.push(error));
      await client
        .mutation(api.errors.insertAndRefuse, { channel })
        .catch((error) => caught.push(error));
      await client
        .action(api.errors.refuseInAction, {})
        .catch((error) => caught.push(error));
    }
    return caught.map(({ name, data }) => [name, convexToJson(data)]);
  },

  async internal() {
    const refusals = [];
    for (const client of [http, socket]) {
      await client
        .query(api.secret.read, {})
        .catch(({ message }) => refusals.push(message));
    }
    http.setAdminAuth(adminKey);
    socket.client.setAdminAuth(adminKey);
    const read = [];
    for (const client of [http, socket])
      read.push(await client.query(api.secret.read, {}));
    return { refusals, read };
  },

  /** More than fits into one message to an npm client. */
  async longResult() {
    const text = await socket.query(api.limits.returnText, {
      length: 7_000_000,
    });
    return text.length;
  },

  /** A reactive page keeps its end when documents come into it. */
  async reactivePage() {
    await http.mutation(api.messages.sendMany, {
      channel,
      bodies: ["a", "b", "c", "d"],
    });
    const args = {
      channel,
      paginationOpts: { numItems: 2, cursor: null, id: 1 },
    };
    const first = await updateOf(api.messages.page, args, () => true);
    const update = updateOf(
      api.messages.page,
      args,
      ({ page }) => page.length === 1,
    );
    await http.mutation(api.messages.remove, { id: first.page[0]._id });
    const shrunk = await update;
    return [first, shrunk].map(({ page, continueCursor }) => [
      page.map(({ body }) => body),
      continueCursor === first.continueCursor,
    ]);
  },
};

const result = await scenarios[scenario]();
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
