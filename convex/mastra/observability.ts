/*
 * Copied by convexgen from schema/mastra/observability.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import {
  compareValues,
  type Infer,
  type ObjectType,
  type Value,
  v,
} from "convex/values";

import type { Doc } from "../_generated/dataModel.js";
import {
  internalMutation,
  internalQuery,
  type MutationCtx,
  type QueryCtx,
} from "../_generated/server.js";
import { DeletionBudget } from "../lib/budget.js";
import { deleteFound } from "../lib/deletion.js";
import { type Fields, sizeOf } from "../lib/documents.js";
import * as filters from "../lib/filters.js";
import { limitExceeded } from "../lib/errors.js";
import { decodeExactly } from "../lib/json.js";
import { whole, wholeIn, wholeSize } from "../lib/large.js";
import { isObject } from "../lib/values.js";
import * as TraceRoots from "../model/traceRoots.js";
import * as Traces from "../model/traces.js";
import { failure, invalid } from "./failures.js";
import { type PageBounds, windowOf } from "./pagination.js";

// A span that has no parent stands for its trace. What lists compare of it is in
// `traceRoots` as well, so that they read no document with what a span was given.

/** How much a call reads of spans, in bytes: less than the 16 MiB that one may. */
const MAX_BYTES = 8 * 1024 * 1024;

/** How many spans a call reads, and how many by their keys. */
const MAX_SPANS = 4000;
const MAX_KEYS = 500;

/** How many traces Mastra deletes at once, and lists on a page. */
const MAX_TRACES = 1000;
const MAX_PER_PAGE = 100;

const pages: PageBounds = {
  minPerPage: 1,
  maxPerPage: MAX_PER_PAGE,
  maxOffset: Number.MAX_SAFE_INTEGER - MAX_PER_PAGE,
};

/** How many spans a call deletes. */
const MAX_DELETED = 400;

const text = v.nullable(v.string());

/** What traces are compared by, beside times, lists and JSON. */
const compared = {
  entityType: text,
  entityId: text,
  entityName: text,
  entityVersionId: text,
  parentEntityType: text,
  parentEntityId: text,
  parentEntityName: text,
  parentEntityVersionId: text,
  rootEntityType: text,
  rootEntityId: text,
  rootEntityName: text,
  rootEntityVersionId: text,
  userId: text,
  organizationId: text,
  resourceId: text,
  runId: text,
  sessionId: text,
  threadId: text,
  requestId: text,
  environment: text,
  serviceName: text,
  source: text,
  experimentId: text,
};

/** What a span may lack, which is null then. */
const nullable = {
  ...compared,
  parentSpanId: text,
  scope: v.any(),
  metadata: v.any(),
  tags: v.nullable(v.array(v.string())),
  attributes: v.any(),
  links: v.any(),
  input: v.any(),
  output: v.any(),
  error: v.any(),
  requestContext: v.any(),
  endedAt: v.nullable(v.number()),
};

const key = v.object(Traces.key);

const required = {
  name: v.string(),
  spanType: v.string(),
  isEvent: v.boolean(),
  startedAt: v.number(),
};

const times = { createdAt: v.number(), updatedAt: v.nullable(v.number()) };

const created = v
  .object(nullable)
  .partial()
  .extend({ ...Traces.key, ...required });

const updates = v.object({ ...nullable, ...required }).partial();

const record = v.object({ ...Traces.key, ...required, ...nullable, ...times });

const status = v.union(
  v.literal("success"),
  v.literal("error"),
  v.literal("running"),
);

const traceSpan = record.extend({ status });

const structural = v.object({
  ...Traces.key,
  ...required,
  ...times,
  parentSpanId: text,
  endedAt: v.nullable(v.number()),
  error: v.any(),
  entityType: text,
  entityId: text,
  entityName: text,
});

const light = structural.extend({
  status: v.optional(status),
  metadata: v.optional(v.any()),
  inputPreview: v.optional(text),
});

const range = v.object({
  start: v.optional(v.number()),
  end: v.optional(v.number()),
  startExclusive: v.optional(v.boolean()),
  endExclusive: v.optional(v.boolean()),
});

