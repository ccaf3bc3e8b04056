import type {
  DocumentByInfo,
  GenericTableInfo,
  OrderedQuery,
} from "convex/server";
import { getConvexSize, getDocumentSize, type Value } from "convex/values";

import {
  at,
  duplicateKey,
  limitExceeded,
  mebibytes,
  ofItem,
} from "./errors.js";
import { isObject } from "./values.js";

export type Fields = Record<string, Value | undefined>;

/** What a document has in a column: a field, or with dots a field of objects in one. */
export function valueIn(document: Fields, column: string): Value | undefined {
  let found: Value | Fields | undefined = document;
  for (const name of column.split(".")) {
    if (!isObject(found) || !Object.hasOwn(found, name)) return undefined;
    found = found[name];
  }
  return found as Value | undefined;
}

/** In bytes: https://docs.convex.dev/production/state/limits */
export const MAX_DOCUMENT_SIZE: number = 1024 * 1024;

/** What a query reads and returns, less what the keys and the rest take. */
const MAX_READ = 15 * MAX_DOCUMENT_SIZE;

/**
 * What is found for each of some keys, in their order. Reads no more at once
 * than could be read if each were as large as can be. Throws `LimitExceeded`
 * where a query cannot read them all: `fits` is how many of the first ones it
 * can.
 */
export async function findEvery<Key, Found extends Fields | null>(
  keys: readonly Key[],
  find: (key: Key) => Promise<Found>,
): Promise<Found[]> {
  const found: Found[] = [];
  let left = MAX_READ;
  while (found.length < keys.length) {
    const start = found.length;
    const count = Math.floor(left / MAX_DOCUMENT_SIZE);
    if (count === 0) {
      throw limitExceeded(
        `${start} documents hold ${mebibytes(MAX_READ - left)}, about what a ` +
          `query reads: ask for at most ${start}`,
        { fits: start },
      );
    }
    const batch = keys
      .slice(start, start + count)
      .map((key, index) => ofItem(start + index, find(key)));
    for (const one of await Promise.all(batch)) {
      if (one !== null) left -= sizeOf(one);
      found.push(one);
    }
  }
  return found;
}

/** How many documents with the same key are read, to name them. */
const MAX_SAME_KEY = 9;

/**
 * The only document that is found with a key, or null; the names of its fields
 * are those of the properties of `key`, the values those of `given`. Throws
 * `DuplicateKey` where there are several: other functions, an import or the
 * dashboard wrote them.
 */
export async function only<Table extends GenericTableInfo>(
  entity: string,
  key: object,
  given: Fields,
  query: OrderedQuery<Table>,
): Promise<DocumentByInfo<Table> | null> {
  const found = await query.take(MAX_SAME_KEY);
  const [first, ...others] = found;
  if (others.length === 0) return first ?? null;
  const ids = found.map((one) => String(one["_id"]));
  const isCut = found.length === MAX_SAME_KEY;
  throw duplicateKey(entity, key, given, ids, isCut);
}

/** A document that this very transaction wrote. */
export function written<Document>(document: Document | null): Document {
  if (document === null) {
    throw new Error("A document vanished within the transaction that wrote it");
  }
  return document;
}

/** The size of a document as Convex counts it, in bytes. */
export function sizeOf(document: Fields): number {
  // Fields that are undefined count nothing.
  return getDocumentSize(document as Record<string, Value>);
}

/**
 * Throws `LimitExceeded`, which names the largest field, where a document is
 * too large.
 */
export function requireFitting(document: Fields, path: string): void {
  const size = sizeOf(document);
  if (size <= MAX_DOCUMENT_SIZE) return;
  let largest = { name: "", bytes: 0 };
  for (const name of Object.keys(document)) {
    const bytes = getConvexSize(document[name]);
    if (bytes > largest.bytes) largest = { name, bytes };
  }
  throw limitExceeded(
    `\`${at(path, largest.name)}\` takes ${mebibytes(largest.bytes)} of a ` +
      `document of ${mebibytes(size)}, and Convex stores 1 MiB at most`,
    { path: at(path, largest.name), bytes: largest.bytes },
  );
}
