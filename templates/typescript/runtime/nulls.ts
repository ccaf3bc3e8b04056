import { requireGiven } from "./calls.js";
import { at, invalidArgument, NEVER_NULL } from "./errors.js";
import { isObject } from "./values.js";

// A production deployment says no more of a null that does not fit, or of a field
// that is left out, than "Server Error", and a type checker does not see all.

/** Where null is a value, and what is not left out: of what nothing is said, it never is. */
export type Nulls = "anything" | "null" | NullsWithin;

/** The same of what has others in it; of a union, of all its members. */
export interface NullsWithin {
  /** Whether it is null itself. */
  isNull?: true;
  /** The fields that an object always has. */
  required?: readonly string[];
  fields?: Readonly<Record<string, Nulls>>;
  /** In the elements of an array, and the values of a record. */
  each?: Nulls;
}

/** Whether it may be null itself. */
export function mayBeNull(nulls: Nulls | undefined): boolean {
  return typeof nulls === "object"
    ? nulls.isNull === true
    : nulls !== undefined;
}

/** Of the elements of an array, or the values of a record. */
export function ofEach(nulls: Nulls | undefined): Nulls | undefined {
  return typeof nulls === "object" ? nulls.each : undefined;
}

/**
 * Throws `InvalidArgument` for the first null in a value where it never is one,
 * and the first field of an object in it that is left out.
 */
export function requireNullable(
  value: unknown,
  path: string,
  nulls: Nulls | undefined,
): void {
  if (nulls === "anything") return;
  if (value === null) {
    if (!mayBeNull(nulls)) throw invalidArgument(path, NEVER_NULL);
  } else if (Array.isArray(value)) {
    const each = ofEach(nulls);
    value.forEach((one, index) =>
      requireNullable(one, `${path}[${index}]`, each),
    );
  } else if (isObject(value)) {
    // What was read may have, or lack, what it does in a newer deployment.
    if ("_id" in value) return;
    requireFields(value, path, nulls);
  }
}

function requireFields(
  value: object,
  path: string,
  nulls: Nulls | undefined,
): void {
  const within = typeof nulls === "object" ? nulls : {};
  const { fields = {}, each, required = [] } = within;
  requireGiven({ ...value }, required, path);
  for (const [name, inner] of Object.entries<unknown>({ ...value })) {
    const known = Object.hasOwn(fields, name) ? fields[name] : each;
    requireNullable(inner, at(path, name), known);
  }
}
