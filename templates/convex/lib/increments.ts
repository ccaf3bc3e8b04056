import type { Value } from "convex/values";

import type { Check } from "./checks.js";
import type { Fields } from "./documents.js";
import { at, invalidArgument } from "./errors.js";

// An update may add to a number, whatever that is by then: what is absent or
// null counts as 0.

/** Past it, not every whole number is a double. */
const MAX_WHOLE = 2 ** 53;

/**
 * What an update sets, with the numbers that it adds to. Throws
 * `InvalidArgument` where a sum is no value of its field.
 */
export function withIncrements<Set extends Fields>(
  document: Fields,
  { set, increment = {} }: { set: Set; increment?: Fields | undefined },
  path: string,
  check?: Check,
): Set {
  const sums: Fields = {};
  for (const [name, amount] of Object.entries(increment)) {
    if (amount === undefined) continue;
    if (set[name] !== undefined) {
      throw invalidArgument(at(path, name), "is both set and incremented");
    }
    sums[name] = sum(document[name], amount, at(path, name));
  }
  check?.(sums as Value, path);
  return { ...set, ...sums };
}

function sum(stored: Value | undefined, amount: Value, path: string): Value {
  const number = stored ?? (typeof amount === "bigint" ? 0n : 0);
  if (typeof number === "bigint" && typeof amount === "bigint") {
    const result = number + amount;
    if (BigInt.asIntN(64, result) === result) return result;
    throw invalidArgument(path, "would be no int64");
  }
  if (typeof number === "number" && typeof amount === "number") {
    const result = number + amount;
    if (!Number.isFinite(result)) {
      throw invalidArgument(path, "would be no finite number");
    }
    if (Math.abs(result) === MAX_WHOLE && result - number !== amount) {
      throw invalidArgument(path, "would leave ±2^53, and be rounded");
    }
    return result;
  }
  throw invalidArgument(path, "is a number of another type");
}
