/**
 * What an unmodified npm client does with the embedded backend. Prints one line
 * of JSON with the result of each feature, or the text of its error; values are
 * in Convex's JSON encoding.
 *
 * `reconnect` in place of the features: prints a line for each result of a
 * query, until its standard input ends.
 *
 * Usage: node matrix.mjs http|socket|react CONVEX_URL CHANNEL TOKEN [reconnect]
 */

import { once } from "node:events";
import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { anyApi as api } from "convex/server";
import { convexToJson, jsonToConvex } from "convex/values";

const [kind = "", url = "", channel = "", token = "", mode = "features"] =
  process.argv.slice(2);
const writer = new ConvexHttpClient(url, { logger: false });

/** Values as they come, and a promise of the next one that is accepted. */
class Updates {
  #waiting = [];
  #latest = [];

  push = (value) => {
    this.#latest = [value];
    this.#waiting = this.#waiting.filter(({ accept, resolve }) => {
      if (!accept(value)) return true;
      resolve(value);
      return false;
    });
  };

  until(accept) {
    return new Promise((resolve) => {
      if (this.#latest.some(accept)) resolve(this.#latest[0]);
      else this.#waiting.push({ accept, resolve });
    });
  }
}

const bodiesOf = (messages) => messages.map(({ body }) => body);

/** `ConvexHttpClient`: calls without subscriptions. */
class HttpColumn {
  client = new ConvexHttpClient(url, { logger: false });
  query = (query, args) => this.client.query(query, args);
  mutation = (mutation, args) => this.client.mutation(mutation, args);
  action = (action, args) => this.client.action(action, args);
  setAuth = async () => this.client.setAuth(token);
  clearAuth = async () => this.client.clearAuth();
}

/** `ConvexClient`: everything over one socket. */
class SocketColumn {
  client = new ConvexClient(url, { logger: false });
  query = (query, args) => this.client.query(query, args);
  mutation = (mutation, args) => this.client.mutation(mutation, args);
  action = (action, args) => this.client.action(action, args);

  setAuth() {
    return new Promise((resolve) => {
      this.client.setAuth(async () => token, resolve);
    });
  }

  clearAuth = async () => this.client.client.clearAuth();

  subscribe(query, args) {
    const updates = new Updates();
    this.client.onUpdate(query, args, updates.push);
    return updates;
  }

  paginate(query, args, initialNumItems) {
    const updates = new Updates();
    this.client.onPaginatedUpdate_experimental(
      query,
      args,
      { initialNumItems },
      ({ results, status, loadMore }) =>
        updates.push({ bodies: bodiesOf(results), status, loadMore }),
    );
    return updates;
  }
}

/** `ConvexReactClient`, used through the hooks of components in a document. */
class ReactColumn {
  static async create() {
    const { JSDOM } = await import("jsdom");
    const { window } = new JSDOM("", { url: "http://localhost/" });
    for (const name of ["window", "document", "navigator"]) {
      const value = name === "window" ? window : window[name];
      Object.defineProperty(globalThis, name, { value, configurable: true });
    }
    const column = new ReactColumn();
    column.react = await import("react");
    column.createRoot = (await import("react-dom/client")).createRoot;
    column.convex = await import("convex/react");
    column.client = new column.convex.ConvexReactClient(url, {
      logger: false,
      webSocketConstructor: window.WebSocket,
    });
    return column;
  }

  /** Renders a component that does nothing but use a hook. */
  render(useHook) {
    const { Component, createElement, useEffect } = this.react;
    const updates = new Updates();
    function Probe() {
      const value = useHook();
      useEffect(() => updates.push({ value }));
      return null;
    }
    class Boundary extends Component {
      state = {};
      static getDerivedStateFromError = () => ({ hasFailed: true });
      componentDidCatch = (error) => updates.push({ error });
      render = () => (this.state.hasFailed ? null : createElement(Probe));
    }
    const root = this.createRoot(document.createElement("div"), {
      onCaughtError: () => {},
    });
    const { ConvexProvider } = this.convex;
    const { client } = this;
    root.render(
      createElement(ConvexProvider, { client }, createElement(Boundary)),
    );
    return updates;
  }

  async valueOf(useHook) {
    const { value, error } = await this.render(useHook).until(
      ({ value, error }) => value !== undefined || error !== undefined,
    );
    if (error !== undefined) throw error;
    return value;
  }

  query = (query, args) =>
    this.valueOf(() => this.convex.useQuery(query, args));

  async mutation(mutation, args) {
    const call = await this.valueOf(() => this.convex.useMutation(mutation));
    return await call(args);
  }

  async action(action, args) {
    const call = await this.valueOf(() => this.convex.useAction(action));
    return await call(args);
  }

  setAuth() {
    return new Promise((resolve) => {
      this.client.setAuth(async () => token, resolve);
    });
  }

  clearAuth = async () => this.client.clearAuth();

  subscribe(query, args) {
    const updates = new Updates();
    this.render(() => {
      const value = this.convex.useQuery(query, args);
      this.react.useEffect(() => {
        if (value !== undefined) updates.push(value);
      });
    });
    return updates;
  }

  paginate(query, args, initialNumItems) {
    const updates = new Updates();
    this.render(() => {
      const { results, status, loadMore } = this.convex.usePaginatedQuery(
        query,
        args,
        { initialNumItems },
      );
      this.react.useEffect(() =>
        updates.push({ bodies: bodiesOf(results), status, loadMore }),
      );
    });
    return updates;
  }
}

async function roundTrip(column, encoded) {
  const results = [];
  for (const json of encoded) {
    const value = jsonToConvex(json);
    const id = await column.mutation(api.values.put, { value });
    results.push(convexToJson(await column.query(api.values.get, { id })));
    results.push(
      convexToJson(await column.action(api.values.relay, { value })),
    );
  }
  return results;
}

