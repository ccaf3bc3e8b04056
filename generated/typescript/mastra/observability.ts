/*
 * Copied by convexgen from schema/mastra/typescript/observability.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import {
  type BatchCreateSpansArgs,
  type BatchDeleteTracesArgs,
  type BatchUpdateSpansArgs,
  type CreateSpanArgs,
  type CreateSpanRecord,
  type GetBranchArgs,
  type GetBranchResponse,
  type GetRootSpanArgs,
  type GetRootSpanResponse,
  type GetSpanArgs,
  type GetSpanResponse,
  type GetSpansArgs,
  type GetSpansResponse,
  type GetStructureResponse,
  type GetTraceArgs,
  type GetTraceResponse,
  type LightSpanRecord,
  type ListTracesArgs,
  type ListTracesLightResponse,
  type ListTracesResponse,
  listTracesArgsSchema,
  getBranchArgsSchema,
  ObservabilityStorage,
  type SpanRecord,
  type TraceSpan,
  type UpdateSpanArgs,
} from "@mastra/core/storage";

import type * as stored from "../objects.js";
import { fieldsOf, requireKnown } from "../runtime/calls.js";
import { InvalidArgument } from "../runtime/index.js";
import type { ConvexStorage } from "../storage.js";
import { inBatches } from "./batches.js";
import { type Functions, listed, parts, untilDone } from "./goingOn.js";
import {
  entries,
  idsOf,
  isRecord,
  json,
  listOf,
  object,
  parsed,
  RecordForm,
  recordOf,
  same,
  type Shape,
  time,
} from "./records.js";

/** What a call writes: each span reads of its trace, too. */
const CAPACITY = { records: 250, bytes: 2 * 1024 * 1024 };

/** How spans are written. */
const SPANS = {
  argument: "records",
  name: ({ spanId }: stored.SpanKey) =>
    `span ${JSON.stringify(spanId.slice(0, 100))}`,
  capacity: CAPACITY,
};

const ENTITIES = {
  entityType: same,
  parentEntityType: same,
  rootEntityType: same,
};

const CONTENTS = {
  spanType: same,
  scope: object,
  metadata: object,
  attributes: object,
  links: json,
  input: json,
  output: json,
  error: json,
  requestContext: object,
  startedAt: time,
  endedAt: time,
};

const TIMES = { createdAt: time, updatedAt: time };

/** What traces are compared by, and a span may lack. */
const COMPARED = {
  entityType: "text?",
  entityId: "text?",
  entityName: "text?",
  entityVersionId: "text?",
  parentEntityType: "text?",
  parentEntityId: "text?",
  parentEntityName: "text?",
  parentEntityVersionId: "text?",
  rootEntityType: "text?",
  rootEntityId: "text?",
  rootEntityName: "text?",
  rootEntityVersionId: "text?",
  userId: "text?",
  organizationId: "text?",
  resourceId: "text?",
  runId: "text?",
  sessionId: "text?",
  threadId: "text?",
  requestId: "text?",
  environment: "text?",
  serviceName: "text?",
  source: "text?",
  experimentId: "text?",
} as const;

/** What a span may lack. */
const OPTIONAL = {
  ...COMPARED,
  parentSpanId: "text?",
  tags: "texts?",
  scope: "converted?",
  metadata: "converted?",
  attributes: "converted?",
  links: "converted?",
  input: "converted?",
  output: "converted?",
  error: "converted?",
  requestContext: "converted?",
  endedAt: "converted?",
} as const;

const NEW_SPAN_SHAPE: Shape<stored.CreateSpanRecord> = {
  traceId: "text",
  spanId: "text",
  name: "text",
  spanType: "text",
  isEvent: "boolean",
  startedAt: "converted",
  ...OPTIONAL,
};

const CHANGES_SHAPE: Shape<stored.UpdateSpanRecord> = {
  name: "text?",
  spanType: "text?",
  isEvent: "boolean?",
  startedAt: "converted?",
  ...OPTIONAL,
};

const NEW_SPAN = new RecordForm<CreateSpanRecord, stored.CreateSpanRecord>(
  {
    ...ENTITIES,
    ...CONTENTS,
  },
  NEW_SPAN_SHAPE,
);

const CHANGES = new RecordForm<
  UpdateSpanArgs["updates"],
  stored.UpdateSpanRecord
>(
  {
    ...ENTITIES,
    ...CONTENTS,
  },
  CHANGES_SHAPE,
);

