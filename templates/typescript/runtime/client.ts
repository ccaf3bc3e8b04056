import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { type FunctionType, makeFunctionReference } from "convex/server";
import { ConvexError, getConvexSize, type Value } from "convex/values";

import { Bulk, continued, Saving } from "./bulk.js";
import { type OnCall, Traffic } from "./callEvents.js";
import {
  type Call,
  encoded,
  mayChange,
  type PagedCall,
  requireCallOptions,
  requireFitting,
  requireFunction,
  requireOptions,
  requireWhole,
} from "./calls.js";
import {
  givenBy,
  requireAuth,
  requireDeployKey,
  requireToken,
  type TokenFetcher,
  withoutToken,
} from "./credentials.js";
import {
  AccessDenied,
  ConvexgenError,
  doubted,
  InvalidArgument,
  LimitExceeded,
  ServerError,
} from "./errors.js";
import {
  type Asked,
  Exchange,
  requireSignal,
  requireTimeout,
} from "./exchange.js";
import { functionFailure, unreadableAnswer } from "./failures.js";
import type { Step, Steps } from "./found.js";
import { type Owned, type Socket, Subscription } from "./subscriptions.js";
import type {
  BulkOptions,
  CallOptions,
  IterateOptions,
  Page,
  PageOptions,
  WatchOptions,
} from "./types.js";

const DEFAULT_TIMEOUT = 30_000;
const DEFAULT_LIMIT = 100;

/** Of the request that begins a snapshot, which calls no function. */
const TIMESTAMP_PATH = "/api/query_ts";

/** How many keys one call of `getByIds` or `removeMany` takes. */
const KEYS_PER_CALL = 100;

/** How much one call of `saveMany` takes, in documents and about in bytes. */
const DOCUMENTS_PER_CALL = 500;
const BYTES_PER_CALL = 4 * 1024 * 1024;

/** A call, or a file on its way. */
interface UnderWay {
  close(): void;
}

export interface ClientOptions {
  /** Opens internal functions. It is for servers: who has it may do anything. */
  deployKey?: string | undefined;
  /** The JSON Web Token of a user, or what fetches it. */
  auth?: string | TokenFetcher | undefined;
  /** The deadline of a call in milliseconds, retries included; 30 s by default. */
  timeout?: number | undefined;
  /** In place of the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
  /**
   * Is told of each call that has ended: see `CallEvent`. What it throws is written
   * to the console, and the call ends as it does.
   */
  onCall?: OnCall | undefined;
}

/**
 * Calls the functions of one deployment.
 *
 * Reads and idempotent writes are repeated on broken connections, 429 and 503,
 * with growing random delays, until the deadline; connecting is tried three
 * times. Other writes run at most once.
 */
export class Client {
  readonly url: string;
  readonly #deployKey: string | undefined;
  readonly #auth: string | TokenFetcher | undefined;
  readonly #timeout: number;
  readonly #fetch: typeof globalThis.fetch;
  readonly #onCall: OnCall | undefined;
  readonly #subscriptions = new Set<Owned>();
  readonly #underWay = new Set<UnderWay>();
  #socket: ConvexClient | undefined;
  #isClosed = false;

  constructor(url: string, options: ClientOptions = {}) {
    const {
      deployKey,
      auth,
      timeout = DEFAULT_TIMEOUT,
      fetch,
      onCall,
    } = requireOptions(
      options,
      "deployKey",
      "auth",
      "timeout",
      "fetch",
      "onCall",
    );
    this.url = requireUrl(url);
    if (deployKey !== undefined && auth !== undefined) {
      throw new InvalidArgument("give a deploy key or a token, not both");
    }
    requireFunction(fetch, "fetch");
    requireFunction(onCall, "onCall");
    this.#deployKey = requireDeployKey(deployKey);
    this.#auth = requireAuth(auth);
    this.#timeout = requireTimeout(timeout);
    // To follow a redirect may be to send a call to another server, and to hear of it what is
    // true of the other request alone: it is a status as any other.
    this.#fetch = (request, init) =>
      (fetch ?? globalThis.fetch)(request, { ...init, redirect: "manual" });
    this.#onCall = onCall;
  }

  /** What sends and receives files. @internal */
  get _fetch(): typeof globalThis.fetch {
    return this.#fetch;
  }

