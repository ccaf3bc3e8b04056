import type { Doc } from "../../_generated/dataModel.js";
import type { QueryCtx } from "../../_generated/server.js";

type Entry = Doc<"pydanticAiEntries">;

/** An entry as it is stored, or null: what is large of it is not read. */
export async function findEntry(
  ctx: QueryCtx,
  entryId: string,
): Promise<Entry | null> {
  return await ctx.db
    .query("pydanticAiEntries")
    .withIndex("by_entryId", (q) => q.eq("entryId", entryId))
    .unique();
}

/** A conversation as it is stored, or null: what is large of it is not read. */
export async function findConversation(
  ctx: QueryCtx,
  conversationId: string,
): Promise<Doc<"pydanticAiConversations"> | null> {
  return await ctx.db
    .query("pydanticAiConversations")
    .withIndex("by_conversationId", (q) =>
      q.eq("conversationId", conversationId),
    )
    .unique();
}

/** The entries that a conversation points at. */
export function pointsOf({
  headId,
  branches,
  left = [],
}: {
  headId?: string | undefined;
  branches: readonly string[];
  left?: readonly string[];
}): Set<string> {
  const head = headId === undefined ? [] : [headId];
  return new Set([...head, ...branches, ...left]);
}

// Entries that follow one another are a segment, so that a range of an index has
// many of a history. One that branches off begins another one.

/** Where an entry stands that follows another one, or none. */
export async function placeAfter(
  ctx: QueryCtx,
  parent: Entry | null,
  entryId: string,
): Promise<{ segmentId: string; position: number }> {
  if (parent !== null) {
    const { segmentId } = parent;
    const position = parent.position + 1;
    const there = await ctx.db
      .query("pydanticAiEntries")
      .withIndex("by_segmentId_and_position", (q) =>
        q.eq("segmentId", segmentId).eq("position", position),
      )
      .first();
    if (there === null) return { segmentId, position };
  }
  return { segmentId: entryId, position: 0 };
}

/** An entry and those before it in its segment, the newest first. */
export function segmentTo(
  ctx: QueryCtx,
  { segmentId, position }: Entry,
): AsyncIterable<Entry> {
  return ctx.db
    .query("pydanticAiEntries")
    .withIndex("by_segmentId_and_position", (q) =>
      q.eq("segmentId", segmentId).lte("position", position),
    )
    .order("desc");
}
