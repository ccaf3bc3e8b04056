import { type Call, type PagedCall, requireCallOptions } from "./calls.js";
import type { Client } from "./client.js";
import { Query, type Reading } from "./queries.js";
import type { Subscription } from "./subscriptions.js";
import type { CallOptions, Page, PageOptions, WatchOptions } from "./types.js";

/** The answer of a count: where it is not done, it goes on from the cursor. */
interface Counting {
  count: number;
  isDone: boolean;
  continueCursor: string;
}

/** What meets some conditions, in the order of the query. */
export class FilteredQuery<Entity> extends Query<Entity> {
  readonly #client: Client;
  readonly #call: PagedCall<Entity>;

  constructor(client: Client, call: PagedCall<Entity>) {
    super(client, call);
    this.#client = client;
    this.#call = call;
  }

  /** The page after the cursor; the first one without it. It is full, unless it is the last. */
  override async page(options: PageOptions = {}): Promise<Page<Entity>> {
    const { limit = 100 } = requireCallOptions(options, "cursor", "limit");
    let page = await super.page(options);
    const { items } = page;
    while (items.length < limit && !page.isDone) {
      const { cursor } = page;
      const left = limit - items.length;
      page = await super.page({ ...options, cursor, limit: left });
      items.push(...page.items);
    }
    return { ...page, items };
  }

  /** How many are found, read in as many calls as it takes. */
  async count(options: CallOptions = {}): Promise<number> {
    let total = 0;
    let cursor: string | undefined;
    for (;;) {
      const answer = await this.#client.run(this.#counting(cursor), options);
      total += answer.count;
      if (answer.isDone) return total;
      cursor = answer.continueCursor;
    }
  }

  /**
   * The first that are found, now and whenever they change. `LimitExceeded`
   * where one call cannot read as far.
   */
  override watch(options: WatchOptions = {}): Subscription<Entity[]> {
    const { args } = this.#call;
    const call = { ...this.#call, args: { ...args, full: true } };
    return this.#client.watchPage(call, options);
  }

  #counting(cursor: string | undefined): Call<Counting> {
    const { path, args, operation } = this.#call;
    return {
      kind: "query",
      path: `${path}Count`,
      encode: () => ({ ...args, order: undefined, cursor }),
      decode: (value) => value as unknown as Counting,
      operation: operation.replace("list", "count"),
      idempotent: true,
    };
  }
}

/** What meets the conditions, in the order of the query, to be read. */
export type FilteredReadQuery<Entity> = Reading<FilteredQuery<Entity>>;