  /** What ends with the client begins. @internal */
  _begin(one: UnderWay): void {
    this.#underWay.add(one);
    if (this.#isClosed) one.close();
  }

  /** It has ended. @internal */
  _end(one: UnderWay): void {
    this.#underWay.delete(one);
  }

  /** The deadline of each call, in milliseconds. */
  get timeout(): number {
    return this.#timeout;
  }

  /** Is told of each call that ends; undefined where nobody is. */
  get onCall(): OnCall | undefined {
    return this.#onCall;
  }

  /** Closes the WebSocket and ends subscriptions, calls and files. May be repeated. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const one of [...this.#underWay]) one.close();
    for (const one of [...this.#subscriptions]) one.close();
    const socket = this.#socket;
    this.#socket = undefined;
    await socket?.close();
  }

  /** What the function returns. Throws the errors of `ConvexgenError`. */
  async run<Result>(
    call: Call<Result>,
    options: CallOptions = {},
  ): Promise<Result> {
    return (await this.change(call, options)).answer;
  }

  /**
   * What a mutation tells of what it changed, which is not certain where an
   * earlier attempt may have changed it, whose answer was lost.
   */
  async change<Result>(
    call: Call<Result>,
    options: CallOptions = {},
  ): Promise<{ answer: Result; isCertain: boolean }> {
    return await this._observed(call, (traffic) =>
      this._change(call, undefined, options, traffic),
    );
  }

  /** The same, of which nobody is told; at a timestamp, where there is one. @internal */
  async _change<Result>(
    call: Call<Result>,
    timestamp: string | undefined,
    options: CallOptions,
    traffic: Traffic | undefined,
  ): Promise<{ answer: Result; isCertain: boolean }> {
    this.#requireOpen(call.operation);
    const args = encoded(call);
    return await this.#exchanging(call, options, traffic, async (exchange) => {
      const answer = await this._ask(call, args, exchange, timestamp);
      return { answer, isCertain: !exchange.mayHaveRun };
    });
  }

  /** What a call is made in, of which the hook is told. @internal */
  async _observed<Result>(
    call: Pick<Call<unknown>, "kind" | "path">,
    make: (traffic: Traffic | undefined) => Promise<Result>,
  ): Promise<Result> {
    if (this.#onCall === undefined) return await make(undefined);
    const traffic = new Traffic(this.#onCall, this.url, call);
    let failure: { error: unknown } | undefined;
    try {
      return await make(traffic);
    } catch (error) {
      failure = { error };
      throw error;
    } finally {
      traffic.end(failure);
    }
  }

  /** The timestamp of the last transaction, as the deployment writes it. */
  async timestamp(options: CallOptions = {}): Promise<string> {
    const call = {
      kind: "query",
      path: TIMESTAMP_PATH,
      operation: "begin a snapshot",
      idempotent: true,
    } as const;
    return await this._observed(call, (traffic) =>
      this.#timestamp(call, options, traffic),
    );
  }

  async #timestamp(
    call: Asked,
    options: CallOptions,
    traffic: Traffic | undefined,
  ): Promise<string> {
    const { operation } = call;
    this.#requireOpen(operation);
    const init = this.#authorized({ method: "POST" });
    const answer = await this.#exchanging(call, options, traffic, (exchange) =>
      exchange.fetch(`${this.url}${TIMESTAMP_PATH}`, init),
    );
    let ts: unknown;
    try {
      ({ ts } = (await answer.json()) as { ts?: unknown });
    } catch (error) {
      throw unreadableAnswer(error, operation);
    }
    if (typeof ts !== "string") throw unreadableAnswer(ts, operation);
    return ts;
  }

  /** With a new token, where the first one is refused. @internal */
  protected async _ask<Result>(
    call: Call<Result>,
    args: Record<string, Value>,
    exchange: Exchange,
    timestamp: string | undefined,
  ): Promise<Result> {
    for (let isRenewed = false; ; isRenewed = true) {
      try {
        return await this.#answer(call, args, exchange, isRenewed, timestamp);
      } catch (error) {
        const isLast = isRenewed || typeof this.#auth !== "function";
        if (isLast || !exchange.isRefused) throw error;
      }
    }
  }

  /** The requests of a call, which end with the client. */
  async #exchanging<Result>(
    call: Pick<Call<unknown>, "idempotent" | "kind" | "operation">,
    options: CallOptions,
    traffic: Traffic | undefined,
    ask: (exchange: Exchange) => Promise<Result>,
  ): Promise<Result> {
    const { timeout = this.#timeout, signal } = requireCallOptions(options);
    requireTimeout(timeout);
    requireSignal(signal);
    const exchange = new Exchange(
      call,
      this.url,
      timeout,
      this.#fetch,
      signal,
      traffic,
    );
    this._begin(exchange);
    try {
      return await ask(exchange);
    } catch (error) {
      throw exchange.admitted(error);
    } finally {
      this._end(exchange);
      exchange.finish();
    }
  }

  async #answer<Result>(
    call: Call<Result>,
    args: Record<string, Value>,
    exchange: Exchange,
    forceRefreshToken: boolean,
    timestamp: string | undefined,
  ): Promise<Result> {
    let isSent = false;
    const client = new ConvexHttpClient(this.url, {
      fetch: async (request, init) => {
        if (request === `${this.url}${TIMESTAMP_PATH}`) {
          return new Response(JSON.stringify({ ts: timestamp }));
        }
        requireFitting(init?.body, args, call.operation);
        isSent = true;
        return await exchange.fetch(request, this.#authorized(init));
      },
      logger: false,
      skipConvexDeploymentUrlCheck: true,
    });
    const token = await this.#token(exchange, forceRefreshToken);
    if (token) client.setAuth(token);
    let answer: Value;
    try {
      answer = await send(client, call, args, timestamp !== undefined);
    } catch (error) {
      throw isSent ? received(error, call) : unsendable(error, call.operation);
    }
    try {
      return decoded(call, answer);
    } catch (error) {
      throw exchange.doubted(error);
    }
  }

  /** The results of calls for 100 keys at a time, joined. */
  async runChunked<Result>(
    build: (keys: Value[]) => Call<Result[]>,
    keys: readonly Value[],
    options: CallOptions = {},
  ): Promise<Result[]> {
    const results: Result[] = [];
    const bulk = new Bulk();
    for (const chunk of chunks(keys, KEYS_PER_CALL)) {
      let start = 0;
      let count = chunk.length;
      while (start < chunk.length) {
        const some = chunk.slice(start, start + count);
        try {
          const found = await bulk.request(() =>
            this.run(build(some), options),
          );
          results.push(...found);
          bulk.advance(found.length, found.length);
          start += count;
        } catch (error) {
          count = fitting(error, count);
        }
      }
      bulk.nextBatch();
    }
    return results;
  }

  /** It is smaller where the items are too large to be read at once. */
  async page<Item>(
    call: PagedCall<Item>,
    options: PageOptions,
  ): Promise<Page<Item>> {
    const {
      cursor,
      limit = DEFAULT_LIMIT,
      ...others
    } = requireCallOptions(options, "cursor", "limit");
    let count = limit;
    for (;;) {
      try {
        return await this.run(pageCall(call, cursor, count), others);
      } catch (error) {
        count = fitting(error, count);
      }
    }
  }

  /**
   * All items, in pages that are fetched as they are needed. From the second one
   * on, the page after it is fetched while one is gone through.
   */
  async *iterate<Item>(
    call: PagedCall<Item>,
    options: IterateOptions,
  ): AsyncGenerator<Item, undefined> {
    const { pageSize, ...others } = requireCallOptions(options, "pageSize");
    const { signal } = others;
    const next = (
      cursor: string | null,
      ending = signal,
    ): Promise<Page<Item>> =>
      this.page(call, { ...others, signal: ending, cursor, limit: pageSize });
    let page = await next(null);
    yield* page.items;
    if (page.isDone) return;
    page = await next(page.cursor);
    while (!page.isDone) {
      const ending = new AbortController();
      const abort = (): void => ending.abort(signal?.reason);
      if (signal?.aborted) abort();
      signal?.addEventListener("abort", abort);
      const following = next(page.cursor, ending.signal);
      // Of what fails while a page is gone through, Node would end the process.
      following.catch(() => undefined);
      try {
        yield* page.items;
        page = await following;
      } finally {
        signal?.removeEventListener("abort", abort);
        ending.abort();
      }
    }
    yield* page.items;
  }

  /**
   * Runs calls for batches of at most 500 documents and about 4 MiB. The next
   * batch is made while those before are saved.
   */
  async saveMany(
    build: (documents: Value[]) => Call<null>,
    documents: AsyncIterable<Value> | Iterable<Value>,
    { key, concurrency, most = DOCUMENTS_PER_CALL }: Loading,
    options: BulkOptions,
  ): Promise<number> {
    const { progress, ...others } = requireCallOptions(options, "progress");
    const saving = new Saving(key, concurrency, progress);
    try {
      for await (const batch of batches(saving.taken(documents), most)) {
        await saving.add(batch, () => this.run(build(batch), others));
      }
      return await saving.finish();
    } finally {
      await saving.settled();
    }
  }

  /**
   * Repeats the removal until its cascades are done; whether it was there, and
   * undefined where that is not known. The first time, it may be another call,
   * that expects something.
   */
  async runUntilDone(
    call: Call<Removal>,
    first: Call<Removal> = call,
    options: CallOptions = {},
  ): Promise<boolean | undefined> {
    let { answer, isCertain } = await this.change(first, options);
    let wasThere = answer.removed;
    let isKnown = isCertain;
    while (!answer.isDone) {
      ({ answer, isCertain } = await continued(() =>
        this.change(call, options),
      ));
      wasThere ||= answer.removed;
      isKnown &&= isCertain;
    }
    return wasThere || isKnown ? wasThere : undefined;
  }

  /**
   * Runs calls for 100 keys at a time until none remain; how many were there,
   * and undefined where that is not known. What one of them leaves unfinished is
   * removed by calls of its own.
   */
  async removeMany(
    build: (keys: Value[]) => Call<BulkRemoval>,
    buildOne: (key: Value) => Call<Removal>,
    keys: readonly Value[],
    options: BulkOptions,
  ): Promise<number | undefined> {
    const { progress, ...others } = requireCallOptions(options, "progress");
    const bulk = new Bulk(progress);
    let isKnown = true;
    for (const chunk of chunks(keys, KEYS_PER_CALL)) {
      let left = chunk;
      while (left.length > 0) {
        const asked = left;
        const { answer, isCertain } = await bulk.request(async () => {
          const change = await this.change(build(asked), others);
          const { unfinished } = change.answer;
          if (unfinished) {
            const one = buildOne(unfinished);
            await continued(() => this.runUntilDone(one, one, others));
          }
          return change;
        });
        const { removed, remaining } = answer;
        const finished = left.length - remaining.length;
        // Where all were there, none was deleted before.
        isKnown &&= isCertain || removed === finished;
        bulk.advance(finished, removed);
        left = remaining;
      }
      bulk.nextBatch();
    }
    return isKnown ? bulk.done : undefined;
  }

  /**
   * Runs the calls of the steps until all is done; how many were written. A
   * client that dies leaves the rest to the backend, which goes on by itself.
   */
  async runSteps(steps: Steps, options: BulkOptions): Promise<number> {
    const { progress, ...others } = requireCallOptions(options, "progress");
    const bulk = new Bulk(progress);
    let step: Step | undefined;
    for (;;) {
      const before = step;
      step = await bulk.request(() => this.run(steps(before), others));
      const more = step.done - bulk.done;
      bulk.advance(more, more);
      if (step.isDone) return bulk.done;
      bulk.nextBatch();
    }
  }

  /**
   * Repeats the call until the table is empty; how many were removed, and
   * undefined where that is not known.
   */
  async clear(
    call: Call<Clearing>,
    options: BulkOptions,
  ): Promise<number | undefined> {
    const { progress, ...others } = requireCallOptions(options, "progress");
    const bulk = new Bulk(progress);
    let isKnown = true;
    for (;;) {
      const { answer, isCertain } = await bulk.request(() =>
        this.change(call, others),
      );
      const { removed, isDone } = answer;
      isKnown &&= isCertain;
      bulk.advance(removed, removed);
      if (isDone) return isKnown ? bulk.done : undefined;
      bulk.nextBatch();
    }
  }

  watch<Result>(
    call: Call<Result>,
    options: CallOptions = {},
  ): Subscription<Result> {
    const decode = (value: Value) => decoded(call, value);
    return new Subscription(this, call, decode, options);
  }

  /** The first items, now and whenever they change. */
  watchPage<Item>(
    call: PagedCall<Item>,
    options: WatchOptions,
  ): Subscription<Item[]> {
    const { limit = DEFAULT_LIMIT, ...others } = requireCallOptions(
      options,
      "limit",
    );
    const first = pageCall(call, null, limit);
    const decode = (value: Value) =>
      decoded(first, value).items.slice(0, limit);
    return new Subscription(this, first, decode, others);
  }

  /** The WebSocket, which the first subscription opens and all share. */
  socket(operation: string): Socket {
    this.#requireOpen(operation);
    if (this.#socket === undefined) {
      const socket = new ConvexClient(this.url, {
        logger: false,
        skipConvexDeploymentUrlCheck: true,
        unsavedChangesWarning: false,
      });
      if (this.#deployKey !== undefined) {
        asAdministered(socket).setAdminAuth(this.#deployKey);
      }
      const auth = this.#auth;
      if (auth !== undefined) this.#authorize(socket, auth);
      this.#socket = socket;
    }
    return this.#socket;
  }

  /** Ends with the client; call what it returns when it has ended before. */
  own(subscription: Owned): () => void {
    this.#subscriptions.add(subscription);
    return () => this.#subscriptions.delete(subscription);
  }

  #requireOpen(operation: string): void {
    if (this.#isClosed) {
      throw new InvalidArgument("the client is closed", { operation });
    }
  }

  async #token(
    exchange: Exchange,
    forceRefreshToken: boolean,
  ): Promise<string | undefined> {
    const auth = this.#auth;
    if (typeof auth !== "function") return auth;
    const late = "the function that gives tokens gave none in time";
    return requireToken(
      await exchange.inTime(() => givenBy(auth, forceRefreshToken), late),
    );
  }

  /**
   * `ConvexClient` goes on for nobody where its token is refused, in silence.
   * The subscriptions end then: their results would be those of another.
   */
  #authorize(socket: ConvexClient, auth: string | TokenFetcher): void {
    let token: string | undefined;
    const give = async (forceRefreshToken: boolean) =>
      typeof auth === "string" ? auth : await givenBy(auth, forceRefreshToken);
    socket.setAuth(
      async ({ forceRefreshToken }) => {
        // `ConvexClient` waits for nothing of this: what it throws would end the process.
        try {
          token = requireToken(await give(forceRefreshToken));
        } catch (error) {
          token = undefined;
          this.#refuse(socket, withoutToken(error));
        }
        return token;
      },
      (isAuthenticated) => {
        if (isAuthenticated || token === undefined) return;
        const reason = "the deployment refused the token of the user";
        this.#refuse(socket, new AccessDenied(reason));
      },
    );
  }

  /** Ends what follows queries, with a socket that would go on for nobody. */
  #refuse(socket: ConvexClient, error: ConvexgenError): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    for (const one of [...this.#subscriptions]) one.refuse(error);
    void socket.close();
  }

  #authorized(init: RequestInit | undefined): RequestInit | undefined {
    if (this.#deployKey === undefined) return init;
    const headers = new Headers(init?.headers);
    headers.set("Authorization", `Convex ${this.#deployKey}`);
    return { ...init, headers };
  }
}

