/** A transaction: what it has read, and what counts against its limits. */

import { now } from "../clock.mjs";
import { IndexRead } from "./indexes.mjs";
import { TransactionMeter } from "../values/limits.mjs";
import { randomSeed, seededRandom } from "../randomness.mjs";

/**
 * @typedef {import("./documents.mjs").StoredDocument} StoredDocument
 * @typedef {import("./tables.mjs").Table} Table
 *
 * A query that goes on, document by document.
 *
 * @typedef {object} OpenStream
 * @property {string} tableName
 * @property {() => StoredDocument | null} next
 * @property {() => void} buffer keeps what is left from later writes
 * @property {() => void} close
 */

export class Transaction {
  meter = new TransactionMeter();
  /** @type {IndexRead[]} */
  reads = [];
  /** @type {Map<number, OpenStream>} */
  streams = new Map();
  /** Files that count already, by their ids: those that it has stored, and those that it has read. */
  files = {
    /** @type {Set<string>} */
    stored: new Set(),
    /** @type {Set<string>} */
    read: new Set(),
  };
  /** The snapshot that it reads. */
  startTimestamp;
  /** The time that its functions see, in milliseconds. */
  time = now();
  /** @type {bigint | null} */
  commitTimestamp = null;
  #nextStreamId = 1;
  /** @type {(() => number) | null} */
  #random = null;
  /** @type {Set<string>} */
  #countedQueries = new Set();

  /** @param {bigint} startTimestamp */
  constructor(startTimestamp) {
    this.startTimestamp = startTimestamp;
  }

  /** @returns {number} from 0 to below 1; the next one of its functions' own sequence */
  random() {
    this.#random ??= seededRandom(randomSeed());
    return this.#random();
  }

  /** @param {IndexRead} read */
  addRead(read) {
    this.reads.push(read);
  }

  /**
   * The same range, read again, is one range.
   *
   * @param {string} key
   * @returns {boolean} whether it is the first time
   */
  countQuery(key) {
    if (this.#countedQueries.has(key)) return false;
    this.#countedQueries.add(key);
    this.meter.count("databaseQueries", 1);
    return true;
  }

  /**
   * A read of one document by its id.
   *
   * @param {Table} table
   * @param {string} id
   */
  countPointRead({ name, byId, documents }, id) {
    if (this.countQuery(id)) {
      const values = [id];
      this.addRead(
        new IndexRead(
          name,
          byId,
          { values, isAfter: false },
          { values, isAfter: true },
        ),
      );
    }
    const stored = documents.get(id);
    if (stored !== undefined) this.meter.countDocumentRead(stored.size);
  }

  /**
   * @param {OpenStream} stream
   * @returns {number}
   */
  addStream(stream) {
    const id = this.#nextStreamId++;
    this.streams.set(id, stream);
    return id;
  }
}
