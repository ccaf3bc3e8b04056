import type { WithoutSystemFields } from "convex/server";
import type { Infer } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import type { MutationCtx } from "../../_generated/server.js";
import type {
  langGraphNewValueValidator,
  langGraphNewWriteValidator,
} from "../../schema.js";
import { Budget } from "./budget.js";
import {
  keepPieces,
  type Piece,
  replacePieces,
  storePieces,
} from "./pieces.js";
import {
  type CheckpointKey,
  findCheckpoint,
  findValue,
  findWrite,
} from "./walking.js";

type NewCheckpoint = WithoutSystemFields<Doc<"langGraphCheckpoints">>;

/** Stores a checkpoint, in place of the one that is there, and new values of channels. */
export async function put(
  ctx: MutationCtx,
  {
    values,
    pieces,
    ...checkpoint
  }: NewCheckpoint & {
    values: Infer<typeof langGraphNewValueValidator>[];
    pieces: Piece[];
  },
): Promise<void> {
  const { threadId, checkpointNs } = checkpoint;
  const budget = new Budget();
  await storePieces(ctx, threadId, pieces);
  for (const { channel, version, value } of values) {
    const key = { threadId, checkpointNs, channel, version };
    const there = await findValue(ctx, key);
    if (there !== null) {
      await ctx.db.delete("langGraphChannelValues", there._id);
      await replacePieces(ctx, threadId, there.value, value, budget);
    }
    if (value !== undefined) {
      await keepPieces(ctx, threadId, value);
      await ctx.db.insert("langGraphChannelValues", { ...key, value });
    }
  }
  await keepPieces(ctx, threadId, checkpoint.checkpoint);
  const there = await findCheckpoint(ctx, checkpoint);
  if (there === null) {
    await ctx.db.insert("langGraphCheckpoints", checkpoint);
  } else {
    await ctx.db.replace("langGraphCheckpoints", there._id, checkpoint);
    const { checkpoint: value } = there;
    await replacePieces(ctx, threadId, value, checkpoint.checkpoint, budget);
  }
}

/** Stores what a task wrote. What is there stays, unless its index is negative. */
export async function putWrites(
  ctx: MutationCtx,
  {
    taskId,
    taskPath,
    writes,
    pieces,
    ...key
  }: CheckpointKey & {
    taskId: string;
    taskPath: string;
    writes: Infer<typeof langGraphNewWriteValidator>[];
    pieces: Piece[];
  },
): Promise<void> {
  const { threadId } = key;
  const budget = new Budget();
  await storePieces(ctx, threadId, pieces);
  for (const write of writes) {
    const there = await findWrite(ctx, key, [taskId, write.index]);
    const given = { ...key, taskId, taskPath, ...write };
    if (there !== null && write.index >= 0) {
      await replacePieces(ctx, threadId, write.value, there.value, budget);
      continue;
    }
    await keepPieces(ctx, threadId, write.value);
    if (there === null) {
      await ctx.db.insert("langGraphWrites", given);
    } else {
      await ctx.db.replace("langGraphWrites", there._id, given);
      await replacePieces(ctx, threadId, there.value, write.value, budget);
    }
  }
}