/** How documents are saved in batches. */
export interface Loading {
  /** The fields of their key. */
  key: readonly string[];
  concurrency: number | undefined;
  /** How many one call saves, where it is less than usual. */
  most: number | undefined;
}

/** The answer of `remove`: repeated until it is done. */
export interface Removal {
  removed: boolean;
  isDone: boolean;
}

/**
 * The answer of `removeMany`: how many were removed, and the keys that remain.
 * The unfinished one is among those removed, and is then removed by itself.
 */
export interface BulkRemoval {
  removed: number;
  remaining: Value[];
  unfinished?: Value;
}

/** The answer of `clear`: repeated until it is done. */
export interface Clearing {
  removed: number;
  isDone: boolean;
}

// The method is there and documented, but not in the public types.
function asAdministered(client: ConvexClient) {
  return client as unknown as { setAdminAuth: (key: string) => void };
}

function reference<Kind extends FunctionType>(path: string) {
  return makeFunctionReference<Kind, Record<string, Value>, Value>(path);
}

async function send(
  client: ConvexHttpClient,
  { kind, path }: Call<unknown>,
  args: Record<string, Value>,
  isOfThePast: boolean,
): Promise<Value> {
  switch (kind) {
    case "query":
      if (isOfThePast) {
        return await client.consistentQuery(reference<"query">(path), args);
      }
      return await client.query(reference<"query">(path), args);
    case "mutation":
      return await client.mutation(reference<"mutation">(path), args, {
        skipQueue: true,
      });
    case "action":
      return await client.action(reference<"action">(path), args);
  }
}

