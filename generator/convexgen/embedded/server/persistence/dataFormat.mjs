/**
 * The format of a data file: a first line that names it, then one line a record,
 * in the order of the commits:
 *
 *     convexgen data 2
 *     0000004d 3f7a0c1d5b2e9a84 {"timestamp":"1700000000000000000",…}
 *
 * the length of the JSON in bytes (8 hexadecimal digits), the beginning of the
 * SHA-256 of what stands so in the line before and of the JSON (16), and a
 * `CommitRecord`, whose bytes of files are in base64. So a record that was removed,
 * repeated or moved is noticed, unless all behind it are gone too. In version 1, the
 * SHA-256 is that of the JSON alone.
 */

import { createHash } from "node:crypto";

/** @typedef {import("../database/commits.mjs").CommitRecord} CommitRecord */

export const FIRST_LINE = "convexgen data 2\n";
/** Of every version. */
export const FIRST_LINE_PATTERN = /^convexgen data (?<version>\d+)\n/;
/** Of the version that had no chain. */
export const UNCHAINED_FIRST_LINE = "convexgen data 1\n";
/** What the first record follows on. */
export const FIRST_DIGEST = digestOf("", Buffer.from(FIRST_LINE));

/** Of what stands in front of the JSON. */
export const HEAD_LENGTH = 26;
const HEAD = /^(?<length>[0-9a-f]{8}) (?<digest>[0-9a-f]{16}) $/;

/** A part of a snapshot is not much longer: it has to fit into one string. */
const PART_LENGTH = 8_000_000;

/**
 * @param {CommitRecord} record
 * @param {string} before the digest of the record before
 * @returns {{ line: Buffer, digest: string }}
 */
export function encodeRecord(record, before) {
  const json = JSON.stringify({
    ...record,
    files: record.files.map(([id, contentType, bytes]) => [
      id,
      contentType,
      Buffer.from(bytes).toString("base64"),
    ]),
  });
  const body = Buffer.from(json);
  const length = body.length.toString(16).padStart(8, "0");
  const digest = digestOf(before, body);
  const head = Buffer.from(`${length} ${digest} `);
  return { line: Buffer.concat([head, body, Buffer.from("\n")]), digest };
}

/**
 * @param {string} before
 * @param {Buffer} body
 */
function digestOf(before, body) {
  const hash = createHash("sha256").update(before).update(body);
  return hash.digest("hex").slice(0, 16);
}

/**
 * @param {Buffer} head
 * @returns {{ length: number, digest: string } | null} the length with the line's end; null when it is no head
 */
export function decodeHead(head) {
  const groups = HEAD.exec(head.toString("latin1"))?.groups;
  if (groups === undefined) return null;
  const { length = "", digest = "" } = groups;
  return { length: parseInt(length, 16) + 1, digest };
}

/**
 * @param {Buffer} line what follows the head
 * @param {string} digest
 * @param {string} before the digest of the record before
 * @returns {CommitRecord | null} null when it is not what was written there
 */
export function decodeRecord(line, digest, before) {
  const body = line.subarray(0, -1);
  if (line.at(-1) !== 0x0a || digestOf(before, body) !== digest) return null;
  const { files, ...rest } = JSON.parse(body.toString());
  return {
    ...rest,
    files: files.map((/** @type {[string, string, string]} */ file) => {
      const [id, contentType, text] = file;
      return [id, contentType, new Uint8Array(Buffer.from(text, "base64"))];
    }),
  };
}

/**
 * @param {CommitRecord} record
 * @returns {Generator<CommitRecord>} records that together have the same effect
 */
export function* splitRecord({
  timestamp,
  tables,
  documents,
  files,
  requests,
}) {
  const nothing = { tables: [], documents: [], files: [], requests: [] };
  yield { timestamp, ...nothing, tables };
  for (const part of parts(requests, ([, , value]) => value.length))
    yield { timestamp, ...nothing, requests: part };
  for (const part of parts(documents, ([, , , json]) => json?.length ?? 0))
    yield { timestamp, ...nothing, documents: part };
  for (const part of parts(files, ([, , bytes]) => bytes.length))
    yield { timestamp, ...nothing, files: part };
}

/**
 * @template T
 * @param {T[]} items
 * @param {(item: T) => number} lengthOf
 * @returns {Generator<T[]>}
 */
function* parts(items, lengthOf) {
  /** @type {T[]} */
  let part = [];
  let length = 0;
  for (const item of items) {
    part.push(item);
    length += lengthOf(item);
    if (length < PART_LENGTH) continue;
    yield part;
    part = [];
    length = 0;
  }
  if (part.length > 0) yield part;
}
