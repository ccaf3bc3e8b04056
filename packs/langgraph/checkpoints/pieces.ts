import type { Infer } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import type { MutationCtx, QueryCtx } from "../../_generated/server.js";
import type {
  langGraphBytesValidator,
  langGraphPieceValidator,
} from "../../schema.js";
import type { Budget } from "./budget.js";

// Values that are too long for a document lie in pieces, which callers have cut:
// a call takes 16 MiB as JSON, and so some values are sent in several. Where a
// value of those is stored by none, its pieces go with the thread.

export type Serialized = Infer<typeof langGraphBytesValidator>;

export type Piece = Infer<typeof langGraphPieceValidator>;

/** Stores pieces. One that is there is of the same value, from a call that is repeated. */
export async function storePieces(
  ctx: MutationCtx,
  threadId: string,
  pieces: readonly Piece[],
): Promise<void> {
  for (const piece of pieces) {
    const { valueId, index } = piece;
    const there = await ctx.db
      .query("langGraphValuePieces")
      .withIndex("by_threadId_and_valueId_and_index", (q) =>
        q.eq("threadId", threadId).eq("valueId", valueId).eq("index", index),
      )
      .first();
    if (there === null) {
      await ctx.db.insert("langGraphValuePieces", { threadId, ...piece });
    }
  }
}

/** The pieces of a value from one on. */
export function piecesOf(
  ctx: QueryCtx,
  threadId: string,
  valueId: string,
  from: number,
): AsyncIterable<Doc<"langGraphValuePieces">> {
  return ctx.db
    .query("langGraphValuePieces")
    .withIndex("by_threadId_and_valueId_and_index", (q) =>
      q.eq("threadId", threadId).eq("valueId", valueId).gte("index", from),
    );
}

/**
 * The bytes of a value, from a piece on, as many as the budget allows, and the
 * piece that is next, or null.
 */
export async function bytesOf(
  ctx: QueryCtx,
  threadId: string,
  { data, valueId }: Serialized,
  from: number,
  budget: Budget,
): Promise<{ data: ArrayBuffer; next: number | null }> {
  if (data !== undefined || valueId === undefined) {
    return { data: data ?? new ArrayBuffer(0), next: null };
  }
  budget.spendRange();
  const parts: ArrayBuffer[] = [];
  let next: number | null = null;
  for await (const piece of piecesOf(ctx, threadId, valueId, from)) {
    if (parts.length > 0 && budget.isSpent) {
      next = piece.index;
      break;
    }
    budget.spend(piece);
    parts.push(piece.data);
  }
  return { data: joined(parts), next };
}

function joined(parts: readonly ArrayBuffer[]): ArrayBuffer {
  const size = parts.reduce((sum, part) => sum + part.byteLength, 0);
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(new Uint8Array(part), at);
    at += part.byteLength;
  }
  return whole.buffer;
}

/** Deletes the pieces of a value, or as many as the budget allows: then false. */
export async function discardPieces(
  ctx: MutationCtx,
  threadId: string,
  { valueId }: Serialized,
  budget: Budget,
): Promise<boolean> {
  if (valueId === undefined) return true;
  budget.spendRange();
  for await (const piece of piecesOf(ctx, threadId, valueId, 0)) {
    if (budget.isSpent) return false;
    budget.spend(piece);
    await ctx.db.delete("langGraphValuePieces", piece._id);
  }
  return true;
}
