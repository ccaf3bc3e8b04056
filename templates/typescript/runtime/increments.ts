import type { Value } from "convex/values";

import { at, invalidArgument } from "./errors.js";

/** What an update adds to a number, whatever that is by then. */
export class Increment<Amount extends bigint | number> {
  readonly #amount: Amount;

  constructor(amount: Amount) {
    this.#amount = amount;
  }

  get amount(): Amount {
    return this.#amount;
  }
}

/**
 * Adds to a number in an update: `{ tokens: increment(5) }`. A negative one
 * lowers it. What is absent or null counts as 0.
 */
export function increment<Amount extends bigint | number>(
  amount: Amount,
): Increment<Amount> {
  return new Increment(amount);
}

/** The fields that an update may add to, with what a new document counts from. */
export type NumberFields = Readonly<Record<string, bigint | number>>;

/** Some changes, with the amounts that numbers are increased by apart. */
export interface Split {
  plain: Record<string, unknown>;
  amounts: Record<string, bigint | number>;
}

/** Throws `InvalidArgument` for increments of what is no such number. */
export function splitIncrements(
  changes: Readonly<Record<string, unknown>>,
  numbers: NumberFields,
  path: string,
): Split {
  const split: Split = { plain: {}, amounts: {} };
  for (const [name, change] of Object.entries(changes)) {
    if (change instanceof Increment) {
      const amount = (change as Increment<bigint | number>).amount;
      requireAmount(amount, numbers[name], at(path, name));
      split.amounts[name] = amount;
    } else split.plain[name] = change;
  }
  return split;
}

function requireAmount(
  amount: bigint | number,
  number: bigint | number | undefined,
  path: string,
): void {
  if (number === undefined) {
    throw invalidArgument(
      path,
      "takes no increment: that is for numbers that an update may change",
    );
  }
  if (typeof amount !== typeof number) {
    throw invalidArgument(
      path,
      `is incremented by a ${typeof number}, not a ${typeof amount}`,
    );
  }
  if (typeof amount === "number" && !Number.isFinite(amount)) {
    throw invalidArgument(path, `is incremented by ${amount}, not finite`);
  }
}

/** What a number of a new document is. Throws `InvalidArgument`. */
export function incremented(
  number: unknown,
  amount: bigint | number,
  path: string,
): Value {
  if (typeof number === "bigint" && typeof amount === "bigint") {
    return number + amount;
  }
  if (typeof number === "number" && typeof amount === "number") {
    const sum = number + amount;
    if (Number.isFinite(sum)) return sum;
  }
  throw invalidArgument(path, "would be no finite number of its type");
}
