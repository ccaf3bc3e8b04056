import type { Doc } from "../../_generated/dataModel.js";
import type { QueryCtx } from "../../_generated/server.js";
import type { Budget } from "./budget.js";
import type { Serialized } from "./pieces.js";
import { following } from "./ranges.js";

// What belongs to a checkpoint: its own bytes, the values of its channels, and what
// was written after it. It may be more than one call reads.

export interface CheckpointKey {
  threadId: string;
  checkpointNs: string;
  checkpointId: string;
}

/** How far what belongs to a checkpoint has been read. */
export interface Progress {
  /** The channel that is next; -1 for the checkpoint itself. */
  channel: number;
  /** The write that was read last, or of which a piece is next. */
  write: readonly [taskId: string, index: number] | null;
  /** The piece that is next. */
  piece: number;
}

export const START: Progress = { channel: -1, write: null, piece: 0 };

/** One of what belongs to a checkpoint. */
export type Belonging =
  | { kind: "checkpoint"; value: Serialized }
  | { kind: "channel"; value: Serialized; document: ChannelValue }
  | { kind: "write"; value: Serialized; document: Write };

type ChannelValue = Doc<"langGraphChannelValues">;

type Write = Doc<"langGraphWrites">;

/** Takes one from a piece on, and says which piece is next, or null. */
type Visit = (one: Belonging, piece: number) => Promise<number | null>;

/**
 * Visits what belongs to a checkpoint, as far as the budget allows, and says how
 * far that is; null where all has been visited.
 */
export async function walk(
  ctx: QueryCtx,
  checkpoint: Doc<"langGraphCheckpoints">,
  { channel, write, piece }: Progress,
  budget: Budget,
  visit: Visit,
): Promise<Progress | null> {
  const take = async (one: Belonging): Promise<boolean> => {
    const next = await visit(one, piece);
    piece = next ?? 0;
    return next === null;
  };
  const progress = (): Progress => ({ channel, write, piece });
  if (channel === -1) {
    const { checkpoint: value } = checkpoint;
    if (!(await take({ kind: "checkpoint", value }))) return progress();
    channel = 0;
  }
  const { threadId, checkpointNs, channels } = checkpoint;
  for (const one of channels.slice(channel)) {
    if (budget.isSpent) return progress();
    const document = await findValue(ctx, { threadId, checkpointNs, ...one });
    budget.spendRange();
    if (document !== null) {
      budget.spend(document);
      const { value } = document;
      const isWhole = await take({ kind: "channel", value, document });
      if (!isWhole) return progress();
    }
    channel += 1;
  }
  if (write !== null && piece > 0) {
    const document = await findWrite(ctx, checkpoint, write);
    if (document === null) {
      piece = 0;
    } else if (
      !(await take({ kind: "write", value: document.value, document }))
    ) {
      return progress();
    }
  }
  if (budget.isSpent) return progress();
  for await (const document of writesOf(ctx, checkpoint, write, budget)) {
    budget.spend(document);
    write = [document.taskId, document.index];
    const { value } = document;
    const isWhole = await take({ kind: "write", value, document });
    if (!isWhole || budget.isSpent) return progress();
  }
  return null;
}

export async function findCheckpoint(
  ctx: QueryCtx,
  { threadId, checkpointNs, checkpointId }: CheckpointKey,
): Promise<Doc<"langGraphCheckpoints"> | null> {
  return await ctx.db
    .query("langGraphCheckpoints")
    .withIndex("by_threadId_and_checkpointNs_and_checkpointId", (q) =>
      q
        .eq("threadId", threadId)
        .eq("checkpointNs", checkpointNs)
        .eq("checkpointId", checkpointId),
    )
    .first();
}

export async function findValue(
  ctx: QueryCtx,
  {
    threadId,
    checkpointNs,
    channel,
    version,
  }: Pick<ChannelValue, "threadId" | "checkpointNs" | "channel" | "version">,
): Promise<ChannelValue | null> {
  return await ctx.db
    .query("langGraphChannelValues")
    .withIndex("by_threadId_and_checkpointNs_and_channel_and_version", (q) =>
      q
        .eq("threadId", threadId)
        .eq("checkpointNs", checkpointNs)
        .eq("channel", channel)
        .eq("version", version),
    )
    .first();
}

export async function findWrite(
  ctx: QueryCtx,
  { threadId, checkpointNs, checkpointId }: CheckpointKey,
  [taskId, index]: readonly [taskId: string, index: number],
): Promise<Write | null> {
  return await ctx.db
    .query("langGraphWrites")
    .withIndex("by_checkpoint_and_task", (q) =>
      q
        .eq("threadId", threadId)
        .eq("checkpointNs", checkpointNs)
        .eq("checkpointId", checkpointId)
        .eq("taskId", taskId)
        .eq("index", index),
    )
    .first();
}

/** What was written after a checkpoint, behind one of its writes or all. */
export function writesOf(
  ctx: QueryCtx,
  { threadId, checkpointNs, checkpointId }: CheckpointKey,
  behind: Progress["write"],
  budget: Budget,
): AsyncIterable<Write> {
  const rows = {
    table: "langGraphWrites",
    index: "by_checkpoint_and_task",
    equal: [
      ["threadId", threadId],
      ["checkpointNs", checkpointNs],
      ["checkpointId", checkpointId],
    ],
    rest: ["taskId", "index"],
    order: "asc",
  } as const;
  return following(ctx, rows, behind, budget);
}