const SPAN_CHANGES = new RecordForm<UpdateSpanArgs, stored.SpanUpdate>(
  { updates: CHANGES },
  {
    traceId: "text",
    spanId: "text",
    updates: "converted",
  },
);

const SPAN = new RecordForm<SpanRecord, stored.SpanRecord>({
  ...ENTITIES,
  ...CONTENTS,
  ...TIMES,
});

const TRACE_SPAN = new RecordForm<TraceSpan, stored.TraceSpan>({
  ...ENTITIES,
  ...CONTENTS,
  ...TIMES,
  status: same,
});

const LIGHT_SPAN = new RecordForm<LightSpanRecord, stored.LightSpanRecord>({
  ...TIMES,
  spanType: same,
  entityType: same,
  status: same,
  error: json,
  metadata: json,
  startedAt: time,
  endedAt: time,
});

type ListTraces = ReturnType<typeof listTracesArgsSchema.parse>;

type Filters = NonNullable<ListTraces["filters"]>;

const RANGE = new RecordForm<
  NonNullable<Filters["startedAt"]>,
  stored.SpanRange
>({
  start: time,
  end: time,
});

const FILTERS_SHAPE: Shape<stored.TracesFilter> = {
  ...COMPARED,
  traceId: "text?",
  spanType: "text?",
  startedAt: "converted?",
  endedAt: "converted?",
  status: "text?",
  hasChildError: "boolean?",
  tags: "texts?",
  scope: "converted?",
  metadata: "converted?",
};

const FILTERS = new RecordForm<Filters, stored.TracesFilter>({
  ...ENTITIES,
  spanType: same,
  startedAt: RANGE,
  endedAt: RANGE,
  scope: entries,
  metadata: entries,
  status: same,
});

const STRATEGY: ObservabilityStorage["observabilityStrategy"] = {
  preferred: "batch-with-updates",
  supported: ["realtime", "batch-with-updates", "insert-only"],
};

/** Spans that a call has read, and the keys of those that are for another one. */
interface FoundSpans<Span> {
  spans: Span[];
  pending: stored.SpanKey[];
}

type Pagination = stored.TracesPagination;

type Asked = NonNullable<
  Parameters<Functions["mastraObservability"]["findTraces"]>[0]
>;

/** The spans of Mastra's traces. */
export class ConvexObservability extends ObservabilityStorage {
  readonly #storage: ConvexStorage;

  constructor(storage: ConvexStorage) {
    super();
    this.#storage = storage;
  }

  override get observabilityStrategy(): ObservabilityStorage["observabilityStrategy"] {
    return STRATEGY;
  }

  override get tracingStrategy(): ObservabilityStorage["tracingStrategy"] {
    return STRATEGY;
  }

  override async createSpan({ span }: CreateSpanArgs): Promise<void> {
    await this.#functions.createSpan({ span: NEW_SPAN.toConvex(span, "span") });
  }

