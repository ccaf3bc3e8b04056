/**
 * Database queries: a serialised query of `convex/server` becomes a plan over
 * one index, a stream runs a plan document by document, a page runs it from a
 * cursor.
 */

import { createHash } from "node:crypto";
import { compilePredicate } from "./filters.mjs";
import { END, IndexRead, START } from "./indexes.mjs";
import { decodeValue, encodeValue } from "../values/json.mjs";
import { MAX_ARRAY_LENGTH, TRANSACTION_LIMITS } from "../values/limits.mjs";
import { compareKeys } from "../values/order.mjs";
import { boundsOf } from "./ranges.mjs";
import { MAX_CANDIDATES, searchDocuments } from "./search.mjs";

/**
 * @typedef {import("./database.mjs").Database} Database
 * @typedef {import("./documents.mjs").StoredDocument} StoredDocument
 * @typedef {import("./indexes.mjs").Cut} Cut
 * @typedef {import("./indexes.mjs").Entry} Entry
 * @typedef {import("./indexes.mjs").Index} Index
 * @typedef {import("./indexes.mjs").Key} Key
 * @typedef {import("../values/json.mjs").JsonValue} JsonValue
 * @typedef {import("./ranges.mjs").RangeExpression} RangeExpression
 * @typedef {import("./transaction.mjs").Transaction} Transaction
 * @typedef {"asc" | "desc"} Order
 */

/**
 * @typedef {import("./search.mjs").SearchExpression} SearchExpression
 *
 * @typedef {{ type: "FullTableScan", tableName: string, order: Order | null }
 *   | { type: "IndexRange", indexName: string, range: RangeExpression[], order: Order | null }
 *   | { type: "Search", indexName: string, filters: SearchExpression[] }} Source
 *
 * @typedef {{ source: Source, operators: ({ filter: JsonValue } | { limit: number })[] }} SerializedQuery
 */

/**
 * @typedef {object} Plan
 * @property {string} tableName
 * @property {Index} index
 * @property {Cut} lower
 * @property {Cut} upper
 * @property {Order} order
 * @property {Entry[] | null} found what a search found, in place of a range
 * @property {boolean} [isCut] the search may have found more
 * @property {((document: import("../values/values.mjs").ConvexObject) => boolean)[]} filters
 * @property {number} limit
 */

/**
 * @param {Database} database
 * @param {SerializedQuery} query
 * @returns {Plan}
 */
export function planQuery(database, query) {
  const { source, operators } = query;
  const filters = [];
  let limit = Infinity;
  for (const operator of operators) {
    if ("filter" in operator) filters.push(compilePredicate(operator.filter));
    else limit = Math.min(limit, operator.limit);
  }
  if (source.type === "FullTableScan") {
    const { byCreationTime } = database.tables.get(source.tableName);
    return {
      tableName: source.tableName,
      index: byCreationTime,
      lower: START,
      upper: END,
      order: source.order ?? "asc",
      found: null,
      filters,
      limit,
    };
  }
  const [tableName, indexName] = splitIndexName(source.indexName);
  const table = database.tables.get(tableName);
  if (source.type === "Search") {
    const found = searchDocuments(table, indexName, source.filters);
    const { byCreationTime: index } = table;
    return {
      tableName,
      index,
      lower: START,
      upper: END,
      order: "asc",
      found,
      isCut: found.length === MAX_CANDIDATES,
      filters,
      limit,
    };
  }
  const index = table.indexes.get(indexName);
  if (index === undefined)
    throw table.unusableIndex(indexName, "a database index");
  const { lower, upper } = boundsOf(index, tableName, source.range);
  return {
    tableName,
    index,
    lower,
    upper,
    order: source.order ?? "asc",
    found: null,
    filters,
    limit,
  };
}

/**
 * @param {string} name `table.index`
 * @returns {[string, string]}
 */
export function splitIndexName(name) {
  const dot = name.indexOf(".");
  return [name.slice(0, dot), name.slice(dot + 1)];
}

/**
 * Walks over what a plan reads, counting it. Documents that the transaction
 * writes later do not appear in it: before a write, what is left is buffered.
 */
class Scan {
  #plan;
  #transaction;
  #cursor;
  #read;
  /** @type {Entry[] | null} */
  #buffered = null;
  #bufferedPosition = 0;
  /** @type {Key | null} */
  #lastKey = null;
  #isExhausted = false;

