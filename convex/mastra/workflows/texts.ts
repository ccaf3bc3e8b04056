/*
 * Copied by convexgen from schema/mastra/workflows/texts.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import type { Value } from "convex/values";

import { internal } from "../../_generated/api.js";
import type { Id } from "../../_generated/dataModel.js";
import type { MutationCtx } from "../../_generated/server.js";
import { decodeExactly, encodeJson } from "../../lib/json.js";
import { inChunks } from "../../lib/large.js";
import { isObject } from "../../lib/values.js";
import { asJson } from "./snapshots.js";

// Where the texts of snapshots lie: the short ones in their documents, readable, and
// the long ones in chunks, which need not be read to be replaced.

/** The length of a text from which on it lies in chunks. */
const MAX_INLINE = 16 * 1024;

/**
 * The bytes that what comes after the chunks may still read. To delete a chunk is to
 * read it, and a transaction that has read 15 MiB cannot read them again.
 */
const KEPT = 4 * 1024 * 1024;

/** What a field holds of a text. */
export async function placed(ctx: MutationCtx, text: string): Promise<Value> {
  return text.length > MAX_INLINE
    ? await inChunks(ctx, text)
    : encodeJson(decodeExactly(asJson(text)));
}

/** The chunks that hold what was in some fields. */
export function chunksOf(...fields: unknown[]): Id<"jsonChunks">[] {
  return fields.flatMap((field) =>
    isObject(field) && isObject(field["jsonChunks"])
      ? (field["jsonChunks"]["ids"] as Id<"jsonChunks">[])
      : [],
  );
}

/** Deletes chunks that no document has any more: those that this transaction cannot read, by itself in another one. */
export async function discardChunks(
  ctx: MutationCtx,
  ids: Id<"jsonChunks">[],
): Promise<void> {
  for (const [index, id] of ids.entries()) {
    const { bytesRead } = await ctx.meta.getTransactionMetrics();
    if (bytesRead.remaining < KEPT) {
      const rest = { ids: ids.slice(index) };
      const { discardChunks: goOn } = internal.mastra.workflows;
      await ctx.scheduler.runAfter(0, goOn, rest);
      return;
    }
    await ctx.db.delete("jsonChunks", id);
  }
}