/** What an answer means. Throws `ServerError` where it does not fit. */
export function decoded<Result>(call: Call<Result>, answer: Value): Result {
  try {
    return call.decode(answer);
  } catch (error) {
    throw new ServerError(
      "the answer does not fit the types that this client was generated with. " +
        "Generate and deploy from the same spec",
      { operation: call.operation, cause: error },
    );
  }
}

/** The error for a failure of what was sent. */
export function received(error: unknown, call: Call<unknown>): unknown {
  const { kind, operation } = call;
  if (error instanceof ConvexgenError || !(error instanceof Error))
    return error;
  const isUnreadable =
    error instanceof SyntaxError ||
    error.message.startsWith("Invalid response");
  if (isUnreadable && !(error instanceof ConvexError)) {
    const failure = unreadableAnswer(error, operation);
    return mayChange(call) ? doubted(failure) : failure;
  }
  const failure = functionFailure(error, operation);
  // A transaction is undone; what an action has done is not.
  return kind === "action" && mayChange(call) ? doubted(failure, "") : failure;
}

function unsendable(error: unknown, operation: string): ConvexgenError {
  if (error instanceof ConvexgenError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new InvalidArgument(reason, { operation, cause: error });
}

function pageCall<Item>(
  { path, args, decode, operation, including }: PagedCall<Item>,
  cursor: string | null | undefined,
  limit: number,
): Call<Page<Item>> {
  return {
    kind: "query",
    path,
    encode: () => {
      requireWhole(limit, 1, "limit");
      requireCursor(cursor);
      const paginationOpts = { numItems: limit, cursor: cursor ?? null };
      const include = including && [...including.include];
      return { ...args, include, paginationOpts };
    },
    decode: (value) => {
      const { page, included, continueCursor, isDone } = value as unknown as {
        page: Value[];
        included?: Value;
        continueCursor: string;
        isDone: boolean;
      };
      const cursor = isDone ? null : continueCursor;
      const items =
        including === undefined
          ? page.map(decode)
          : including.decode(page, included ?? {});
      return { items, cursor, isDone };
    },
    operation,
    idempotent: true,
  };
}

function requireCursor(cursor: unknown): void {
  if (cursor === null || cursor === undefined) return;
  if (typeof cursor === "string") return;
  throw new InvalidArgument("`cursor` is that of the page before, a text");
}

/**
 * How many items at once the functions can read, where they can read less than
 * `count`. Throws the error where it says nothing of that.
 */
export function fitting(error: unknown, count: number): number {
  const data: unknown = error instanceof LimitExceeded ? error.data : undefined;
  const fits =
    typeof data === "object" && data !== null && "fits" in data
      ? Number(data.fits)
      : NaN;
  if (!(fits >= 1 && fits < count)) throw error;
  return Math.floor(fits);
}

function* chunks<Item>(items: readonly Item[], size: number) {
  for (let start = 0; start < items.length; start += size) {
    yield items.slice(start, start + size);
  }
}

async function* batches(
  documents: AsyncIterable<Value> | Iterable<Value>,
  most: number,
): AsyncGenerator<Value[]> {
  let batch: Value[] = [];
  let total = 0;
  for await (const document of documents) {
    const size = getConvexSize(document);
    const isFull = batch.length === most || total + size > BYTES_PER_CALL;
    if (batch.length > 0 && isFull) {
      yield batch;
      batch = [];
      total = 0;
    }
    batch.push(document);
    total += size;
  }
  if (batch.length > 0) yield batch;
}

/** What a text may hold of which nothing is repeated. */
function secretIn(text: string): string | null {
  if (/\||%7c/i.test(text)) return "a deploy key";
  if (/^\s*eyJ/.test(text)) return "a token"; // as every JWT begins
  return /@|%40/.test(text) ? "a URL with a user" : null;
}

function requireUrl(url: string): string {
  const secret = secretIn(String(url));
  if (secret !== null) {
    const reason = `${secret} is in place of the URL of the deployment, such as https://happy-otter-123.convex.cloud`;
    throw new InvalidArgument(reason);
  }
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (error) {
    const reason = `${JSON.stringify(String(url))} is not a URL, such as https://happy-otter-123.convex.cloud`;
    throw new InvalidArgument(reason, { cause: error });
  }
  if (parsed.protocol !== "https:" && parsed.protocol !== "http:") {
    throw new InvalidArgument(`${url} is neither https:// nor http://`);
  }
  return url.replace(/\/+$/, "");
}