  /**
   * @param {Plan} plan
   * @param {Transaction} transaction
   */
  constructor(plan, transaction) {
    this.#plan = plan;
    this.#transaction = transaction;
    const { tableName, index, lower, upper, order, found } = plan;
    this.#cursor = index.range(lower, upper, order);
    this.#read = new IndexRead(tableName, index, lower, upper);
    transaction.addRead(this.#read);
    this.#buffered = found;
  }

  /** @returns {Entry | null} */
  next() {
    const entry =
      this.#buffered === null
        ? this.#cursor.next()
        : this.#buffered[this.#bufferedPosition++];
    if (entry === undefined) {
      if (this.#plan.isCut) {
        throw new Error(
          `Search query scanned too many documents (fetched ${MAX_CANDIDATES}). Consider using a ` +
            "smaller limit, paginating the query, or using a filter field to limit the number of " +
            "documents pulled from the search index.",
        );
      }
      this.#isExhausted = true;
      return null;
    }
    this.#lastKey = entry.key;
    this.#transaction.meter.countDocumentRead(entry.stored.size);
    return entry;
  }

  buffer() {
    if (this.#buffered !== null) return;
    this.#buffered = [];
    for (
      let entry = this.#cursor.next();
      entry !== undefined;
      entry = this.#cursor.next()
    ) {
      this.#buffered.push(entry);
    }
  }

  /** What lies behind the last document does not count as read. */
  close() {
    if (this.#isExhausted || this.#plan.found !== null) return;
    this.#read.endAt(this.#lastKey, this.#plan.order);
  }
}

/** A running query, document by document. */
export class QueryStream {
  #plan;
  #transaction;
  /** From the first document on: what is written before that is read. @type {Scan | null} */
  #scan = null;
  #remaining;

  /**
   * @param {Plan} plan
   * @param {Transaction} transaction
   */
  constructor(plan, transaction) {
    this.#plan = plan;
    this.#transaction = transaction;
    this.#remaining = plan.limit;
  }

  get tableName() {
    return this.#plan.tableName;
  }

  /** @returns {StoredDocument | null} */
  next() {
    this.#scan ??= new Scan(this.#plan, this.#transaction);
    while (this.#remaining > 0) {
      const entry = this.#scan.next();
      if (entry === null) return null;
      if (this.#plan.filters.every((filter) => filter(entry.stored.document))) {
        this.#remaining -= 1;
        return entry.stored;
      }
    }
    return null;
  }

  buffer() {
    this.#scan?.buffer();
  }

  close() {
    this.#scan?.close();
  }
}

/**
 * @typedef {object} PageRequest
 * @property {SerializedQuery} query
 * @property {string | null} cursor null is the start
 * @property {string | null} endCursor the page ends there, whatever its size
 * @property {number} pageSize
 * @property {number | null} [maximumRowsRead]
 * @property {number | null} [maximumBytesRead]
 *
 * @typedef {object} Page
 * @property {StoredDocument[]} page
 * @property {boolean} isDone
 * @property {string} continueCursor
 * @property {string | null} splitCursor
 * @property {"SplitRecommended" | "SplitRequired" | null} pageStatus
 */

/** What is used of a limit, or of the longest array, before a split is recommended. */
const share = (/** @type {number} */ limit) => Math.floor((limit * 3) / 4);
const MAX_UNSPLIT_LENGTH = share(MAX_ARRAY_LENGTH);
const { documentsRead, bytesRead } = TRANSACTION_LIMITS;

/**
 * A page is full when it has `pageSize` documents, even if there are no more;
 * then it is not done and an empty page follows, as in Convex.
 * Source: the backend's `udf/async_syscall.rs` and `query/index_range.rs`.
 *
 * @param {Database} database
 * @param {Transaction} transaction
 * @param {PageRequest} request
 * @returns {Page}
 */
export function readPage(database, transaction, request) {
  const { query, cursor, endCursor, pageSize } = request;
  for (const name of /** @type {const} */ ([
    "pageSize",
    "maximumRowsRead",
    "maximumBytesRead",
  ])) {
    const number = request[name] ?? (name === "pageSize" ? NaN : 0);
    if (!(Number.isInteger(number) && number >= 0)) {
      throw new Error(
        `Invalid arguments for \`queryPage\`: ${name} must be a whole number, got ${request[name]}`,
      );
    }
  }
  if (pageSize === 0)
    throw new Error("Must request at least 1 document while paginating");
  if (pageSize > documentsRead)
    throw new Error(`Requested too many items: ${pageSize}`);
  const maximumRows = request.maximumRowsRead ?? Infinity;
  const maximumBytes = request.maximumBytesRead ?? Infinity;
  if (maximumRows === 0 || maximumBytes === 0) {
    throw new Error(
      "maximumRowsRead and maximumBytesRead must be greater than 0",
    );
  }
  const cursors = new CursorCodec(query);
  const plan = planQuery(database, query);
  const start = cursor === null ? null : cursors.decode(cursor);
  const end = endCursor === null ? null : cursors.decode(endCursor);
  const scan = new Scan(between(plan, start, end), transaction);
  /** @type {StoredDocument[]} */
  const page = [];
  /** @type {Key[]} */
  const keys = [];
  let bytes = 0;
  let isFull = false;
  let isOverLimit = false;
  while (!isFull && !isOverLimit) {
    const entry = scan.next();
    if (entry === null) break;
    keys.push(entry.key);
    bytes += entry.stored.size;
    if (plan.filters.every((filter) => filter(entry.stored.document)))
      page.push(entry.stored);
    isFull = end === null && page.length >= pageSize;
    isOverLimit =
      end === null && (keys.length >= maximumRows || bytes >= maximumBytes);
  }
  scan.close();
  const lastKey = keys[keys.length - 1];
  const isStopped = (isFull || isOverLimit) && lastKey !== undefined;
  const continueCursor = isStopped
    ? cursors.encode(lastKey)
    : (endCursor ?? cursors.encode("end"));
  const isNearLimit =
    keys.length > share(Math.min(maximumRows, documentsRead)) ||
    bytes > share(Math.min(maximumBytes, bytesRead));
  const isRecommended =
    plan.found === null && (isNearLimit || page.length > MAX_UNSPLIT_LENGTH);
  const pageStatus =
    isOverLimit && !isFull
      ? "SplitRequired"
      : isRecommended
        ? "SplitRecommended"
        : null;
  const middle = keys[keys.length >> 1];
  const splitCursor =
    plan.found === null && keys.length > 2 && middle !== undefined
      ? cursors.encode(middle)
      : null;
  return {
    page,
    isDone: !isStopped && (end === null || end === "end"),
    continueCursor,
    splitCursor,
    pageStatus,
  };
}

/**
 * @param {Plan} plan
 * @param {Key | "end" | null} start
 * @param {Key | "end" | null} end
 * @returns {Plan}
 */
function between(plan, start, end) {
  const { order, found } = plan;
  if (found !== null) {
    return {
      ...plan,
      found: found.filter(
        ({ key }) =>
          (start === null ||
            (start !== "end" && compareKeys(key, start) > 0)) &&
          (end === null || end === "end" || compareKeys(key, end) <= 0),
      ),
    };
  }
  let { lower, upper } = plan;
  if (start === "end") {
    if (order === "asc") lower = upper;
    else upper = lower;
  } else if (start !== null) {
    if (order === "asc") lower = { values: start, isAfter: true };
    else upper = { values: start, isAfter: false };
  }
  if (end !== null && end !== "end") {
    if (order === "asc") upper = { values: end, isAfter: true };
    else lower = { values: end, isAfter: false };
  }
  return { ...plan, lower, upper };
}

/** Cursors: the key of the last document of a page, bound to the query that made it. */
class CursorCodec {
  #fingerprint;

  /** @param {SerializedQuery} query */
  constructor(query) {
    this.#fingerprint = createHash("sha256")
      .update(JSON.stringify(query))
      .digest("base64url")
      .slice(0, 16);
  }

  /**
   * @param {Key | "end"} position
   * @returns {string}
   */
  encode(position) {
    const values =
      position === "end"
        ? "end"
        : position.map((value) =>
            value === undefined ? null : encodeValue(value),
          );
    return Buffer.from(JSON.stringify([this.#fingerprint, values])).toString(
      "base64url",
    );
  }

  /**
   * @param {string} cursor
   * @returns {Key | "end"}
   */
  decode(cursor) {
    /** @type {unknown} */
    let parsed;
    try {
      parsed = JSON.parse(Buffer.from(String(cursor), "base64url").toString());
    } catch {
      throw new Error(`Failed to parse cursor: "${cursor}"`);
    }
    if (!Array.isArray(parsed) || parsed[0] !== this.#fingerprint) {
      throw invalidCursor();
    }
    /** @type {(string | null)[] | "end"} */
    const values = parsed[1];
    if (values === "end") return "end";
    return values.map((json) =>
      json === null ? undefined : decodeValue(JSON.parse(json)),
    );
  }
}

/**
 * A `ConvexError`, by whose data the clients' hooks know that they have to begin anew.
 * Source: `invalid_cursor` in the backend's `crates/database/src/query/mod.rs`.
 */
function invalidCursor() {
  const error = new Error(
    "InvalidCursor: Tried to run a query starting from a cursor, but it looks like this " +
      "cursor is from a different query.",
  );
  return Object.assign(error, {
    [Symbol.for("ConvexError")]: true,
    data: { isConvexSystemError: true, paginationError: "InvalidCursor" },
  });
}
