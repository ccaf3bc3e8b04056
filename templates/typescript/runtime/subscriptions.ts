import { type FunctionReference, makeFunctionReference } from "convex/server";
import { compareValues, type Value } from "convex/values";

import { type Call, encoded, requireCallOptions } from "./calls.js";
import { attempted, ConvexgenError, Timeout } from "./errors.js";
import { withoutToken } from "./credentials.js";
import { requireSignal } from "./exchange.js";
import { functionFailure } from "./failures.js";
import type { CallOptions } from "./types.js";

/** A subscription as its client has it. */
export interface Owned {
  close: () => void;
  /** There is no token of the user that the deployment takes. */
  refuse: (error: ConvexgenError) => void;
}

/** What follows queries. */
export interface Socket {
  onUpdate: (
    query: FunctionReference<"query">,
    args: Record<string, Value>,
    deliver: (result: Value) => void,
    fail: (error: Error) => void,
  ) => () => void;
}

/** What a subscription asks of its client. */
export interface Watchable {
  readonly url: string;
  /** In milliseconds. */
  readonly timeout: number;
  run: <Result>(call: Call<Result>, options?: CallOptions) => Promise<Result>;
  /** The WebSocket, which the first subscription opens and all share. */
  socket: (operation: string) => Socket;
  /** Ends it with the client; call what it returns when it has ended before. */
  own: (subscription: Owned) => () => void;
}

/**
 * The results of a query, now and whenever they change.
 *
 *     for await (const thread of storage.threads.watch("t1")) { … }
 *
 * Leaving the loop, closing the client, or its signal ends it; so does a failing
 * query, with its error. Results that come faster than they are asked for are skipped
 * up to the newest.
 */
export class Subscription<Result> implements AsyncIterable<Result> {
  readonly #client: Watchable;
  readonly #call: Call<unknown>;
  readonly #decode: (value: Value) => Result;
  readonly #options: CallOptions;

  constructor(
    client: Watchable,
    call: Call<unknown>,
    decode: (value: Value) => Result,
    options: CallOptions = {},
  ) {
    this.#client = client;
    this.#call = call;
    this.#decode = decode;
    this.#options = requireCallOptions(options);
    requireSignal(options.signal);
  }

  /** @internal */
  get _call(): Call<unknown> {
    return this.#call;
  }

  /** @internal */
  get _decode(): (value: Value) => Result {
    return this.#decode;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Result> {
    return new Snapshots((deliver, fail, end) =>
      this.#follow(deliver, fail, end),
    );
  }

  /**
   * Calls back with each result until what it returns is called. A query that
   * fails may succeed later; without `onError`, its error goes unhandled.
   */
  onUpdate(
    callback: (result: Result) => void,
    onError: (error: unknown) => void = reject,
  ): () => void {
    return this.#follow(callback, onError, () => undefined);
  }

  #follow(
    deliver: (result: Result) => void,
    fail: (error: unknown) => void,
    end: () => void,
  ): () => void {
    const listener: Listener = {
      deliver: (value) => {
        let result: Result;
        try {
          result = this.#decode(value);
        } catch (error) {
          return fail(error);
        }
        deliver(result);
      },
      fail,
      end,
    };
    const [client, call, options] = [this.#client, this.#call, this.#options];
    const following = new Following(client, call, listener, options);
    void following.start();
    return () => following.close();
  }
}

function reject(error: unknown): void {
  void Promise.reject(error);
}

interface Listener {
  deliver: (value: Value) => void;
  fail: (error: unknown) => void;
  end: () => void;
}

/** Follows a query on the WebSocket of a client. */
class Following {
  readonly #client: Watchable;
  readonly #call: Call<unknown>;
  readonly #listener: Listener;
  readonly #disown: () => void;
  readonly #options: CallOptions;
  #unsubscribe: (() => void) | undefined;
  #late: ReturnType<typeof setTimeout> | undefined;
  #last: Value | undefined;
  #isClosed = false;

  constructor(
    client: Watchable,
    call: Call<unknown>,
    listener: Listener,
    options: CallOptions,
  ) {
    this.#options = options;
    this.#client = client;
    this.#call = call;
    this.#listener = listener;
    this.#disown = client.own(this);
  }

  readonly #abort = (): void => this.close();

