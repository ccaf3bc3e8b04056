/**
 * Convex's limits and the texts it refuses with.
 * Sources: the backend's `value/src/{size,array,object}.rs`, `identifier.rs`,
 * `document.rs`, `knobs.rs`, `reads.rs`, `writes.rs`.
 */

import { CommitTimestamp } from "./values.mjs";

/** @typedef {import("./values.mjs").ConvexValue} ConvexValue */

const KIB = 1024;
const MIB = KIB * KIB;

export const MAX_DOCUMENT_SIZE = MIB;
export const MAX_DOCUMENT_NESTING = 16;
export const MAX_ARGUMENTS_SIZE = 16 * MIB;
export const MAX_RESULT_SIZE = 16 * MIB;
const MAX_NESTING = 64;
export const MAX_ARRAY_LENGTH = 8192;
const MAX_OBJECT_FIELDS = 1024;
const MAX_FIELD_NAME_LENGTH = 1024;

const OVER_LIMIT_HELP =
  "Consider using smaller limits in your queries, paginating your queries, or using indexed " +
  "queries with a selective index range expressions.";

/** A limit of Convex was exceeded. */
export class LimitExceeded extends Error {}

/**
 * @param {number} bytes
 * @returns {string} as the backend prints it: `1.05 MiB`
 */
export function formatSize(bytes) {
  if (bytes < KIB) return `${bytes} B`;
  const [unit, divisor] = bytes < MIB ? ["KiB", KIB] : ["MiB", MIB];
  return `${Number((bytes / divisor).toFixed(2))} ${unit}`;
}

/** @typedef {{ size: number, nesting: number }} Measure bytes as Convex counts them; levels of arrays and objects */

/**
 * Checks what holds for every value, wherever it is.
 *
 * @param {ConvexValue} value
 * @returns {Measure}
 * @throws {LimitExceeded}
 */
export function measure(value) {
  switch (typeof value) {
    case "boolean":
      return { size: 1, nesting: 0 };
    case "number":
    case "bigint":
      return { size: 9, nesting: 0 };
    case "string":
      return { size: 2 + Buffer.byteLength(value), nesting: 0 };
    default:
      if (value === null) return { size: 1, nesting: 0 };
      if (value instanceof CommitTimestamp) return { size: 9, nesting: 0 };
      if (value instanceof ArrayBuffer)
        return { size: 2 + value.byteLength, nesting: 0 };
      return Array.isArray(value) ? measureArray(value) : measureObject(value);
  }
}

/**
 * @param {ConvexValue[]} items
 * @returns {Measure}
 */
function measureArray(items) {
  if (items.length > MAX_ARRAY_LENGTH) {
    throw new LimitExceeded(
      `Array length is too long (${items.length} > maximum length ${MAX_ARRAY_LENGTH})`,
    );
  }
  let size = 2;
  let nesting = 0;
  for (const item of items) {
    const inner = measure(item);
    size += inner.size;
    if (inner.nesting > nesting) nesting = inner.nesting;
  }
  return { size, nesting: checkedNesting(nesting + 1) };
}

/**
 * @param {{ [field: string]: ConvexValue | undefined }} object
 * @returns {Measure}
 */
function measureObject(object) {
  let size = 2;
  let nesting = 0;
  let count = 0;
  for (const field in object) {
    const item = object[field];
    if (item === undefined) continue;
    count += 1;
    checkFieldName(field);
    const inner = measure(item);
    size += field.length + 1 + inner.size;
    if (inner.nesting > nesting) nesting = inner.nesting;
  }
  if (count > MAX_OBJECT_FIELDS) {
    throw new LimitExceeded(
      `Object has too many fields (${count} > maximum number ${MAX_OBJECT_FIELDS})`,
    );
  }
  return { size, nesting: checkedNesting(nesting + 1) };
}

