import { compareValues, type Value } from "convex/values";

import { decodeExactly, type Exact, isTextForm } from "./json.js";
import { isObject } from "./values.js";

// When two values are the same, to callers who compare them: to `compareValues`,
// which has Convex's order, 0 and -0 are two, and so is JSON in two forms.

/**
 * Whether two values are the same, stored or given: 0 is -0, NaN is itself, and
 * JSON in them is the same in whichever form.
 */
export function isSame(
  left: Value | undefined,
  right: Value | undefined,
): boolean {
  if (left === undefined || right === undefined) return left === right;
  const isText = isTextForm(left) || isTextForm(right);
  return isText ? isSameText(left, right) : areSame(left, right, isSame);
}

/** Whether two values of JSON are the same, whose numbers are of one type. */
export function isSameJson(left: Exact, right: Exact): boolean {
  return isNumber(left) && isNumber(right)
    ? left >= right && left <= right
    : areSame(left, right, isSameJson);
}

/** The same of two values, one or both of them as text. */
function isSameText(left: Value, right: Value): boolean {
  if (compareValues(left, right) === 0) return true;
  try {
    return isSameJson(decodeExactly(left), decodeExactly(right));
  } catch (error) {
    // An object that only looks like the form of JSON text.
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function areSame<Kind extends Value>(
  left: Kind,
  right: Kind,
  isSameElement: (left: Kind, right: Kind) => boolean,
): boolean {
  // 0 and -0, which are two to `compareValues`.
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    const others = right as Kind[];
    return (
      left.length === others.length &&
      (left as Kind[]).every((one, at) =>
        isSameElement(one, others[at] as Kind),
      )
    );
  }
  if (!isObject(left) || !isObject(right)) {
    return compareValues(left, right) === 0;
  }
  const entries = Object.entries(left as Record<string, Kind>);
  const others = new Map(Object.entries(right as Record<string, Kind>));
  return (
    entries.length === others.size &&
    entries.every(([key, one]) => {
      const other = others.get(key);
      return other !== undefined && isSameElement(one, other);
    })
  );
}

export function isNumber(value: Value): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}
