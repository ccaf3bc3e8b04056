/*
 * Copied by convexgen from schema/mastra/observationalMemory/records.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import type { NamedTableInfo, Query } from "convex/server";
import { type Infer, v } from "convex/values";

import type { DataModel, Doc } from "../../_generated/dataModel.js";
import type { QueryCtx } from "../../_generated/server.js";
import { allWhole, whole } from "../../lib/large.js";
import * as Records from "../../model/observationalMemory.js";

// Records and what waits with them, as Mastra has them.

/** A document that has its large values, and not where they lie. */
export type Whole<Document> = {
  [Field in keyof Document]: Exclude<Document[Field], { jsonChunks: unknown }>;
};

export type Generation = Doc<"observationalMemory">;

/** What waits, as it is stored. */
export type Waiting = Doc<"observationChunks">;

export type Chunk = Whole<Waiting>;

export const scope = Records.document.fields.scope;

export const chunkInput = v.object({
  cycleId: v.string(),
  observations: v.string(),
  tokenCount: v.number(),
  messageIds: v.array(v.string()),
  messageTokens: v.number(),
  lastObservedAt: v.number(),
  suggestedContinuation: v.optional(v.string()),
  currentTask: v.optional(v.string()),
  threadTitle: v.optional(v.string()),
  extractedValues: v.optional(v.any()),
  extractionFailures: v.optional(
    v.array(v.object({ slug: v.string(), error: v.string() })),
  ),
});

export const chunk = chunkInput.extend({
  id: v.string(),
  createdAt: v.number(),
});

export const record = Records.document
  .omit("_id", "_creationTime", "recordId", "lookupKey")
  .extend({
    id: v.string(),
    activeObservations: v.string(),
    bufferedObservationChunks: v.optional(v.array(chunk)),
    bufferedObservations: v.optional(v.string()),
    bufferedMessageIds: v.optional(v.array(v.string())),
    bufferedReflection: v.optional(v.string()),
    observedMessageIds: v.optional(v.array(v.string())),
  });

/** What waits to become active, the first noted first. */
export function waitingFor(
  ctx: QueryCtx,
  recordId: string,
): Query<NamedTableInfo<DataModel, "observationChunks">> {
  return ctx.db
    .query("observationChunks")
    .withIndex("by_recordId_and_position", (q) => q.eq("recordId", recordId));
}

export async function wholeChunks(
  ctx: QueryCtx,
  found: Waiting[],
): Promise<Chunk[]> {
  return (await allWhole(ctx, "observationChunks", found)) as Chunk[];
}

/** A record as Mastra has it. What waits with it may be known already. */
export async function recordOf(
  ctx: QueryCtx,
  generation: Generation,
  known?: Waiting[],
): Promise<Infer<typeof record>> {
  const document = await whole(ctx, "observationalMemory", generation);
  const { _id, _creationTime, recordId, lookupKey, ...fields } =
    document as Whole<Generation>;
  const found = known ?? (await waitingFor(ctx, recordId).collect());
  const waiting = await wholeChunks(ctx, found);
  return {
    ...fields,
    id: recordId,
    ...(waiting.length > 0 && {
      bufferedObservationChunks: waiting.map(chunkOf),
    }),
  };
}

function chunkOf({
  _id,
  _creationTime,
  recordId,
  position,
  chunkId,
  ...fields
}: Chunk): Infer<typeof chunk> {
  return { ...fields, id: chunkId };
}
