import {
  type Call,
  type PagedCall,
  requireCallOptions,
  requireObject,
} from "./calls.js";
import type { Client } from "./client.js";
import { CountedQuery, type Counts, Query, type Reading } from "./queries.js";
import type {
  Around,
  CallOptions,
  OffsetPage,
  OffsetPageOptions,
  Page,
  PageOptions,
  Window,
  WindowedPage,
  WindowOptions,
} from "./types.js";

/** The calls over the windows of a query. */
export interface WindowCalls<Entity, Key> {
  many: (around: readonly Around<Key>[]) => Call<(Window<Entity> | null)[]>;
  page: (
    offset: number,
    limit: number,
    around: readonly Around<Key>[],
  ) => Call<WindowedPage<Entity>>;
}

/** What an index finds, in its order, and windows around entities. */
export class WindowedQuery<
  Entity,
  Key,
  Changes extends object = never,
> extends Query<Entity, Changes> {
  readonly #client: Client;
  readonly #windows: WindowCalls<Entity, Key>;

  constructor(
    client: Client,
    call: PagedCall<Entity>,
    windows: WindowCalls<Entity, Key>,
  ) {
    super(client, call);
    this.#client = client;
    this.#windows = windows;
  }

  /** The one with this key, with those before and after it; null if it is not there. */
  async around(
    key: Key,
    options: WindowOptions = {},
  ): Promise<Window<Entity> | null> {
    const { before, after, ...others } = requireCallOptions(
      options,
      "before",
      "after",
    );
    const around = [{ key, before, after }];
    const [window = null] = await this.aroundMany(around, others);
    return window;
  }

  /** Windows around several, of one moment: at most 100, of 500 entities in all. */
  async aroundMany(
    around: readonly Around<Key>[],
    options: CallOptions = {},
  ): Promise<(Window<Entity> | null)[]> {
    return await this.#client.run(this.#windows.many(around), options);
  }
}

/** What a counted index finds, with totals, and windows around entities. */
export class CountedWindowedQuery<
  Entity,
  Key,
  Changes extends object = never,
> extends CountedQuery<Entity, Key, Changes> {
  readonly #client: Client;
  readonly #windows: WindowCalls<Entity, Key>;

  constructor(
    client: Client,
    call: PagedCall<Entity>,
    counts: Counts<Entity, Key>,
    windows: WindowCalls<Entity, Key>,
  ) {
    super(client, call, counts);
    this.#client = client;
    this.#windows = windows;
  }

  /** The one with this key, with those before and after it; null if it is not there. */
  async around(
    key: Key,
    options: WindowOptions = {},
  ): Promise<Window<Entity> | null> {
    const { before, after, ...others } = requireCallOptions(
      options,
      "before",
      "after",
    );
    const around = [{ key, before, after }];
    const [window = null] = await this.aroundMany(around, others);
    return window;
  }

  /** Windows around several, of one moment: at most 100, of 500 entities in all. */
  async aroundMany(
    around: readonly Around<Key>[],
    options: CallOptions = {},
  ): Promise<(Window<Entity> | null)[]> {
    return await this.#client.run(this.#windows.many(around), options);
  }

  /** The page from an offset on, with the total, and windows of the same moment. */
  override page(
    options: OffsetPageOptions & { around: readonly Around<Key>[] },
  ): Promise<WindowedPage<Entity>>;
  /** The page from an offset on, with the total. */
  override page(options: OffsetPageOptions): Promise<OffsetPage<Entity>>;
  /** The page after the cursor; the first one without it. */
  override page(options?: PageOptions): Promise<Page<Entity>>;
  override async page(
    options:
      | (OffsetPageOptions & { around?: readonly Around<Key>[] })
      | PageOptions = {},
  ): Promise<OffsetPage<Entity> | Page<Entity>> {
    requireObject(options, "options");
    if (!("offset" in options)) return await super.page(options);
    const {
      offset,
      limit = 100,
      around,
      ...others
    } = requireCallOptions(options, "offset", "limit", "around");
    if (around === undefined) return await super.page(options);
    const call = this.#windows.page(offset, limit, around);
    return await this.#client.run(call, others);
  }
}

/** What an index finds, and windows around entities, to be read. */
export type WindowedReadQuery<Entity, Key> = Reading<
  WindowedQuery<Entity, Key>
>;

/** What a counted index finds, with totals and windows, to be read. */
export type CountedWindowedReadQuery<Entity, Key> = Reading<
  CountedWindowedQuery<Entity, Key>
>;
