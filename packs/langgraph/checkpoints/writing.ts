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
  discardPieces,
  type Piece,
  type Serialized,
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
  const replacing = new Replacing(ctx, threadId);
  await storePieces(ctx, threadId, pieces);
  for (const { channel, version, value } of values) {
    const key = { threadId, checkpointNs, channel, version };
    const there = await findValue(ctx, key);
    if (there !== null) {
      await ctx.db.delete("langGraphChannelValues", there._id);
      await replacing.discard(there.value, value);
    }
    if (value !== undefined) {
      await ctx.db.insert("langGraphChannelValues", { ...key, value });
    }
  }
  const there = await findCheckpoint(ctx, checkpoint);
  if (there === null) {
    await ctx.db.insert("langGraphCheckpoints", checkpoint);
  } else {
    await ctx.db.replace("langGraphCheckpoints", there._id, checkpoint);
    await replacing.discard(there.checkpoint, checkpoint.checkpoint);
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
  const replacing = new Replacing(ctx, threadId);
  await storePieces(ctx, threadId, pieces);
  for (const write of writes) {
    const there = await findWrite(ctx, key, [taskId, write.index]);
    const given = { ...key, taskId, taskPath, ...write };
    if (there === null) {
      await ctx.db.insert("langGraphWrites", given);
    } else if (write.index < 0) {
      await ctx.db.replace("langGraphWrites", there._id, given);
      await replacing.discard(there.value, write.value);
    } else {
      await replacing.discard(write.value, there.value);
    }
  }
}

/** Deletes pieces of values that are stored no more, of more than fits the last with the thread. */
class Replacing {
  private readonly budget = new Budget();
  private readonly ctx: MutationCtx;
  private readonly threadId: string;

  constructor(ctx: MutationCtx, threadId: string) {
    this.ctx = ctx;
    this.threadId = threadId;
  }

  async discard(value: Serialized, by: Serialized | undefined): Promise<void> {
    // A call that is repeated has the value that it stored before.
    if (value.valueId === by?.valueId) return;
    await discardPieces(this.ctx, this.threadId, value, this.budget);
  }
}
