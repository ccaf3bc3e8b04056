import {
  type Call,
  type PagedCall,
  requireCallOptions,
  requireObject,
} from "./calls.js";
import { changesOf } from "./changes.js";
import type { Client } from "./client.js";
import { copying, removal, update } from "./found.js";
import type { Subscription } from "./subscriptions.js";
import {
  type BulkOptions,
  type CallOptions,
  type FoundCopy,
  type FoundUpdate,
  type IterateOptions,
  type OffsetPage,
  type OffsetPageOptions,
  type Page,
  type PageOptions,
  type WatchOptions,
} from "./types.js";

/**
 * What an index finds, in its order. Nothing is sent until it is asked for,
 * each time anew.
 *
 *     for await (const thread of storage.threads.byResourceId("u7")) { … }
 */
export class Query<
  Entity,
  Changes extends object = never,
> implements AsyncIterable<Entity> {
  readonly #client: Client;
  readonly #call: PagedCall<Entity>;

  constructor(client: Client, call: PagedCall<Entity>) {
    this.#client = client;
    this.#call = call;
  }

  /** @internal */
  get _call(): PagedCall<Entity> {
    return this.#call;
  }

  [Symbol.asyncIterator](): AsyncGenerator<Entity, undefined> {
    return this.iterate();
  }

  /**
   * All that are found, in pages that are fetched as they are needed. From the
   * second one on, the page after it is fetched while one is gone through.
   */
  iterate(options: IterateOptions = {}): AsyncGenerator<Entity, undefined> {
    return this.#client.iterate(this.#call, options);
  }

  /** All that are found, at once. */
  async all(options: CallOptions = {}): Promise<Entity[]> {
    const found: Entity[] = [];
    const each = this.iterate(requireCallOptions(options));
    for await (const one of each) found.push(one);
    return found;
  }

  /** The first that is found, or null. */
  async first(options: CallOptions = {}): Promise<Entity | null> {
    const one = this.iterate({ ...requireCallOptions(options), pageSize: 1 });
    for await (const first of one) return first;
    return null;
  }

  /** The page after the cursor; the first one without it. */
  async page(options: PageOptions = {}): Promise<Page<Entity>> {
    return await this.#client.page(this.#call, options);
  }

  /** The first that are found, now and whenever they change. */
  watch(options: WatchOptions = {}): Subscription<Entity[]> {
    return this.#client.watchPage(this.#call, options);
  }

  /**
   * Deletes all that are found, with what they cascade to. Returns how many there
   * were. It takes several transactions where they are many: what this client has
   * begun, the backend brings to its end.
   */
  async delete(options: BulkOptions = {}): Promise<number> {
    return await this.#client.runSteps(removal(this.#call), options);
  }

  /**
   * Changes the fields named of all that are found: null writes null, `UNSET`
   * removes. Returns how many there were. It takes several transactions where they
   * are many, as `delete` does.
   */
  async update(options: FoundUpdate<Changes>): Promise<number> {
    const {
      set = {},
      unset = [],
      ...others
    } = requireCallOptions(options, "set", "unset", "progress");
    const steps = update(this.#call, changesOf(set, unset, "update"));
    return await this.#client.runSteps(steps, others);
  }

  /**
   * Copies all that are found, with other keys, the fields named, and all else as
   * they have it. `key` has fields of the key: values, `{ prefix: "copy of " }` or
   * `{ random: true }`. Returns how many there were. It takes several transactions
   * where they are many, as `delete` does.
   */
  async copy(options: FoundCopy<Changes>): Promise<number> {
    const {
      key,
      set = {},
      unset = [],
      ...others
    } = requireCallOptions(options, "key", "set", "unset", "progress");
    const changes = changesOf(set, unset, "copy");
    const steps = copying(this.#call, key, changes);
    return await this.#client.runSteps(steps, others);
  }

  /** The function and its arguments, without sensitive ones. */
  get [Symbol.toStringTag](): string {
    return this.#call.shown;
  }

  toString(): string {
    return `Query ${this.#call.shown}`;
  }
}

/** What of a query reads. */
export type Reading<Whole> = Omit<Whole, "copy" | "delete" | "update">;

/** What an index finds, in its order, to be read. */
export type ReadQuery<Entity> = Reading<Query<Entity>>;

/** The calls over the counts of a query. */
export interface Counts<Entity, Key> {
  count: Call<number>;
  page: (offset: number, limit: number) => Call<OffsetPage<Entity>>;
  rank: (key: Key) => Call<number | null>;
}

/** What a counted index finds, in its order, with totals. */
export class CountedQuery<
  Entity,
  Key,
  Changes extends object = never,
> extends Query<Entity, Changes> {
  readonly #client: Client;
  readonly #counts: Counts<Entity, Key>;

  constructor(
    client: Client,
    call: PagedCall<Entity>,
    counts: Counts<Entity, Key>,
  ) {
    super(client, call);
    this.#client = client;
    this.#counts = counts;
  }

  /** How many are found. */
  async count(options: CallOptions = {}): Promise<number> {
    return await this.#client.run(this.#counts.count, options);
  }

  /** The page from an offset on, with the total. */
  override page(options: OffsetPageOptions): Promise<OffsetPage<Entity>>;
  /** The page after the cursor; the first one without it. */
  override page(options?: PageOptions): Promise<Page<Entity>>;
  override async page(
    options: OffsetPageOptions | PageOptions = {},
  ): Promise<OffsetPage<Entity> | Page<Entity>> {
    requireObject(options, "options");
    if (!("offset" in options)) return await super.page(options);
    const {
      offset,
      limit = 100,
      ...others
    } = requireCallOptions(options, "offset", "limit");
    const call = this.#counts.page(offset, limit);
    return await this.#client.run(call, others);
  }

  /** The position of the one with this key, from 0; null where it is not found. */
  async rank(key: Key, options: CallOptions = {}): Promise<number | null> {
    return await this.#client.run(this.#counts.rank(key), options);
  }
}

/** What a counted index finds, in its order, with totals, to be read. */
export type CountedReadQuery<Entity, Key> = Reading<CountedQuery<Entity, Key>>;

/**
 * Those that have the words, the best match first. Nothing is sent until it is
 * asked for, each time anew.
 */
export class SearchQuery<Entity> implements AsyncIterable<Entity> {
  readonly #client: Client;
  readonly #call: Call<Entity[]>;
  readonly #shown: string;

  constructor(client: Client, call: Call<Entity[]>, shown: string) {
    this.#client = client;
    this.#call = call;
    this.#shown = shown;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Entity, undefined> {
    yield* await this.all();
  }

  /** All that are found, up to the limit of the search. */
  async all(options: CallOptions = {}): Promise<Entity[]> {
    return await this.#client.run(this.#call, options);
  }

  /** The best match, or null. */
  async first(options: CallOptions = {}): Promise<Entity | null> {
    const { encode } = this.#call;
    const call = { ...this.#call, encode: () => ({ ...encode(), limit: 1 }) };
    const [first] = await this.#client.run(call, options);
    return first ?? null;
  }

  /** All that are found, now and whenever they change. */
  watch(options: CallOptions = {}): Subscription<Entity[]> {
    return this.#client.watch(this.#call, options);
  }

  /** The function and its arguments, without sensitive ones. */
  get [Symbol.toStringTag](): string {
    return this.#shown;
  }

  toString(): string {
    return `SearchQuery ${this.#shown}`;
  }
}
