import {
  type DocumentByInfo,
  type GenericTableInfo,
  type PaginationOptions,
  paginationOptsValidator,
  type PaginationResult,
  type Query,
} from "convex/server";
import { type ObjectType, v } from "convex/values";

import { invalidArgument } from "./errors.js";

// As many documents as a query reads.
// https://docs.convex.dev/production/state/limits
const MAX_ITEMS = 32_000;

/** The arguments of a query that gives its results in pages. */
export const pageArgs = {
  order: v.optional(v.union(v.literal("asc"), v.literal("desc"))),
  paginationOpts: paginationOptsValidator,
};

/**
 * The page that is asked for, in the given order where none is asked for. Throws
 * `InvalidArgument` where it is larger than a query reads.
 */
export async function pageOf<Table extends GenericTableInfo>(
  query: Query<Table>,
  args: ObjectType<typeof pageArgs>,
  order: "asc" | "desc" = "asc",
): Promise<PaginationResult<DocumentByInfo<Table>>> {
  return await query
    .order(args.order ?? order)
    .paginate(withinLimits(args.paginationOpts));
}

/**
 * The options of a page that ends, with fewer documents than asked for, before
 * it is more than a query may read: documents take up to 1 MiB, and a query
 * reads 16 MiB. https://docs.convex.dev/production/state/limits
 */
function withinLimits(options: PaginationOptions): PaginationOptions {
  const { numItems, maximumBytesRead = Infinity } = options;
  if (numItems > MAX_ITEMS) {
    throw invalidArgument(
      "paginationOpts.numItems",
      `is ${numItems}: the limit of a page, or its size, is ${MAX_ITEMS} at most, which is what Convex reads at once`,
    );
  }
  return {
    ...options,
    maximumBytesRead: Math.min(maximumBytesRead, 8 * 1024 * 1024),
  };
}
