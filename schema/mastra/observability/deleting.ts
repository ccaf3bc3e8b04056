import type { MutationCtx, QueryCtx } from "../../_generated/server.js";
import { sizeOf } from "../../lib/documents.js";
import { wholeSize } from "../../lib/large.js";
import * as Traces from "../../model/traces.js";
import { invalid } from "../failures.js";
import {
  type Place,
  placeIn,
  rootOf,
  rootsAfter,
  spansAfter,
} from "./finding.js";
import { MAX_SPANS } from "./reading.js";
import { isRoot, keyOf, type Stored } from "./records.js";
import { markRoots } from "./roots.js";

// Which spans a transaction deletes of traces, for whom.

/** How many traces Mastra deletes at once. */
const MAX_TRACES = 1000;

/** How many spans a call deletes. */
const MAX_DELETED = 400;

/** How much of spans a call looks at, in bytes, with what is large of those that it deletes. */
const MAX_LOOKED_AT = 4 * 1024 * 1024;

interface Tenant {
  organizationId?: string;
  resourceId?: string;
}

/**
 * Deletes traces, or what belongs to a tenant of them, as many spans as a
 * transaction does, and says where the next one goes on. Throws `InvalidArgument`.
 */
export async function deleteSome(
  ctx: MutationCtx,
  { traceIds, ...tenant }: Tenant & { traceIds: string[] },
  from?: Looked,
): Promise<{ isDone: boolean; next?: Looked }> {
  if (traceIds.length > MAX_TRACES) {
    throw invalid(`traceIds must have at most ${MAX_TRACES} elements`);
  }
  const ids = [...new Set(traceIds)];
  const { keys, next } = await deletable(ctx, ids, tenant, from);
  const { remaining, unfinished } = await Traces.removeMany(ctx, keys);
  // What is left in a trace is of others, whose lists know of its errors.
  if (Object.keys(tenant).length > 0) {
    for (const traceId of new Set(keys.map((one) => one.traceId))) {
      await markRoots(ctx, traceId);
    }
  }
  const areAll = remaining.length === 0 && unfinished === undefined;
  const goesOn = areAll ? next : from;
  return {
    isDone: areAll && next === undefined,
    ...(goesOn !== undefined && { next: goesOn }),
  };
}

/** Which trace is looked at, and after which of its spans: of those without a parent, or of all. */
export interface Looked {
  traceId: string;
  after?: Place;
  areRoots?: boolean;
}

/**
 * The spans of traces that a transaction can delete, those without a parent last,
 * and where it goes on: nowhere where these are all.
 */
export async function deletable(
  ctx: QueryCtx,
  traceIds: string[],
  tenant: Tenant,
  from?: Looked,
): Promise<{ keys: Traces.Key[]; next?: Looked }> {
  const keys: Traces.Key[] = [];
  let bytes = 0;
  let read = 0;
  /** Deletes a span, or passes over it; false where there is no room for that. */
  const take = (span: Stored, isDeleted: boolean): boolean => {
    bytes += isDeleted ? wholeSize("traces", span) : sizeOf(span);
    read += 1;
    const isMore =
      keys.length >= MAX_DELETED || bytes > MAX_LOOKED_AT || read > MAX_SPANS;
    if (isMore && read > 1) return false;
    if (isDeleted) keys.push(keyOf(span));
    return true;
  };
  const isOfAll = Object.keys(tenant).length === 0;
  const first = from === undefined ? 0 : traceIds.indexOf(from.traceId);
  for (const traceId of traceIds.slice(Math.max(0, first))) {
    const root = isOfAll ? null : await rootOf(ctx, traceId);
    const begun = from?.traceId === traceId ? from : undefined;
    const isAtRoots = begun?.areRoots ?? false;
    for (const areRoots of isAtRoots ? [true] : [false, true]) {
      const after = areRoots === isAtRoots ? begun?.after : undefined;
      const spans = areRoots ? rootsAfter : spansAfter;
      for await (const span of spans(ctx, traceId, after)) {
        const isOfPart = isRoot(span) === areRoots;
        const isTaken = take(span, isOfPart && belongsTo(span, root, tenant));
        // Beside one that is as large as a call deletes, no other is read.
        if (isTaken && bytes <= MAX_LOOKED_AT) continue;
        const place = placeIn(span);
        const at = isTaken ? place : { ...place, isNext: true };
        return { keys, next: { traceId, after: at, areRoots } };
      }
    }
  }
  return { keys };
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
