import { compareValues, type Infer, v } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import { internalQuery, type QueryCtx } from "../../_generated/server.js";
import { decodeExactly, type Exact } from "../../lib/json.js";
import { allWhole, whole, wholeSize } from "../../lib/large.js";
import { invalid } from "../failures.js";
import { windowOf } from "../pagination.js";
import {
  cursorOf,
  type Filter,
  type Left,
  leftOf,
  type Part,
  readPart,
  type Row,
  unread,
} from "../reading.js";
import { isSame, pageFields, PER_PAGE, textOf } from "./values.js";

// Traces as Mastra's telemetry of 0.10 to 0.13 wrote them: a row for each span.
// They lie in the table of the spans of today, which have a `spanType`.

/** What a call puts in order of itself. */
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
    cursor: v.nullable(v.string()),
  },
  returns: v.object({
    page: v.object({ traces: v.array(trace), ...pageFields }),
    cursor: v.nullable(v.string()),
  }),
  handler: async (ctx, { name, scope, start, end, cursor, ...given }) => {
    const { page = 0, perPage = PER_PAGE } = given;
    const { offset } = windowOf(page, perPage);
    const attributes = conditionsOf("attributes", given.attributes);
    const filters = conditionsOf("filters", given.filters);
    for (const [column] of filters) requireColumn(column);
    const readsWhole =
      Boolean(scope) || attributes.length > 0 || filters.length > 0;
    const matches = (document: Doc<"traces">): boolean => {
      if (document.spanType !== undefined) return false;
      if (name && !document.name.startsWith(name)) return false;
      if (start !== undefined && document.createdAt < start) return false;
      if (end !== undefined && document.createdAt > end) return false;
      if (!readsWhole) return true;
      const row = asTrace(document);
      if (scope && row.scope !== scope) return false;
      return hasAttributes(row, attributes) && hasColumns(row, filters);
    };
    const state =
      cursor === null ? unread({ offset, limit: perPage }) : leftOf(cursor);
    const filter = { matches, readsWhole, findAll: true };
    const row = tracesOf(new Map(filters));
    const part =
      cursor === null && name
        ? await namedTraces(ctx, name, filter, state)
        : await readPart(ctx, [row], {}, "desc", state, filter);
    const traces = (await allWhole(ctx, "traces", part.documents)).map(asTrace);
    const hasMore = offset + perPage < part.found;
    return {
      page: { traces, total: part.found, page, perPage, hasMore },
      cursor: part.left === null ? null : cursorOf(part.left),
    };
  },
});

/** Where the traces lie that meet some conditions, by the index that leaves the fewest. */
function tracesOf(filters: ReadonlyMap<string, Exact>): Row<"traces"> {
  const field =
    ["traceId", "name"].find((one) => typeof filters.get(one) === "string") ??
    "spanType";
  const value = filters.get(field);
  return {
    table: "traces",
    index: `by_${field}_and_startedAt`,
    equal: [[field, typeof value === "string" ? value : undefined]],
    time: "startedAt",
    counted: null,
  };
}

/**
 * A page of those whose name begins so, the last started first. Where these are more
 * than a call puts in order, all is left for the next one: what was read to know so
 * is not there for the traces.
 */
async function namedTraces(
  ctx: QueryCtx,
  name: string,
  { matches, readsWhole }: Filter<"traces">,
  state: Left,
): Promise<Pick<Part<"traces">, "documents" | "found" | "left">> {
  const { skip, limit } = state;
  const named: Doc<"traces">[] = [];
  let bytes = 0;
  const from = ctx.db
    .query("traces")
    .withIndex("by_name_and_startedAt", (q) => q.gte("name", name));
  for await (const document of from) {
    if (!document.name.startsWith(name)) break;
    bytes += wholeSize("traces", document);
    if (named.length === MAX_ROWS || bytes > MAX_BYTES)
      return { documents: [], found: 0, left: state };
    named.push(document);
  }
  const placeOf = ({ startedAt, _creationTime, _id }: Doc<"traces">) => [
    startedAt,
    _creationTime,
    _id,
  ];
  named.sort((a, b) => compareValues(placeOf(b), placeOf(a)));
  const found: Doc<"traces">[] = [];
  for (const stored of named) {
    const document = readsWhole ? await whole(ctx, "traces", stored) : stored;
    if (matches(document)) found.push(document);
  }
  const documents = found.slice(skip, skip + (limit ?? Infinity));
  return { documents, found: found.length, left: null };
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