const features = {
  async query(column) {
    const args = { channel: `${channel} query` };
    await writer.mutation(api.messages.send, { ...args, body: "é" });
    return bodiesOf(await column.query(api.messages.list, args));
  },

  async mutation(column) {
    const args = { channel: `${channel} mutation` };
    const id = await column.mutation(api.messages.send, { ...args, body: "m" });
    const found = await column.query(api.messages.list, args);
    return found.map(({ _id, body }) => [_id === id, body]);
  },

  async action(column) {
    return await column.action(api.values.relay, { value: "through" });
  },

  async subscribe(column) {
    const args = { channel: `${channel} subscribe` };
    const updates = column.subscribe(api.messages.list, args);
    const seen = [];
    for (const body of ["one", "two"]) {
      const length = seen.length;
      const messages = await updates.until((list) => list.length === length);
      seen.push(bodiesOf(messages));
      await writer.mutation(api.messages.send, { ...args, body });
    }
    seen.push(bodiesOf(await updates.until((list) => list.length === 2)));
    return seen;
  },

  async auth(column) {
    const whoIs = async (accept) =>
      kind === "http"
        ? await column.query(api.secret.whoAmI, {})
        : await column.subscribe(api.secret.whoAmI, {}).until(accept);
    await column.setAuth();
    const known = await whoIs((user) => user !== null);
    await column.clearAuth();
    return [known.subject, await whoIs((user) => user === null)];
  },

  async errors(column) {
    const args = { channel: `${channel} errors` };
    const calls = [
      () => column.query(api.errors.refuse, {}),
      () => column.mutation(api.errors.insertAndRefuse, args),
      () => column.action(api.errors.refuseInAction, {}),
      () => column.mutation(api.errors.insertAndFail, args),
    ];
    const caught = [];
    for (const call of calls) {
      await call().catch((error) =>
        caught.push(
          error.name === "ConvexError"
            ? convexToJson(error.data)
            : error.message.includes("boom"),
        ),
      );
    }
    return caught;
  },

  int64: (column) =>
    roundTrip(column, [
      { $integer: "AAAAAAAAAIA=" },
      { $integer: "/////////38=" },
      { $integer: "AAAAAAAAAAA=" },
    ]),

  bytes: (column) => roundTrip(column, [{ $bytes: "" }, { $bytes: "AP+A" }]),

  nonFinite: (column) =>
    roundTrip(
      column,
      [NaN, Infinity, -Infinity, -0].map((value) => convexToJson(value)),
    ),

  async pagination(column) {
    const args = { channel: `${channel} pagination` };
    const bodies = ["a", "b", "c", "d", "e"];
    await writer.mutation(api.messages.sendMany, { ...args, bodies });
    const pages = [];
    let cursor = null;
    for (let isDone = false; !isDone;) {
      const paginationOpts = { numItems: 2, cursor };
      const result = await column.query(api.messages.page, {
        ...args,
        paginationOpts,
      });
      pages.push(bodiesOf(result.page));
      cursor = result.continueCursor;
      isDone = result.isDone;
    }
    return pages;
  },

  async reactivePagination(column) {
    const args = { channel: `${channel} reactive` };
    const bodies = ["a", "b", "c", "d", "e"];
    await writer.mutation(api.messages.sendMany, { ...args, bodies });
    const updates = column.paginate(api.messages.page, args, 2);
    const isLoaded = ({ status }) => status === "CanLoadMore";
    const first = await updates.until(isLoaded);
    first.loadMore(2);
    const more = await updates.until(
      (update) => isLoaded(update) && update.bodies.length === 4,
    );
    const [{ _id }] = await writer.query(api.messages.list, args);
    await writer.mutation(api.messages.remove, { id: _id });
    const shrunk = await updates.until(({ bodies }) => bodies.length === 3);
    return [first.bodies, more.bodies, shrunk.bodies];
  },
};

/** Milliseconds after which what did not happen never will. */
const PATIENCE = 300_000;

/** What needs a subscription, and how clients that have them are asked for one. */
const SUBSCRIBING = new Set(["subscribe", "reactivePagination"]);
const SUBSCRIBING_METHODS = ["onUpdate", "watchQuery", "subscribe"];

const column =
  kind === "react"
    ? await ReactColumn.create()
    : kind === "socket"
      ? new SocketColumn()
      : new HttpColumn();

async function giveUp() {
  await new Promise((resolve) => setTimeout(resolve, PATIENCE));
  throw new Error("nothing happened");
}

function print(value) {
  return new Promise((resolve) => {
    process.stdout.write(`${JSON.stringify(value)}\n`, resolve);
  });
}

if (mode === "reconnect") {
  if (kind === "http") {
    // It has no subscription: it asks again and again, down time or not.
    const ask = async () => {
      const found = column.query(api.messages.list, { channel });
      await found.then((list) => print(bodiesOf(list))).catch(() => null);
      setTimeout(ask, 50);
    };
    void ask();
  } else {
    const updates = column.subscribe(api.messages.list, { channel });
    void updates.until((messages) => {
      void print(bodiesOf(messages));
      return false;
    });
  }
  await once(process.stdin.resume(), "end");
} else {
  const results = {};
  for (const [name, feature] of Object.entries(features)) {
    const canSubscribe = SUBSCRIBING_METHODS.some(
      (method) => method in column.client,
    );
    try {
      results[name] =
        SUBSCRIBING.has(name) && !canSubscribe
          ? "the client has no subscriptions"
          : await Promise.race([feature(column), giveUp()]);
    } catch (error) {
      results[name] = String(error.stack);
    }
  }
  await print(results);
}
process.exit(0);
