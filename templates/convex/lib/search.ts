import { type Value, v } from "convex/values";

import { invalidArgument } from "./errors.js";
import { type Sought, valueOf } from "./ranges.js";

/** How many results a search gives at most. */
export const limit = v.optional(v.number());

// https://docs.convex.dev/search/text-search#limits
export function searchLimit(given = 100): number {
  return limited(given, 1024);
}

// https://docs.convex.dev/search/vector-search#limits
export function nearestLimit(given = 10): number {
  return limited(given, 256);
}

function limited(given: number, most: number): number {
  if (!Number.isInteger(given) || given < 1 || given > most) {
    throw invalidArgument("limit", `is a whole number from 1 to ${most}`);
  }
  return given;
}

/** The largest number of 32 bits, which is what indexes of vectors have numbers of. */
const LARGEST = (2 ** 24 - 1) * 2 ** 104;

/** Throws unless a vector has as many numbers as those of the index, and such. */
export function checkDimensions(vector: number[], dimensions: number): void {
  if (!vector.every((one) => Math.abs(one) <= LARGEST)) {
    throw invalidArgument("vector", "has finite numbers of 32 bits alone");
  }
  if (vector.length !== dimensions) {
    throw invalidArgument("vector", `has ${dimensions} numbers`);
  }
}

type Filters = Record<string, Value | undefined>;

type Filter<Given extends Filters> = {
  [Field in keyof Given]: {
    field: Field;
    value: Sought<Exclude<Given[Field], undefined>>;
  };
}[keyof Given];

/** The filter that is given: Convex's search of vectors has no `and`. */
export function onlyFilter<Given extends Filters>(
  filters: Given,
): Filter<Given> | undefined {
  const given = Object.entries(filters)
    .filter(([, value]) => value !== undefined)
    .map(([field, value]) => ({ field, value: valueOf(value) }));
  const [first, second] = given;
  if (first !== undefined && second !== undefined) {
    const problem = `cannot be combined with \`${first.field}\``;
    throw invalidArgument(second.field, problem);
  }
  return first as Filter<Given> | undefined;
}

/**
 * The documents with their scores, without those deleted meanwhile, and those that
 * nothing is similar to: their vectors have a number that is none. JSON makes null
 * of such a score.
 */
export function withScores<Document>(
  found: { _score: number }[],
  documents: (Document | null)[],
): { document: Document; score: number }[] {
  return found.flatMap(({ _score: score }, position) => {
    const document = documents[position] ?? null;
    const isFound = document !== null && Number.isFinite(score);
    return isFound ? [{ document, score }] : [];
  });
}
