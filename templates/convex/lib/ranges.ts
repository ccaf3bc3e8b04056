import type { IndexRange } from "convex/server";
import { type GenericValidator, type Value, v } from "convex/values";

import { invalidArgument } from "./errors.js";

/** Says in place of a value that the field is absent: no caller can send `undefined`. */
const absent = v.object({ absent: v.literal(true) });

interface Absent {
  absent: true;
}

/** What is compared: `undefined` where the field is to be absent. */
export type Sought<Given> =
  | Exclude<Given, Absent>
  | (Absent extends Given ? undefined : never);

/** A value of a field that may be absent, or that it is. */
export function orAbsent<Given extends GenericValidator>(given: Given) {
  return v.union(given, absent);
}

/** The value, or what Convex compares where the field is to be absent. */
export function valueOf<Given>(given: Given): Sought<Given>;
export function valueOf(given: unknown): unknown {
  return isAbsent(given) ? undefined : given;
}

/**
 * What an index has for a field that is absent, where documents without it come
 * last: Convex orders arrays after all plain values.
 */
export const LAST: null[] = [];

/** The value, or what an index has in place of it where the field is absent. */
export function valueOrLast<Given>(
  given: Given,
): Exclude<Given, Absent> | null[];
export function valueOrLast(given: unknown): unknown {
  return isAbsent(given) ? LAST : given;
}

function isAbsent(given: unknown): given is Absent {
  if (typeof given !== "object" || given === null) return false;
  // An object that is compared may have such a field among others.
  const isAlone = Object.keys(given).length === 1;
  return isAlone && "absent" in given && given.absent === true;
}

/** Bounds on a field: at most one lower and one upper. */
export function bounds<Bound extends GenericValidator>(bound: Bound) {
  return v.optional(boundsOf(bound));
}

/** Bounds on a field that may be absent, or that it is. */
export function boundsOrAbsent<Bound extends GenericValidator>(bound: Bound) {
  return v.optional(v.union(boundsOf(bound), absent));
}

function boundsOf<Bound extends GenericValidator>(bound: Bound) {
  return v.object({
    gt: v.optional(bound),
    gte: v.optional(bound),
    lt: v.optional(bound),
    lte: v.optional(bound),
  });
}

interface Bounds {
  gt?: Value;
  gte?: Value;
  lt?: Value;
  lte?: Value;
}

// Convex orders values of all types, so that bounds need not be of the field's.

/** A range of an index whose next field is open. */
export interface Unbounded<Field> extends LowerBounded<Field> {
  eq(field: Field, value: Value | undefined): IndexRange;
  gt(field: Field, bound: Value | undefined): LowerBounded<Field>;
  gte(field: Field, bound: Value | undefined): LowerBounded<Field>;
}

interface LowerBounded<Field> extends IndexRange {
  lt(field: Field, bound: Value | undefined): IndexRange;
  lte(field: Field, bound: Value | undefined): IndexRange;
}

/**
 * Narrows an index range to the bounds on its next field. Within them are values
 * of their type alone, and no NaN: other values, null and documents without the
 * field are neither before nor after them. No bounds at all are those of any
 * value. Throws `InvalidArgument`.
 */
export function within<Field extends string>(
  range: Unbounded<Field>,
  field: Field,
  given?: Bounds | Absent,
  absentAs?: Value,
): IndexRange {
  if (given === undefined) return range;
  if (isAbsent(given)) return range.eq(field, absentAs);
  const { gt, gte, lt, lte } = given;
  // So clients say that it is exactly this one.
  if (isUnordered(gte) && Object.is(gte, lte)) return range.eq(field, gte);
  const extent = extentOf(field, given);
  const lower = gt === undefined && gte === undefined ? extent : given;
  const upper = lt === undefined && lte === undefined ? extent : given;
  return below(above(range, field, lower), field, upper);
}

function above<Field>(
  range: Unbounded<Field>,
  field: Field,
  { gt, gte }: Bounds,
): LowerBounded<Field> {
  if (gt !== undefined) return range.gt(field, withZero(gt, 0));
  return gte === undefined ? range : range.gte(field, withZero(gte, -0));
}

function below<Field>(
  range: LowerBounded<Field>,
  field: Field,
  { lt, lte }: Bounds,
): IndexRange {
  if (lt !== undefined) return range.lt(field, withZero(lt, -0));
  return lte === undefined ? range : range.lte(field, withZero(lte, 0));
}

/** Convex has -0 before 0, which are the same number to those who compare. */
function withZero(bound: Value, zero: number): Value {
  return bound === 0 ? zero : bound;
}

/** Whether a value is equal to itself, and neither before nor after others. */
function isUnordered(value: Value | undefined): boolean {
  return value === null || Number.isNaN(value);
}

/** The bounds of all values of the type that some bounds have. */
function extentOf(field: string, given: Bounds): Bounds {
  const { gt, gte, lt, lte } = given;
  const [first, ...others] = [gt, gte, lt, lte].filter(
    (one) => one !== undefined,
  );
  if (others.some((one) => typeof one !== typeof first)) {
    throw invalidArgument(field, "has bounds of different types");
  }
  // In Convex's order of types, where each ends as the next one begins:
  // https://docs.convex.dev/database/indexes/
  switch (typeof first) {
    case "undefined":
      return { gt: null, lt: LAST };
    case "bigint":
      return { gt: null, lt: -Infinity };
    case "number":
      if (isUnordered(first) || others.some(isUnordered)) break;
      return { gte: -Infinity, lte: Infinity };
    case "boolean":
      return { gte: false, lte: true };
    case "string":
      return { gte: "", lt: new ArrayBuffer(0) };
    default:
      if (!(first instanceof ArrayBuffer)) break;
      return { gte: new ArrayBuffer(0), lt: [] };
  }
  throw invalidArgument(field, "has a bound without order: null or NaN");
}
