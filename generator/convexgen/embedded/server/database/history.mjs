/** What the last commits replaced, for queries that read the database as it was then. */

import { RequestError } from "../errors.mjs";

/**
 * @typedef {import("./database.mjs").Database} Database
 * @typedef {import("./database.mjs").DocumentChange} DocumentChange
 *
 * @typedef {{ timestamp: bigint, changes: DocumentChange[] }} PastCommit
 */

/** What is kept: so many documents, of so many bytes together. */
const MAX_CHANGES = 4_000;
const MAX_SIZE = 16 * 1024 * 1024;

export class History {
  /** Oldest first. @type {PastCommit[]} */
  #commits = [];
  #count = 0;
  #size = 0;
  /** Of the last commit that is not known any more. */
  #forgotten;

  /** @param {bigint} timestamp the first that can be read */
  constructor(timestamp) {
    this.#forgotten = timestamp;
  }

  /**
   * @param {DocumentChange[]} all of a commit
   * @param {bigint} timestamp
   */
  record(all, timestamp) {
    // Those of the system are looked at outside of transactions too.
    const changes = all.filter(({ tableName }) => !tableName.startsWith("_"));
    if (changes.length === 0) return;
    this.#commits.push({ timestamp, changes });
    this.#count += changes.length;
    this.#size += sizeOf(changes);
    while (this.#count > MAX_CHANGES || this.#size > MAX_SIZE) this.#forget();
  }

  #forget() {
    const oldest = this.#commits.shift();
    if (oldest === undefined) return;
    this.#count -= oldest.changes.length;
    this.#size -= sizeOf(oldest.changes);
    this.#forgotten = oldest.timestamp;
  }

  /**
   * Makes documents what they were. The caller holds the turn of transactions
   * until it has called what this returns.
   *
   * @param {bigint} timestamp
   * @param {Map<string, Database>} databases by the path of the component
   * @returns {() => void} brings the present back
   * @throws {RequestError} when that is too long ago
   */
  rewind(timestamp, databases) {
    if (timestamp < this.#forgotten) {
      throw new RequestError(
        503,
        "OutOfRetention",
        "The database is not known any more as it was at that timestamp",
      );
    }
    const later = this.#commits.filter(
      (commit) => commit.timestamp > timestamp,
    );
    const changes = later.flatMap((commit) => commit.changes);
    for (const change of changes.toReversed())
      put(databases, change, change.before);
    return () => {
      for (const change of changes) put(databases, change, change.after);
    };
  }
}

/** @param {DocumentChange[]} changes */
function sizeOf(changes) {
  return changes.reduce((size, { before }) => size + (before?.size ?? 0), 0);
}

/**
 * @param {Map<string, Database>} databases
 * @param {DocumentChange} change
 * @param {DocumentChange["after"]} document
 */
function put(databases, { componentPath, tableName, id }, document) {
  databases.get(componentPath)?.tables.get(tableName).put(id, document);
}
