import { type Infer, v } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import * as Traces from "../../model/traces.js";

// What a span is: as it is given, stored and shown.

const nullableText = v.nullable(v.string());

/** What traces are compared by, beside times, lists and JSON. */
export const compared = {
  entityType: nullableText,
  entityId: nullableText,
  entityName: nullableText,
  entityVersionId: nullableText,
  parentEntityType: nullableText,
  parentEntityId: nullableText,
  parentEntityName: nullableText,
  parentEntityVersionId: nullableText,
  rootEntityType: nullableText,
  rootEntityId: nullableText,
  rootEntityName: nullableText,
  rootEntityVersionId: nullableText,
  userId: nullableText,
  organizationId: nullableText,
  resourceId: nullableText,
  runId: nullableText,
  sessionId: nullableText,
  threadId: nullableText,
  requestId: nullableText,
  environment: nullableText,
  serviceName: nullableText,
  source: nullableText,
  experimentId: nullableText,
};

/** What a span may lack, which is null then. */
export const nullable = {
  ...compared,
  parentSpanId: nullableText,
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

export const spanKey = v.object(Traces.key);

export const required = {
  name: v.string(),
  spanType: v.string(),
  isEvent: v.boolean(),
  startedAt: v.number(),
};

const times = { createdAt: v.number(), updatedAt: v.nullable(v.number()) };

export const createdSpan = v
  .object(nullable)
  .partial()
  .extend({ ...Traces.key, ...required });

export const spanUpdates = v.object({ ...nullable, ...required }).partial();

export const spanRecord = v.object({
  ...Traces.key,
  ...required,
  ...nullable,
  ...times,
});

export const traceStatus = v.union(
  v.literal("success"),
  v.literal("error"),
  v.literal("running"),
);

export const traceSpan = spanRecord.extend({ status: traceStatus });

export const structuralSpan = v.object({
  ...Traces.key,
  ...required,
  ...times,
  parentSpanId: nullableText,
  endedAt: v.nullable(v.number()),
  error: v.any(),
  entityType: nullableText,
  entityId: nullableText,
  entityName: nullableText,
});

export const lightSpanRecord = structuralSpan.extend({
  status: v.optional(traceStatus),
  metadata: v.optional(v.any()),
  inputPreview: v.optional(nullableText),
});

export type Created = Infer<typeof createdSpan>;

export type Updates = Infer<typeof spanUpdates>;

export type Span = Infer<typeof spanRecord>;

export type Light = Infer<typeof lightSpanRecord>;

export type Status = Infer<typeof traceStatus>;

export type Stored = Doc<"traces">;

export type Nullable = keyof typeof nullable;

/** The same without what is null. */
export type Present<Given> = {
  [Name in keyof Given]: Exclude<Given[Name], null>;
};

export function present<Given extends object>(given: Given): Present<Given> {
  const entries = Object.entries(given).filter(([, value]) => value !== null);
  return Object.fromEntries(entries) as Present<Given>;
}

export function keyOf({ traceId, spanId }: Traces.Key): Traces.Key {
  return { traceId, spanId };
}

export function isRoot(
  span: { parentSpanId?: string | undefined } | null,
): boolean {
  return span !== null && span.parentSpanId === undefined;
}

export function statusOf({
  error,
  endedAt,
}: {
  error?: unknown;
  endedAt?: number | undefined;
}): Status {
  if (error !== undefined) return "error";
  return endedAt === undefined ? "running" : "success";
}

/** Rows of stores before core 1.0 have no type. */
export function isSpan(document: Stored): boolean {
  return document.spanType !== undefined;
}
