/**
 * What commits change, in a form that outlives the database: the thread that
 * runs functions can be lost, and is replaced from these records.
 */

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
 * @property {AnsweredRequest[]} requests
 */

/**
 * A mutation that a client may send again, and what it is answered then.
 *
 * @typedef {[key: string, timestamp: string, value: string, logLines: string[]]} AnsweredRequest
 */

/**
 * So long is an answer kept, in nanoseconds: 14 days.
 * Source: `MAX_SESSION_CLEANUP_DURATION` in the backend's `common/src/knobs.rs`.
 */
const ANSWER_LIFETIME = 14n * 24n * 3_600n * 1_000_000_000n;

/** The state that a sequence of records leads to. */
export class CommitStore {
  #timestamp = 0n;
  /** By component and name. @type {Map<string, Map<string, StoredTable>>} */
  #components = new Map();
  /** @type {Map<string, { contentType: string, bytes: Uint8Array<ArrayBuffer> }>} */
  #files = new Map();
  /** By key, oldest first. @type {Map<string, AnsweredRequest>} */
  #requests = new Map();

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
    for (const request of requests) {
      const [key] = request;
      // One that was forgotten and made again becomes the newest.
      this.#requests.delete(key);
      this.#requests.set(key, request);
    }
    for (const [key, request] of this.#requests) {
      if (!isForgotten(request, this.#timestamp)) break;
      this.#requests.delete(key);
    }
  }

  /**
   * @param {string} key
   * @param {bigint} now Unix nanoseconds
   * @returns {AnsweredRequest | null} null when there is none, or it is too long ago
   */
  answered(key, now) {
    const request = this.#requests.get(key);
    return request === undefined || isForgotten(request, now) ? null : request;
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
      requests: [...this.#requests.values()],
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

/**
 * @param {AnsweredRequest} request
 * @param {bigint} now
 */
function isForgotten([, timestamp], now) {
  return BigInt(timestamp) + ANSWER_LIFETIME < now;
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
