/*
 * Copied by convexgen from schema/mastra/legacy/traces.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { compareValues, type Infer, v } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import { internalQuery, type QueryCtx } from "../../_generated/server.js";
import { sizeOf } from "../../lib/documents.js";
import { decodeExactly, type Exact } from "../../lib/json.js";
import { whole } from "../../lib/large.js";
import { invalid } from "../failures.js";
import { windowOf } from "../pagination.js";
import { isSame, pageFields, PER_PAGE, textOf } from "./values.js";

// Traces as Mastra's telemetry of 0.10 to 0.13 wrote them: a row for each span.
// They lie in the table of the spans of today, which have a `spanType`.

/** What a call reads: it goes on from there. */
const MAX_ROWS = 2000;
const MAX_BYTES = 5 * 1024 * 1024;

const trace = v.object({
  id: v.string(),
  parentSpanId: v.optional(v.string()),
  traceId: v.string(),
  name: v.string(),
  scope: v.optional(v.string()),
  kind: v.optional(v.number()),
  status: v.optional(v.any()),
  events: v.optional(v.any()),
  links: v.optional(v.any()),
  attributes: v.optional(v.any()),
  other: v.optional(v.any()),
  startTime: v.number(),
  endTime: v.optional(v.number()),
  createdAt: v.string(),
});

type Trace = Infer<typeof trace>;

/** The columns of a trace that hold JSON. */
const JSON_COLUMNS = [
  "status",
  "events",
  "links",
  "attributes",
  "other",
] as const;

export const findTraces = internalQuery({
  args: {
    name: v.optional(v.string()),
    scope: v.optional(v.string()),
    attributes: v.optional(v.any()),
    filters: v.optional(v.any()),
    start: v.optional(v.number()),
    end: v.optional(v.number()),
    page: v.optional(v.number()),
    perPage: v.optional(v.number()),
    before: v.number(),
    cursor: v.nullable(v.string()),
  },
  returns: v.object({
    page: v.object({ traces: v.array(trace), ...pageFields }),
    cursor: v.nullable(v.string()),
  }),
  handler: async (
    ctx,
    { name, scope, start, end, before, cursor, ...given },
  ) => {
    const { page = 0, perPage = PER_PAGE } = given;
    const { offset } = windowOf(page, perPage);
    const attributes = conditionsOf("attributes", given.attributes);
    const filters = conditionsOf("filters", given.filters);
    for (const [column] of filters) requireColumn(column);
    const named = cursor === null && name ? await namedTraces(ctx, name) : null;
    const { documents, next } =
      named ?? (await someTraces(ctx, new Map(filters), cursor));
    const traces: Trace[] = [];
    let total = before;
    for (const document of documents) {
      if (document.spanType !== undefined) continue;
      if (name && !document.name.startsWith(name)) continue;
      if (start !== undefined && document.createdAt < start) continue;
      if (end !== undefined && document.createdAt > end) continue;
      const row = asTrace(await whole(ctx, "traces", document));
      if (scope && row.scope !== scope) continue;
      if (!hasAttributes(row, attributes) || !hasColumns(row, filters))
        continue;
      if (total >= offset && total < offset + perPage) traces.push(row);
      total += 1;
    }
    const hasMore = offset + perPage < total;
    return {
      page: { traces, total, page, perPage, hasMore },
      cursor: next,
    };
  },
});

/** What is to be looked at for a page, the last started first, and where to go on. */
type Part = { documents: Doc<"traces">[]; next: string | null };

/** Those from a cursor on, by the index that leaves the fewest. */
async function someTraces(
  ctx: QueryCtx,
  filters: ReadonlyMap<string, Exact>,
  cursor: string | null,
): Promise<Part> {
  const all = ctx.db.query("traces");
  const traceId = filters.get("traceId");
  const name = filters.get("name");
  const found =
    typeof traceId === "string"
      ? all.withIndex("by_traceId_and_startedAt", (q) =>
          q.eq("traceId", traceId),
        )
      : typeof name === "string"
        ? all.withIndex("by_name_and_startedAt", (q) => q.eq("name", name))
        : all.withIndex("by_spanType_and_startedAt", (q) =>
            q.eq("spanType", undefined),
          );
  const { page, isDone, continueCursor } = await found
    .order("desc")
    .paginate({ numItems: MAX_ROWS, cursor, maximumBytesRead: MAX_BYTES });
  return { documents: page, next: isDone ? null : continueCursor };
}

/** All whose name begins so, or null where these are more than a call puts in order. */
async function namedTraces(ctx: QueryCtx, name: string): Promise<Part | null> {
  const documents: Doc<"traces">[] = [];
  let bytes = 0;
  const from = ctx.db
    .query("traces")
    .withIndex("by_name_and_startedAt", (q) => q.gte("name", name));
  for await (const document of from) {
    if (!document.name.startsWith(name)) break;
    bytes += sizeOf(document);
    if (documents.length === MAX_ROWS || bytes > MAX_BYTES) return null;
    documents.push(document);
  }
  const placeOf = ({ startedAt, _creationTime, _id }: Doc<"traces">) => [
    startedAt,
    _creationTime,
    _id,
  ];
  documents.sort((a, b) => compareValues(placeOf(b), placeOf(a)));
  return { documents, next: null };
}

/** A row of `mastra_traces`, whose times are in microseconds. */
export function asTrace(document: Doc<"traces">): Trace {
  const {
    spanId,
    parentSpanId,
    traceId,
    name,
    scope,
    kind,
    startedAt,
    endedAt,
  } = document;
  const json = JSON_COLUMNS.flatMap((column) => {
    const value = document[column];
    return value === undefined ? [] : [[column, value]];
  });
  return {
    id: spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    traceId,
    name,
    ...(scope !== undefined && { scope: textOf(decodeExactly(scope)) }),
    ...(kind !== undefined && { kind }),
    ...Object.fromEntries(json),
    startTime: Math.round(startedAt * 1000),
    ...(endedAt !== undefined && { endTime: Math.round(endedAt * 1000) }),
    createdAt: new Date(document.createdAt).toISOString(),
  };
}

function hasAttributes(row: Trace, wanted: [string, Exact][]): boolean {
  if (wanted.length === 0) return true;
  const attributes =
    row.attributes === undefined ? null : decodeExactly(row.attributes);
  if (
    typeof attributes !== "object" ||
    attributes === null ||
    Array.isArray(attributes)
  ) {
    return false;
  }
  return wanted.every(
    ([key, value]) =>
      Object.hasOwn(attributes, key) && isSame(attributes[key], value),
  );
}

function hasColumns(row: Trace, wanted: [string, Exact][]): boolean {
  return wanted.every(([column, value]) => {
    const stored = row[column as keyof Trace];
    return stored !== undefined && isSame(decodeExactly(stored), value);
  });
}

function conditionsOf(path: string, given: unknown): [string, Exact][] {
  if (given === undefined) return [];
  const decoded = decodeExactly(given as Parameters<typeof decodeExactly>[0]);
  if (
    typeof decoded !== "object" ||
    decoded === null ||
    Array.isArray(decoded)
  ) {
    throw invalid(`${path} must be an object`);
  }
  return Object.entries(decoded);
}

function requireColumn(name: string): void {
  if (!Object.hasOwn(trace.fields, name))
    throw invalid(`no such column: ${name}`);
}
