import { getConvexSize } from "convex/values";

import type { MutationCtx } from "../../_generated/server.js";
import type { Fields } from "../../lib/documents.js";
import { inChunks, split } from "../../lib/large.js";
import type { Generation } from "./records.js";

// Active observations that grow, of which those before are not read.

/** What it takes to read the last chunk, and to read it again to replace it, and the record. */
const LAST = 3 * 1024 * 1024;

/** Changes fields of a record, and appends to its active observations what has a boundary before it where there are some. */
export async function append(
  ctx: MutationCtx,
  stored: Generation,
  observations: string,
  boundary: string,
  set: Fields,
): Promise<void> {
  const before: Generation["activeObservations"] = stored.activeObservations;
  const changed =
    typeof before === "string"
      ? before === ""
        ? observations
        : before + boundary + observations
      : before;
  const patch =
    typeof changed === "string"
      ? await split(
          ctx,
          "observationalMemory",
          { ...set, activeObservations: changed },
          "",
          stored,
        )
      : {
          ...set,
          activeObservations: await extended(
            ctx,
            changed,
            boundary + observations,
          ),
        };
  await ctx.db.patch("observationalMemory", stored._id, patch);
}

type InChunks = Exclude<Generation["activeObservations"], string>;

/** A text in chunks with more at its end. */
async function extended(
  ctx: MutationCtx,
  { jsonChunks: { ids, bytes } }: InChunks,
  more: string,
): Promise<InChunks> {
  const { bytesRead } = await ctx.meta.getTransactionMetrics();
  const last = ids.at(-1);
  const chunk =
    last === undefined || bytesRead.remaining < LAST
      ? null
      : await ctx.db.get("jsonChunks", last);
  if (chunk !== null) await ctx.db.delete("jsonChunks", chunk._id);
  const kept = chunk === null ? ids : ids.slice(0, -1);
  const added = await inChunks(ctx, (chunk?.text ?? "") + more);
  return {
    jsonChunks: {
      ids: [...kept, ...added.jsonChunks.ids],
      bytes: bytes + getConvexSize(more) - getConvexSize(""),
    },
  };
}
