/*
 * Copied by convexgen from schema/mastra/legacy/values.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { ConvexError, type Value, v } from "convex/values";

import type { Exact } from "../../lib/json.js";

/** What is thrown for what no store of Mastra takes, in its words. */
export function refused(message: string): ConvexError<Record<string, Value>> {
  return new ConvexError({ code: "InvalidArgument", message });
}

/** How many rows a page has where nobody says. */
export const PER_PAGE = 100;

/** What is said of a page. */
export const pageFields = {
  total: v.number(),
  page: v.number(),
  perPage: v.number(),
  hasMore: v.boolean(),
};

/** How many rows are before a page. Throws where there is no such page. */
export function offsetOf(page: number, perPage: number): number {
  if (!Number.isInteger(perPage) || perPage < 0)
    throw refused("perPage must be >= 0");
  if (!Number.isInteger(page) || page < 0) throw refused("page must be >= 0");
  const offset = page * perPage;
  if (!Number.isSafeInteger(offset)) throw refused("page value too large");
  return offset;
}

/** A value as text: JSON but for text itself. */
export function textOf(value: Exact): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value, (_, inner: Exact) =>
    typeof inner === "bigint" ? Number(inner) : inner,
  );
}

/** Whether a value is what a caller compares it with, who may say it as text. */
export function isSame(value: Exact | undefined, wanted: Exact): boolean {
  if (value === undefined || value === null || wanted === null) return false;
  return textOf(value) === textOf(wanted);
}
