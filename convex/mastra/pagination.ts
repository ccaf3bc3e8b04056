/*
 * Copied by convexgen from schema/mastra/pagination.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { ConvexError } from "convex/values";

import { limitExceeded } from "../lib/errors.js";

// The pages of Mastra's lists, which are numbered from 0.

/** What a page holds of a list. */
export interface Window {
  offset: number;
  limit: number;
}

/**
 * What a page holds; all of the list where `perPage` is false. Throws
 * `InvalidArgument`, in the words that Mastra's own tests look for.
 */
export function windowOf(
  page: number,
  perPage: number | false,
  isPage: boolean = true,
): Window {
  if (perPage !== false) requireCount("perPage", perPage);
  requireCount("page", page);
  if (perPage === false || !isPage) return { offset: 0, limit: Infinity };
  const offset = page * perPage;
  if (offset > Number.MAX_SAFE_INTEGER) throw invalid("page value too large");
  return { offset, limit: perPage };
}

/** Throws `LimitExceeded` where fewer were read than a page holds of some in all. */
export function requireAll(
  read: number,
  total: number,
  { offset, limit }: Window,
): void {
  const asked = Math.max(0, Math.min(limit, total - offset));
  if (read >= asked) return;
  throw limitExceeded(
    `${asked} of them are more than a query reads: ask for at most ${read} a page`,
    { fits: read },
  );
}

export function invalid(
  message: string,
): ConvexError<{ code: string; message: string }> {
  return new ConvexError({ code: "InvalidArgument", message });
}

function requireCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 0) return;
  throw invalid(`${name} must be >= 0`);
}
