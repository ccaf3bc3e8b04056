import { type Call, fieldsOf, type PagedCall } from "./calls.js";
import { Client } from "./client.js";
import { InvalidArgument } from "./errors.js";
import { Functions } from "./functions.js";
import type { Subscription } from "./subscriptions.js";
import type { CallOptions } from "./types.js";

/** The stores of a deployment as a snapshot has them: they read. */
export type SnapshotStorage<Stores> = {
  readonly [
    Name in keyof Stores as Stores[Name] extends Readable | Functions
      ? Name
      : never
  ]: Stores[Name] extends Readable ? Omit<Stores[Name], Writing> : Stores[Name];
};

/** A store with functions that read. */
export interface Readable {
  readonly _isRead: true;
}

/** What stores have besides reads of one moment. */
type Writing =
  | "_collect"
  | "clear"
  | "create"
  | "delete"
  | "deleteMany"
  | "save"
  | "saveMany"
  | "update"
  | "updateEntries"
  | "updateMany"
  | "upsert"
  | "watch";

/** Calls queries as of a timestamp, by the connections of another client. */
export class SnapshotClient extends Client {
  readonly #whole: Client;
  readonly #timestamp: string;
  #hasEnded = false;

  constructor(client: Client, timestamp: string) {
    super(client.url, { timeout: client.timeout });
    this.#whole = client;
    this.#timestamp = timestamp;
  }

  /** Ends the snapshot. The client that it is of goes on. */
  override async close(): Promise<void> {
    this.#hasEnded = true;
    await super.close();
  }

  override async run<Result>(
    call: Call<Result>,
    options: CallOptions = {},
  ): Promise<Result> {
    return (await this.change(call, options)).answer;
  }

  override async change<Result>(
    call: Call<Result>,
    options: CallOptions = {},
  ): Promise<{ answer: Result; isCertain: boolean }> {
    const [whole, timestamp] = [this.#whole, this.#timestamp];
    return await whole._observed(call, async (traffic) => {
      this.#requireQuery(call);
      return await whole._change(call, timestamp, options, traffic);
    });
  }

  #requireQuery({ kind, operation }: Call<unknown>): void {
    if (this.#hasEnded) {
      throw new InvalidArgument("the snapshot has ended", { operation });
    }
    if (kind === "mutation") {
      const reason =
        "a snapshot only reads: write by the storage that it is of";
      throw new InvalidArgument(reason, { operation });
    }
    if (kind === "action") {
      const reason =
        "a snapshot has the results of queries, and this is an action, as searches of vectors are: ask the storage that it is of";
      throw new InvalidArgument(reason, { operation });
    }
  }

  override watch<Result>({ operation }: Call<Result>): Subscription<Result> {
    throw unchanging(operation);
  }

  override watchPage<Item>({
    operation,
  }: PagedCall<Item>): Subscription<Item[]> {
    throw unchanging(operation);
  }
}

function unchanging(operation: string): InvalidArgument {
  const reason =
    "a snapshot does not change: watch by the storage that it is of";
  return new InvalidArgument(reason, { operation });
}

/** The same stores and functions, called by another client. */
export function boundTo<Bound extends object>(
  given: Bound,
  client: Client,
): Bound {
  const bound = Object.create(
    Object.getPrototypeOf(given) as object | null,
  ) as Record<string, unknown>;
  for (const [name, value] of Object.entries<unknown>(
    fieldsOf(given, "given"),
  )) {
    if (value instanceof Client) bound[name] = client;
    else if (value instanceof Functions) bound[name] = boundTo(value, client);
    else bound[name] = value;
  }
  return bound as Bound;
}