/** @param {number} nesting */
function checkedNesting(nesting) {
  if (nesting > MAX_NESTING) {
    throw new LimitExceeded(
      `Value is too nested (nested ${nesting} levels deep > maximum nesting ${MAX_NESTING})`,
    );
  }
  return nesting;
}

const FIELD_NAME = /^[ -#%-~][ -~]*$/;

/** @param {string} field */
function checkFieldName(field) {
  if (!FIELD_NAME.test(field)) {
    if (field === "") throw new LimitExceeded("Field name cannot be empty");
    if (field.startsWith("$")) {
      throw new LimitExceeded(
        `Field name ${field} starts with '$', which is reserved.`,
      );
    }
    const [character] = /[^ -~]/u.exec(field) ?? [""];
    throw new LimitExceeded(
      `Field name ${field} has invalid character '${character}': Field names can only contain ` +
        "non-control ASCII characters",
    );
  }
  if (field.length > MAX_FIELD_NAME_LENGTH) {
    throw new LimitExceeded(
      `Field name is too long (${field.length} > maximum ${MAX_FIELD_NAME_LENGTH})`,
    );
  }
}

/**
 * What one transaction may use.
 *
 * @typedef {object} TransactionLimits
 * @property {number} bytesRead
 * @property {number} documentsRead those a filter dropped included
 * @property {number} databaseQueries index ranges; each `db.get` is one
 * @property {number} bytesWritten
 * @property {number} documentsWritten
 * @property {number} functionsScheduled
 * @property {number} scheduledFunctionArgsBytes
 * @property {number} filesWritten
 * @property {number} fileWriteBytes
 * @property {number} filesRead
 * @property {number} fileReadBytes
 */

/** @type {Readonly<TransactionLimits>} */
export const TRANSACTION_LIMITS = Object.freeze({
  bytesRead: 16 * MIB,
  documentsRead: 32_000,
  databaseQueries: 4_096,
  bytesWritten: 16 * MIB,
  documentsWritten: 16_000,
  functionsScheduled: 1_000,
  scheduledFunctionArgsBytes: 16 * MIB,
  // Of these, the source is convex-test's `transactionMetrics`.
  filesWritten: 10,
  fileWriteBytes: 16 * MIB,
  filesRead: 10,
  fileReadBytes: 16 * MIB,
});

/** @type {{ [metric in keyof TransactionLimits]: (limit: number) => string }} */
const OVER_LIMIT = {
  bytesRead: (limit) =>
    `Too many bytes read in a single function execution (limit: ${limit} bytes). ${OVER_LIMIT_HELP}`,
  documentsRead: (limit) =>
    `Too many documents read in a single function execution (limit: ${limit}). ${OVER_LIMIT_HELP}`,
  databaseQueries: (limit) =>
    `Too many reads in a single function execution (limit: ${limit}). ${OVER_LIMIT_HELP}`,
  bytesWritten: (limit) =>
    `Too many bytes written in a single function execution (limit: ${limit} bytes)`,
  documentsWritten: (limit) =>
    `Too many writes in a single function execution (limit: ${limit})`,
  functionsScheduled: (limit) =>
    `Too many functions scheduled by this mutation (limit: ${limit})`,
  scheduledFunctionArgsBytes: (limit) =>
    `Too large total size of the arguments of scheduled functions from this mutation (limit: ${limit} bytes)`,
  filesWritten: (limit) =>
    `Too many files stored by this mutation (limit: ${limit})`,
  fileWriteBytes: (limit) =>
    `Too large total size of the files stored by this mutation (limit: ${limit} bytes)`,
  filesRead: (limit) =>
    `Too many files read by this mutation (limit: ${limit})`,
  fileReadBytes: (limit) =>
    `Too large total size of the files read by this mutation (limit: ${limit} bytes)`,
};

/** The reads of a rolled back nested call happened all the same. */
const READ_METRICS = /** @type {const} */ ([
  "bytesRead",
  "documentsRead",
  "databaseQueries",
  "filesRead",
  "fileReadBytes",
]);

/**
 * Counts what a transaction uses, by levels of nested calls: a nested call
 * starts from what its caller used and may have tighter limits of its own.
 */
export class TransactionMeter {
  /** @type {{ used: TransactionLimits, limits: TransactionLimits }[]} */
  #levels;

  constructor() {
    this.#levels = [{ used: unused(), limits: { ...TRANSACTION_LIMITS } }];
  }

  get #level() {
    return /** @type {{ used: TransactionLimits, limits: TransactionLimits }} */ (
      this.#levels[this.#levels.length - 1]
    );
  }

  /** @param {Partial<TransactionLimits> | undefined} requested */
  enter(requested) {
    const { used, limits } = this.#level;
    const tighter = { ...limits };
    for (const [name, amount] of Object.entries(requested ?? {})) {
      const metric = /** @type {keyof TransactionLimits} */ (name);
      if (amount === undefined || !(metric in tighter)) continue;
      tighter[metric] = Math.min(limits[metric], used[metric] + amount);
    }
    this.#levels.push({ used: { ...used }, limits: tighter });
  }

  /** @param {boolean} committed */
  leave(committed) {
    const inner = this.#levels.pop();
    if (inner === undefined)
      throw new Error("A nested call ended that never began");
    const outer = this.#level;
    if (committed) outer.used = inner.used;
    else
      for (const metric of READ_METRICS)
        outer.used[metric] = inner.used[metric];
  }

  /**
   * @param {keyof TransactionLimits} metric
   * @param {number} amount
   * @throws {LimitExceeded}
   */
  count(metric, amount) {
    const { used, limits } = this.#level;
    used[metric] += amount;
    if (used[metric] > limits[metric]) {
      throw new LimitExceeded(OVER_LIMIT[metric](limits[metric]));
    }
  }

  /**
   * Files count when they fit only, so that a mutation can go on without one that does not.
   *
   * @param {"filesWritten" | "filesRead"} count
   * @param {"fileWriteBytes" | "fileReadBytes"} bytes
   * @param {number} size of the file
   * @throws {LimitExceeded}
   */
  countFile(count, bytes, size) {
    const { used, limits } = this.#level;
    if (used[count] >= limits[count])
      throw new LimitExceeded(OVER_LIMIT[count](limits[count]));
    if (used[bytes] + size > limits[bytes])
      throw new LimitExceeded(OVER_LIMIT[bytes](limits[bytes]));
    used[count] += 1;
    used[bytes] += size;
  }

  /** @param {number} size bytes of a file that the same transaction has stored */
  returnFile(size) {
    const { used } = this.#level;
    used.filesWritten -= 1;
    used.fileWriteBytes -= size;
  }

  /** @param {number} size bytes */
  countDocumentRead(size) {
    this.count("documentsRead", 1);
    this.count("bytesRead", size);
  }

  /** @param {number} size bytes; 0 for a deletion */
  countDocumentWritten(size) {
    this.count("documentsWritten", 1);
    this.count("bytesWritten", size);
  }

  /** @returns {{ [metric: string]: { used: number, remaining: number } }} */
  getTransactionMetrics() {
    const { used, limits } = this.#level;
    return Object.fromEntries(
      Object.entries(used).map(([name, amount]) => {
        const metric = /** @type {keyof TransactionLimits} */ (name);
        return [metric, { used: amount, remaining: limits[metric] - amount }];
      }),
    );
  }
}

/** @returns {TransactionLimits} */
function unused() {
  return {
    bytesRead: 0,
    documentsRead: 0,
    databaseQueries: 0,
    bytesWritten: 0,
    documentsWritten: 0,
    functionsScheduled: 0,
    scheduledFunctionArgsBytes: 0,
    filesWritten: 0,
    fileWriteBytes: 0,
    filesRead: 0,
    fileReadBytes: 0,
  };
}
