import type { Value } from "convex/values";

import { ConvexgenError, locate } from "./errors.js";
import { isObject } from "./values.js";

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
    this.#progress = progress;
  }

  /** The items, counted as they are taken. */
  async *taken(
    items: AsyncIterable<Value> | Iterable<Value>,
  ): AsyncGenerator<Value, undefined> {
    try {
      for await (const item of items) {
        this.#taken += 1;
        yield item;
      }
    } catch (error) {
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

/** The position in its batch of the item that an error is about. */
export function indexIn({ data, reason }: ConvexgenError): number | undefined {
  const index = isObject(data) ? data["index"] : undefined;
  if (typeof index === "number") return index;
  // So say the client, and the backend of an argument that does not fit its validator.
  const found = /(?:^`?|Path: \.\w+)\[(\d+)\]/.exec(reason)?.[1];
  return found === undefined ? undefined : Number(found);
}
