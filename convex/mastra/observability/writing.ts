/*
 * Copied by convexgen from schema/mastra/observability/writing.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import type { MutationCtx, QueryCtx } from "../../_generated/server.js";
import { sizeOf } from "../../lib/documents.js";
import * as TraceRoots from "../../model/traceRoots.js";
import * as Traces from "../../model/traces.js";
import { failure, invalid } from "../failures.js";
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
import { findRoot, markRoots, patchRoot, saveRoot } from "./roots.js";

// Spans that are stored and changed, and what lists of traces know of them.

export async function create(
  ctx: MutationCtx,
  spans: Created[],
): Promise<void> {
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

export async function update(
  ctx: MutationCtx,
  { traceId, spanId }: Traces.Key,
  given: Updates,
): Promise<void> {
  const span = { traceId, spanId };
  const before = await spanToUpdate(ctx, span);
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

/** How many spans a call looks for, and how much of them, in bytes. */
const MAX_LOOKED_FOR = { spans: 1000, bytes: 8 * 1024 * 1024 };

/** Looks whether spans are there, and gives the keys of those it does not come to. Throws `NotFound`. */
export async function requireSpans(
  ctx: QueryCtx,
  keys: Traces.Key[],
): Promise<Traces.Key[]> {
  let bytes = 0;
  for (const [index, key] of keys.entries()) {
    const isFull =
      index === MAX_LOOKED_FOR.spans || bytes > MAX_LOOKED_FOR.bytes;
    if (isFull) return keys.slice(index);
    bytes += sizeOf(await spanToUpdate(ctx, key));
  }
  return [];
}

function notFound(message: string, key: Traces.Key) {
  return failure("NotFound", message, { entity: "Trace", key: { ...key } });
}
