import { type Infer, type ObjectType, v, type Value } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import type { QueryCtx } from "../../_generated/server.js";
import { isSameJson } from "../../lib/equality.js";
import * as filters from "../../lib/filters.js";
import { decodeExactly } from "../../lib/json.js";
import { whole, wholeSize } from "../../lib/large.js";
import { isObject } from "../../lib/values.js";
import type * as Traces from "../../model/traces.js";
import { boundsOf, dateRangeArg } from "../dates.js";
import { invalid } from "../failures.js";
import { type PageBounds, windowOf } from "../pagination.js";
import {
  type Found,
  MAX_BYTES,
  MAX_SPANS,
  readEach,
  requireWhole,
} from "./reading.js";
import { compared, keyOf, nullable, traceStatus } from "./records.js";
import type { View } from "./views.js";

// Traces that meet conditions, page by page, by their root spans.

/** How many traces Mastra lists on a page. */
const MAX_PER_PAGE = 100;

const pages: PageBounds = {
  minPerPage: 1,
  maxPerPage: MAX_PER_PAGE,
  maxOffset: Number.MAX_SAFE_INTEGER - MAX_PER_PAGE,
};

const conditions = v
  .object({
    ...compared,
    scope: v.any(),
    metadata: v.any(),
    tags: nullable.tags,
  })
  .partial()
  .extend({
    startedAt: v.optional(dateRangeArg),
    endedAt: v.optional(dateRangeArg),
    spanType: v.optional(v.string()),
    traceId: v.optional(v.string()),
    status: v.optional(traceStatus),
    hasChildError: v.optional(v.boolean()),
  });

type Conditions = Infer<typeof conditions>;

/** What traces are compared by, those that tell the most of them apart first. */
const servedNames = [
  "traceId",
  "runId",
  "requestId",
  "threadId",
  "sessionId",
  "experimentId",
  "userId",
  "resourceId",
  "entityVersionId",
  "entityId",
  "entityName",
  ...Object.keys(compared),
  "spanType",
  "status",
  "hasChildError",
];

const byStart = {
  table: "traceRoots",
  where: v.any(),
  indexes: {
    ...Object.fromEntries(
      servedNames.map((name) => [`by_${name}_and_startedAt`, [name]]),
    ),
    by_startedAt: [],
  },
  ordered: ["startedAt"],
} satisfies filters.Filter;

const byEnd = {
  table: "traceRoots",
  where: v.any(),
  indexes: { by_endedAt: [] },
  ordered: ["endedAtOrLast"],
  columns: { endedAtOrLast: "endedAt" },
} satisfies filters.Filter;

export const pageArgs = {
  filters: v.optional(conditions),
  pagination: v.optional(
    v.object({ page: v.optional(v.number()), perPage: v.optional(v.number()) }),
  ),
  orderBy: v.optional(
    v.object({
      field: v.optional(v.union(v.literal("startedAt"), v.literal("endedAt"))),
      direction: v.optional(v.union(v.literal("ASC"), v.literal("DESC"))),
    }),
  ),
};

/** What Mastra's lists of what is new take besides, which this store has not. */
export const deltaArgs = {
  mode: v.optional(v.union(v.literal("page"), v.literal("delta"))),
  after: v.optional(v.string()),
  limit: v.optional(v.number()),
};

/** Where the call before stopped, and how many it had counted. */
export const listArgs = {
  ...pageArgs,
  cursor: v.optional(v.string()),
  counted: v.optional(v.number()),
};

export const pagination = v.object({
  total: v.number(),
  page: v.number(),
  perPage: v.number(),
  hasMore: v.boolean(),
});

/** A page, what is pending of it, and where the count goes on. */
export interface Listed<Shown> extends Found<Shown> {
  pagination: Infer<typeof pagination>;
  cursor?: string;
}

