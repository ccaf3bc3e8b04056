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
  const counts = new Map<string, number>();
  for (const entryId of after)
    if (!before.has(entryId)) add(counts, entryId, 1);
  for (const entryId of before)
    if (!after.has(entryId)) add(counts, entryId, -1);
  const left = await insertAll(ctx, newEntries, counts);
  if (left === null) return false;
  await Conversations.save(ctx, { ...given, left });
  return true;
}

/** Stores entries for a later call that stores their conversation. False where the one before is gone. */
export async function putEntries(
  ctx: MutationCtx,
  newEntries: NewEntry[],
): Promise<boolean> {
  if ((await insertAll(ctx, newEntries, new Map())) === null) return false;
  await ctx.scheduler.runAfter(
    UNUSED_FOR,
    internal.pydanticAi.conversations.discard,
    { entryIds: newEntries.map(({ entryId }) => entryId) },
  );
  return true;
}

/**
 * Inserts those that are not there, in order, and counts what points at which:
 * `counts` is how much more or less does besides. Gives those that nothing else
 * points at, which stay as they are until their conversation goes; null, and
 * nothing is written, where one is neither there nor new.
 */
async function insertAll(
  ctx: MutationCtx,
  newEntries: NewEntry[],
  counts: Map<string, number>,
): Promise<string[] | null> {
  const fresh: NewEntry[] = [];
  // Of one that is given twice, the last is.
  const given = new Map(newEntries.map((entry) => [entry.entryId, entry]));
  for (const entry of given.values()) {
    if ((await findEntry(ctx, entry.entryId)) !== null) continue;
    fresh.push(entry);
    if (entry.parentId !== undefined) add(counts, entry.parentId, 1);
  }
  const freshIds = new Set(fresh.map(({ entryId }) => entryId));
  for (const entryId of counts.keys()) {
    if (freshIds.has(entryId)) continue;
    if ((await findEntry(ctx, entryId)) === null) return null;
  }
  for (const [index, entry] of fresh.entries()) {
    const { entryId, parentId } = entry;
    const parent =
      parentId === undefined ? null : await findEntry(ctx, parentId);
    const document = {
      ...entry,
      ...(await placeAfter(ctx, parent, entryId)),
      references: counts.get(entryId) ?? 0,
    };
    await ctx.db.insert(
      "pydanticAiEntries",
      await split(ctx, "pydanticAiEntries", document, `newEntries[${index}]`),
    );
  }
  const left: string[] = [];
  for (const [entryId, count] of counts) {
    // Where a new entry follows the head, that is pointed at as often as before.
    if (freshIds.has(entryId) || count === 0) continue;
    const entry = await findEntry(ctx, entryId);
    if (entry === null) continue;
    const references = entry.references + count;
    if (references === 0) left.push(entryId);
    else await ctx.db.patch("pydanticAiEntries", entry._id, { references });
  }
  return left;
}

function add(counts: Map<string, number>, entryId: string, count: number) {
  counts.set(entryId, (counts.get(entryId) ?? 0) + count);
}
