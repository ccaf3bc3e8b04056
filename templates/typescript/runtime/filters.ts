import type { Value } from "convex/values";

import {
  type Arguments,
  fieldsOf,
  refuseUndefined,
  requireKnown,
} from "./calls.js";
import { json, requireStorable } from "./codecs.js";
import { type InvalidArgument, invalidArgument } from "./errors.js";
import { mayBeNull, type Nulls, ofEach } from "./nulls.js";
import { isObject } from "./values.js";
import { UNSET } from "./types.js";

const BOUNDS = ["gt", "gte", "lt", "lte"] as const;

/** A value of a condition as the functions take it. */
type Encode = (value: unknown, path: string) => Value;

/** The fields of which null or `UNSET` finds something. */
export interface Findable {
  mayBeAbsent: readonly string[];
  nullable: Readonly<Record<string, Nulls>>;
}

/** Whether null and `UNSET` find something of a field. */
interface FindableIn {
  mayBeAbsent: boolean;
  isNullable: boolean;
}

interface ConditionIn extends FindableIn {
  hasNullableElements: boolean;
}

const ANY_JSON: ConditionIn = {
  mayBeAbsent: true,
  isNullable: true,
  hasNullableElements: true,
};

/** Throws `InvalidArgument` for null and `UNSET` where they find nothing. */
export function requireFindable(
  value: unknown,
  path: string,
  { mayBeAbsent, isNullable }: FindableIn,
): void {
  if (value === UNSET && !mayBeAbsent) {
    throw invalidArgument(path, "is never absent: `UNSET` finds nothing");
  }
  if (value === null && !isNullable) {
    const advice = mayBeAbsent ? ". `UNSET` finds those without it" : "";
    throw invalidArgument(path, `is never null: null finds nothing${advice}`);
  }
}

/**
 * What `where` of a query says of the fields that `names` has, as the functions
 * take it; the conditions of `jsonFields` are about paths. Throws `InvalidArgument`, which names the field.
 */
export function encodeWhere(
  where: object | undefined,
  names: readonly string[],
  jsonFields: readonly string[],
  { mayBeAbsent, nullable }: Findable,
): Value | undefined {
  if (where === undefined) return undefined;
  const conditions = fieldsOf(where, "where");
  requireKnown(conditions, names, "where");
  refuseUndefined(conditions, "where");
  const found: Arguments = {};
  for (const [field, given] of Object.entries<unknown>(conditions)) {
    const path = `where.${field}`;
    found[field] = jsonFields.includes(field)
      ? encodePaths(given, path)
      : encodeCondition(given, path, asItIs, {
          mayBeAbsent: mayBeAbsent.includes(field),
          isNullable: mayBeNull(nullable[field]),
          hasNullableElements: mayBeNull(ofEach(nullable[field])),
        });
  }
  return found;
}

function encodePaths(given: unknown, path: string): Value {
  if (!isObject(given)) {
    throw invalidArgument(path, 'names paths, such as { "user.id": 5 }');
  }
  refuseUndefined(given, path);
  return Object.entries<unknown>(given).map(([name, condition]) => {
    const encode: Encode = (value, place) => json.encode(value, place) as Value;
    const place = `${path}[${JSON.stringify(name)}]`;
    const found = encodeCondition(condition, place, encode, ANY_JSON);
    return { path: name, ...found };
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
  { hasNullableElements, ...findable }: ConditionIn,
): Record<string, Value> {
  const requireElements = (elements: readonly unknown[]): void => {
    if (elements.includes(undefined)) {
      throw invalidArgument(path, "has undefined in it, which is no value");
    }
    if (hasNullableElements || !elements.includes(null)) return;
    throw invalidArgument(path, "never has null in it: null finds nothing");
  };
  const oneOf = (
    values: readonly unknown[],
    absent: boolean,
  ): Record<string, Value> => {
    const found = values.map((value) => {
      if (value === null) requireFindable(value, path, findable);
      if (Array.isArray(value)) requireElements(value);
      if (value !== undefined && value !== UNSET) return encode(value, path);
      const advice = "write `absent: true` beside `in`";
      throw invalidArgument(path, `has ${String(value)} in it: ${advice}`);
    });
    if (!absent) return { in: found };
    requireFindable(UNSET, path, findable);
    return { in: found, absent };
  };
  if (given === UNSET) return oneOf([], true);
  if (!isObject(given)) return oneOf([given], false);
  refuseUndefined(given, path);
  const {
    in: values,
    absent = false,
    contains,
    ...bounds
  } = given as Record<string, unknown>;
  const isEmpty = Object.keys(bounds).length === 0;
  if (isEmpty && Array.isArray(values) && contains === undefined) {
    return oneOf(values, absent === true);
  }
  if (isEmpty && Array.isArray(contains) && contains.length > 0) {
    if (values === undefined) {
      requireElements(contains);
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
