import type { Infer } from "convex/values";

import { internal } from "../../_generated/api.js";
import type { MutationCtx } from "../../_generated/server.js";
import { split } from "../../lib/large.js";
import * as Conversations from "../../model/pydanticAiConversations.js";
import type { pydanticAiNewEntryValidator } from "../../schema.js";
import {
  findConversation,
  findEntry,
  placeAfter,
  pointsOf,
} from "./entries.js";

type NewEntry = Infer<typeof pydanticAiNewEntryValidator>;

/** How long an entry may be there before a conversation that points at it, in milliseconds. */
const UNUSED_FOR = 60 * 60 * 1000;

/**
 * Stores a conversation with new entries. False, and nothing is written, where
 * another one wrote before, or an entry that it points at is gone.
 */
export async function write(
  ctx: MutationCtx,
  {
    newEntries,
    expectedRevision,
    ...given
  }: Omit<Conversations.Input, "left"> & {
    newEntries: NewEntry[];
    expectedRevision?: string | undefined;
  },
): Promise<boolean> {
  const there = await findConversation(ctx, given.conversationId);
  // No two writes have one revision: this is the call that wrote it, repeated.
  if (there?.revision === given.revision) return true;
  if (there?.revision !== expectedRevision) return false;
  const before = there === null ? new Set<string>() : pointsOf(there);
  const after = pointsOf(given);
  const added = new Map<string, number>();
  for (const entryId of after) if (!before.has(entryId)) add(added, entryId, 1);
  if (!(await insertAll(ctx, newEntries, added))) return false;
  const left: string[] = [];
  for (const entryId of before) {
    if (after.has(entryId)) continue;
    const entry = await findEntry(ctx, entryId);
    if (entry === null) continue;
    // With nothing else that points at it, it stays until the conversation goes.
    if (entry.references === 1) left.push(entryId);
    else await refer(ctx, entryId, -1);
  }
  await Conversations.save(ctx, { ...given, left });
  return true;
}

/** Stores entries for a later call that stores their conversation. False where the one before is gone. */
export async function putEntries(
  ctx: MutationCtx,
  newEntries: NewEntry[],
): Promise<boolean> {
  if (!(await insertAll(ctx, newEntries, new Map()))) return false;
  await ctx.scheduler.runAfter(
    UNUSED_FOR,
    internal.pydanticAi.conversations.discard,
    { entryIds: newEntries.map(({ entryId }) => entryId) },
  );
  return true;
}

/**
 * Inserts those that are not there, in order, and counts what points at which:
 * `added` is what does besides. False, and nothing is written, where an entry
 * that is pointed at is neither there nor new.
 */
async function insertAll(
  ctx: MutationCtx,
  newEntries: NewEntry[],
  added: Map<string, number>,
): Promise<boolean> {
  const fresh: NewEntry[] = [];
  // Of one that is given twice, the last is.
  const given = new Map(newEntries.map((entry) => [entry.entryId, entry]));
  for (const entry of given.values()) {
    if ((await findEntry(ctx, entry.entryId)) !== null) continue;
    fresh.push(entry);
    if (entry.parentId !== undefined) add(added, entry.parentId, 1);
  }
  const freshIds = new Set(fresh.map(({ entryId }) => entryId));
  for (const entryId of added.keys()) {
    if (freshIds.has(entryId)) continue;
    if ((await findEntry(ctx, entryId)) === null) return false;
  }
  for (const [index, entry] of fresh.entries()) {
    const { entryId, parentId } = entry;
    const parent =
      parentId === undefined ? null : await findEntry(ctx, parentId);
    const document = {
      ...entry,
      ...(await placeAfter(ctx, parent, entryId)),
      references: added.get(entryId) ?? 0,
    };
    await ctx.db.insert(
      "pydanticAiEntries",
      await split(ctx, "pydanticAiEntries", document, `newEntries[${index}]`),
    );
  }
  for (const [entryId, count] of added) {
    if (!freshIds.has(entryId)) await refer(ctx, entryId, count);
  }
  return true;
}

function add(counts: Map<string, number>, entryId: string, count: number) {
  counts.set(entryId, (counts.get(entryId) ?? 0) + count);
}

async function refer(
  ctx: MutationCtx,
  entryId: string,
  count: number,
): Promise<void> {
  const entry = await findEntry(ctx, entryId);
  if (entry === null) return;
  const references = entry.references + count;
  await ctx.db.patch("pydanticAiEntries", entry._id, { references });
}
