/** Timestamps on the wire: base64 of 8 bytes, little-endian, unsigned. */

/** They are signed where they are stored. */
export const MAX_TIMESTAMP = 2n ** 63n - 1n;

/**
 * @param {bigint} timestamp Unix nanoseconds
 * @returns {string}
 */
export function encodeTimestamp(timestamp) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(timestamp);
  return bytes.toString("base64");
}

/**
 * @param {unknown} text
 * @returns {bigint | null} null when it is none
 */
export function decodeTimestamp(text) {
  if (typeof text !== "string") return null;
  const bytes = Buffer.from(text, "base64");
  // Node reads what is no base64 too.
  const isOne = bytes.length === 8 && bytes.toString("base64") === text;
  return isOne ? bytes.readBigUInt64LE() : null;
}