  /**
   * An ordinary call comes first: it reports what `ConvexClient` retries for
   * ever, such as a deployment that is not there.
   */
  async start(): Promise<void> {
    const { operation } = this.#call;
    const { signal, timeout = this.#client.timeout } = this.#options;
    if (signal?.aborted) return this.close();
    signal?.addEventListener("abort", this.#abort);
    try {
      await this.#client.run(this.#call, { timeout, signal });
    } catch (error) {
      // What is no error of the client, the function that gives tokens threw.
      if (!this.#isClosed) this.refuse(withoutToken(error));
      return;
    }
    if (this.#isClosed) return;
    try {
      this.#subscribe(encoded(this.#call), undefined);
    } catch (error) {
      this.#listener.fail(error);
      return this.close();
    }
    const { url } = this.#client;
    this.#late = setTimeout(() => {
      const reason = `no answer from ${url} to a subscription within ${timeout} ms`;
      this.#listener.fail(new Timeout(reason, { operation }));
      this.close();
    }, timeout);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#late);
    this.#options.signal?.removeEventListener("abort", this.#abort);
    this.#unsubscribe?.();
    this.#disown();
    this.#listener.end();
  }

  refuse(error: ConvexgenError): void {
    this.#listener.fail(attempted(error, this.#call.operation));
    this.close();
  }

  #subscribe(args: Record<string, Value>, worn: WatchedPage | undefined): void {
    const { path, operation } = this.#call;
    const page = WatchedPage.of(args, worn);
    this.#unsubscribe?.();
    this.#unsubscribe = this.#client.socket(operation).onUpdate(
      makeFunctionReference<"query">(path),
      page?.arguments ?? args,
      (value: Value) => {
        if (this.#isClosed) return;
        if (page?.isWorn(value)) return this.#subscribe(args, page);
        clearTimeout(this.#late);
        // `ConvexClient` may report a result twice.
        if (compareValues(this.#last, value) === 0) return;
        this.#last = value;
        this.#listener.deliver(value);
      },
      (error) => {
        if (this.#isClosed) return;
        clearTimeout(this.#late);
        this.#last = undefined;
        this.#listener.fail(
          error instanceof ConvexgenError
            ? error
            : functionFailure(error, operation),
        );
      },
    );
  }
}

/**
 * The first page of a paginated query, which Convex keeps to the range it had
 * at first: it grows with every document inserted into the range and shrinks
 * with every one deleted. Subscribing anew, with another `id`, measures it anew.
 */
class WatchedPage {
  readonly arguments: Record<string, Value>;
  readonly #limit: number;
  readonly #renewals: number;
  #firstCount: number | undefined;

  private constructor(args: Record<string, Value>, renewals: number) {
    const options = args["paginationOpts"] as { numItems: number };
    this.#limit = options.numItems;
    this.#renewals = renewals;
    const paginationOpts =
      renewals === 0 ? options : { ...options, id: renewals };
    this.arguments = { ...args, paginationOpts };
  }

  /** The page that the arguments ask for; undefined where they ask for none. */
  static of(
    args: Record<string, Value>,
    worn: WatchedPage | undefined,
  ): WatchedPage | undefined {
    if (args["paginationOpts"] === undefined) return undefined;
    return new WatchedPage(args, worn === undefined ? 0 : worn.#renewals + 1);
  }

  /** Whether it lacks items that are there, or has far more than asked for. */
  isWorn(value: Value): boolean {
    const { page, isDone } = value as unknown as {
      page: Value[];
      isDone: boolean;
    };
    this.#firstCount ??= page.length;
    const lacks =
      page.length < Math.min(this.#firstCount, this.#limit) && !isDone;
    return lacks || page.length > Math.max(this.#firstCount, 2 * this.#limit);
  }
}

type Snapshot<Result> = { value: Result } | { error: unknown };

/** The newest snapshot, handed to who asks for it. */
class Snapshots<Result> implements AsyncIterableIterator<Result> {
  readonly #stop: () => void;
  #latest: Snapshot<Result> | undefined;
  #isDone = false;
  #waiting: (() => void)[] = [];

  constructor(
    follow: (
      deliver: (result: Result) => void,
      fail: (error: unknown) => void,
      end: () => void,
    ) => () => void,
  ) {
    this.#stop = follow(
      (value) => this.#put({ value }),
      (error) => this.#put({ error }),
      () => this.#end(),
    );
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Result> {
    return this;
  }

  async next(): Promise<IteratorResult<Result, undefined>> {
    for (;;) {
      const latest = this.#latest;
      this.#latest = undefined;
      if (latest !== undefined && "value" in latest) {
        return { done: false, value: latest.value };
      }
      if (latest !== undefined) {
        // A loop that ends with an error does not ask to return.
        this.#stop();
        throw latest.error;
      }
      if (this.#isDone) return { done: true, value: undefined };
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  return(): Promise<IteratorResult<Result, undefined>> {
    this.#latest = undefined;
    this.#stop();
    return Promise.resolve({ done: true, value: undefined });
  }

  #put(snapshot: Snapshot<Result>): void {
    this.#latest = snapshot;
    this.#wake();
  }

  #end(): void {
    this.#isDone = true;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
