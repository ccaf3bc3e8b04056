/** What subscribed queries have read, and so which of them a commit concerns. */

/**
 * @typedef {import("./database.mjs").DocumentChange} DocumentChange
 * @typedef {import("./indexes.mjs").IndexRead} IndexRead
 * @typedef {import("../values/values.mjs").IndexedValue} IndexedValue
 */

/** What a range takes that was read, beside the values that bound it: 220 as measured, and some more. */
const BYTES_OF_READ = 256;
const BYTES_OF_VALUE = 16;

export class Subscriptions {
  /** @type {Map<number, IndexRead[]>} */
  #reads = new Map();
  /** Keys by the name of a table that was read. @type {Map<string, Set<number>>} */
  #readers = new Map();

  /**
   * @param {number} key
   * @param {IndexRead[]} reads
   * @returns {number} what they take of memory, in bytes, by a guess
   */
  follow(key, reads) {
    this.unfollow(key);
    this.#reads.set(key, reads);
    for (const { tableName } of reads) {
      const readers = this.#readers.get(tableName) ?? new Set();
      this.#readers.set(tableName, readers.add(key));
    }
    return reads.reduce((sum, read) => sum + weightOf(read), 0);
  }

  /** @param {number} key */
  unfollow(key) {
    for (const { tableName } of this.#reads.get(key) ?? []) {
      const readers = this.#readers.get(tableName);
      readers?.delete(key);
      if (readers?.size === 0) this.#readers.delete(tableName);
    }
    this.#reads.delete(key);
  }

  /**
   * @param {DocumentChange[]} changes
   * @returns {number[]} the keys of those that must run again; they are not followed any more
   */
  takeTouched(changes) {
    /** @type {Set<number>} */
    const touched = new Set();
    for (const change of changes) {
      for (const key of this.#readers.get(change.tableName) ?? []) {
        if (touched.has(key)) continue;
        const reads = this.#reads.get(key) ?? [];
        if (reads.some((read) => isTouched(read, change))) touched.add(key);
      }
    }
    for (const key of touched) this.unfollow(key);
    return [...touched];
  }
}

/**
 * @param {IndexRead} read
 * @param {DocumentChange} change
 */
function isTouched(read, { tableName, before, after }) {
  return (
    read.tableName === tableName &&
    ((before !== null && read.contains(before.document)) ||
      (after !== null && read.contains(after.document)))
  );
}

/** @param {IndexRead} read */
function weightOf({ lower, upper }) {
  const isPoint = lower.values === upper.values;
  return (
    BYTES_OF_READ +
    weightOfValues(lower.values) +
    (isPoint ? 0 : weightOfValues(upper.values))
  );
}

/** @param {(IndexedValue | undefined)[]} values @returns {number} */
function weightOfValues(values) {
  return values.reduce(
    (/** @type {number} */ sum, value) => sum + weightOfValue(value),
    0,
  );
}

/** @param {IndexedValue | undefined} value @returns {number} */
function weightOfValue(value) {
  if (typeof value === "string") return BYTES_OF_VALUE + value.length;
  if (value instanceof ArrayBuffer) return BYTES_OF_VALUE + value.byteLength;
  if (typeof value !== "object" || value === null) return BYTES_OF_VALUE;
  return BYTES_OF_VALUE + weightOfValues(Object.values(value));
}
