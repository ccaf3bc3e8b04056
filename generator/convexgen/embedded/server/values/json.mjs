/**
 * Convex values as JSON text and back.
 *
 * Two encodings leave the server. `convex_encoded_json` is lossless: an int64 is
 * `{"$integer": base64}`, bytes are `{"$bytes": base64}`, a float that JSON
 * cannot hold is `{"$float": base64}`. `json` is lossy: an int64 is a decimal
 * string, bytes are base64 text. In both, a float always has a point or an
 * exponent, as serde_json writes it: the Python client refuses a bare integer.
 * What comes in is always the lossless encoding.
 */

import {
  CommitTimestamp,
  MAX_INT64,
  MIN_INT64,
  isPlainObject,
} from "./values.mjs";

/**
 * @typedef {import("./values.mjs").ConvexValue} ConvexValue
 * @typedef {null | boolean | number | string | JsonArray | JsonObject} JsonValue
 * @typedef {JsonValue[]} JsonArray
 * @typedef {{ [key: string]: JsonValue }} JsonObject
 * @typedef {(value: ConvexValue) => string} Encoder
 */

/** A value that Convex has no type for; the text says what and where. */
export class UnsupportedValue extends Error {}

/**
 * @param {ConvexValue} value
 * @returns {string} `convex_encoded_json`
 * @throws {UnsupportedValue}
 */
export function encodeValue(value) {
  switch (typeof value) {
    case "string":
      // A lone surrogate has no UTF-8: Convex replaces it, too.
      return JSON.stringify(
        value.isWellFormed() ? value : value.toWellFormed(),
      );
    case "number":
      return encodeFloat(value);
    case "boolean":
      return value ? "true" : "false";
    case "bigint":
      return `{"$integer":"${encodeInteger(value)}"}`;
    default:
      if (value === null) return "null";
      if (Array.isArray(value)) return encodeArray(value, encodeValue);
      if (value instanceof ArrayBuffer) {
        return `{"$bytes":"${Buffer.from(value).toString("base64")}"}`;
      }
      if (value instanceof CommitTimestamp) return '{"$commitTs":null}';
      return encodeObject(value, encodeValue);
  }
}

/**
 * @param {ConvexValue} value
 * @returns {string} the lossy `json` format
 * @throws {UnsupportedValue}
 */
export function encodeCleanValue(value) {
  switch (typeof value) {
    case "bigint":
      return `"${value}"`;
    case "number":
      if (Number.isNaN(value)) return '"NaN"';
      if (Number.isFinite(value)) return floatText(value);
      return value > 0 ? '"Infinity"' : '"-Infinity"';
    case "object":
      if (value instanceof ArrayBuffer)
        return `"${Buffer.from(value).toString("base64")}"`;
      if (Array.isArray(value)) return encodeArray(value, encodeCleanValue);
      if (isPlainObject(value)) return encodeObject(value, encodeCleanValue);
      return encodeValue(value);
    default:
      return encodeValue(value);
  }
}

/**
 * What an array does not have is null, as for `JSON.stringify`.
 *
 * @param {ConvexValue[]} values
 * @param {Encoder} encode
 * @returns {string}
 */
function encodeArray(values, encode) {
  let text = "[";
  for (let index = 0; index < values.length; index += 1) {
    const value = /** @type {ConvexValue} */ (values[index]);
    if (index > 0) text += ",";
    text += value === undefined && !(index in values) ? "null" : encode(value);
  }
  return `${text}]`;
}

/**
 * @param {unknown} value
 * @param {Encoder} encode
 * @returns {string}
 */
function encodeObject(value, encode) {
  if (!isPlainObject(value)) {
    throw new UnsupportedValue(
      `${String(value)} is not a supported Convex type.`,
    );
  }
  let text = "{";
  for (const field of Object.keys(value).sort()) {
    const item = value[field];
    if (item === undefined) continue;
    if (text.length > 1) text += ",";
    text += `${JSON.stringify(field)}:${encode(item)}`;
  }
  return `${text}}`;
}

const word = new DataView(new ArrayBuffer(8));
const wordBytes = Buffer.from(word.buffer);

