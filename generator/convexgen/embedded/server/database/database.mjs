/**
 * One database: tables with ordered indexes, written in place.
 *
 * Transactions run one after another, so a transaction writes into the tables
 * and indexes themselves and keeps what it replaced. Rolling back restores it;
 * a nested mutation is a mark in that log. It has the methods by which
 * convex-test uses its own database, whose place it takes.
 */

import { countOfJumpsBack, now } from "../clock.mjs";
import { StoredDocument, storeDocument } from "./documents.mjs";
import { generateId } from "./ids.mjs";
import { decodeValue } from "../values/json.mjs";
import { measure } from "../values/limits.mjs";
import { compareValues } from "../values/order.mjs";
import { TableSet } from "./tableSet.mjs";

/**
 * @typedef {import("../values/values.mjs").ConvexObject} ConvexObject
 * @typedef {import("../values/values.mjs").ConvexValue} ConvexValue
 * @typedef {import("./tables.mjs").Table} Table
 * @typedef {import("./transaction.mjs").OpenStream} OpenStream
 */

/**
 * A write, seen from outside: `before` and `after` are null for a document that
 * did not or does not exist.
 *
 * @typedef {object} DocumentChange
 * @property {string} componentPath
 * @property {string} tableName
 * @property {string} id
 * @property {StoredDocument | null} before
 * @property {StoredDocument | null} after
 */

/**
 * The content of a file in storage.
 *
 * @typedef {object} FileContent
 * @property {Uint8Array<ArrayBuffer>} bytes
 * @property {string} contentType empty when it is not known
 */

/** The distance of floats at today's number of milliseconds. */
const CREATION_TIME_STEP = 2 ** -12;

const { hrtime } = process;

export class Database {
  /** @type {{ table: Table, id: string, before: StoredDocument | null }[]} */
  #log = [];
  /** Lengths of the log at which the open transactions began. @type {number[]} */
  #marks = [];
  /** @type {Set<OpenStream>} */
  #openStreams = new Set();
  #lastCreationTime = 0;
  #jumpsBack = countOfJumpsBack();

  /** @type {Map<string, FileContent>} */
  #files = new Map();

  /**
   * @param {object} [options]
   * @param {string} [options.componentPath] whose database it is; the project's own is empty
   * @param {Map<string, number>} [options.tableNumbers] by name, of an earlier database
   */
  constructor({ componentPath = "", tableNumbers = new Map() } = {}) {
    this.componentPath = componentPath;
    this.tables = new TableSet(tableNumbers);
  }

  /**
   * @param {string | undefined} tableName
   * @param {string} id
   * @returns {ConvexObject | null}
   */
  get(tableName, id) {
    const table = this.tables.ofId("db.get", tableName, id);
    return table.documents.get(id)?.document ?? null;
  }

  /**
   * @param {string} tableName
   * @param {ConvexObject} fields
   * @returns {string} the id
   */
  insert(tableName, fields) {
    return this.insertDocument(tableName, fields).id;
  }

  /**
   * @param {string} tableName
   * @param {ConvexObject} fields
   * @returns {StoredDocument}
   */
  insertDocument(tableName, fields) {
    const table = this.tables.get(tableName);
    const stored = storeDocument(
      tableName,
      generateId(table.number),
      this.#nextCreationTime(),
      fields,
    );
    this.#write(table, stored.id, stored);
    return stored;
  }

