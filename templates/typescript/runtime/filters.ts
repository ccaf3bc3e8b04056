import type { Value } from "convex/values";

import { type Arguments, fieldsOf } from "./calls.js";
import { json, requireKnown, requireStorable } from "./codecs.js";
import { type InvalidArgument, invalidArgument } from "./errors.js";
import { isObject } from "./values.js";
import { UNSET } from "./types.js";

const BOUNDS = ["gt", "gte", "lt", "lte"] as const;

/** A value of a condition as the functions take it. */
type Encode = (value: unknown, path: string) => Value;

/**
 * What `where` of a query says of the fields that `names` has, as the functions
 * take it; the conditions of `jsonFields` are about paths. Throws `InvalidArgument`, which names the field.
 */
export function encodeWhere(
  where: object | undefined,
  names: readonly string[],
  jsonFields: readonly string[],
  mayBeAbsent: readonly string[],
): Value | undefined {
  if (where === undefined) return undefined;
  requireKnown(fieldsOf(where), names, "where");
  const found: Arguments = {};
  for (const [field, given] of Object.entries<unknown>(fieldsOf(where))) {
    if (given === undefined) continue;
    const path = `where.${field}`;
    found[field] = jsonFields.includes(field)
      ? encodePaths(given, path)
      : encodeCondition(given, path, asItIs, mayBeAbsent.includes(field));
  }
  return found;
}

function encodePaths(given: unknown, path: string): Value {
  if (!isObject(given)) {
    throw invalidArgument(path, 'names paths, such as { "user.id": 5 }');
  }
  return Object.entries<unknown>(given)
    .filter(([, condition]) => condition !== undefined)
    .map(([name, condition]) => {
      const encode: Encode = (value, place) =>
        json.encode(value, place) as Value;
      const place = `${path}[${JSON.stringify(name)}]`;
      return { path: name, ...encodeCondition(condition, place, encode, true) };
    });
}

function asItIs(value: unknown, path: string): Value {
  requireStorable(value, path);
  return value as Value;
}

function encodeCondition(
  given: unknown,
  path: string,
  encode: Encode,
  mayBeAbsent: boolean,
): Record<string, Value> {
  const oneOf = (
    values: readonly unknown[],
    absent: boolean,
  ): Record<string, Value> => {
    const found = values.map((value) => {
      if (value !== undefined && value !== UNSET) return encode(value, path);
      const advice = "write `absent: true` beside `in`";
      throw invalidArgument(path, `has ${String(value)} in it: ${advice}`);
    });
    if (!absent) return { in: found };
    if (mayBeAbsent) return { in: found, absent };
    throw invalidArgument(path, "is never absent: `UNSET` finds nothing");
  };
  if (given === UNSET) return oneOf([], true);
  if (!isObject(given)) return oneOf([given], false);
  const {
    in: values,
    absent = false,
    contains,
    ...bounds
  } = given as Record<string, unknown>;
  const isEmpty = Object.values(bounds).every((bound) => bound === undefined);
  if (isEmpty && Array.isArray(values) && contains === undefined) {
    return oneOf(values, absent === true);
  }
  if (isEmpty && Array.isArray(contains) && contains.length > 0) {
    if (values === undefined) {
      return { contains: contains.map((value) => encode(value, path)) };
    }
  }
  if (values === undefined && contains === undefined && absent === false) {
    return encodeBounds(bounds, path, encode);
  }
  throw notACondition(path);
}

function encodeBounds(
  given: Record<string, unknown>,
  path: string,
  encode: Encode,
): Record<string, Value> {
  const bounds: Record<string, Value> = {};
  for (const [name, bound] of Object.entries(given)) {
    if (!BOUNDS.some((one) => one === name)) throw notACondition(path);
    if (bound === undefined) continue;
    if (bound === null || bound === UNSET || Number.isNaN(bound)) {
      throw invalidArgument(path, `has a bound \`${name}\` that is no value`);
    }
    bounds[name] = encode(bound, path);
  }
  for (const [open, closed] of [
    ["gt", "gte"],
    ["lt", "lte"],
  ] as const) {
    if (open in bounds && closed in bounds) {
      throw invalidArgument(path, `has ${open} or ${closed}, not both`);
    }
  }
  return bounds;
}

function notACondition(path: string): InvalidArgument {
  return invalidArgument(
    path,
    "is no condition: one has `in` or `contains` with an array, or `gt`, `gte`, `lt`, `lte`",
  );
}