/**
 * @param {bigint} integer
 * @returns {string} base64 of the 8 bytes, little-endian two's complement
 */
export function encodeInteger(integer) {
  if (integer > MAX_INT64 || integer < MIN_INT64) {
    throw new UnsupportedValue(
      `BigInt ${integer} does not fit into a 64-bit signed integer.`,
    );
  }
  word.setBigInt64(0, integer, true);
  return wordBytes.toString("base64");
}

/** @param {number} float */
function encodeFloat(float) {
  if (Number.isFinite(float) && !Object.is(float, -0)) return floatText(float);
  word.setFloat64(0, float, true);
  return `{"$float":"${wordBytes.toString("base64")}"}`;
}

/** @param {number} float a finite one */
export function floatText(float) {
  if (Object.is(float, -0)) return "-0.0";
  const text = String(float);
  return Number.isInteger(float) && !text.includes("e") ? `${text}.0` : text;
}

/** Deeper JSON is refused before it can exhaust the stack; the exact limits come later. */
const MAX_DECODED_NESTING = 66;

/**
 * @param {JsonValue} json the lossless encoding
 * @param {number} [nesting] of `json` itself
 * @returns {ConvexValue}
 * @throws {UnsupportedValue} on a malformed special value
 */
export function decodeValue(json, nesting = 0) {
  if (typeof json !== "object" || json === null) return json;
  if (nesting > MAX_DECODED_NESTING) {
    throw new UnsupportedValue("Value is too nested (maximum nesting 64)");
  }
  if (Array.isArray(json))
    return json.map((item) => decodeValue(item, nesting + 1));
  const fields = Object.keys(json);
  if (fields.length === 1 && fields[0]?.startsWith("$"))
    return decodeSpecial(fields[0], json);
  /** @type {{ [field: string]: ConvexValue }} */
  const object = {};
  for (const field of fields) {
    // A plain assignment to `__proto__` would be lost.
    if (field === "__proto__") {
      Object.defineProperty(object, field, {
        value: decodeValue(/** @type {JsonValue} */ (json[field]), nesting + 1),
        enumerable: true,
        configurable: true,
        writable: true,
      });
    } else {
      object[field] = decodeValue(
        /** @type {JsonValue} */ (json[field]),
        nesting + 1,
      );
    }
  }
  return object;
}

/**
 * @param {string} tag
 * @param {{ [key: string]: JsonValue }} json
 * @returns {ConvexValue}
 */
function decodeSpecial(tag, json) {
  switch (tag) {
    case "$integer":
      return wordOf(tag, json).getBigInt64(0, true);
    case "$float": {
      const float = wordOf(tag, json).getFloat64(0, true);
      if (Number.isFinite(float) && !Object.is(float, -0)) {
        throw new UnsupportedValue(
          `Float ${float} should be encoded as a number`,
        );
      }
      return float;
    }
    case "$bytes": {
      const bytes = base64Bytes(tag, json);
      return /** @type {ArrayBuffer} */ (
        bytes.buffer.slice(
          bytes.byteOffset,
          bytes.byteOffset + bytes.byteLength,
        )
      );
    }
    case "$commitTs":
      return CommitTimestamp.PENDING;
    default:
      throw new UnsupportedValue(
        `Field name ${tag} starts with '$', which is reserved.`,
      );
  }
}

/**
 * @param {string} tag
 * @param {{ [key: string]: JsonValue }} json
 */
function base64Bytes(tag, json) {
  const text = json[tag];
  if (
    typeof text !== "string" ||
    !/^[A-Za-z0-9+/]*={0,2}$/.test(text) ||
    text.length % 4 !== 0
  ) {
    throw new UnsupportedValue(`Malformed ${tag} field: expected base64 text`);
  }
  return Buffer.from(text, "base64");
}

/**
 * @param {string} tag
 * @param {{ [key: string]: JsonValue }} json
 */
function wordOf(tag, json) {
  const bytes = base64Bytes(tag, json);
  if (bytes.length !== 8) {
    throw new UnsupportedValue(
      `Received ${bytes.length} bytes, expected 8 for ${tag}`,
    );
  }
  return new DataView(bytes.buffer, bytes.byteOffset, 8);
}
