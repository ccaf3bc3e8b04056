import type { MutationCtx, QueryCtx } from "../../_generated/server.js";
import * as TraceRoots from "../../model/traceRoots.js";
import * as Traces from "../../model/traces.js";
import { failure, invalid, pathOf, requireObjects } from "../failures.js";
import { find, spansAfter } from "./finding.js";
import {
  type Created,
  isRoot,
  isSpan,
  keyOf,
  type Nullable,
  present,
  statusOf,
  type Stored,
  type Updates,
} from "./records.js";
import {
  findRoot,
  markRoots,
  patchRoot,
  requireWritable,
  saveRoot,
} from "./roots.js";

// Spans that are stored and changed, and what lists of traces know of them.

/** What Mastra has no other JSON in. */
const OBJECTS = ["scope", "metadata", "attributes", "requestContext"] as const;

export async function create(
  ctx: MutationCtx,
  spans: Created[],
): Promise<void> {
  spans.forEach(requireGiven);
  for (const span of spans) {
    const before = await find(ctx, span);
    const given = present(span);
    const hasError = given.error !== undefined;
    await Traces.saveMany(ctx, [{ ...given, hasError }]);
    if (isRoot(given)) {
      requireWritable(given, pathOf("spans", span.spanId));
      await saveRoot(ctx, given);
    } else if (isRoot(before)) await TraceRoots.remove(ctx, keyOf(span));
    const hadError = before?.hasError ?? false;
    if (hasError !== hadError) await markRoots(ctx, span.traceId);
  }
}

function requireGiven({ traceId, spanId, ...given }: Created): void {
  if (spanId === "") throw invalid("Span ID is required for creating a span");
  if (traceId === "") throw invalid("Trace ID is required for creating a span");
  requireObjects(present(given), OBJECTS, pathOf("spans", spanId));
}

export async function update(
  ctx: MutationCtx,
  { traceId, spanId }: Traces.Key,
  given: Updates,
): Promise<void> {
  const span = { traceId, spanId };
  const before = await spanToUpdate(ctx, span);
  const { set, unset, changed } = changesOf(spanId, given);
  const after = { ...before, ...changed };
  const hasError = after.error !== undefined;
  await Traces.patchEach(ctx, [span], { set: { ...set, hasError }, unset });
  if (!isRoot(after)) {
    if (isRoot(before)) await TraceRoots.remove(ctx, span);
  } else if (isRoot(before) && (await findRoot(ctx, span)) !== null) {
    requireWritable(set, pathOf("spans", spanId));
    await patchRoot(ctx, span, set, unset, statusOf(after));
  } else {
    requireWritable(set, pathOf("spans", spanId));
    const saved = await Traces.find(ctx, span);
    if (saved !== null) await saveRoot(ctx, saved);
  }
  if (hasError !== (before.hasError ?? false)) await markRoots(ctx, traceId);
}

/**
 * What is set, what is removed, and both: then undefined is what is removed.
 * Throws `InvalidArgument`.
 */
function changesOf(spanId: string, given: Updates) {
  const set = present(given);
  requireObjects(set, OBJECTS, pathOf("spans", spanId));
  const unset = Object.keys(given).filter(
    (name) => !(name in set),
  ) as Nullable[];
  const removed = Object.fromEntries(unset.map((name) => [name, undefined]));
  return { set, unset, changed: { ...set, ...removed } };
}

/** The span that is to be changed. Throws `NotFound`. */
async function spanToUpdate(ctx: QueryCtx, key: Traces.Key): Promise<Stored> {
  const found = await find(ctx, key);
  if (found !== null && isSpan(found)) return found;
  const other = await spansAfter(ctx, key.traceId).next();
  throw notFound(
    other.done === true
      ? "Trace not found for span update"
      : "Span not found for update",
    key,
  );
}

/** The changes of a span. */
interface SpanUpdates {
  key: Traces.Key;
  updates: Updates;
}

/** Changes by the spans that they are of, each of which is changed once. */
export function updatesBySpan(
  records: (Traces.Key & { updates: Updates })[],
): SpanUpdates[] {
  const found = new Map<string, SpanUpdates>();
  for (const { updates, ...key } of records) {
    const name = JSON.stringify([key.traceId, key.spanId]);
    const before = found.get(name);
    found.set(name, { key, updates: { ...before?.updates, ...updates } });
  }
  return [...found.values()];
}

function notFound(message: string, key: Traces.Key) {
  return failure("NotFound", message, { entity: "Trace", key: { ...key } });
}