  /** Stores some spans, all or none; more than a transaction writes are several. */
  override async batchCreateSpans({
    records,
  }: BatchCreateSpansArgs): Promise<void> {
    for (const record of listOf(records, "records")) requireIds(record);
    await inBatches(this.#storage.functions, {
      ...SPANS,
      records: NEW_SPAN.eachToConvex(records, "records"),
      write: ({ mastraObservability }, some) =>
        mastraObservability.batchCreateSpans({ records: some }),
      attempt: ({ mastraObservability }, some) =>
        mastraObservability.checkSpans({ records: some }),
    });
  }

  override async updateSpan({
    traceId,
    spanId,
    updates,
  }: UpdateSpanArgs): Promise<void> {
    await this.#functions.updateSpan({
      traceId,
      spanId,
      updates: CHANGES.toConvex(updates, "updates"),
    });
  }

  /** Changes some spans, all or none; more than a transaction writes are several. */
  override async batchUpdateSpans({
    records,
  }: BatchUpdateSpansArgs): Promise<void> {
    await inBatches(this.#storage.functions, {
      ...SPANS,
      records: SPAN_CHANGES.eachToConvex(records, "records"),
      write: ({ mastraObservability }, some) =>
        mastraObservability.batchUpdateSpans({ records: some }),
      attempt: ({ mastraObservability }, some) =>
        mastraObservability.checkSpanUpdates({ records: some }),
      documentOf: ({ traceId, spanId }) => JSON.stringify([traceId, spanId]),
    });
  }

  /** Deletes traces, or what belongs to a tenant of them. */
  override async batchDeleteTraces({
    traceIds,
    organizationId,
    resourceId,
  }: BatchDeleteTracesArgs): Promise<void> {
    const ids = idsOf(traceIds, "traceIds");
    const given = { traceIds: ids, organizationId, resourceId };
    let from: stored.SpansLookedAt | undefined;
    await untilDone(async () => {
      const { isDone, next } = await this.#functions.deleteTraces({
        ...given,
        from,
      });
      from = next;
      return isDone;
    });
  }

  override async getSpan({
    traceId,
    spanId,
  }: GetSpanArgs): Promise<GetSpanResponse | null> {
    const found = await this.#functions.getSpan({ traceId, spanId });
    return found === null ? null : { span: SPAN.toMastra(found.span) };
  }

  override async getRootSpan({
    traceId,
  }: GetRootSpanArgs): Promise<GetRootSpanResponse | null> {
    const found = await this.#functions.getRootSpan({ traceId });
    return found === null ? null : { span: SPAN.toMastra(found.span) };
  }

  /** The spans of a trace, the first started first. */
  override async getTrace({
    traceId,
  }: GetTraceArgs): Promise<GetTraceResponse | null> {
    const found = await parts<stored.SpansPart>(
      this.#storage,
      ({ mastraObservability }, before) =>
        mastraObservability.readTrace({ traceId, after: before?.next }),
      isEnd,
    );
    const spans = found.flatMap((part) =>
      part.spans.map((span) => SPAN.toMastra(span)),
    );
    return spans.length === 0 ? null : { traceId, spans };
  }

  /** The spans of a trace without what is large, the first started first. */
  override async getStructure({
    traceId,
  }: GetTraceArgs): Promise<GetStructureResponse | null> {
    const found = await parts(
      this.#storage,
      (functions, before: stored.LightSpansPart | undefined) =>
        structurePart(functions, traceId, before),
      isEnd,
    );
    const spans = found.flatMap((part) =>
      part.spans.map((span) => LIGHT_SPAN.toMastra(span)),
    );
    return spans.length === 0 ? null : { traceId, spans };
  }

  /** As `getStructure`, by its former name. */
  override async getTraceLight(
    given: GetTraceArgs,
  ): Promise<GetStructureResponse | null> {
    return await this.getStructure(given);
  }

  /** Some spans of a trace; those that are not there are left out. */
  override async getSpans({
    traceId,
    spanIds,
  }: GetSpansArgs): Promise<GetSpansResponse> {
    const keys = idsOf(spanIds, "spanIds").map((spanId) => ({
      traceId,
      spanId,
    }));
    if (keys.length === 0) return { traceId, spans: [] };
    const found = await parts<stored.FoundSpans>(
      this.#storage,
      ({ mastraObservability }, before) =>
        mastraObservability.readSpans({ keys: before?.pending ?? keys }),
      ({ pending }) => pending.length === 0,
    );
    const spans = found.flatMap((part) =>
      part.spans.map((span) => SPAN.toMastra(span)),
    );
    return { traceId, spans };
  }

  /** A span and those below it, the first started first. */
  override async getBranch(
    given: GetBranchArgs,
  ): Promise<GetBranchResponse | null> {
    const { traceId, spanId, depth } = parsed(getBranchArgsSchema, given);
    return await this.#storage.snapshot(async ({ functions }) => {
      const structure: stored.LightSpanRecord[] = [];
      let light: stored.LightSpansPart | undefined;
      do {
        light = await structurePart(functions, traceId, light);
        structure.push(...light.spans);
      } while (!isEnd(light));
      let pending = branchOf(structure, spanId, depth).map((one) => ({
        traceId,
        spanId: one,
      }));
      const spans: SpanRecord[] = [];
      while (pending.length > 0) {
        const part = await functions.mastraObservability.readSpans({
          keys: pending,
        });
        spans.push(...part.spans.map((span) => SPAN.toMastra(span)));
        ({ pending } = part);
      }
      return spans.length === 0 ? null : { traceId, spans };
    });
  }

  /** A page of the traces that meet conditions, by their roots, and how many there are. */
  override async listTraces(
    given: ListTracesArgs,
  ): Promise<ListTracesResponse> {
    const { pagination, spans } = await this.#listed<stored.TraceSpan>(
      given,
      ({ mastraObservability }, asked) => mastraObservability.findTraces(asked),
      ({ mastraObservability }, keys) =>
        mastraObservability.readTraceSpans({ keys }),
    );
    return {
      pagination,
      spans: spans.map((span) => TRACE_SPAN.toMastra(span)),
    };
  }

  /** As `listTraces`, with what a list shows of each. */
  override async listTracesLight(
    given: ListTracesArgs,
  ): Promise<ListTracesLightResponse> {
    const { pagination, spans } = await this.#listed<stored.LightSpanRecord>(
      given,
      ({ mastraObservability }, asked) =>
        mastraObservability.findLightTraces(asked),
      ({ mastraObservability }, keys) =>
        mastraObservability.readLightSpans({ keys }),
    );
    return {
      pagination,
      spans: spans.map((span) => LIGHT_SPAN.toMastra(span)),
    };
  }

  async #listed<Span>(
    given: ListTracesArgs,
    find: (
      functions: Functions,
      asked: Asked,
    ) => Promise<
      FoundSpans<Span> & { cursor?: string | undefined; pagination: Pagination }
    >,
    read: (
      functions: Functions,
      keys: stored.SpanKey[],
    ) => Promise<FoundSpans<Span>>,
  ): Promise<{ pagination: Pagination; spans: Span[] }> {
    // The schema takes dates and maps for objects, in which there is nothing.
    for (const name of ["filters", "pagination", "orderBy"] as const) {
      const { [name]: value } = recordOf(given, "args");
      if (value !== undefined) recordOf(value, name);
    }
    // It takes a filter that there is not for none, and would find all.
    const names = Object.keys(FILTERS_SHAPE);
    requireKnown(fieldsOf(given.filters ?? {}, "filters"), names, "filters");
    const { mode, filters, pagination, orderBy, after, limit } = parsed(
      listTracesArgsSchema,
      given,
    );
    if (mode === "delta") {
      // It says why not, in Mastra's words.
      await this.#functions.listTraces({ mode, after, limit });
    }
    const asked = {
      filters: filters && FILTERS.toConvex(filters, "filters"),
      pagination,
      orderBy,
    };
    const { items, page } = await listed<Span, stored.SpanKey, Pagination>(
      this.#storage,
      async (functions, cursor, counted) => {
        const found = await find(functions, {
          ...asked,
          cursor,
          counted: counted?.total,
        });
        const { spans, pending } = found;
        return {
          items: spans,
          pending,
          cursor: found.cursor,
          page: found.pagination,
        };
      },
      async (functions, keys) => {
        const { spans, pending } = await read(functions, keys);
        return { items: spans, pending };
      },
    );
    return { pagination: page, spans: items };
  }

  /** Deletes all spans. */
  override async dangerouslyClearAll(): Promise<void> {
    await untilDone(() => this.#functions.clear());
  }

  get #functions(): Functions["mastraObservability"] {
    return this.#storage.functions.mastraObservability;
  }
}

