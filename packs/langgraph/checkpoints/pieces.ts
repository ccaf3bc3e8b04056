import { ConvexError, type Infer } from "convex/values";

import { internal } from "../../_generated/api.js";
import type { Doc } from "../../_generated/dataModel.js";
import type { MutationCtx, QueryCtx } from "../../_generated/server.js";
import type {
  langGraphBytesValidator,
  langGraphPieceValidator,
} from "../../schema.js";
import { Budget } from "./budget.js";

// Values that are too long for a document lie in pieces, which callers have cut:
// a call takes 16 MiB as JSON, and so some values are sent in several. The call
// that stores a value marks the first of its pieces, which is empty; those without
// a mark are deleted after a day. Values of the store are of no thread.

export type Serialized = Infer<typeof langGraphBytesValidator>;

/** What of a value tells where its bytes are. */
export type Packed = Pick<Serialized, "data" | "valueId">;

type ThreadId = string | undefined;

/** In milliseconds. */
export const DAY = 24 * 60 * 60 * 1000;

export type Piece = Infer<typeof langGraphPieceValidator>;

/** Stores pieces. One that is there is of the same value, from a call that is repeated. */
export async function storePieces(
  ctx: MutationCtx,
  threadId: ThreadId,
  pieces: readonly Piece[],
): Promise<void> {
  const of = threadId === undefined ? {} : { threadId };
  for (const piece of pieces) {
    const { valueId, index } = piece;
    if ((await findPiece(ctx, threadId, valueId, index)) === null) {
      await ctx.db.insert("langGraphValuePieces", { ...of, ...piece });
    }
  }
}

/** Stores pieces of values that a later call stores, within a day. */
export async function storePiecesAhead(
  ctx: MutationCtx,
  threadId: ThreadId,
  pieces: readonly Piece[],
): Promise<void> {
  await storePieces(ctx, threadId, pieces);
  const valueIds = [...new Set(pieces.map((one) => one.valueId))];
  await discardLater(ctx, threadId, valueIds, DAY);
}

/** Marks a value as stored. Throws where its pieces are gone, as the first is by then. */
export async function keepPieces(
  ctx: MutationCtx,
  threadId: ThreadId,
  { valueId }: Packed,
): Promise<void> {
  if (valueId === undefined) return;
  const first = await findPiece(ctx, threadId, valueId, 0);
  if (first === null) {
    throw new ConvexError({
      code: "Conflict",
      message:
        "a long value was sent more than a day ago, or replaced since: store it again",
    });
  }
  if (first.isStored === true) return;
  await ctx.db.patch("langGraphValuePieces", first._id, { isStored: true });
}

async function findPiece(
  ctx: QueryCtx,
  threadId: ThreadId,
  valueId: string,
  index: number,
): Promise<Doc<"langGraphValuePieces"> | null> {
  return await ctx.db
    .query("langGraphValuePieces")
    .withIndex("by_threadId_and_valueId_and_index", (q) =>
      q.eq("threadId", threadId).eq("valueId", valueId).eq("index", index),
    )
    .first();
}

/** The pieces of a value from one on. */
export function piecesOf(
  ctx: QueryCtx,
  threadId: ThreadId,
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
  threadId: ThreadId,
  { data, valueId }: Packed,
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
  threadId: ThreadId,
  { valueId }: Packed,
  budget: Budget,
): Promise<boolean> {
  if (valueId === undefined) return true;
  budget.spendRange();
  for await (const piece of piecesOf(ctx, threadId, valueId, 0)) {
    // Without the first one, the others are of no value.
    if (budget.isSpent && piece.index > 0) return false;
    budget.spend(piece);
    await ctx.db.delete("langGraphValuePieces", piece._id);
  }
  return true;
}

/** Deletes the pieces of a value that is stored no more, and what is more than the budget later. */
export async function replacePieces(
  ctx: MutationCtx,
  threadId: ThreadId,
  value: Packed,
  by: Packed | undefined,
  budget: Budget,
): Promise<void> {
  const { valueId } = value;
  // A call that is repeated has the value that it stored before.
  if (valueId === undefined || valueId === by?.valueId) return;
  if (await discardPieces(ctx, threadId, value, budget)) return;
  await discardLater(ctx, threadId, [valueId], 0);
}

/** Deletes the pieces of values that no call has stored. */
export async function discardUnstored(
  ctx: MutationCtx,
  threadId: ThreadId,
  valueIds: string[],
): Promise<void> {
  const budget = new Budget();
  for (const [index, valueId] of valueIds.entries()) {
    budget.spendRange();
    const first = await findPiece(ctx, threadId, valueId, 0);
    if (first?.isStored === true) continue;
    if (!(await discardPieces(ctx, threadId, { valueId }, budget))) {
      return await discardLater(ctx, threadId, valueIds.slice(index), 0);
    }
  }
}

export async function discardLater(
  ctx: MutationCtx,
  threadId: ThreadId,
  valueIds: string[],
  milliseconds: number,
): Promise<void> {
  if (valueIds.length === 0) return;
  const of = threadId === undefined ? {} : { threadId };
  const { discardUnstored } = internal.langgraph.checkpoints;
  const args = { ...of, valueIds };
  await ctx.scheduler.runAfter(milliseconds, discardUnstored, args);
}
