/** What subscribed queries have read, and so which of them a commit concerns. */

/**
 * @typedef {import("./database.mjs").DocumentChange} DocumentChange
 * @typedef {import("./indexes.mjs").IndexRead} IndexRead
 */

export class Subscriptions {
  /** @type {Map<number, IndexRead[]>} */
  #reads = new Map();
  /** Keys by the name of a table that was read. @type {Map<string, Set<number>>} */
  #readers = new Map();

  /**
   * @param {number} key
   * @param {IndexRead[]} reads
   */
  follow(key, reads) {
    this.unfollow(key);
    this.#reads.set(key, reads);
    for (const { tableName } of reads) {
      const readers = this.#readers.get(tableName) ?? new Set();
      this.#readers.set(tableName, readers.add(key));
    }
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
