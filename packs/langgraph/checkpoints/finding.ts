import { compareValues, type Infer } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import type { QueryCtx } from "../../_generated/server.js";
import type {
  langGraphFoundValidator,
  langGraphItemValidator,
  langGraphSoughtValidator,
} from "../../schema.js";
import { Budget } from "./budget.js";
import { cursorOf, stateOf } from "./cursors.js";
import { bytesOf } from "./pieces.js";
import { following, type Rows } from "./ranges.js";
import {
  type Belonging,
  findCheckpoint,
  type Progress,
  START,
  walk,
} from "./walking.js";

type Checkpoint = Doc<"langGraphCheckpoints">;

type Found = Infer<typeof langGraphFoundValidator>;

type Item = Infer<typeof langGraphItemValidator>;

type Sought = Infer<typeof langGraphSoughtValidator>;

interface Selection {
  threadId?: string;
  checkpointNs?: string;
  checkpointId?: string;
  before?: string;
  filter?: Sought[];
}

/** What is left to be read, for the call that goes on. */
interface State {
  /** The last checkpoint that was looked at, by thread, namespace and ID. */
  last: [threadId: string, checkpointNs: string, checkpointId: string] | null;
  /** How far that one is read; null where it is done. */
  progress: Progress | null;
  /** How many are to be found still; null for all. */
  left: number | null;
}

/** Checkpoints, the newest first, as much as one call reads. */
export async function find(
  ctx: QueryCtx,
  {
    limit,
    cursor,
    ...selected
  }: Selection & { limit?: number; cursor?: string },
): Promise<{ checkpoints: Found[]; cursor?: string }> {
  const { last, progress, left }: State =
    cursor === undefined
      ? { last: null, progress: null, left: limit ?? null }
      : stateOf<State>(cursor);
  const budget = new Budget();
  const checkpoints: Found[] = [];
  let wanted = left ?? Infinity;
  const pause = (at: Checkpoint, progress: Progress | null) => ({
    checkpoints,
    cursor: cursorOf({
      last: [at.threadId, at.checkpointNs, at.checkpointId],
      progress,
      left: wanted === Infinity ? null : wanted,
    } satisfies State),
  });
  const read = async (one: Checkpoint, from: Progress) => {
    const { found, next } = await readCheckpoint(ctx, one, from, budget);
    checkpoints.push(found);
    return next;
  };
  if (last !== null && progress !== null) {
    const [threadId, checkpointNs, checkpointId] = last;
    const key = { threadId, checkpointNs, checkpointId };
    const begun = await findCheckpoint(ctx, key);
    // It may have been deleted since.
    if (begun !== null) {
      const next = await read(begun, progress);
      if (next !== null) return pause(begun, next);
    }
  }
  if (wanted <= 0) return { checkpoints };
  const rows = rowsOf(selected);
  if (rows === null) return { checkpoints };
  const { filter = [] } = selected;
  const place =
    last && rows.rest.map((field) => valueIn(last, field as keyof Fields));
  for await (const one of following(ctx, rows, place, budget)) {
    budget.spend(one);
    if (matches(one, filter)) {
      wanted -= 1;
      const next = await read(one, START);
      if (next !== null) return pause(one, next);
      if (wanted === 0) return { checkpoints };
    }
    if (budget.isSpent) return pause(one, null);
  }
  return { checkpoints };
}

interface Fields {
  threadId: string;
  checkpointNs: string;
  checkpointId: string;
}

function valueIn(
  [threadId, checkpointNs, checkpointId]: NonNullable<State["last"]>,
  field: keyof Fields,
): string {
  return { threadId, checkpointNs, checkpointId }[field];
}

/** Where the selected checkpoints lie; null where there can be none. */
function rowsOf({
  threadId,
  checkpointNs,
  checkpointId,
  before,
}: Selection): Rows<"langGraphCheckpoints"> | null {
  const isBefore =
    checkpointId === undefined ||
    before === undefined ||
    compareValues(checkpointId, before) < 0;
  if (!isBefore) return null;
  const given = { threadId, checkpointNs, checkpointId };
  const names =
    threadId === undefined
      ? (["checkpointId", "threadId", "checkpointNs"] as const)
      : checkpointNs === undefined
        ? (["threadId", "checkpointId", "checkpointNs"] as const)
        : (["threadId", "checkpointNs", "checkpointId"] as const);
  const equal: [string, string][] = [];
  for (const name of names) {
    const value = given[name];
    if (value === undefined) break;
    equal.push([name, value]);
  }
  return {
    table: "langGraphCheckpoints",
    index: `by_${names.join("_and_")}`,
    equal,
    rest: names.slice(equal.length),
    order: "desc",
    below: checkpointId === undefined ? before : undefined,
  };
}

/** Whether the metadata has the entries. One that is null may be absent. */
function matches({ metadata }: Checkpoint, filter: readonly Sought[]): boolean {
  return filter.every(({ key, value }) => {
    const entry = metadata.find((one) => one.key === key);
    return value === (entry?.sorted ?? entry?.value ?? "null");
  });
}

/** A checkpoint with what belongs to it, as far as the budget allows. */
async function readCheckpoint(
  ctx: QueryCtx,
  one: Checkpoint,
  from: Progress,
  budget: Budget,
): Promise<{ found: Found; next: Progress | null }> {
  const { threadId, checkpointNs, checkpointId, parentCheckpointId } = one;
  const items: Item[] = [];
  const next = await walk(ctx, one, from, budget, async (belonging, piece) => {
    const { value } = belonging;
    const read = await bytesOf(ctx, threadId, value, piece, budget);
    items.push({
      ...named(belonging),
      type: value.type,
      data: read.data,
      isWhole: read.next === null,
    });
    return read.next;
  });
  const found: Found = {
    threadId,
    checkpointNs,
    checkpointId,
    ...(parentCheckpointId !== undefined && { parentCheckpointId }),
    metadata: one.metadata,
    items,
    isWhole: next === null,
  };
  return { found, next };
}

function named(
  one: Belonging,
): Pick<Item, "kind" | "channel" | "taskId" | "taskPath" | "index"> {
  const { kind } = one;
  const none = { channel: "", taskId: "", taskPath: "", index: 0 };
  if (kind === "checkpoint") return { kind, ...none };
  const { channel } = one.document;
  if (kind === "channel") return { kind, ...none, channel };
  const { taskId, taskPath, index } = one.document;
  return { kind, channel, taskId, taskPath, index };
}
