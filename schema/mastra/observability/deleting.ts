import type { QueryCtx } from "../../_generated/server.js";
import { sizeOf } from "../../lib/documents.js";
import type * as Traces from "../../model/traces.js";
import { rootOf, spansAfter } from "./finding.js";
import { MAX_BYTES, MAX_SPANS } from "./reading.js";
import { isRoot, keyOf, type Stored } from "./records.js";

// Which spans a transaction deletes of traces, for whom.

/** How many spans a call deletes. */
const MAX_DELETED = 400;

interface Tenant {
  organizationId?: string;
  resourceId?: string;
}

/** The spans of traces that a transaction can delete, those without a parent last. */
export async function deletable(
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