const conditions = v
  .object({
    ...compared,
    scope: v.any(),
    metadata: v.any(),
    tags: nullable.tags,
  })
  .partial()
  .extend({
    startedAt: v.optional(range),
    endedAt: v.optional(range),
    spanType: v.optional(v.string()),
    traceId: v.optional(v.string()),
    status: v.optional(status),
    hasChildError: v.optional(v.boolean()),
  });

/** Where a call stopped: the times by which spans are in order. */
const place = v.object({ startedAt: v.number(), creationTime: v.number() });

type Created = Infer<typeof created>;
type Updates = Infer<typeof updates>;
type Span = Infer<typeof record>;
type Light = Infer<typeof light>;
type Status = Infer<typeof status>;
type Conditions = Infer<typeof conditions>;
type Place = Infer<typeof place>;
type Stored = Doc<"traces">;

// Writing

/** Stores a span; one that is there is replaced. */
export const createSpan = internalMutation({
  args: { span: created },
  returns: v.null(),
  handler: async (ctx, { span }) => {
    await create(ctx, [span]);
    return null;
  },
});

export const batchCreateSpans = internalMutation({
  args: { records: v.array(created) },
  returns: v.null(),
  handler: async (ctx, { records }) => {
    await create(ctx, records);
    return null;
  },
});

export const updateSpan = internalMutation({
  args: { ...Traces.key, updates },
  returns: v.null(),
  handler: async (ctx, args) => {
    await update(ctx, args, args.updates);
    return null;
  },
});

export const batchUpdateSpans = internalMutation({
  args: { records: v.array(key.extend({ updates })) },
  returns: v.null(),
  handler: async (ctx, { records }) => {
    for (const one of records) await update(ctx, one, one.updates);
    return null;
  },
});

async function create(ctx: MutationCtx, spans: Created[]): Promise<void> {
  for (const { traceId, spanId } of spans) {
    if (spanId === "") throw invalid("Span ID is required for creating a span");
    if (traceId === "")
      throw invalid("Trace ID is required for creating a span");
  }
  for (const span of spans) {
    const before = await find(ctx, span);
    const given = present(span);
    const hasError = given.error !== undefined;
    await Traces.saveMany(ctx, [{ ...given, hasError }]);
    if (isRoot(given)) await saveRoot(ctx, given);
    else if (isRoot(before)) await TraceRoots.remove(ctx, keyOf(span));
    const hadError = before?.hasError ?? false;
    if (hasError !== hadError) await markRoots(ctx, span.traceId);
  }
}

async function update(
  ctx: MutationCtx,
  { traceId, spanId }: Traces.Key,
  given: Updates,
): Promise<void> {
  const span = { traceId, spanId };
  const before = await find(ctx, span);
  if (before === null || !isSpan(before)) {
    const other = await spansAfter(ctx, traceId).next();
    throw notFound(
      other.done === true
        ? "Trace not found for span update"
        : "Span not found for update",
      span,
    );
  }
  const set = present(given);
  const unset = Object.keys(given).filter(
    (name) => !(name in set),
  ) as Nullable[];
  const removed = Object.fromEntries(unset.map((name) => [name, undefined]));
  const after = { ...before, ...set, ...removed };
  const hasError = after.error !== undefined;
  await Traces.patchEach(ctx, [span], { set: { ...set, hasError }, unset });
  if (!isRoot(after)) {
    if (isRoot(before)) await TraceRoots.remove(ctx, span);
  } else if (isRoot(before) && (await findRoot(ctx, span)) !== null) {
    await patchRoot(ctx, span, set, unset, statusOf(after));
  } else {
    const saved = await Traces.find(ctx, span);
    if (saved !== null) await saveRoot(ctx, saved);
  }
  if (hasError !== (before.hasError ?? false)) await markRoots(ctx, traceId);
}

type Nullable = keyof typeof nullable;

/** The same without what is null. */
type Present<Given> = { [Name in keyof Given]: Exclude<Given[Name], null> };

function present<Given extends object>(given: Given): Present<Given> {
  const entries = Object.entries(given).filter(([, value]) => value !== null);
  return Object.fromEntries(entries) as Present<Given>;
}

function keyOf({ traceId, spanId }: Traces.Key): Traces.Key {
  return { traceId, spanId };
}

