import type { Value } from "convex/values";

import type { Fields } from "./documents.js";
import { isSame } from "./equality.js";
import {
  alreadyExists,
  conflict,
  createdBefore,
  notFound,
  ofItem,
  unchangeable,
} from "./errors.js";
import {
  isTextForm,
  type Merge,
  mergeJson,
  mergeOf,
  policyOf,
} from "./json.js";
import { isObject } from "./values.js";

// The functions that are given the name of an entity, its key, whose properties
// are the names of the fields, and what a caller gives name these in errors.

/**
 * The document that a repeated creation finds. Throws `AlreadyExists` unless it
 * holds just what the caller gives; fields that the backend sets count only
 * where the caller gives them.
 */
export function repeated<Document extends Fields>(
  entity: string,
  key: object,
  document: Document,
  given: Fields,
  setByBackend: readonly string[] = [],
): Document {
  const names = new Set([...Object.keys(document), ...Object.keys(given)]);
  for (const name of names) {
    const isOptional = name.startsWith("_") || setByBackend.includes(name);
    if (given[name] === undefined && isOptional) continue;
    if (!isSame(document[name], given[name])) {
      throw alreadyExists(entity, key, given);
    }
  }
  return document;
}

/** Writes each of some items; where one fails, the error says which, and its key. */
export async function writeEach<Item extends Fields>(
  items: readonly Item[],
  key: object,
  write: (item: Item, path: string) => Promise<unknown>,
): Promise<void> {
  for (const [index, item] of items.entries()) {
    await ofItem(index, write(item, `[${index}]`), key, item);
  }
}

/** Changes each of some items; where one fails, the error says which, and its key. */
export async function changeEach<Item extends Fields, Result>(
  items: readonly Item[],
  key: object,
  change: (item: Item, path: string) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const [index, item] of items.entries()) {
    const changed = change(item, `[${index}]`);
    results.push(await ofItem(index, changed, key, item));
  }
  return results;
}

/** What a caller takes the fields of a document to be. */
type Expectation = { expected?: Fields; expectedAbsent?: string[] };

/** Whether anything is expected. */
export function isExpecting({
  expected,
  expectedAbsent,
}: Expectation): boolean {
  return expected !== undefined || (expectedAbsent ?? []).length > 0;
}

/**
 * Throws `Conflict` where a field of a document is not as a caller expects, and
 * `NotFound` where there is no document of which something is expected.
 */
export function requireExpected(
  entity: string,
  key: object,
  given: Fields,
  document: Fields | null,
  expecting: Expectation,
): void {
  if (!isExpecting(expecting)) return;
  if (document === null) throw notFound(entity, key, given);
  const { expected = {}, expectedAbsent = [] } = expecting;
  const differing =
    Object.keys(expected).find(
      (name) => !isSame(document[name], expected[name]),
    ) ?? expectedAbsent.find((name) => document[name] !== undefined);
  if (differing !== undefined) throw conflict(entity, key, given, differing);
}

/** Throws `Conflict` where a caller gives an immutable field another value. */
export function requireUnchanged(
  entity: string,
  key: object,
  given: Fields,
  document: Fields,
  immutable: readonly string[],
): void {
  const changed = immutable.find(
    (name) => !isSame(document[name], given[name]),
  );
  if (changed !== undefined) throw unchangeable(entity, key, given, changed);
}

/** Throws `Conflict` where a caller gives a time that its creation alone may give. */
export function requireCreated(
  entity: string,
  key: object,
  given: Fields,
  document: Fields | null,
  created: readonly string[],
): void {
  if (document === null) return;
  const changed = created.find(
    (name) =>
      given[name] !== undefined &&
      document[name] !== undefined &&
      !isSame(document[name], given[name]),
  );
  if (changed !== undefined) throw createdBefore(entity, key, given, changed);
}

/** The last millisecond of the year 9999, where the times of Python end. */
const LATEST = 253402300799999;

/**
 * The time of a write: now, or just after the write before it where that is not
 * over, so that no two are the same and none goes back.
 */
export function timeAfter(
  previous: number | null | undefined,
  now: number = Date.now(),
): number {
  return Math.min(Math.max(now, (previous ?? -Infinity) + 1), LATEST);
}

/** The number of a write: one more than that of the write before it. */
export function revisionAfter(previous: number | null | undefined): number {
  return (previous ?? 0) + 1;
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

/** What a caller gives, with what a document has of some fields that it does not give. */
export function withKept<Given extends object, Name extends keyof Given>(
  document: { [Field in Name]?: Given[Field] | undefined },
  given: Given,
  names: readonly Name[],
): Given {
  const filled = { ...given };
  for (const name of names) {
    const stored = document[name];
    if (filled[name] === undefined && stored !== undefined) {
      filled[name] = stored;
    }
  }
  return filled;
}

/**
 * A patch with all fields of those references of which it changes one, each
 * reference by its fields.
 */
export function withReferences<Document extends object>(
  existing: Document,
  patch: SomeOf<Document>,
  references: (keyof Document)[][],
): SomeOf<Document> {
  const result: SomeOf<Document> = {};
  for (const names of references) {
    if (!names.some((name) => name in patch)) continue;
    for (const name of names) result[name] = existing[name];
  }
  return { ...result, ...patch };
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
  merge: Merge,
): Shape;
export function mergeObjects<Shape extends Fields>(
  stored: Shape | null | undefined,
  change: Shape | null,
  merge: Merge,
): Shape | null;
export function mergeObjects(
  stored: Fields | null | undefined,
  change: Fields | null,
  merge: Merge,
): Fields | null {
  if (!isObject(stored) || !isObject(change)) return change;
  const merged = { ...stored, ...change };
  for (const [key, value] of Object.entries(change)) {
    const base = stored[key];
    if (base !== undefined && value !== undefined) {
      merged[key] = mergeInner(base, value, mergeOf(merge, key));
    }
  }
  return merged;
}

function mergeInner(base: Value, change: Value, merge: Merge): Value {
  const { how, isJson = false } = policyOf(merge);
  if (how === "replace" || !isObject(base) || !isObject(change)) return change;
  return isJson || isTextForm(base) || isTextForm(change)
    ? mergeJson(base, change, merge)
    : (mergeObjects(base, change, merge) as Value);
}
