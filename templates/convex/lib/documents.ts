import {
  compareValues,
  getConvexSize,
  getDocumentSize,
  type Value,
} from "convex/values";

import {
  at,
  duplicateKey,
  limitExceeded,
  mebibytes,
  ofItem,
} from "./errors.js";
import { isSameJson } from "./json.js";
import { isObject } from "./values.js";

export type Fields = Record<string, Value | undefined>;

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
export const MAX_SAME_KEY = 9;

/**
 * The only document found with a key, or null. Throws `DuplicateKey` where
 * there are several: other functions, an import or the dashboard wrote them.
 */
export function only<Document extends Fields>(
  entity: string,
  names: string[],
  key: Fields,
  found: Document[],
): Document | null {
  const [first, ...others] = found;
  if (others.length === 0) return first ?? null;
  const ids = found.map((one) => String(one["_id"]));
  const isCut = found.length === MAX_SAME_KEY;
  throw duplicateKey(entity, names, key, ids, isCut);
}

/** A document that this very transaction wrote. */
export function written<Document>(document: Document | null): Document {
  if (document === null) {
    throw new Error("A document vanished within the transaction that wrote it");
  }
  return document;
}

/**
 * Whether a document holds just what a caller gives. Fields that the backend
 * sets count only where the caller gives them.
 */
export function holdsExactly(
  document: Fields,
  given: Fields,
  setByBackend: readonly string[] = [],
): boolean {
  const names = new Set([...Object.keys(document), ...Object.keys(given)]);
  for (const name of names) {
    const isOptional = name.startsWith("_") || setByBackend.includes(name);
    if (given[name] === undefined && isOptional) continue;
    if (differ(document[name], given[name])) return false;
  }
  return true;
}

/** The first field that is not as a caller expects, if any. */
export function findMismatch(
  document: Fields,
  expected: Fields = {},
  expectedAbsent: readonly string[] = [],
): string | undefined {
  const differing = Object.keys(expected).find((name) =>
    differ(document[name], expected[name]),
  );
  return (
    differing ?? expectedAbsent.find((name) => document[name] !== undefined)
  );
}

/** The first of some fields that does not hold what a caller gives, if any. */
export function findChange(
  document: Fields,
  given: Fields,
  names: readonly string[],
): string | undefined {
  return names.find((name) => differ(document[name], given[name]));
}

function differ(left: Value | undefined, right: Value | undefined): boolean {
  return compareValues(left, right) !== 0 && !isSameJson(left, right);
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

/** Some fields of a document; one that is `undefined` is absent. */
export type SomeOf<Document> = {
  [Name in keyof Document]?: Document[Name] | undefined;
};

/** Whether all of some fields are given, and none is null. */
export function hasAll<Given extends object, Field extends keyof Given>(
  given: Given,
  fields: Field[],
): given is Given & { [Name in Field]-?: NonNullable<Given[Name]> } {
  return fields.every((name) => (given[name] ?? null) !== null);
}

/** A patch that removes fields: Convex removes what is set to `undefined`. */
export function removal<Name extends string>(
  names: readonly Name[] = [],
): Partial<Record<Name, undefined>> {
  const patch: Partial<Record<Name, undefined>> = {};
  for (const name of names) patch[name] = undefined;
  return patch;
}

/** An object with the entries of a change laid over those that are there. */
export function mergeObjects<Shape extends Fields>(
  stored: Shape | null | undefined,
  change: Shape,
  depth: "shallow" | "deep",
): Shape;
export function mergeObjects<Shape extends Fields>(
  stored: Shape | null | undefined,
  change: Shape | null,
  depth: "shallow" | "deep",
): Shape | null;
export function mergeObjects(
  stored: Fields | null | undefined,
  change: Fields | null,
  depth: "shallow" | "deep",
): Fields | null {
  if (!isObject(stored) || !isObject(change)) return change;
  const merged = { ...stored, ...change };
  if (depth === "deep") {
    for (const [key, value] of Object.entries(change)) {
      const base = stored[key];
      if (isObject(base) && isObject(value)) {
        merged[key] = mergeObjects(base, value, depth);
      }
    }
  }
  return merged;
}
