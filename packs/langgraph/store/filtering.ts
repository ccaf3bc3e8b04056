import { compareValues, ConvexError } from "convex/values";

import type { Item } from "./items.js";

// What LangGraph's stores ask of the entries of a value, as `InMemoryStore` does of JSON.

type Json = null | boolean | number | string | Json[] | JsonObject;

interface JsonObject {
  [name: string]: Json;
}

type Compare = (value: Json, other: Json) => boolean;

const OPERATORS: ReadonlyMap<string, Compare> = new Map([
  ["$eq", isEqual],
  ["$ne", (value: Json, other: Json) => !isEqual(value, other)],
  ["$gt", ordered((order) => order > 0)],
  ["$gte", ordered((order) => order >= 0)],
  ["$lt", ordered((order) => order < 0)],
  ["$lte", ordered((order) => order <= 0)],
]);

/** Whether an item has what a filter asks for, which is JSON text. */
export function filterOf(text: string | undefined): (item: Item) => boolean {
  if (text === undefined) return () => true;
  const wanted = entriesOf(JSON.parse(text) as JsonObject);
  return (item) => {
    const { compared, data } = item.value;
    const given = JSON.parse(
      compared ?? new TextDecoder().decode(data),
    ) as JsonObject;
    return wanted.every(([name, one]) => {
      requireComparable(item, name, given);
      return hasLike(entry(given, name), one);
    });
  };
}

/** Throws where an entry of a long value may be there, and is not among those that are compared. */
function requireComparable(
  { namespace, key, value }: Item,
  name: string,
  given: JsonObject,
): void {
  if (value.compared === undefined || Object.hasOwn(given, name)) return;
  if (value.long?.includes(name) === false) return;
  const place = JSON.stringify([...namespace, key]);
  throw new ConvexError({
    code: "LimitExceeded",
    message: `${JSON.stringify(name)} of the item ${place} is too long for a filter`,
    path: "filter",
  });
}

/** Whether a value is what a filter asks for: in objects, operators or some entries. */
function hasLike(value: Json, wanted: Json): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(value) &&
      value.length === wanted.length &&
      wanted.every((one, index) => hasLike(value[index] ?? null, one))
    );
  }
  if (!isObject(wanted)) return value === wanted;
  const entries = entriesOf(wanted);
  if (entries.some(([name]) => name.startsWith("$"))) {
    return entries.every(
      ([name, other]) => OPERATORS.get(name)?.(value, other) ?? false,
    );
  }
  return (
    isObject(value) &&
    entries.every(([name, one]) => hasLike(entry(value, name), one))
  );
}

function isEqual(value: Json, other: Json): boolean {
  if (Array.isArray(value)) {
    return (
      Array.isArray(other) &&
      value.length === other.length &&
      value.every((one, index) => isEqual(one, other[index] ?? null))
    );
  }
  if (!isObject(value)) return value === other;
  if (!isObject(other)) return false;
  const names = Object.keys(value);
  return (
    names.length === Object.keys(other).length &&
    names.every(
      (name) =>
        Object.hasOwn(other, name) &&
        isEqual(entry(value, name), entry(other, name)),
    )
  );
}

/** Numbers are compared with numbers and texts with texts; of all else, none is more or less. */
function ordered(isIn: (order: number) => boolean): Compare {
  return (value, other) => {
    if (typeof value === "number" && typeof other === "number") {
      return isIn(value - other);
    }
    return (
      typeof value === "string" &&
      typeof other === "string" &&
      isIn(compareValues(value, other))
    );
  };
}

function isObject(value: Json): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function entriesOf(given: JsonObject): [string, Json][] {
  return Object.keys(given).map((name) => [name, entry(given, name)]);
}

/** An entry, or null: of its own, as every object has a `constructor`. */
function entry(given: JsonObject, name: string): Json {
  return Object.hasOwn(given, name) ? (given[name] ?? null) : null;
}
