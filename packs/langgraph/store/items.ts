import type { Doc } from "../../_generated/dataModel.js";
import type { QueryCtx } from "../../_generated/server.js";

export type Item = Doc<"langGraphStoreItems">;

export type Namespace = string[];

export async function findItem(
  ctx: QueryCtx,
  namespace: Namespace,
  key: string,
): Promise<Item | null> {
  return await ctx.db
    .query("langGraphStoreItems")
    .withIndex("by_key_and_namespace", (q) =>
      q.eq("key", key).eq("namespace", namespace),
    )
    .first();
}
