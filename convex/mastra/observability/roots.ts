/*
 * Copied by convexgen from schema/mastra/observability/roots.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import type { Value } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import type { MutationCtx, QueryCtx } from "../../_generated/server.js";
import { type Fields, sizeOf } from "../../lib/documents.js";
import { limitExceeded, mebibytes } from "../../lib/errors.js";
import * as TraceRoots from "../../model/traceRoots.js";
import type * as Traces from "../../model/traces.js";
import { previewOf } from "./previews.js";
import {
  compared,
  type Created,
  keyOf,
  type Nullable,
  type Present,
  type Status,
  statusOf,
  type Stored,
  type Updates,
} from "./records.js";

// A span that has no parent stands for its trace. What lists compare of it is in
// `traceRoots` as well, so that they read no document with what a span was given.

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

export async function findRoot(
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

export async function saveRoot(
  ctx: MutationCtx,
  span: Present<Created> | Stored,
): Promise<void> {
  const root = rootFor(span, await hasFailed(ctx, span.traceId));
  await TraceRoots.saveMany(ctx, [root]);
}

/** What is stored of a span that has no parent. */
function rootFor(
  span: Present<Created> | Stored,
  hasChildError: boolean,
): TraceRoots.Input {
  const inputPreview = previewOf(span.input as Value | undefined);
  const root = {
    ...columnsOf(span),
    ...keyOf(span),
    ...(inputPreview === undefined ? {} : { inputPreview }),
    status: statusOf(span),
    hasChildError,
  };
  return root as TraceRoots.Input;
}

/** What a transaction writes, less what is around a span. */
const MAX_WRITTEN = (16 * 1024 - 64) * 1024;

/** Throws where a transaction cannot write a span without a parent, of which it writes columns twice. */
export function requireWritable(span: object, path: string): void {
  const columns = columnsOf(span);
  const bytes = sizeOf(span as Fields) + sizeOf(columns);
  if (bytes <= MAX_WRITTEN) return;
  throw limitExceeded(
    `\`${path}\` takes ${mebibytes(bytes)}, its \`metadata\` and \`scope\` twice ` +
      "since it has no parent, and a transaction writes 16 MiB in all",
    { path, bytes },
  );
}

function columnsOf(span: object): Fields {
  const columns = Object.entries(span).filter(([name]) =>
    rootNames.includes(name),
  );
  return Object.fromEntries(columns) as Fields;
}

export async function patchRoot(
  ctx: MutationCtx,
  span: Traces.Key,
  given: Present<Updates>,
  removed: Nullable[],
  status: Status,
): Promise<void> {
  const changes = changesOf(given, removed, status) as RootChanges;
  await TraceRoots.patchEach(ctx, [span], changes);
}

type RootChanges = Parameters<typeof TraceRoots.patchEach>[2];

/** What changes of a span change of what is stored of it without a parent. */
function changesOf(
  given: Present<Updates>,
  removed: Nullable[],
  status: Status,
): { set: Fields; unset: string[] } {
  const set: Fields = { ...columnsOf(given), status };
  const unset: string[] = removed.filter((name) => rootNames.includes(name));
  if ("input" in given || removed.includes("input")) {
    const inputPreview = previewOf(given.input as Value | undefined);
    if (inputPreview === undefined) unset.push("inputPreview");
    else set["inputPreview"] = inputPreview;
  }
  return { set, unset };
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

/** How many spans of a trace may have no parent: Mastra gives it one. */
const MAX_ROOTS = 100;

/** Lets lists know whether any span of a trace has an error. */
export async function markRoots(
  ctx: MutationCtx,
  traceId: string,
): Promise<void> {
  const hasChildError = await hasFailed(ctx, traceId);
  const roots = await ctx.db
    .query("traceRoots")
    .withIndex("by_traceId_and_spanId", (q) => q.eq("traceId", traceId))
    .take(MAX_ROOTS);
  const others = roots.filter((root) => root.hasChildError !== hasChildError);
  await TraceRoots.patchEach(ctx, others.map(keyOf), {
    set: { hasChildError },
  });
}