/** A page that a call reads whole. Throws `InvalidArgument`, `LimitExceeded`. */
export async function listAll<Shown>(
  ctx: QueryCtx,
  view: View<Shown>,
  {
    mode,
    after,
    limit,
    ...args
  }: ObjectType<typeof pageArgs & typeof deltaArgs>,
): Promise<Omit<Listed<Shown>, "pending" | "cursor">> {
  if (mode === "delta") throw invalid("mode 'delta' is not supported");
  if (after !== undefined) throw invalid("after is only allowed in delta mode");
  if (limit !== undefined) throw invalid("limit is only allowed in delta mode");
  const { spans, pagination, pending, cursor } = await list(ctx, view, args);
  requireWhole(pending[0] ?? cursor, "what is listed");
  return { spans, pagination };
}

export async function list<Shown>(
  ctx: QueryCtx,
  view: View<Shown>,
  args: ObjectType<typeof listArgs>,
): Promise<Listed<Shown>> {
  const { page, perPage, start } = pageOf(args.pagination);
  const { field, direction } = args.orderBy ?? {};
  const { cursor, counted = 0 } = args;
  const found = await filters.page(
    ctx,
    field === "endedAt" ? byEnd : byStart,
    whereOf(args.filters ?? {}),
    {
      order: direction === "ASC" ? "asc" : "desc",
      paginationOpts: { numItems: MAX_SPANS, cursor: cursor ?? null },
    },
    (root) => wholeSize("traceRoots", root),
  );
  const keys: Traces.Key[] = [];
  let total = counted;
  for (const root of found.page) {
    if (!(await hasJson(ctx, root, args.filters ?? {}))) continue;
    if (total >= start && total < start + perPage) keys.push(keyOf(root));
    total += 1;
  }
  const read = await readEach(ctx, view, keys, {
    maxBytes: MAX_BYTES / 2,
    least: 0,
  });
  return {
    ...read,
    pagination: { total, page, perPage, hasMore: start + perPage < total },
    ...(found.isDone ? {} : { cursor: found.continueCursor }),
  };
}

function pageOf({
  page = 0,
  perPage = 10,
}: { page?: number; perPage?: number } = {}) {
  const { offset } = windowOf(page, perPage, pages);
  return { page, perPage, start: offset };
}

/** The conditions on columns: null is one that is absent. Throws `InvalidArgument`. */
function whereOf({
  startedAt,
  endedAt,
  tags,
  scope,
  metadata,
  ...equal
}: Conditions): filters.Where {
  requireEntries("scope", scope);
  requireEntries("metadata", metadata);
  const where: filters.Where = {};
  for (const [name, value] of Object.entries(equal)) {
    where[name] = value === null ? { in: [], absent: true } : { in: [value] };
  }
  if (startedAt !== undefined) where["startedAt"] = boundsOf(startedAt);
  if (endedAt !== undefined) where["endedAt"] = boundsOf(endedAt);
  if (tags !== undefined && tags !== null && tags.length > 0)
    where["tags"] = { contains: tags };
  return where;
}

/** Throws `InvalidArgument` for what names no entries. */
function requireEntries(name: string, wanted: Value | null = null): void {
  if (wanted === null || isObject(decodeExactly(wanted))) return;
  throw invalid(`filters.${name} must be an object`);
}

/** Whether the JSON of a trace has all entries that conditions name. */
async function hasJson(
  ctx: QueryCtx,
  root: Doc<"traceRoots">,
  { scope = null, metadata = null }: Conditions,
): Promise<boolean> {
  if (scope === null && metadata === null) return true;
  const held = await whole(ctx, "traceRoots", root);
  return hasEntries(held.scope, scope) && hasEntries(held.metadata, metadata);
}

function hasEntries(stored: Value | undefined, wanted: Value | null): boolean {
  if (wanted === null) return true;
  if (stored === undefined) return false;
  const held = decodeExactly(stored);
  const entries = Object.entries(decodeExactly(wanted) ?? {});
  if (!isObject(held)) return false;
  return entries.every(([name, value]) => {
    const one = Object.hasOwn(held, name) ? held[name] : undefined;
    return one !== undefined && isSameJson(one, value);
  });
}
