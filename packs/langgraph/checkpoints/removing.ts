import type { Infer } from "convex/values";

import type { Doc, Id } from "../../_generated/dataModel.js";
import type { MutationCtx } from "../../_generated/server.js";
import type { langGraphCheckpointNameValidator } from "../../schema.js";
import { Budget } from "./budget.js";
import { replacePieces } from "./pieces.js";
import { following } from "./ranges.js";
import { type CheckpointKey, findCheckpoint, writesOf } from "./walking.js";

// Deletions are of as much as one transaction does, and called again for the rest.
// Pieces go with the document that names them, or later: readers find no half.

type Name = Infer<typeof langGraphCheckpointNameValidator>;

/** The tables with an index by thread. Without checkpoints, readers find nothing of the rest. */
const TABLES = [
  {
    table: "langGraphCheckpoints",
    index: "by_threadId_and_checkpointNs_and_checkpointId",
  },
  { table: "langGraphWrites", index: "by_checkpoint_and_task" },
  {
    table: "langGraphChannelValues",
    index: "by_threadId_and_checkpointNs_and_channel_and_version",
  },
  {
    table: "langGraphValuePieces",
    index: "by_threadId_and_valueId_and_index",
  },
] as const;

/** Deletes all of a thread, and says whether all is. */
export async function removeThread(
  ctx: MutationCtx,
  threadId: string,
): Promise<boolean> {
  const budget = new Budget();
  const equal = [["threadId", threadId]] as const;
  for (const { table, index } of TABLES) {
    const rows = { table, index, equal, rest: [], order: "asc" } as const;
    for await (const document of following(ctx, rows, null, budget)) {
      if (budget.isSpent) return false;
      budget.spend(document);
      await ctx.db.delete(table, document._id);
    }
  }
  return true;
}

/** Deletes the checkpoints of runs, and says of which threads they were. */
export async function removeRuns(
  ctx: MutationCtx,
  runIds: readonly string[],
): Promise<{ threadIds: string[]; isDone: boolean }> {
  const budget = new Budget();
  const threadIds = new Set<string>();
  for (const runId of new Set(runIds)) {
    budget.spendRange();
    const found = ctx.db
      .query("langGraphCheckpoints")
      .withIndex("by_runId", (q) => q.eq("runId", runId));
    for await (const checkpoint of found) {
      if (budget.isSpent) return { threadIds: [...threadIds], isDone: false };
      budget.spend(checkpoint);
      threadIds.add(checkpoint.threadId);
      if (!(await removeCheckpoint(ctx, checkpoint, checkpoint, budget))) {
        return { threadIds: [...threadIds], isDone: false };
      }
    }
  }
  return { threadIds: [...threadIds], isDone: true };
}

/** Deletes checkpoints of a thread, and gives the names of those that are for another call. */
export async function removeCheckpoints(
  ctx: MutationCtx,
  threadId: string,
  names: readonly Name[],
): Promise<Name[]> {
  const budget = new Budget();
  for (const [index, { checkpointNs, checkpointId }] of names.entries()) {
    if (budget.isSpent) return names.slice(index);
    const key = { threadId, checkpointNs, checkpointId };
    budget.spendRange();
    const checkpoint = await findCheckpoint(ctx, key);
    if (!(await removeCheckpoint(ctx, key, checkpoint, budget))) {
      return names.slice(index);
    }
  }
  return [];
}

/** Deletes what was written after a checkpoint, then itself; false where more is to be done. */
async function removeCheckpoint(
  ctx: MutationCtx,
  key: CheckpointKey,
  checkpoint: Doc<"langGraphCheckpoints"> | null,
  budget: Budget,
): Promise<boolean> {
  const { threadId } = key;
  for await (const write of writesOf(ctx, key, null, budget)) {
    if (budget.isSpent) return false;
    budget.spend(write);
    await replacePieces(ctx, threadId, write.value, undefined, budget);
    await ctx.db.delete("langGraphWrites", write._id);
  }
  if (checkpoint === null) return true;
  await replacePieces(ctx, threadId, checkpoint.checkpoint, undefined, budget);
  await ctx.db.delete("langGraphCheckpoints", checkpoint._id);
  return true;
}

/** Deletes values of channels, and gives the IDs that are for another call. */
export async function removeValues(
  ctx: MutationCtx,
  ids: readonly Id<"langGraphChannelValues">[],
): Promise<Id<"langGraphChannelValues">[]> {
  const budget = new Budget();
  for (const [index, id] of ids.entries()) {
    if (budget.isSpent) return ids.slice(index);
    const document = await ctx.db.get("langGraphChannelValues", id);
    if (document === null) continue;
    budget.spend(document);
    const { threadId, value } = document;
    await replacePieces(ctx, threadId, value, undefined, budget);
    await ctx.db.delete("langGraphChannelValues", id);
  }
  return [];
}

/** Takes from checkpoints the parents that are no more. */
export async function detach(
  ctx: MutationCtx,
  threadId: string,
  names: readonly Name[],
): Promise<void> {
  for (const { checkpointNs, checkpointId } of names) {
    const key = { threadId, checkpointNs, checkpointId };
    const checkpoint = await findCheckpoint(ctx, key);
    if (checkpoint?.parentCheckpointId === undefined) continue;
    const parent = { ...key, checkpointId: checkpoint.parentCheckpointId };
    if ((await findCheckpoint(ctx, parent)) !== null) continue;
    await ctx.db.patch("langGraphCheckpoints", checkpoint._id, {
      parentCheckpointId: undefined,
    });
  }
}
