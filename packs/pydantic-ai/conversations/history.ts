import type { Infer } from "convex/values";

import type { QueryCtx } from "../../_generated/server.js";
import { whole, wholeSize } from "../../lib/large.js";
import type { pydanticAiHistoryValidator } from "../../schema.js";
import { findEntry, segmentTo } from "./entries.js";

type History = Infer<typeof pydanticAiHistoryValidator>;

/**
 * What a call reads, unless one entry is more: well under the 16 MiB and 4,096
 * index ranges of a function, of whose lists none has more than 8,192 elements.
 * https://docs.convex.dev/production/state/limits
 */
const MAX_BYTES = 7 * 1024 * 1024;
const MAX_ENTRIES = 1000;

/** The entries up to one, the newest first, as many as one call reads. */
export async function history(
  ctx: QueryCtx,
  { headId, limit = Infinity }: { headId: string; limit?: number | undefined },
): Promise<History> {
  const entries: string[] = [];
  let bytes = 0;
  let next: string | undefined = headId;
  while (next !== undefined && entries.length < limit) {
    const head = await findEntry(ctx, next);
    if (head === null) return { entries, missing: next };
    for await (const entry of segmentTo(ctx, head)) {
      if (entries.length >= limit) return { entries };
      bytes += wholeSize("pydanticAiEntries", entry);
      const isMore = bytes > MAX_BYTES || entries.length === MAX_ENTRIES;
      if (isMore && entries.length > 0) {
        return { entries, next: entry.entryId };
      }
      const { entry: text } = await whole(ctx, "pydanticAiEntries", entry);
      entries.push(text as string);
      next = entry.parentId;
    }
  }
  return { entries };
}
