/**
 * Convex values as JavaScript holds them, and the one representation that only
 * exists inside a mutation: a commit timestamp which is not known yet.
 *
 * Kinds: null, bigint (int64), number (float64), boolean, string, ArrayBuffer
 * (bytes), arrays and plain objects. `undefined` stands for a missing field and
 * only occurs as an index key or a bound.
 */

/**
 * @typedef {null | bigint | number | boolean | string | ArrayBuffer | CommitTimestamp | ConvexArray | ConvexObject} ConvexValue
 * @typedef {ConvexValue[]} ConvexArray
 * @typedef {{ [field: string]: ConvexValue }} ConvexObject
 * @typedef {ConvexValue | undefined} IndexedValue
 */

/** The largest int64, which an unresolved commit timestamp counts as. */
export const MAX_INT64 = 2n ** 63n - 1n;
export const MIN_INT64 = -(2n ** 63n);

/** The timestamp of the running mutation's own commit, before it commits. */
export class CommitTimestamp {
  static PENDING = new CommitTimestamp();
}

/**
 * @param {unknown} value
 * @returns {value is ConvexObject}
 */
export function isPlainObject(value) {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return (
    prototype === Object.prototype ||
    prototype === null ||
    // An object of another realm (`node:vm`) has another `Object.prototype`.
    prototype.constructor?.name === "Object"
  );
}

/**
 * @param {IndexedValue} value
 * @returns {string} what the backend calls its type
 */
export function typeName(value) {
  switch (typeof value) {
    case "bigint":
      return "Int64";
    case "number":
      return "Float64";
    case "boolean":
      return "Boolean";
    case "string":
      return "String";
    case "undefined":
      return "undefined";
    default:
      if (value === null) return "Null";
      if (value instanceof CommitTimestamp) return "Int64";
      if (value instanceof ArrayBuffer) return "Bytes";
      return Array.isArray(value) ? "Array" : "Object";
  }
}

/**
 * The value at a dotted path, `undefined` when it is missing.
 *
 * @param {ConvexObject} document
 * @param {readonly string[]} path
 * @returns {IndexedValue}
 */
export function valueAtPath(document, path) {
  /** @type {IndexedValue} */
  let value = document;
  for (const part of path) {
    if (!isPlainObject(value) || !Object.hasOwn(value, part)) return undefined;
    value = value[part];
  }
  return value;
}

/**
 * @param {ConvexValue} value
 * @returns {boolean}
 */
export function hasPendingTimestamp(value) {
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof CommitTimestamp) return true;
  if (Array.isArray(value)) return value.some(hasPendingTimestamp);
  if (value instanceof ArrayBuffer) return false;
  return Object.values(value).some(hasPendingTimestamp);
}

/**
 * A copy in which every unresolved commit timestamp is `timestamp`.
 *
 * @template {ConvexValue} T
 * @param {T} value
 * @param {bigint} timestamp
 * @returns {T}
 */
export function resolveTimestamps(value, timestamp) {
  if (!hasPendingTimestamp(value)) return value;
  return /** @type {T} */ (resolved(value, timestamp));
}

/**
 * @param {ConvexValue} value
 * @param {bigint} timestamp
 * @returns {ConvexValue}
 */
function resolved(value, timestamp) {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof CommitTimestamp) return timestamp;
  if (value instanceof ArrayBuffer) return value;
  if (Array.isArray(value))
    return value.map((item) => resolved(item, timestamp));
  return Object.fromEntries(
    Object.entries(value).map(([field, item]) => [
      field,
      resolved(item, timestamp),
    ]),
  );
}
