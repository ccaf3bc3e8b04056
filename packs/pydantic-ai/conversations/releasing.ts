import { internal } from "../../_generated/api.js";
import type { MutationCtx } from "../../_generated/server.js";
import { DeletionBudget } from "../../lib/budget.js";
import * as Conversations from "../../model/pydanticAiConversations.js";
import * as Entries from "../../model/pydanticAiEntries.js";
import { findConversation, findEntry, pointsOf } from "./entries.js";

/**
 * Deletes a conversation, and what no other one reaches. False, and nothing is
 * done, where it is not there in this revision.
 */
export async function remove(
  ctx: MutationCtx,
  { conversationId, revision }: { conversationId: string; revision: string },
): Promise<boolean> {
  const there = await findConversation(ctx, conversationId);
  if (there?.revision !== revision) return false;
  const budget = new DeletionBudget();
  await Conversations.remove(ctx, { conversationId }, budget);
  await release(ctx, [...pointsOf(there)], budget);
  return true;
}

/**
 * Takes a reference from each entry, and deletes those that have none left, with
 * which the ones before them lose one: as many as one transaction does. The rest
 * is scheduled, which Convex runs once and only once, whatever becomes of clients.
 */
export async function release(
  ctx: MutationCtx,
  entryIds: readonly string[],
  budget: DeletionBudget = new DeletionBudget(),
): Promise<void> {
  const rest = [...entryIds];
  while (!budget.isSpent) {
    const entryId = rest.pop();
    if (entryId === undefined) return;
    const entry = await findEntry(ctx, entryId);
    if (entry === null) continue;
    const { _id, parentId, references } = entry;
    if (references > 1) {
      budget.spend(entry);
      await ctx.db.patch("pydanticAiEntries", _id, {
        references: references - 1,
      });
      continue;
    }
    const { isDone } = await Entries.remove(ctx, { entryId }, budget);
    if (!isDone) {
      rest.push(entryId);
      break;
    }
    if (parentId !== undefined) rest.push(parentId);
  }
  await ctx.scheduler.runAfter(0, internal.pydanticAi.conversations.release, {
    entryIds: rest,
  });
}

/** Deletes those entries that nothing points at, and what is reached by nothing else. */
export async function discard(
  ctx: MutationCtx,
  entryIds: readonly string[],
): Promise<void> {
  const unused: string[] = [];
  for (const entryId of entryIds) {
    const entry = await findEntry(ctx, entryId);
    if (entry?.references === 0) unused.push(entryId);
  }
  await release(ctx, unused);
}
