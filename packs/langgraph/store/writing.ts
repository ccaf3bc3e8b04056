import type { Infer } from "convex/values";

import type { MutationCtx } from "../../_generated/server.js";
import type { langGraphPutValidator } from "../../schema.js";
import { Budget } from "../checkpoints/budget.js";
import {
  DAY,
  discardLater,
  keepPieces,
  type Piece,
  replacePieces,
  storePieces,
} from "../checkpoints/pieces.js";
import { findItem } from "./items.js";

type Put = Infer<typeof langGraphPutValidator>;

/** Stores and deletes items in their order, and says how many of these it did. */
export async function put(
  ctx: MutationCtx,
  puts: readonly Put[],
  pieces: readonly Piece[],
): Promise<number> {
  const budget = new Budget();
  const now = Date.now();
  await storePieces(ctx, undefined, pieces);
  let done = 0;
  for (const { namespace, key, value } of puts) {
    if (budget.isSpent) break;
    done += 1;
    budget.spendRange();
    const there = await findItem(ctx, namespace, key);
    if (value !== undefined) await keepPieces(ctx, undefined, value);
    if (there !== null) {
      budget.spend(there);
      await replacePieces(ctx, undefined, there.value, value, budget);
    }
    if (value === undefined) {
      if (there !== null) await ctx.db.delete("langGraphStoreItems", there._id);
      continue;
    }
    const createdAt = there?.createdAt ?? now;
    const item = { namespace, key, value, createdAt, updatedAt: now };
    if (there === null) await ctx.db.insert("langGraphStoreItems", item);
    else await ctx.db.replace("langGraphStoreItems", there._id, item);
  }
  const sent = puts.slice(done).flatMap(({ value }) => value?.valueId ?? []);
  await discardLater(ctx, undefined, sent, DAY);
  return done;
}
