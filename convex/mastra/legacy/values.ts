/*
 * Copied by convexgen from schema/mastra/legacy/values.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { v } from "convex/values";

import { isSameJson } from "../../lib/equality.js";
import type { Exact } from "../../lib/json.js";

/** How many rows a page has where nobody says. */
export const PER_PAGE = 100;

/** What is said of a page. */
export const pageFields = {
  total: v.number(),
  page: v.number(),
  perPage: v.number(),
  hasMore: v.boolean(),
};

/** A value as text: JSON but for text itself. */
export function textOf(value: Exact): string {
  if (typeof value === "string") return value;
  return JSON.stringify(value, (_, inner: Exact) =>
    typeof inner === "bigint" ? Number(inner) : inner,
  );
}

/** What a text is the JSON of, or else the text, as where its number is none. */
export function parsed(value: Exact): Exact {
  if (typeof value !== "string") return value;
  try {
    const json = JSON.parse(value) as Exact;
    return typeof json === "number" && !Number.isFinite(json) ? value : json;
  } catch {
    return value;
  }
}

/** Whether a value is what a caller compares it with, who may say it as text. */
export function isSame(value: Exact | undefined, wanted: Exact): boolean {
  if (value === undefined || value === null || wanted === null) return false;
  if (textOf(value) === textOf(wanted)) return true;
  const isNested = typeof value === "object" || typeof wanted === "object";
  return isNested && isSameJson(parsed(value), parsed(wanted));
}