async function structurePart(
  { mastraObservability }: Functions,
  traceId: string,
  before: stored.LightSpansPart | undefined,
): Promise<stored.LightSpansPart> {
  return await mastraObservability.readStructure({
    traceId,
    after: before?.next,
  });
}

function isEnd({ next }: { next?: stored.SpanPlace | undefined }): boolean {
  return next === undefined;
}

/** Throws before the first of several transactions. */
function requireIds(span: CreateSpanRecord): void {
  if (!isRecord(span)) return;
  const { spanId, traceId } = span;
  for (const [name, id] of [
    ["Span", spanId],
    ["Trace", traceId],
  ]) {
    if (id === "") {
      throw new InvalidArgument(`${name} ID is required for creating a span`);
    }
  }
}

/** The IDs of a span and of those below it, so many levels deep, in the order of the spans. */
function branchOf(
  spans: readonly stored.LightSpanRecord[],
  spanId: string,
  depth = Infinity,
): string[] {
  const below = new Map<string | null, string[]>();
  for (const one of spans) {
    const children = below.get(one.parentSpanId) ?? [];
    below.set(one.parentSpanId, [...children, one.spanId]);
  }
  let level = spans.some((one) => one.spanId === spanId) ? [spanId] : [];
  const found = new Set(level);
  for (let deep = 0; level.length > 0 && deep < depth; deep += 1) {
    level = level
      .flatMap((parent) => below.get(parent) ?? [])
      .filter((child) => !found.has(child));
    for (const child of level) found.add(child);
  }
  return spans.map((one) => one.spanId).filter((id) => found.has(id));
}
