/**
 * Ordered indexes: sorted lists of keys, and the places between keys that bound
 * a range of them.
 */

import { compareValues } from "../values/order.mjs";
import { SortedList } from "./sortedList.mjs";
import { valueAtPath } from "../values/values.mjs";

/**
 * @typedef {import("../values/values.mjs").ConvexObject} ConvexObject
 * @typedef {import("../values/values.mjs").IndexedValue} IndexedValue
 * @typedef {import("./documents.mjs").StoredDocument} StoredDocument
 * @typedef {IndexedValue[]} Key the indexed values, then the creation time and the id
 * @typedef {{ key: Key, stored: StoredDocument }} Entry
 */

/**
 * A place in the order of keys: before all keys that start with `values`, or
 * after all of them.
 *
 * @typedef {{ values: Key, isAfter: boolean }} Cut
 */

/** @type {Cut} */
export const START = { values: [], isAfter: false };
/** @type {Cut} */
export const END = { values: [], isAfter: true };

/**
 * @param {Key} key
 * @param {Cut} cut
 * @returns {boolean}
 */
export function isBelow(key, cut) {
  const { values } = cut;
  for (let position = 0; position < values.length; position++) {
    const order = compareValues(key[position], values[position]);
    if (order !== 0) return order < 0;
  }
  return cut.isAfter;
}

/**
 * @param {Entry} left
 * @param {Entry} right
 */
function compareEntries(left, right) {
  for (let position = 0; position < left.key.length; position++) {
    const order = compareValues(left.key[position], right.key[position]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Is built when it is first read: many are never, and each would make every write dearer. */
export class Index {
  #paths;
  #documents;
  /** Null before it is read. @type {SortedList<Entry> | null} */
  #entries = null;

  /**
   * @param {string} name
   * @param {readonly string[]} fields dotted paths, the creation time and the id included
   * @param {ReadonlyMap<string, StoredDocument>} documents of its table, from now on
   */
  constructor(name, fields, documents) {
    this.name = name;
    this.fields = fields;
    this.#documents = documents;
    this.#paths = fields.map((field) => field.split("."));
  }

  /** @param {Index} other */
  hasFieldsOf(other) {
    return this.fields.join() === other.fields.join();
  }

  /**
   * @param {ConvexObject} document
   * @returns {Key}
   */
  keyOf(document) {
    return this.#paths.map((path) => valueAtPath(document, path));
  }

  /**
   * @param {StoredDocument} stored
   * @returns {Entry}
   */
  #entryOf(stored) {
    return { key: this.keyOf(stored.document), stored };
  }

  /**
   * Takes a write that the documents have already.
   *
   * @param {StoredDocument | null} before
   * @param {StoredDocument | null} after
   */
  change(before, after) {
    const entries = this.#entries;
    if (entries === null) return;
    const old = before && this.#entryOf(before);
    const entry = after && this.#entryOf(after);
    if (old && entry && compareEntries(old, entry) === 0) {
      // Another entry: who walks over the index may hold the one before.
      entries.replace(entry);
      return;
    }
    if (old) entries.remove(old);
    if (entry) entries.insert(entry);
  }

  /**
   * @param {Cut} lower
   * @param {Cut} upper
   * @param {"asc" | "desc"} order
   * @returns {RangeCursor}
   */
  range(lower, upper, order) {
    this.#entries ??= new SortedList(
      compareEntries,
      Array.from(this.#documents.values(), (stored) => this.#entryOf(stored)),
    );
    return new RangeCursor(this.#entries, lower, upper, order);
  }
}

/** Walks over a range of an index that does not change meanwhile. */
export class RangeCursor {
  #entries;
  #position;
  #bound;
  #isAscending;

  /**
   * @param {SortedList<Entry>} entries
   * @param {Cut} lower
   * @param {Cut} upper
   * @param {"asc" | "desc"} order
   */
  constructor(entries, lower, upper, order) {
    this.#entries = entries;
    this.#isAscending = order === "asc";
    const start = this.#isAscending ? lower : upper;
    this.#bound = this.#isAscending ? upper : lower;
    this.#position = entries.find((entry) => isBelow(entry.key, start));
  }

  /** @returns {Entry | undefined} */
  next() {
    const entry = this.#isAscending
      ? this.#entries.next(this.#position)
      : this.#entries.previous(this.#position);
    if (
      entry === undefined ||
      isBelow(entry.key, this.#bound) !== this.#isAscending
    ) {
      return undefined;
    }
    return entry;
  }
}

/** The part of an index that a query read, so that a later write can be told to touch it. */
export class IndexRead {
  /**
   * @param {string} tableName
   * @param {Index} index
   * @param {Cut} lower
   * @param {Cut} upper
   */
  constructor(tableName, index, lower, upper) {
    this.tableName = tableName;
    this.index = index;
    this.lower = lower;
    this.upper = upper;
  }

  /**
   * @param {ConvexObject} document of the same table
   * @returns {boolean}
   */
  contains(document) {
    const key = this.index.keyOf(document);
    return !isBelow(key, this.lower) && isBelow(key, this.upper);
  }

  /**
   * Narrows what was read to what lies up to the last key that was reached.
   *
   * @param {Key | null} key null when nothing was reached
   * @param {"asc" | "desc"} order
   */
  endAt(key, order) {
    if (key === null) this.upper = this.lower;
    else if (order === "asc") this.upper = { values: key, isAfter: true };
    else this.lower = { values: key, isAfter: false };
  }
}
