/**
 * Document ids in Convex's own format: Crockford base32 (lower case) of
 * VInt(table number), 16 bytes and a Fletcher-16 checksum.
 * Source: the backend's `value/src/{id_v6,base32}.rs`.
 */

import { randomFillSync } from "node:crypto";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const NO_DIGIT = -1;
/** By the codes of the characters. */
const DIGITS = new Int8Array(128).fill(NO_DIGIT);
for (const [digit, character] of [...ALPHABET].entries())
  DIGITS[character.charCodeAt(0)] = digit;
const INTERNAL_ID_LENGTH = 16;
const CHECKSUM_LENGTH = 2;
const MIN_LENGTH = 31;
const MAX_LENGTH = 37;
const RANDOM_POOL_SIZE = 16 * 1024;

const randomPool = Buffer.alloc(RANDOM_POOL_SIZE);
let randomPosition = RANDOM_POOL_SIZE;

/**
 * @param {number} tableNumber
 * @returns {string} a new random id
 */
export function generateId(tableNumber) {
  if (randomPosition + INTERNAL_ID_LENGTH > RANDOM_POOL_SIZE) {
    randomFillSync(randomPool);
    randomPosition = 0;
  }
  const internalId = randomPool.subarray(
    randomPosition,
    randomPosition + INTERNAL_ID_LENGTH,
  );
  randomPosition += INTERNAL_ID_LENGTH;
  return encodeId(tableNumber, internalId);
}

/**
 * @param {number} tableNumber
 * @param {Uint8Array} internalId 16 bytes
 * @returns {string}
 */
export function encodeId(tableNumber, internalId) {
  /** @type {number[]} */
  const bytes = [];
  let rest = tableNumber;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest, ...internalId);
  const checksum = fletcher16(bytes, bytes.length);
  bytes.push(checksum & 0xff, checksum >> 8);
  return toBase32(bytes);
}

/**
 * @param {string} id
 * @returns {number | null} the table number, null when it is no id
 */
export function tableNumberOfId(id) {
  const decoded = decodeId(id);
  return typeof decoded === "number" ? decoded : null;
}

/**
 * @param {string} id
 * @returns {number | string} the table number, or what is wrong, in the backend's words
 */
export function decodeId(id) {
  if (id.length < MIN_LENGTH || id.length > MAX_LENGTH) return wrongLength(id);
  const bytes = fromBase32(id);
  if (bytes === null) return "ID wasn't valid base32";
  let tableNumber = 0;
  let position = 0;
  for (;;) {
    const byte = bytes[position];
    if (byte === undefined || position >= 5) return "Invalid table number";
    tableNumber += (byte & 0x7f) * 2 ** (7 * position);
    position += 1;
    if (byte < 0x80) break;
  }
  const checked = position + INTERNAL_ID_LENGTH;
  if (tableNumber === 0) return "Invalid table number";
  const low = bytes[checked];
  const high = bytes[checked + 1];
  if (low === undefined || high === undefined) return wrongLength(id);
  const checksum = fletcher16(bytes, checked);
  const found = (high << 8) | low;
  if (found !== checksum)
    return `Invalid ID version ${found} (expected ${checksum})`;
  const isCanonical =
    bytes.length === checked + CHECKSUM_LENGTH && toBase32(bytes) === id;
  return isCanonical ? tableNumber : wrongLength(id);
}

/** @param {string} id */
function wrongLength(id) {
  return `Invalid ID length ${Buffer.byteLength(id)}`;
}

/**
 * @param {number[]} bytes
 * @param {number} count of the first ones, which it is of
 */
function fletcher16(bytes, count) {
  let low = 0;
  let high = 0;
  for (let place = 0; place < count; place++) {
    low = (low + /** @type {number} */ (bytes[place])) & 0xff;
    high = (high + low) & 0xff;
  }
  return (high << 8) | low;
}

/** @param {number[]} bytes */
function toBase32(bytes) {
  let text = "";
  let pending = 0;
  let pendingBits = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    pendingBits += 8;
    while (pendingBits >= 5) {
      pendingBits -= 5;
      text += ALPHABET[(pending >> pendingBits) & 0x1f];
    }
    pending &= (1 << pendingBits) - 1;
  }
  if (pendingBits > 0) text += ALPHABET[(pending << (5 - pendingBits)) & 0x1f];
  return text;
}

/**
 * @param {string} text
 * @returns {number[] | null}
 */
function fromBase32(text) {
  /** @type {number[]} */
  const bytes = [];
  let pending = 0;
  let pendingBits = 0;
  for (let place = 0; place < text.length; place++) {
    const digit = DIGITS[text.charCodeAt(place)] ?? NO_DIGIT;
    if (digit === NO_DIGIT) return null;
    pending = (pending << 5) | digit;
    pendingBits += 5;
    if (pendingBits >= 8) {
      pendingBits -= 8;
      bytes.push(pending >> pendingBits);
      pending &= (1 << pendingBits) - 1;
    }
  }
  return bytes;
}
