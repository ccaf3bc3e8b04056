import type { QueryCtx } from "../../_generated/server.js";
import { limitExceeded } from "../../lib/errors.js";
import type * as Traces from "../../model/traces.js";
import { find, type Place, placeIn, spansAfter } from "./finding.js";
import { isSpan } from "./records.js";
import type { View } from "./views.js";

// As many spans as a call reads, and where the next one goes on.

/** How much a call reads of spans, in bytes: less than the 16 MiB that one may. */
export const MAX_BYTES = 8 * 1024 * 1024;

/** How many spans a call reads. */
export const MAX_SPANS = 4000;

/** How many spans a call reads by their keys. */
const MAX_KEYS = 500;

/** The spans of a trace that a call reads whole. Throws `LimitExceeded`. */
export async function readAll<Shown>(
  ctx: QueryCtx,
  view: View<Shown>,
  traceId: string,
): Promise<{ traceId: string; spans: Shown[] } | null> {
  const { spans, next } = await readAfter(ctx, view, traceId, undefined);
  requireWhole(next, "the trace");
  return spans.length === 0 ? null : { traceId, spans };
}

/** Throws `LimitExceeded` where there is more than a call reads. */
export function requireWhole(rest: unknown, what: string): void {
  if (rest === undefined) return;
  throw limitExceeded(
    `${what} is more than a call reads: read it in parts`,
    {},
  );
}

/** Spans in their order, and where they go on. */
export interface Part<Shown> {
  spans: Shown[];
  next?: Place;
}

export async function readAfter<Shown>(
  ctx: QueryCtx,
  { show, costOf }: View<Shown>,
  traceId: string,
  after: Place | undefined,
): Promise<Part<Shown>> {
  const spans: Shown[] = [];
  let bytes = 0;
  for await (const span of spansAfter(ctx, traceId, after)) {
    bytes += costOf(span);
    const isFull = bytes > MAX_BYTES || spans.length === MAX_SPANS;
    if (isFull && spans.length > 0)
      return { spans, next: { ...placeIn(span), isNext: true } };
    spans.push(await show(ctx, span));
    // Beside one that is as large as a call reads, no other is read.
    if (bytes > MAX_BYTES) return { spans, next: placeIn(span) };
  }
  return { spans };
}

/** Spans, and the keys of those that are to be read still. */
export interface Found<Shown> {
  spans: Shown[];
  pending: Traces.Key[];
}

export async function readEach<Shown>(
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
    const hasRoom = index < MAX_KEYS && (bytes <= maxBytes || index < least);
    const span = hasRoom ? await find(ctx, one) : null;
    if (span !== null) bytes += costOf(span);
    const isFull = !hasRoom || bytes > maxBytes;
    if (isFull && index >= least) return { spans, pending: keys.slice(index) };
    if (span !== null && isSpan(span)) spans.push(await show(ctx, span));
  }
  return { spans, pending: [] };
}
