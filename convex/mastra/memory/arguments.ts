/*
 * Copied by convexgen from schema/mastra/memory/arguments.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { type Infer, v, type Value } from "convex/values";

import { isSameJson } from "../../lib/equality.js";
import { decodeExactly, type Exact } from "../../lib/json.js";
import { isObject } from "../../lib/values.js";
import { invalid } from "../failures.js";
import type { PageBounds } from "../pagination.js";
import type { Order } from "../reading.js";
import { entriesOf } from "./records.js";

// What lists are asked for, and what is wrong with it, in the words of @mastra/core.

/** The pages that lists have. */
export const pages: PageBounds = {
  maxOffset: Number.MAX_SAFE_INTEGER / 2,
  maxPageOfAll: 0,
  isSafe: true,
};

const SAFE_KEY = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const MAX_KEY_LENGTH = 128;
const REFUSED_KEYS = new Set(["__proto__", "prototype", "constructor"]);

export const perPageArg = v.union(v.number(), v.literal(false));

export const orderByArg = v.object({
  field: v.optional(v.string()),
  direction: v.optional(v.string()),
});

export function orderOf(
  orderBy: Infer<typeof orderByArg> | undefined,
  otherwise: Order,
): Order {
  if (orderBy?.direction === "ASC") return "asc";
  return orderBy?.direction === "DESC" ? "desc" : otherwise;
}

/** The threads of a list, each once. Throws `InvalidArgument`. */
export function threadIdsOf(given: string | string[]): string[] {
  const ids = typeof given === "string" ? [given] : given;
  if (ids.length === 0 || ids.some((id) => id.trim() === "")) {
    throw invalid(
      "threadId must be a non-empty string or array of non-empty strings",
    );
  }
  return [...new Set(ids)];
}

/** Entries that are to be equal, by their keys; none where nothing is asked. */
export type Entries = [key: string, value: Value][];

/** What the metadata of messages is to have: plain values. Throws `InvalidArgument`. */
export function messageMetadata(given: Value | undefined): Entries {
  const entries = given === undefined ? [] : wantedOf(given);
  for (const [key, value] of entries) {
    if (!isSafe(key) || key.length > MAX_KEY_LENGTH) {
      throw invalid(`Invalid metadata filter key "${key}".`);
    }
    if (typeof value === "object" && value !== null) {
      throw invalid(
        `Invalid metadata filter value for key "${key}". ` +
          "Values must be string, finite number, boolean, or null.",
      );
    }
  }
  return entries;
}

/** What the metadata of threads is to have: any JSON. Throws `InvalidArgument`. */
export function threadMetadata(given: Value | undefined): Entries {
  const entries = given === undefined ? [] : wantedOf(given);
  for (const [key] of entries) {
    if (REFUSED_KEYS.has(key)) throw invalid(`Invalid metadata key: "${key}".`);
    if (!isSafe(key)) {
      throw invalid(
        `Invalid metadata key: "${key}". Keys must start with a letter or ` +
          "underscore and contain only alphanumeric characters and underscores.",
      );
    }
    if (key.length > MAX_KEY_LENGTH) {
      throw invalid(
        `Metadata key "${key}" exceeds maximum length of ${MAX_KEY_LENGTH} characters.`,
      );
    }
  }
  return entries;
}

function wantedOf(given: Value): Entries {
  if (!isObject(decodeExactly(given)))
    throw invalid("Metadata filter must be an object.");
  return entriesOf(given);
}

function isSafe(key: string): boolean {
  return SAFE_KEY.test(key) && !REFUSED_KEYS.has(key);
}

/** Whether metadata has all of some entries. */
export function hasEntries(
  metadata: Value | undefined,
  wanted: Entries,
): boolean {
  const found = new Map(entriesOf(metadata));
  return wanted.every(([key, value]) => {
    const one = found.get(key);
    return one !== undefined && isSameJson(one as Exact, value as Exact);
  });
}