/** As it is stored, with large values left where they lie. */
async function find(
  ctx: QueryCtx,
  { traceId, spanId }: Traces.Key,
): Promise<Stored | null> {
  return await ctx.db
    .query("traces")
    .withIndex("by_traceId_and_spanId", (q) =>
      q.eq("traceId", traceId).eq("spanId", spanId),
    )
    .first();
}

function isRoot(span: { parentSpanId?: string | undefined } | null): boolean {
  return span !== null && span.parentSpanId === undefined;
}

function statusOf({
  error,
  endedAt,
}: {
  error?: unknown;
  endedAt?: number | undefined;
}): Status {
  if (error !== undefined) return "error";
  return endedAt === undefined ? "running" : "success";
}

// What lists of traces compare

/** The fields that a span without a parent has in `traceRoots` too. */
const rootNames = [
  "spanType",
  "startedAt",
  "endedAt",
  "tags",
  "scope",
  "metadata",
  ...Object.keys(compared),
];

async function findRoot(
  ctx: QueryCtx,
  { traceId, spanId }: Traces.Key,
): Promise<Doc<"traceRoots"> | null> {
  return await ctx.db
    .query("traceRoots")
    .withIndex("by_traceId_and_spanId", (q) =>
      q.eq("traceId", traceId).eq("spanId", spanId),
    )
    .first();
}

async function saveRoot(
  ctx: MutationCtx,
  span: Present<Created> | Stored,
): Promise<void> {
  const columns = Object.entries(span).filter(([name]) =>
    rootNames.includes(name),
  );
  const inputPreview = previewOf(span.input as Value | undefined);
  const root = {
    ...Object.fromEntries(columns),
    ...keyOf(span),
    ...(inputPreview === undefined ? {} : { inputPreview }),
    status: statusOf(span),
    hasChildError: await hasFailed(ctx, span.traceId),
  };
  await TraceRoots.saveMany(ctx, [root as TraceRoots.Input]);
}

async function patchRoot(
  ctx: MutationCtx,
  span: Traces.Key,
  given: Present<Updates>,
  removed: Nullable[],
  status: Status,
): Promise<void> {
  const columns = Object.entries(given).filter(([name]) =>
    rootNames.includes(name),
  );
  const set: Record<string, unknown> = {
    ...Object.fromEntries(columns),
    status,
  };
  const unset: string[] = removed.filter((name) => rootNames.includes(name));
  if ("input" in given || removed.includes("input")) {
    const inputPreview = previewOf(given.input as Value | undefined);
    if (inputPreview === undefined) unset.push("inputPreview");
    else set["inputPreview"] = inputPreview;
  }
  const changes = { set, unset } as Parameters<typeof TraceRoots.patchEach>[2];
  await TraceRoots.patchEach(ctx, [span], changes);
}

/** Whether any span of a trace has an error. */
async function hasFailed(ctx: QueryCtx, traceId: string): Promise<boolean> {
  const found = await ctx.db
    .query("traces")
    .withIndex("by_traceId_and_hasError", (q) =>
      q.eq("traceId", traceId).eq("hasError", true),
    )
    .first();
  return found !== null;
}

/** Lets lists know whether any span of a trace has an error. */
async function markRoots(ctx: MutationCtx, traceId: string): Promise<void> {
  const hasChildError = await hasFailed(ctx, traceId);
  const roots = await ctx.db
    .query("traceRoots")
    .withIndex("by_traceId_and_spanId", (q) => q.eq("traceId", traceId))
    .take(MAX_PER_PAGE);
  const others = roots.filter((root) => root.hasChildError !== hasChildError);
  await TraceRoots.patchEach(ctx, others.map(keyOf), {
    set: { hasChildError },
  });
}

const MAX_PREVIEW = 100;

/** The beginning of what a span was given, as text: of messages, what the user says. */
function previewOf(stored: Value | undefined): string | undefined {
  if (stored === undefined) return undefined;
  const input = readable(typeof stored === "string" ? stored : plain(stored));
  const messages = isObject(input) ? input["messages"] : input;
  const text = Array.isArray(messages)
    ? messages.map(saidBy).filter(Boolean).join(" | ")
    : typeof input === "string"
      ? input
      : (JSON.stringify(input) ?? "");
  if (text.length <= MAX_PREVIEW) return text === "" ? undefined : text;
  // The first half of a surrogate pair is no text by itself.
  return `${text.slice(0, MAX_PREVIEW).replace(/[\ud800-\udbff]$/, "")}…`;
}

