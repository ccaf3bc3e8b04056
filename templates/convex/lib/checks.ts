import type { Value } from "convex/values";

import { at, invalidArgument } from "./errors.js";
import { isObject } from "./values.js";

// What a validator cannot say: that a number is whole, or a moment in time, and
// the constraints of fields, with the same meaning as in the Python models.

/** Throws `InvalidArgument` with the path of the first value that breaks a rule. */
export type Check = (value: Value | undefined, path: string) => void;

/** A whole number within ±2^53, where every integer is a number of its own. */
export const integer: Check = (value, path) => {
  if (typeof value !== "number") return;
  if (!Number.isInteger(value) || Math.abs(value) > 2 ** 53) {
    throw invalidArgument(path, "must be a whole number within ±2^53");
  }
};

/** Milliseconds since the epoch, from the year 1 to the year 9999. */
export const timestamp: Check = (value, path) => {
  if (typeof value !== "number") return;
  if (!(value >= -62135596800000 && value < 253402300800000)) {
    throw invalidArgument(
      path,
      "must be milliseconds since the epoch, within the years 1 to 9999",
    );
  }
};

/** The length of a string, in Unicode code points. */
export function length(limits: { min?: number; max?: number }): Check {
  return (value, path) => {
    if (typeof value !== "string") return;
    // The elements of a spread string are its code points, not its UTF-16 units.
    requireWithin([...value].length, limits, path, "characters");
  };
}

/** A pattern that a whole string matches. */
export function matching(pattern: string): Check {
  const expression = new RegExp(`^(?:${pattern})$`, "u");
  return (value, path) => {
    if (typeof value === "string" && !expression.test(value)) {
      throw invalidArgument(path, `must match ${pattern}`);
    }
  };
}

/** The bounds of a finite number, or of an int64. */
export function range<Bound extends number | bigint>({
  min,
  max,
}: {
  min?: Bound;
  max?: Bound;
}): Check {
  return (value, path) => {
    if (typeof value !== "number" && typeof value !== "bigint") return;
    // Numbers and int64s may stand side by side in a union.
    if (typeof value !== typeof (min ?? max)) return;
    if (typeof value === "number" && !Number.isFinite(value)) {
      throw invalidArgument(path, "must be a finite number");
    }
    if (min !== undefined && value < min) {
      throw invalidArgument(path, `must be at least ${min}`);
    }
    if (max !== undefined && value > max) {
      throw invalidArgument(path, `must be at most ${max}`);
    }
  };
}

/** The number of the elements of an array. */
export function items(limits: { min?: number; max?: number }): Check {
  return (value, path) => {
    if (!Array.isArray(value)) return;
    requireWithin(value.length, limits, path, "items");
  };
}

/** The largest number of 32 bits, which is what indexes of vectors have numbers of. */
const LARGEST = (2 ** 24 - 1) * 2 ** 104;

/**
 * The numbers of a vector, of which an index holds each: to NaN and an infinity,
 * nothing is similar.
 */
export function searchable(dimensions: number): Check {
  return (value, path) => {
    if (!Array.isArray(value)) return;
    requireWithin(
      value.length,
      { min: dimensions, max: dimensions },
      path,
      "items",
    );
    requireSearchable(value, path);
  };
}

/** Throws `InvalidArgument` for the first number of a vector that is none in an index. */
export function requireSearchable(
  vector: readonly unknown[],
  path: string,
): void {
  const position = vector.findIndex(
    (one) => typeof one === "number" && !(Math.abs(one) <= LARGEST),
  );
  if (position === -1) return;
  throw invalidArgument(
    path,
    `has none at position ${position}, and vectors have finite numbers of 32 bits`,
  );
}

/** The number of the entries of a record. */
export function size(limits: { min?: number; max?: number }): Check {
  return (value, path) => {
    if (!isObject(value)) return;
    requireWithin(Object.keys(value).length, limits, path, "items");
  };
}

function requireWithin(
  size: number,
  { min = 0, max = Infinity }: { min?: number; max?: number },
  path: string,
  noun: string,
): void {
  if (size < min) {
    throw invalidArgument(
      path,
      `must have at least ${min} ${noun}, and has ${size}`,
    );
  }
  if (size > max) {
    throw invalidArgument(
      path,
      `must have at most ${max} ${noun}, and has ${size}`,
    );
  }
}

/** Each element of an array. */
export function elements(check: Check): Check {
  return (value, path) => {
    if (!Array.isArray(value)) return;
    value.forEach((element, index) => check(element, `${path}[${index}]`));
  };
}

/** Each value of a record. */
export function entries(check: Check): Check {
  return (value, path) => {
    if (!isObject(value)) return;
    for (const [key, inner] of Object.entries(value)) {
      check(inner, entryPath(path, key));
    }
  };
}

/** Each key of a record. */
export function keys(check: Check): Check {
  return (value, path) => {
    if (!isObject(value)) return;
    for (const key of Object.keys(value)) check(key, entryPath(path, key));
  };
}

export function entryPath(path: string, key: string): string {
  return /^[A-Za-z_]\w*$/.test(key)
    ? `${path}.${key}`
    : `${path}[${JSON.stringify(key)}]`;
}

/** The object whose tag has one of these values. */
export function variant(
  tag: string,
  values: readonly string[],
  check: Check,
): Check {
  return (value, path) => {
    if (!isObject(value)) return;
    const name = value[tag];
    if (typeof name === "string" && values.includes(name)) check(value, path);
  };
}

/** Several checks. Each leaves values of kinds that are not its own alone. */
export function each(...checks: Check[]): Check {
  return (value, path) => checks.forEach((check) => check(value, path));
}

/** Some fields of an object. */
export function fields(checks: Record<string, Check>): Check {
  return (value, path) => {
    if (!isObject(value)) return;
    for (const [name, check] of Object.entries(checks)) {
      check(value[name], at(path, name));
    }
  };
}