  /**
   * @param {string | undefined} tableName
   * @param {string} id
   * @param {{ [field: string]: ConvexValue | undefined }} changes undefined removes a field
   * @returns {StoredDocument | null} null when that changes nothing
   */
  patchDocument(tableName, id, changes) {
    const { table, before } = this.#existing(
      "db.patch",
      "Update",
      tableName,
      id,
    );
    /** @type {ConvexObject} */
    const fields = { ...before.document };
    for (const [field, value] of Object.entries(changes)) {
      if (value === undefined) delete fields[field];
      else fields[field] = value;
    }
    return this.#rewrite(table, before, fields);
  }

  /**
   * @param {string | undefined} tableName
   * @param {string} id
   * @param {ConvexObject} fields
   * @returns {StoredDocument | null} null when that changes nothing
   */
  replaceDocument(tableName, id, fields) {
    const { table, before } = this.#existing(
      "db.replace",
      "Replace",
      tableName,
      id,
    );
    return this.#rewrite(table, before, fields);
  }

  /**
   * @param {string | undefined} tableName
   * @param {string} id
   */
  deleteDocument(tableName, id) {
    const { table } = this.#existing("db.delete", "Delete", tableName, id);
    this.#write(table, id, null);
  }

  /**
   * @param {string | undefined} tableName
   * @param {string} id
   */
  delete(tableName, id) {
    this.deleteDocument(tableName, id);
  }

  /**
   * @param {string} operation
   * @param {string} verb
   * @param {string | undefined} tableName
   * @param {string} id
   */
  #existing(operation, verb, tableName, id) {
    const table = this.tables.ofId(operation, tableName, id);
    const before = table.documents.get(id);
    if (before === undefined)
      throw new Error(`${verb} on nonexistent document ID ${id}`);
    return { table, before };
  }

  /**
   * What makes a document what it is already is no write.
   * Source: `patch_inner` and `replace_inner` in the backend's `database/src/transaction.rs`.
   *
   * @param {Table} table
   * @param {StoredDocument} before
   * @param {ConvexObject} fields
   * @returns {StoredDocument | null} null when they are those of before
   */
  #rewrite(table, before, fields) {
    const creationTime = /** @type {number} */ (before.document._creationTime);
    const after = storeDocument(table.name, before.id, creationTime, fields);
    // A timestamp that is not known yet may become another one.
    const isSame =
      !(before.isPending || after.isPending) &&
      compareValues(before.document, after.document) === 0;
    if (isSame) return null;
    this.#write(table, before.id, after);
    return after;
  }

  /**
   * @param {Table} table
   * @param {string} id
   * @param {StoredDocument | null} after
   */
  #write(table, id, after) {
    if (this.#marks.length === 0)
      throw new Error("Documents can only be written in a mutation");
    if (after !== null) this.tables.enforceSchema(table, after);
    for (const stream of this.#openStreams) {
      if (stream.tableName === table.name) stream.buffer();
    }
    this.#log.push({ table, id, before: table.put(id, after) });
  }

  #nextCreationTime() {
    if (this.#jumpsBack !== countOfJumpsBack()) {
      this.#jumpsBack = countOfJumpsBack();
      this.#lastCreationTime = 0;
    }
    const time = now() + Number(hrtime.bigint() % 1_000_000n) * 1e-6;
    this.#lastCreationTime = Math.max(
      time,
      this.#lastCreationTime + CREATION_TIME_STEP,
    );
    return this.#lastCreationTime;
  }

  /** @param {OpenStream} stream one that must not see later writes */
  openStream(stream) {
    this.#openStreams.add(stream);
  }

  /** @param {OpenStream} stream */
  closeStream(stream) {
    this.#openStreams.delete(stream);
  }

  startTransaction() {
    this.#marks.push(this.#log.length);
  }

  /**
   * @param {bigint | null} timestamp null for a nested transaction, whose writes stay pending
   * @returns {DocumentChange[]} what became visible
   */
  commit(timestamp) {
    this.#marks.pop();
    if (timestamp === null) return [];
    this.#marks = [];
    this.#openStreams.clear();
    if (this.#log.length === 0) return [];
    const changes = this.#changes();
    for (const change of changes) {
      if (change.after?.isPending) {
        change.after = change.after.committedAt(timestamp);
        this.tables.get(change.tableName).put(change.id, change.after);
      }
    }
    this.#log = [];
    return changes;
  }

  rollbackWrites() {
    this.#undoTo(this.#marks.pop() ?? 0);
    if (this.#marks.length === 0) this.#openStreams.clear();
  }

  /** Undoes everything, however deep a transaction was nested when it was given up. */
  abandon() {
    this.#undoTo(0);
    this.#marks = [];
    this.#openStreams.clear();
  }

  /** @param {number} length */
  #undoTo(length) {
    if (this.#log.length === length) return;
    for (const stream of this.#openStreams) stream.buffer();
    while (this.#log.length > length) {
      const write = this.#log.pop();
      if (write === undefined) break;
      write.table.put(write.id, write.before);
      if (write.before === null) this.#files.delete(write.id);
    }
  }

  /**
   * Hides what the open transaction wrote.
   *
   * @returns {DocumentChange[]} for `restoreWrites`
   */
  stashWrites() {
    const changes = this.#changes();
    for (const stream of this.#openStreams) stream.buffer();
    for (const { tableName, id, before } of changes)
      this.tables.get(tableName).put(id, before);
    return changes;
  }

  /** @param {DocumentChange[]} changes */
  restoreWrites(changes) {
    for (const stream of this.#openStreams) stream.buffer();
    for (const { tableName, id, after } of changes)
      this.tables.get(tableName).put(id, after);
  }

  /** @returns {DocumentChange[]} of the whole open transaction, one a document */
  #changes() {
    /** @type {Map<string, DocumentChange>} */
    const changes = new Map();
    for (const { table, id, before } of this.#log) {
      if (changes.has(id)) continue;
      const after = table.documents.get(id) ?? null;
      changes.set(id, {
        componentPath: this.componentPath,
        tableName: table.name,
        id,
        before,
        after,
      });
    }
    return [...changes.values()].filter(
      ({ before, after }) => before !== after,
    );
  }

  /**
   * Puts back a document that was committed to an earlier database.
   *
   * @param {string} tableName
   * @param {string} json lossless
   */
  restore(tableName, json) {
    const table = this.tables.get(tableName);
    const document = /** @type {ConvexObject} */ (
      decodeValue(JSON.parse(json))
    );
    const id = String(document._id);
    const stored = new StoredDocument(
      tableName,
      id,
      document,
      measure(document).size,
    );
    table.put(id, stored);
    const creationTime = Number(document._creationTime);
    // Where a clock that was set back did not get to does not hold up the next one.
    if (creationTime > this.#lastCreationTime && creationTime <= now())
      this.#lastCreationTime = creationTime;
  }

  /**
   * @param {string} storageId
   * @param {FileContent} content
   */
  storeFile(storageId, content) {
    this.#files.set(storageId, content);
  }

  /** @param {string} storageId */
  deleteFile(storageId) {
    this.#files.delete(storageId);
  }

  /**
   * @param {string} storageId
   * @returns {FileContent | null}
   */
  getFile(storageId) {
    if (this.get("_storage", storageId) === null) return null;
    return this.#files.get(storageId) ?? null;
  }
}
