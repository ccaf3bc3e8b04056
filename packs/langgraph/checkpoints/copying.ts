import type { WithoutSystemFields } from "convex/server";

import type { Doc } from "../../_generated/dataModel.js";
import type { MutationCtx } from "../../_generated/server.js";
import { Budget } from "./budget.js";
import { cursorOf, stateOf } from "./cursors.js";
import { piecesOf, type Serialized, storePieces } from "./pieces.js";
import { following } from "./ranges.js";
import {
  type Belonging,
  findCheckpoint,
  findValue,
  findWrite,
  type Progress,
  START,
  walk,
} from "./walking.js";

/** What is left to be copied, for the call that goes on. */
interface State {
  /** The last checkpoint that was looked at, by namespace and ID. */
  last: [checkpointNs: string, checkpointId: string];
  /** How far that one is copied; null where it is done. */
  progress: Progress | null;
}

/** Copies checkpoints with what belongs to them, as many as one transaction does. */
export async function copyPart(
  ctx: MutationCtx,
  {
    sourceThreadId,
    targetThreadId,
    cursor,
  }: { sourceThreadId: string; targetThreadId: string; cursor?: string },
): Promise<{ cursor?: string }> {
  if (sourceThreadId === targetThreadId) return {};
  const state = cursor === undefined ? null : stateOf<State>(cursor);
  const budget = new Budget();
  const pause = (
    one: Doc<"langGraphCheckpoints">,
    progress: Progress | null,
  ) => ({
    cursor: cursorOf({
      last: [one.checkpointNs, one.checkpointId],
      progress,
    } satisfies State),
  });
  const copy = async (
    one: Doc<"langGraphCheckpoints">,
    from: Progress,
  ): Promise<Progress | null> => {
    const next = await walk(ctx, one, from, budget, (belonging, piece) =>
      copyOne(ctx, one.threadId, targetThreadId, belonging, piece, budget),
    );
    if (next !== null) return next;
    const document = withThread(one, targetThreadId);
    // Last: who finds the checkpoint finds all that belongs to it.
    if ((await findCheckpoint(ctx, document)) === null) {
      await ctx.db.insert("langGraphCheckpoints", document);
    }
    return null;
  };
  if (state !== null && state.progress !== null) {
    const [checkpointNs, checkpointId] = state.last;
    const key = { threadId: sourceThreadId, checkpointNs, checkpointId };
    const begun = await findCheckpoint(ctx, key);
    if (begun !== null) {
      const next = await copy(begun, state.progress);
      if (next !== null) return pause(begun, next);
    }
  }
  const rows = {
    table: "langGraphCheckpoints",
    index: "by_threadId_and_checkpointNs_and_checkpointId",
    equal: [["threadId", sourceThreadId]],
    rest: ["checkpointNs", "checkpointId"],
    order: "asc",
  } as const;
  const place = state?.last ?? null;
  for await (const one of following(ctx, rows, place, budget)) {
    budget.spend(one);
    const next = await copy(one, START);
    if (next !== null || budget.isSpent) return pause(one, next);
  }
  return {};
}

/** Copies one of what belongs to a checkpoint, and says which of its pieces is next, or null. */
async function copyOne(
  ctx: MutationCtx,
  sourceThreadId: string,
  targetThreadId: string,
  one: Belonging,
  piece: number,
  budget: Budget,
): Promise<number | null> {
  const next = await copyPieces(
    ctx,
    sourceThreadId,
    targetThreadId,
    one.value,
    piece,
    budget,
  );
  if (next !== null || one.kind === "checkpoint") return next;
  budget.spendRange();
  if (one.kind === "channel") {
    const document = withThread(one.document, targetThreadId);
    if ((await findValue(ctx, document)) === null) {
      await ctx.db.insert("langGraphChannelValues", document);
    }
  } else {
    const document = withThread(one.document, targetThreadId);
    const { taskId, index } = document;
    if ((await findWrite(ctx, document, [taskId, index])) === null) {
      await ctx.db.insert("langGraphWrites", document);
    }
  }
  return null;
}

async function copyPieces(
  ctx: MutationCtx,
  sourceThreadId: string,
  targetThreadId: string,
  { valueId }: Serialized,
  from: number,
  budget: Budget,
): Promise<number | null> {
  if (valueId === undefined) return null;
  budget.spendRange();
  let isFirst = true;
  for await (const one of piecesOf(ctx, sourceThreadId, valueId, from)) {
    const { index, data } = one;
    if (budget.isSpent && !isFirst) return index;
    isFirst = false;
    budget.spend(one);
    budget.spendRange();
    await storePieces(ctx, targetThreadId, [{ valueId, index, data }]);
  }
  return null;
}

/** The same of another thread, to be inserted. */
function withThread<
  Document extends Doc<
    "langGraphCheckpoints" | "langGraphChannelValues" | "langGraphWrites"
  >,
>(document: Document, threadId: string): WithoutSystemFields<Document> {
  const { _id, _creationTime, ...fields } = document;
  return { ...fields, threadId } as WithoutSystemFields<Document>;
}
