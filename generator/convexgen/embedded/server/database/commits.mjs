/**
 * What commits change, in a form that outlives the database: the thread that
 * runs functions can be lost, and is replaced from these records.
 */

import { AnsweredRequests } from "./answeredRequests.mjs";

/**
 * Everything that one commit changed; JSON but for the bytes of files.
 *
 * @typedef {object} CommitRecord
 * @property {string} timestamp Unix nanoseconds, decimal digits
 * @property {[component: string, table: string, number: number][]} tables
 *   that got the number in their ids since the record before
 * @property {[component: string, table: string, id: string, json: string | null][]} documents
 *   lossless JSON, null for a document that was deleted
 * @property {[id: string, contentType: string, bytes: Uint8Array<ArrayBuffer>][]} files
 *   contents that were stored; one goes with its document of `_storage`
 * @property {import("./answeredRequests.mjs").AnsweredRequest[]} requests
 */

/** The state that a sequence of records leads to. */
export class CommitStore {
  #timestamp = 0n;
  /** By component and name. @type {Map<string, Map<string, StoredTable>>} */
  #components = new Map();
  /** @type {Map<string, { contentType: string, bytes: Uint8Array<ArrayBuffer> }>} */
  #files = new Map();
  #requests = new AnsweredRequests();

  /** @param {CommitRecord} record the one after the last that was applied */
  apply({ timestamp, tables, documents, files, requests }) {
    if (BigInt(timestamp) > this.#timestamp)
      this.#timestamp = BigInt(timestamp);
    for (const [component, table, number] of tables)
      this.#table(component, table).number = number;
    for (const [id, contentType, bytes] of files)
      this.#files.set(id, { contentType, bytes });
    for (const [component, table, id, json] of documents) {
      const stored = this.#table(component, table).documents;
      if (json === null) {
        stored.delete(id);
        this.#files.delete(id);
      } else {
        stored.set(id, json);
      }
    }
    this.#requests.add(requests, this.#timestamp);
  }

  /**
   * @param {string} key of a mutation
   * @param {bigint} now Unix nanoseconds
   */
  answered(key, now) {
    return this.#requests.get(key, now);
  }

  /**
   * @param {string} id of a file
   * @returns {Uint8Array<ArrayBuffer> | null} its content, null when there is none any more
   */
  contentOf(id) {
    return this.#files.get(id)?.bytes ?? null;
  }

  /** @returns {CommitRecord} one that has the same effect as all that were applied */
  snapshot() {
    /** @type {CommitRecord} */
    const record = {
      timestamp: String(this.#timestamp),
      tables: [],
      documents: [],
      files: [],
      requests: this.#requests.all(),
    };
    for (const [component, tables] of this.#components) {
      for (const [name, { number, documents }] of tables) {
        if (number !== null) record.tables.push([component, name, number]);
        for (const [id, json] of documents)
          record.documents.push([component, name, id, json]);
      }
    }
    for (const [id, { contentType, bytes }] of this.#files)
      record.files.push([id, contentType, bytes]);
    return record;
  }

  /**
   * @param {string} component
   * @param {string} name
   */
  #table(component, name) {
    let tables = this.#components.get(component);
    if (tables === undefined)
      this.#components.set(component, (tables = new Map()));
    let table = tables.get(name);
    if (table === undefined) tables.set(name, (table = new StoredTable()));
    return table;
  }
}

class StoredTable {
  /** @type {number | null} */
  number = null;
  /** Lossless JSON by id. @type {Map<string, string>} */
  documents = new Map();
}

/**
 * @param {Map<string, import("./database.mjs").Database>} databases by component
 * @param {import("./database.mjs").DocumentChange[]} changes
 * @param {bigint} timestamp
 * @returns {CommitRecord}
 */
export function recordCommit(databases, changes, timestamp) {
  /** @type {CommitRecord} */
  const record = {
    timestamp: String(timestamp),
    tables: [],
    documents: [],
    files: [],
    requests: [],
  };
  for (const [component, database] of databases)
    for (const { name, number } of database.tables.takeNew())
      record.tables.push([component, name, number]);
  for (const { componentPath, tableName, id, before, after } of changes) {
    record.documents.push([componentPath, tableName, id, after?.json ?? null]);
    if (tableName !== "_storage" || before !== null) continue;
    const file = databases.get(componentPath)?.getFile(id);
    if (file) record.files.push([id, file.contentType, file.bytes]);
  }
  return record;
}

/**
 * @param {CommitRecord | null} record the whole state
 * @param {string} component
 * @returns {Map<string, number>} numbers of its tables by name
 */
export function tableNumbers(record, component) {
  const tables = record?.tables.filter(([owner]) => owner === component) ?? [];
  return new Map(tables.map(([, name, number]) => [name, number]));
}

/**
 * Puts documents and files into their database, without a look at its schema.
 *
 * @param {import("./database.mjs").Database} database an empty one
 * @param {CommitRecord} record the whole state
 * @returns {CommitRecord} what is of other databases
 */
export function restoreDatabase(database, record) {
  const { componentPath } = database;
  const documents = record.documents.filter(([component, table, , json]) => {
    if (component !== componentPath) return true;
    if (json !== null) database.restore(table, json);
    return false;
  });
  const files = record.files.filter(([id, contentType, bytes]) => {
    const isOwn =
      database.tables.nameOfId(id) === "_storage" &&
      database.get("_storage", id) !== null;
    if (isOwn) database.storeFile(id, { contentType, bytes });
    return !isOwn;
  });
  return { ...record, documents, files };
}
