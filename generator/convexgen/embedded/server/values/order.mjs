/**
 * The total order of Convex values, in which every index is sorted:
 * missing < null < int64 < float64 < boolean < string < bytes < array < object.
 * Source: `convex/values` `compareValues` (and the backend's `sorting.rs`).
 */

import { CommitTimestamp, MAX_INT64 } from "./values.mjs";

/**
 * @typedef {import("./values.mjs").IndexedValue} IndexedValue
 * @typedef {import("./values.mjs").ConvexValue} ConvexValue
 */

/**
 * @param {IndexedValue} value
 * @returns {number}
 */
function rank(value) {
  switch (typeof value) {
    case "undefined":
      return 0;
    case "bigint":
      return 2;
    case "number":
      return 3;
    case "boolean":
      return 4;
    case "string":
      return 5;
    default:
      if (value === null) return 1;
      if (Array.isArray(value)) return 7;
      if (value instanceof ArrayBuffer) return 6;
      return value instanceof CommitTimestamp ? 2 : 8;
  }
}

/**
 * @param {IndexedValue} left
 * @param {IndexedValue} right
 * @returns {number} negative, zero or positive
 */
export function compareValues(left, right) {
  const leftRank = rank(left);
  const rightRank = rank(right);
  if (leftRank !== rightRank) return leftRank - rightRank;
  switch (leftRank) {
    case 0:
    case 1:
      return 0;
    case 2:
      return compareNatively(integer(left), integer(right));
    case 3:
      return compareFloats(
        /** @type {number} */ (left),
        /** @type {number} */ (right),
      );
    case 4:
      return Number(left) - Number(right);
    case 5:
      return compareStrings(
        /** @type {string} */ (left),
        /** @type {string} */ (right),
      );
    case 6:
      return Buffer.compare(
        new Uint8Array(/** @type {ArrayBuffer} */ (left)),
        new Uint8Array(/** @type {ArrayBuffer} */ (right)),
      );
    case 7:
      return compareArrays(
        /** @type {ConvexValue[]} */ (left),
        /** @type {ConvexValue[]} */ (right),
      );
    default:
      return compareObjects(
        /** @type {{ [field: string]: ConvexValue }} */ (left),
        /** @type {{ [field: string]: ConvexValue }} */ (right),
      );
  }
}

/** @param {IndexedValue} value */
function integer(value) {
  return value instanceof CommitTimestamp
    ? MAX_INT64
    : /** @type {bigint} */ (value);
}

/**
 * @template {bigint | string | number} T
 * @param {T} left
 * @param {T} right
 */
function compareNatively(left, right) {
  return left < right ? -1 : left > right ? 1 : 0;
}

const bits = new DataView(new ArrayBuffer(8));

/**
 * IEEE total order: -NaN, -Infinity … -0, 0 … Infinity, NaN.
 *
 * @param {number} left
 * @param {number} right
 */
function compareFloats(left, right) {
  if (left < right) return -1;
  if (left > right) return 1;
  if (Object.is(left, right) && left === left) return 0;
  return compareNatively(totalOrderBits(left), totalOrderBits(right));
}

/** @param {number} float */
function totalOrderBits(float) {
  bits.setFloat64(0, float);
  const pattern = bits.getBigInt64(0);
  return pattern < 0n ? pattern ^ MAX_INT64 : pattern;
}

const SURROGATE = /[\ud800-\udfff]/;

/**
 * The order of the UTF-8 bytes, which is the order of code points. It differs
 * from JavaScript's order of UTF-16 units only where surrogates are involved.
 *
 * @param {string} left
 * @param {string} right
 */
function compareStrings(left, right) {
  if (left === right) return 0;
  if (!SURROGATE.test(left) && !SURROGATE.test(right))
    return left < right ? -1 : 1;
  const length = left.length < right.length ? left.length : right.length;
  for (let position = 0; position < length; position++) {
    const leftUnit = left.charCodeAt(position);
    const rightUnit = right.charCodeAt(position);
    if (leftUnit !== rightUnit)
      return codePointOrder(leftUnit) - codePointOrder(rightUnit);
  }
  return left.length - right.length;
}

/**
 * Moves surrogates behind U+E000..U+FFFF, where their code points belong.
 *
 * @param {number} unit
 */
function codePointOrder(unit) {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/**
 * @param {ConvexValue[]} left
 * @param {ConvexValue[]} right
 */
function compareArrays(left, right) {
  const length = left.length < right.length ? left.length : right.length;
  for (let position = 0; position < length; position++) {
    const order = compareValues(left[position], right[position]);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/**
 * @param {{ [field: string]: ConvexValue }} left
 * @param {{ [field: string]: ConvexValue }} right
 */
function compareObjects(left, right) {
  const leftFields = Object.keys(left).sort();
  const rightFields = Object.keys(right).sort();
  const length =
    leftFields.length < rightFields.length
      ? leftFields.length
      : rightFields.length;
  for (let position = 0; position < length; position++) {
    const leftField = /** @type {string} */ (leftFields[position]);
    const rightField = /** @type {string} */ (rightFields[position]);
    const order =
      compareStrings(leftField, rightField) ||
      compareValues(left[leftField], right[rightField]);
    if (order !== 0) return order;
  }
  return leftFields.length - rightFields.length;
}

/**
 * @param {readonly IndexedValue[]} left
 * @param {readonly IndexedValue[]} right of the same length
 */
export function compareKeys(left, right) {
  for (const [position, value] of left.entries()) {
    const order = compareValues(value, right[position]);
    if (order !== 0) return order;
  }
  return 0;
}
