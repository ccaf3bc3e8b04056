import type { IndexRange } from "convex/server";
import { compareValues, convexToJson, type Value } from "convex/values";

import type { Unbounded } from "../ranges.js";

/**
 * The place of a document in an index: each field as `[value]`, or `[]` where it
 * is absent, then the creation time and the ID. Convex orders arrays as it orders
 * the entries of an index.
 */
export type Key = Value[];

/** A key that a write adds, or one that it takes away. */
export interface Change {
  key: Key;
  isAdded: boolean;
}

/** The keys from one cut up to another, of one value of the index's first field. */
export interface KeyRange {
  group: Value[];
  lower: Key;
  upper: Key;
}

/** Sorts behind all that a key can have. */
export const LAST: Value = {};

/** A field of a document as keys have it. */
export function entryOf(value: Value | undefined): Value[] {
  return value === undefined ? [] : [value];
}

export function compareKeys(left: Key, right: Key): number {
  return compareValues(left, right);
}

/** By what equal values are found in a map. */
export function textOf(value: Value): string {
  return JSON.stringify(convexToJson(value));
}

/** How many of some sorted keys are below a cut. */
export function countBelow(keys: readonly Key[], cut: Key): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareValues(keys[middle], cut) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Changes in the order of their keys, of which the last one of a key counts. */
export function lastOfEach(changes: readonly Change[]): Change[] {
  const last = new Map(changes.map((one) => [textOf(one.key), one]));
  return [...last.values()].sort((left, right) =>
    compareKeys(left.key, right.key),
  );
}

/** A range of an index that nothing narrows yet, or equality alone. */
export interface OpenRange extends Unbounded<string> {
  eq(field: string, value: Value | undefined): OpenRange;
}

/** What narrows a range, of an index or of keys alike. */
export type Narrow = (range: OpenRange) => IndexRange;

/** A range of an index over some fields, of which the first is that of the groups. */
export function rangeOf(fields: readonly string[], narrow: Narrow): KeyRange {
  // Convex lets nobody else implement the type of a range.
  const recorded = narrow(
    new RangeRecorder() as unknown as OpenRange,
  ) as unknown;
  return (recorded as RangeRecorder).rangeOf(fields);
}

/** Records a range of an index as cuts between keys. */
class RangeRecorder {
  readonly #entries: Value[];
  readonly #lower: Key | undefined;
  readonly #upper: Key | undefined;

  constructor(entries: Value[] = [], lower?: Key, upper?: Key) {
    this.#entries = entries;
    this.#lower = lower;
    this.#upper = upper;
  }

  eq(_field: string, value: Value | undefined): RangeRecorder {
    return new RangeRecorder([...this.#entries, entryOf(value)]);
  }

  gt(_field: string, bound: Value | undefined): RangeRecorder {
    return this.#from([...entryOf(bound), LAST]);
  }

  gte(_field: string, bound: Value | undefined): RangeRecorder {
    return this.#from(entryOf(bound));
  }

  lt(_field: string, bound: Value | undefined): RangeRecorder {
    return this.#to(entryOf(bound));
  }

  lte(_field: string, bound: Value | undefined): RangeRecorder {
    return this.#to([...entryOf(bound), LAST]);
  }

  rangeOf(fields: readonly string[]): KeyRange {
    const size = fields.length > 1 ? 1 : 0;
    const prefix = this.#entries.slice(size);
    return {
      group: this.#entries.slice(0, size),
      lower: this.#lower?.slice(size) ?? prefix,
      upper: this.#upper?.slice(size) ?? [...prefix, LAST],
    };
  }

  #from(bound: Value): RangeRecorder {
    const lower = [...this.#entries, bound];
    return new RangeRecorder(this.#entries, lower, this.#upper);
  }

  #to(bound: Value): RangeRecorder {
    const upper = [...this.#entries, bound];
    return new RangeRecorder(this.#entries, this.#lower, upper);
  }
}
