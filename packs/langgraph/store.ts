import { v } from "convex/values";

import { internalMutation, internalQuery } from "../_generated/server.js";
import * as schema from "../schema.js";
import { storePiecesAhead } from "./checkpoints/pieces.js";
import * as reading from "./store/reading.js";
import * as writing from "./store/writing.js";

// What a store of LangGraph calls.

const reads = {
  reads: v.array(schema.langGraphReadValidator),
  cursor: v.optional(v.string()),
};

export const read = internalQuery({
  args: reads,
  returns: schema.langGraphReadsValidator,
  handler: async (ctx, { reads, cursor }) =>
    await reading.read(ctx, reads, cursor),
});

const puts = {
  puts: v.array(schema.langGraphPutValidator),
  pieces: v.array(schema.langGraphPieceValidator),
};

export const put = internalMutation({
  args: puts,
  returns: v.number(),
  handler: async (ctx, { puts, pieces }) =>
    await writing.put(ctx, puts, pieces),
});

export const readAndPut = internalMutation({
  args: { ...reads, ...puts },
  returns: v.object({
    found: schema.langGraphReadsValidator,
    done: v.number(),
  }),
  handler: async (ctx, { reads, cursor, puts, pieces }) => {
    const found = await reading.read(ctx, reads, cursor);
    if (found.cursor !== undefined) return { found, done: 0 };
    return { found, done: await writing.put(ctx, puts, pieces) };
  },
});

export const putPieces = internalMutation({
  args: { pieces: v.array(schema.langGraphPieceValidator) },
  returns: v.null(),
  handler: async (ctx, { pieces }) => {
    await storePiecesAhead(ctx, undefined, pieces);
    return null;
  },
});
