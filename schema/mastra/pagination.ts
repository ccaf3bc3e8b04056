import { limitExceeded } from "../lib/errors.js";
import { invalid } from "./failures.js";

// The pages of Mastra's lists, which are numbered from 0.

/** What a page holds of a list. */
export interface Window {
  offset: number;
  limit: number;
}

/** Between which bounds a domain has pages. */
export interface PageBounds {
  minPerPage?: number;
  maxPerPage?: number;
  maxOffset?: number;
  /** The last page where one holds the whole list. */
  maxPageOfAll?: number;
  /** Whether a page has as many at most as a safe integer says. */
  isSafe?: boolean;
}

/** What a page holds; all of the list where `perPage` is false. Throws `InvalidArgument`. */
export function windowOf(
  page: number,
  perPage: number | false,
  {
    minPerPage = 0,
    maxPerPage = Infinity,
    maxOffset = Number.MAX_SAFE_INTEGER,
    maxPageOfAll = Infinity,
    isSafe = false,
  }: PageBounds = {},
): Window {
  if (perPage !== false) {
    requireCount("perPage", perPage);
    if (isSafe && !Number.isSafeInteger(perPage))
      throw invalid("perPage must be false or a safe integer");
    if (perPage < minPerPage) throw invalid(`perPage must be >= ${minPerPage}`);
    if (perPage > maxPerPage) throw invalid(`perPage must be <= ${maxPerPage}`);
  }
  requireCount("page", page);
  if (perPage === false) {
    if (page > maxPageOfAll)
      throw invalid(`page must be ${maxPageOfAll} when perPage is false`);
    return { offset: 0, limit: Infinity };
  }
  const offset = page * perPage;
  if (offset > maxOffset) throw invalid("page value too large");
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

function requireCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 0) return;
  throw invalid(`${name} must be >= 0`);
}