function plain(stored: Value): unknown {
  const text = isObject(stored) ? stored["jsonText"] : undefined;
  return typeof text === "string" ? JSON.parse(text) : stored;
}

/** Text may be JSON itself. */
function readable(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const text = value.trim();
  if (!/^["[{]/.test(text)) return text === "" ? "" : value;
  try {
    return JSON.parse(text);
  } catch {
    return text.startsWith('"') ? value : "";
  }
}

function saidBy(message: unknown): string {
  if (!isRecord(message) || message["role"] !== "user") return "";
  const { content } = message;
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map(textOfPart).filter(Boolean).join(" ");
}

function textOfPart(part: unknown): string {
  if (typeof part === "string") return part;
  if (!isRecord(part) || part["type"] !== "text") return "";
  return typeof part["text"] === "string" ? part["text"] : "";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

// Reading

/** What a call gives of a span. */
interface View<Shown> {
  show: (ctx: QueryCtx, span: Stored) => Promise<Shown>;
  /** How much it reads for that, in bytes. */
  costOf: (span: Stored) => number;
}

const wholeSpan: View<Span> = {
  show: async (ctx, span) => spanOf(await whole(ctx, "traces", span)),
  costOf: (span) => wholeSize("traces", span),
};

const wholeTraceSpan: View<Infer<typeof traceSpan>> = {
  show: async (ctx, span) => ({
    ...(await wholeSpan.show(ctx, span)),
    status: statusOf(span),
  }),
  costOf: wholeSpan.costOf,
};

const structure: View<Infer<typeof structural>> = {
  show: async (ctx, span) => {
    const { error } = await wholeIn(ctx, "traces", span, ["error"], []);
    return columnsOf(structuralNames, { ...span, error });
  },
  costOf: sizeOf,
};

const lightSpan: View<Light> = {
  show: async (ctx, span) => {
    const shown = await wholeIn(ctx, "traces", span, ["error", "metadata"], []);
    const root = await findRoot(ctx, span);
    return {
      ...columnsOf<Infer<typeof structural>>(structuralNames, shown),
      status: statusOf(span),
      metadata: shown.metadata ?? null,
      inputPreview: root?.inputPreview ?? null,
    };
  },
  costOf: sizeOf,
};

const recordNames = Object.keys(record.fields);
const structuralNames = Object.keys(structural.fields);

function spanOf(span: Stored): Span {
  return columnsOf(recordNames, span);
}

/** Some fields of a span, null where it lacks them. */
function columnsOf<Columns>(names: string[], span: Fields): Columns {
  const columns = names.map((name) => [name, span[name] ?? null]);
  const { isEvent = false } = span;
  return { ...Object.fromEntries(columns), isEvent } as Columns;
}

/** Rows of stores before core 1.0 have no type. */
function isSpan(document: Stored): boolean {
  return document.spanType !== undefined;
}

const structureResponse = v.nullable(
  v.object({ traceId: v.string(), spans: v.array(structural) }),
);

const spanResponse = v.nullable(v.object({ span: record }));

export const getSpan = internalQuery({
  args: Traces.key,
  returns: spanResponse,
  handler: async (ctx, args) => {
    const found = await find(ctx, args);
    if (found === null || !isSpan(found)) return null;
    return { span: await wholeSpan.show(ctx, found) };
  },
});

export const getRootSpan = internalQuery({
  args: { traceId: v.string() },
  returns: spanResponse,
  handler: async (ctx, { traceId }) => {
    const found = await rootOf(ctx, traceId);
    return found === null ? null : { span: await wholeSpan.show(ctx, found) };
  },
});

/** The span of a trace that has no parent; of several, the last one stored. */
async function rootOf(ctx: QueryCtx, traceId: string): Promise<Stored | null> {
  const found = ctx.db
    .query("traces")
    .withIndex("by_traceId_and_parentSpanId", (q) =>
      q.eq("traceId", traceId).eq("parentSpanId", undefined),
    )
    .order("desc");
  for await (const one of found) if (isSpan(one)) return one;
  return null;
}

/** The spans of a trace, the first started first. */
export const getTrace = internalQuery({
  args: { traceId: v.string() },
  returns: v.nullable(
    v.object({ traceId: v.string(), spans: v.array(record) }),
  ),
  handler: async (ctx, { traceId }) => await readAll(ctx, wholeSpan, traceId),
});

/** The same without what is large. */
export const getStructure = internalQuery({
  args: { traceId: v.string() },
  returns: structureResponse,
  handler: async (ctx, { traceId }) => await readAll(ctx, structure, traceId),
});

/** As `getStructure`, by its former name. */
export const getTraceLight = internalQuery({
  args: { traceId: v.string() },
  returns: structureResponse,
  handler: async (ctx, { traceId }) => await readAll(ctx, structure, traceId),
});

async function readAll<Shown>(
  ctx: QueryCtx,
  view: View<Shown>,
  traceId: string,
) {
  const { spans, next } = await readAfter(ctx, view, traceId, undefined);
  requireWhole(next, "the trace");
  return spans.length === 0 ? null : { traceId, spans };
}

/** Throws `LimitExceeded` where there is more than a call reads. */
function requireWhole(rest: unknown, what: string): void {
  if (rest === undefined) return;
  throw limitExceeded(
    `${what} is more than a call reads: read it in parts`,
    {},
  );
}

/** As many spans of a trace as a call reads, the first started first. */
export const readTrace = internalQuery({
  args: { traceId: v.string(), after: v.optional(place) },
  returns: v.object({ spans: v.array(record), next: v.optional(place) }),
  handler: async (ctx, { traceId, after }) =>
    await readAfter(ctx, wholeSpan, traceId, after),
});

/** The same without what is large. */
export const readStructure = internalQuery({
  args: { traceId: v.string(), after: v.optional(place) },
  returns: v.object({ spans: v.array(structural), next: v.optional(place) }),
  handler: async (ctx, { traceId, after }) =>
    await readAfter(ctx, structure, traceId, after),
});

/** Spans in their order, and where they go on. */
interface Part<Shown> {
  spans: Shown[];
  next?: Place;
}

async function readAfter<Shown>(
  ctx: QueryCtx,
  { show, costOf }: View<Shown>,
  traceId: string,
  after: Place | undefined,
): Promise<Part<Shown>> {
  const spans: Shown[] = [];
  let bytes = 0;
  let last = after;
  for await (const span of spansAfter(ctx, traceId, after)) {
    bytes += costOf(span);
    const isFull = bytes > MAX_BYTES || spans.length === MAX_SPANS;
    if (isFull && spans.length > 0 && last !== undefined)
      return { spans, next: last };
    spans.push(await show(ctx, span));
    last = { startedAt: span.startedAt, creationTime: span._creationTime };
  }
  return { spans };
}

/** The spans of a trace, after a place. */
async function* spansAfter(
  ctx: QueryCtx,
  traceId: string,
  after?: Place,
): AsyncGenerator<Stored, void> {
  const { startedAt = -Infinity, creationTime = 0 } = after ?? {};
  const found = ctx.db
    .query("traces")
    .withIndex("by_traceId_and_startedAt", (q) =>
      q.eq("traceId", traceId).gte("startedAt", startedAt),
    );
  for await (const one of found) {
    const isBefore =
      one.startedAt === startedAt && one._creationTime <= creationTime;
    if (isSpan(one) && !isBefore) yield one;
  }
}

/** Some spans of a trace, in the order of their IDs here. */
export const getSpans = internalQuery({
  args: { traceId: v.string(), spanIds: v.array(v.string()) },
  returns: v.object({ traceId: v.string(), spans: v.array(record) }),
  handler: async (ctx, { traceId, spanIds }) => {
    const keys = spanIds.map((spanId) => ({ traceId, spanId }));
    const { spans, pending } = await readEach(ctx, wholeSpan, keys);
    requireWhole(pending[0], "what these spans hold");
    return { traceId, spans };
  },
});

/** Spans by their keys, as many as a call reads: the keys of the others are pending. */
export const readSpans = internalQuery({
  args: { keys: v.array(key) },
  returns: v.object({ spans: v.array(record), pending: v.array(key) }),
  handler: async (ctx, { keys }) => await readEach(ctx, wholeSpan, keys),
});

/** The same with their status. */
export const readTraceSpans = internalQuery({
  args: { keys: v.array(key) },
  returns: v.object({ spans: v.array(traceSpan), pending: v.array(key) }),
  handler: async (ctx, { keys }) => await readEach(ctx, wholeTraceSpan, keys),
});

/** The same with what a list shows. */
export const readLightSpans = internalQuery({
  args: { keys: v.array(key) },
  returns: v.object({ spans: v.array(light), pending: v.array(key) }),
  handler: async (ctx, { keys }) => await readEach(ctx, lightSpan, keys),
});

/** Spans, and the keys of those that are to be read still. */
interface Found<Shown> {
  spans: Shown[];
  pending: Traces.Key[];
}

async function readEach<Shown>(
  ctx: QueryCtx,
  { show, costOf }: View<Shown>,
  keys: Traces.Key[],
  {
    maxBytes = MAX_BYTES,
    least = 1,
  }: { maxBytes?: number; least?: number } = {},
): Promise<Found<Shown>> {
  const spans: Shown[] = [];
  let bytes = 0;
  for (const [index, one] of keys.entries()) {
    const span = index < MAX_KEYS ? await find(ctx, one) : null;
    if (span !== null) bytes += costOf(span);
    const isFull = bytes > maxBytes || index === MAX_KEYS;
    if (isFull && index >= least) return { spans, pending: keys.slice(index) };
    if (span !== null && isSpan(span)) spans.push(await show(ctx, span));
  }
  return { spans, pending: [] };
}

// Lists

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

const pageArgs = {
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
const deltaArgs = {
  mode: v.optional(v.union(v.literal("page"), v.literal("delta"))),
  after: v.optional(v.string()),
  limit: v.optional(v.number()),
};

/** Where the call before stopped, and how many it had counted. */
const listArgs = {
  ...pageArgs,
  cursor: v.optional(v.string()),
  counted: v.optional(v.number()),
};

const pagination = v.object({
  total: v.number(),
  page: v.number(),
  perPage: v.number(),
  hasMore: v.boolean(),
});

const listed = {
  pending: v.array(key),
  pagination,
  cursor: v.optional(v.string()),
};

/** A page of the traces that meet conditions, by their root spans. */
export const listTraces = internalQuery({
  args: { ...pageArgs, ...deltaArgs },
  returns: v.object({ spans: v.array(traceSpan), pagination }),
  handler: async (ctx, args) => await listAll(ctx, wholeTraceSpan, args),
});

/** The same with what a list shows of each. */
export const listTracesLight = internalQuery({
  args: { ...pageArgs, ...deltaArgs },
  returns: v.object({ spans: v.array(light), pagination }),
  handler: async (ctx, args) => await listAll(ctx, lightSpan, args),
});

async function listAll<Shown>(
  ctx: QueryCtx,
  view: View<Shown>,
  {
    mode,
    after,
    limit,
    ...args
  }: ObjectType<typeof pageArgs & typeof deltaArgs>,
) {
  if (mode === "delta") throw invalid("mode 'delta' is not supported");
  if (after !== undefined) throw invalid("after is only allowed in delta mode");
  if (limit !== undefined) throw invalid("limit is only allowed in delta mode");
  const { spans, pagination, pending, cursor } = await list(ctx, view, args);
  requireWhole(pending[0] ?? cursor, "what is listed");
  return { spans, pagination };
}

/** A page of the traces that meet conditions, and how many do. */
export const findTraces = internalQuery({
  args: listArgs,
  returns: v.object({ spans: v.array(traceSpan), ...listed }),
  handler: async (ctx, args) => await list(ctx, wholeTraceSpan, args),
});

/** The same with what a list shows of each. */
export const findLightTraces = internalQuery({
  args: listArgs,
  returns: v.object({ spans: v.array(light), ...listed }),
  handler: async (ctx, args) => await list(ctx, lightSpan, args),
});

async function list<Shown>(
  ctx: QueryCtx,
  view: View<Shown>,
  args: ObjectType<typeof listArgs>,
) {
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

/** The conditions on columns: null is one that is absent. */
function whereOf({
  startedAt,
  endedAt,
  tags,
  scope,
  metadata,
  ...equal
}: Conditions): filters.Where {
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

function boundsOf({
  start,
  end,
  startExclusive,
  endExclusive,
}: Infer<typeof range>) {
  return {
    ...(start === undefined
      ? {}
      : { [startExclusive === true ? "gt" : "gte"]: start }),
    ...(end === undefined
      ? {}
      : { [endExclusive === true ? "lt" : "lte"]: end }),
  };
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
  return entries.every(
    ([name, value]) =>
      Object.hasOwn(held, name) && compareValues(held[name], value) === 0,
  );
}

// Deleting

/** Deletes traces, or what belongs to a tenant of them; false where there is more. */
export const deleteTraces = internalMutation({
  args: {
    traceIds: v.array(v.string()),
    organizationId: v.optional(v.string()),
    resourceId: v.optional(v.string()),
  },
  returns: v.boolean(),
  handler: async (ctx, { traceIds, ...tenant }) => {
    if (traceIds.length > MAX_TRACES) {
      throw invalid(`traceIds must have at most ${MAX_TRACES} elements`);
    }
    const { keys, isDone } = await deletable(ctx, new Set(traceIds), tenant);
    if (!isDone && keys.length === 0) {
      throw limitExceeded(
        "these traces have more spans of others than a transaction reads",
        {},
      );
    }
    const { remaining, unfinished } = await Traces.removeMany(ctx, keys);
    // What is left in a trace is of others, whose lists know of its errors.
    if (Object.keys(tenant).length > 0) {
      for (const traceId of new Set(keys.map((one) => one.traceId))) {
        await markRoots(ctx, traceId);
      }
    }
    return isDone && remaining.length === 0 && unfinished === undefined;
  },
});

interface Tenant {
  organizationId?: string;
  resourceId?: string;
}

/** The spans of traces that a transaction can delete, those without a parent last. */
async function deletable(
  ctx: QueryCtx,
  traceIds: Iterable<string>,
  tenant: Tenant,
): Promise<{ keys: Traces.Key[]; isDone: boolean }> {
  const keys: Traces.Key[] = [];
  let bytes = 0;
  let read = 0;
  for (const traceId of traceIds) {
    const root = await rootOf(ctx, traceId);
    const roots: Traces.Key[] = [];
    for await (const span of spansAfter(ctx, traceId)) {
      bytes += sizeOf(span);
      read += 1;
      const isFull =
        keys.length >= MAX_DELETED || bytes > MAX_BYTES / 2 || read > MAX_SPANS;
      if (isFull && read > 1) return { keys, isDone: false };
      if (!belongsTo(span, root, tenant)) continue;
      (isRoot(span) ? roots : keys).push(keyOf(span));
    }
    keys.push(...roots);
  }
  return { keys, isDone: true };
}

/** A span that says no tenant is that of its trace. */
function belongsTo(
  span: Stored,
  root: Stored | null,
  { organizationId, resourceId }: Tenant,
): boolean {
  const isOf = (name: keyof Tenant, value: string | undefined) =>
    value === undefined || (span[name] ?? root?.[name]) === value;
  return (
    isOf("organizationId", organizationId) && isOf("resourceId", resourceId)
  );
}

/** Deletes all spans, as many as a transaction can; false where there are more. */
export const clear = internalMutation({
  args: {},
  returns: v.boolean(),
  handler: async (ctx) => {
    const budget = new DeletionBudget();
    const spans = () =>
      ctx.db
        .query("traces")
        .withIndex("by_spanType_and_startedAt", (q) => q.gte("spanType", ""));
    const { isDone } = await deleteFound(ctx, "traces", "spans", spans, budget);
    if (!isDone) return false;
    const roots = () => ctx.db.query("traceRoots");
    return (await deleteFound(ctx, "traceRoots", "roots", roots, budget))
      .isDone;
  },
});

// Failures, in Mastra's words

function notFound(message: string, key: Traces.Key) {
  return failure("NotFound", message, { entity: "Trace", key: { ...key } });
}
