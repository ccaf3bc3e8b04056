/*
 * Copied by convexgen from schema/mastra/observationalMemory/generations.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import type { NamedTableInfo, Query } from "convex/server";
import type { Infer } from "convex/values";

import type { DataModel } from "../../_generated/dataModel.js";
import type { MutationCtx, QueryCtx } from "../../_generated/server.js";
import { wholeIn } from "../../lib/large.js";
import * as Records from "../../model/observationalMemory.js";
import { failure } from "../failures.js";
import { type Generation, record, recordOf, type Whole } from "./records.js";
import { requireRoom } from "./room.js";

// The generations of a thread or a resource, as they are stored.

/** A thread has a memory of its own, whichever resource it belongs to. */
export function lookupKeyOf(
  threadId: string | null,
  resourceId: string,
): string {
  return threadId ? `thread:${threadId}` : `resource:${resourceId}`;
}

/** The generations of a thread or a resource, those of one count in the order of their insertion. */
export function generationsOf(
  ctx: QueryCtx,
  threadId: string | null,
  resourceId: string,
): Query<NamedTableInfo<DataModel, "observationalMemory">> {
  return ctx.db
    .query("observationalMemory")
    .withIndex("by_lookupKey_and_generationCount", (q) =>
      q.eq("lookupKey", lookupKeyOf(threadId, resourceId)),
    );
}

/** A record with its large values where they lie, or null. */
export async function find(
  ctx: QueryCtx,
  id: string,
): Promise<Generation | null> {
  return await ctx.db
    .query("observationalMemory")
    .withIndex("by_recordId", (q) => q.eq("recordId", id))
    .unique();
}

export async function generation(
  ctx: QueryCtx,
  id: string,
): Promise<Generation> {
  const found = await find(ctx, id);
  if (found !== null) return found;
  throw failure("NotFound", `Observational memory record not found: ${id}`);
}

/** A record with the large values that are named, of which some are to be replaced. */
export async function withValues<Name extends keyof Generation>(
  ctx: QueryCtx,
  stored: Generation,
  names: Name[],
  replaced: Name[],
): Promise<Omit<Generation, Name> & Whole<Pick<Generation, Name>>> {
  const table = "observationalMemory";
  const found = await wholeIn(ctx, table, stored, names, replaced);
  return found as Generation & Whole<Pick<Generation, Name>>;
}

/** Changes a record that is there, and reads none of its large values for it. */
export async function change(
  ctx: MutationCtx,
  recordId: string,
  set: Records.Patch["set"],
  unset: Records.Patch["unset"] = [],
): Promise<void> {
  await Records.patchEach(ctx, [{ recordId }], { set, unset });
}

export async function set(
  ctx: MutationCtx,
  id: string,
  fields: Records.Patch["set"],
): Promise<null> {
  await generation(ctx, id);
  await change(ctx, id, fields);
  return null;
}

/** Begins the next generation of a thread or a resource. */
export async function reflect(
  ctx: MutationCtx,
  current: Pick<
    Generation,
    | "scope"
    | "threadId"
    | "resourceId"
    | "generationCount"
    | "totalTokensObserved"
    | "lastObservedAt"
    | "observedTimezone"
    | "config"
    | "metadata"
  >,
  activeObservations: string,
  observationTokenCount: number,
): Promise<Infer<typeof record>> {
  const now = Date.now();
  const { threadId, resourceId } = current;
  const next = await Records.insert(ctx, {
    scope: current.scope,
    threadId,
    resourceId,
    config: current.config,
    metadata: current.metadata ?? {},
    ...(current.observedTimezone === undefined
      ? {}
      : { observedTimezone: current.observedTimezone }),
    totalTokensObserved: current.totalTokensObserved,
    lastObservedAt: current.lastObservedAt ?? now,
    recordId: crypto.randomUUID(),
    lookupKey: lookupKeyOf(threadId, resourceId),
    originType: "reflection",
    generationCount: current.generationCount + 1,
    activeObservations,
    observationTokenCount,
    createdAt: now,
    updatedAt: now,
  });
  await requireRoom(ctx, next);
  return await recordOf(ctx, next);
}
