import { convexToJson, type Value } from "convex/values";

import { requireFunction } from "./calls.js";
import { ConvexgenError, doubted, InvalidArgument, locate } from "./errors.js";
import { isObject } from "./values.js";

/**
 * Runs requests after one of the same call that was answered, and has changed
 * something. Errors say so, whatever they say of the request that failed.
 */
export async function continued<Result>(
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ConvexgenError)) throw error;
    throw doubted(error, "a part of the call has run");
  }
}

/**
 * How far a call for many items is. What fails within it says which item and
 * batch it is about, and how many items were done before.
 */
export class Bulk {
  /** How many items are saved or deleted. */
  done = 0;
  readonly #progress: ((done: number) => void) | undefined;
  #batch = 1;
  #taken = 0;
  #finished = 0;

  constructor(progress?: (done: number) => void) {
    // Otherwise it is found wrong when a batch is done.
    requireFunction(progress, "progress");
    this.#progress = progress;
  }

  /** The items, counted as they are taken. Before an error, `settle` is waited for. */
  async *taken(
    items: AsyncIterable<Value> | Iterable<Value>,
    settle: () => Promise<unknown>,
  ): AsyncGenerator<Value, undefined> {
    try {
      for await (const item of items) {
        this.#taken += 1;
        yield item;
      }
    } catch (error) {
      await settle();
      if (!(error instanceof ConvexgenError) || error.batch !== undefined) {
        throw error;
      }
      const { done } = this;
      throw locate(error, { index: this.#taken, batch: this.#batch, done });
    }
  }

  /** Runs a request of the batch. */
  async request<Result>(run: () => Promise<Result>): Promise<Result> {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof ConvexgenError)) throw error;
      const place = { batch: this.#batch, done: this.done };
      const local = indexIn(error);
      if (local === undefined) throw locate(error, place);
      const index = this.#finished + local;
      const reason = error.reason.replace(`[${local}]`, `[${index}]`);
      throw locate(error, { ...place, index }, reason);
    }
  }

  /** A request was answered: so many items are finished, of which so many count. */
  advance(items: number, done: number): void {
    this.#finished += items;
    this.done += done;
    this.#progress?.(this.done);
  }

  nextBatch(): void {
    this.#batch += 1;
  }
}

/**
 * Mutations of a deployment that run at the same time, in the smallest class:
 * https://docs.convex.dev/production/state/limits
 */
const MOST_AT_ONCE = 16;

/** A batch that is being saved. */
interface UnderWay {
  size: number;
  keys: ReadonlySet<string>;
  request: Promise<unknown>;
}

/** Saves batches, some beside each other: not those that have a key in common. */
export class Saving {
  readonly #bulk: Bulk;
  readonly #key: readonly string[];
  readonly #concurrency: number;
  readonly #underWay: UnderWay[] = [];

  constructor(
    key: readonly string[],
    concurrency: number = 1,
    progress?: (done: number) => void,
  ) {
    if (
      !Number.isInteger(concurrency) ||
      concurrency < 1 ||
      concurrency > MOST_AT_ONCE
    ) {
      throw new InvalidArgument(
        `\`concurrency\` is from 1 to ${MOST_AT_ONCE}, not ${String(concurrency)}`,
      );
    }
    this.#bulk = new Bulk(progress);
    this.#key = key;
    this.#concurrency = concurrency;
  }

  /** The documents, counted as they are taken. */
  taken(
    documents: AsyncIterable<Value> | Iterable<Value>,
  ): AsyncGenerator<Value, undefined> {
    return this.#bulk.taken(documents, () => this.finish());
  }

  /** Begins to save a batch, as soon as those before let it. */
  async add(batch: Value[], save: () => Promise<unknown>): Promise<void> {
    const keys = this.#keys(batch);
    while (!this.#mayBegin(keys)) await this.#settleFirst();
    const request = save();
    // Of what fails while another one is waited for, Node would end the process.
    request.catch(() => undefined);
    this.#underWay.push({ size: batch.length, keys, request });
  }

  /** Waits for all; how many were saved. Throws the error of the first that failed. */
  async finish(): Promise<number> {
    while (this.#underWay.length > 0) await this.#settleFirst();
    return this.#bulk.done;
  }

  /** Waits for what is under way, however it ends. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#underWay.map(({ request }) => request));
  }

  #mayBegin(keys: ReadonlySet<string>): boolean {
    if (this.#underWay.length >= this.#concurrency) return false;
    return this.#underWay.every((one) =>
      [...keys].every((key) => !one.keys.has(key)),
    );
  }

  #keys(batch: Value[]): ReadonlySet<string> {
    if (this.#concurrency === 1) return new Set();
    return new Set(
      batch.map((document) => {
        const fields = document as Record<string, Value>;
        const key = this.#key.map((name) => fields[name] ?? null);
        return JSON.stringify(convexToJson(key));
      }),
    );
  }

  async #settleFirst(): Promise<void> {
    const first = this.#underWay.shift();
    if (first === undefined) return;
    await this.#bulk.request(() => first.request);
    this.#bulk.advance(first.size, first.size);
    this.#bulk.nextBatch();
  }
}

/** The position in its batch of the item that an error is about. */
export function indexIn({ data, reason }: ConvexgenError): number | undefined {
  const index = isObject(data) ? data["index"] : undefined;
  if (typeof index === "number") return index;
  // So say the client, and the backend of an argument that does not fit its validator.
  const found = /(?:^`?|Path: \.\w+)\[(\d+)\]/.exec(reason)?.[1];
  return found === undefined ? undefined : Number(found);
}
