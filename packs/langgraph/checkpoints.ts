import { v } from "convex/values";

import { internalMutation, internalQuery } from "../_generated/server.js";
import * as schema from "../schema.js";
import * as copying from "./checkpoints/copying.js";
import * as finding from "./checkpoints/finding.js";
import * as outlines from "./checkpoints/outlines.js";
import {
  discardUnstored as discardPieces,
  storePiecesAhead,
} from "./checkpoints/pieces.js";
import * as removing from "./checkpoints/removing.js";
import * as writing from "./checkpoints/writing.js";

// What a checkpointer of LangGraph calls.

const key = {
  threadId: v.string(),
  checkpointNs: v.string(),
  checkpointId: v.string(),
};

export const find = internalQuery({
  args: {
    threadId: v.optional(v.string()),
    checkpointNs: v.optional(v.string()),
    checkpointId: v.optional(v.string()),
    before: v.optional(v.string()),
    filter: v.optional(v.array(schema.langGraphSoughtValidator)),
    limit: v.optional(v.number()),
    cursor: v.optional(v.string()),
  },
  returns: schema.langGraphPartValidator,
  handler: async (ctx, args) => await finding.find(ctx, args),
});

export const put = internalMutation({
  args: {
    ...key,
    parentCheckpointId: v.optional(v.string()),
    runId: v.optional(v.string()),
    checkpoint: schema.langGraphBytesValidator,
    metadata: v.array(schema.langGraphEntryValidator),
    channels: v.array(schema.langGraphChannelVersionValidator),
    values: v.array(schema.langGraphNewValueValidator),
    pieces: v.array(schema.langGraphPieceValidator),
  },
  returns: v.null(),
  handler: async (ctx, args) => {
    await writing.put(ctx, args);
    return null;
  },
});

export const putWrites = internalMutation({
  args: {
    ...key,
    taskId: v.string(),
    taskPath: v.string(),
    writes: v.array(schema.langGraphNewWriteValidator),
    pieces: v.array(schema.langGraphPieceValidator),
  },
  returns: v.null(),
  handler: async (ctx, args) => {
    await writing.putWrites(ctx, args);
    return null;
  },
});

export const putPieces = internalMutation({
  args: {
    threadId: v.string(),
    pieces: v.array(schema.langGraphPieceValidator),
  },
  returns: v.null(),
  handler: async (ctx, { threadId, pieces }) => {
    await storePiecesAhead(ctx, threadId, pieces);
    return null;
  },
});

export const discardUnstored = internalMutation({
  args: { threadId: v.optional(v.string()), valueIds: v.array(v.string()) },
  returns: v.null(),
  handler: async (ctx, { threadId, valueIds }) => {
    await discardPieces(ctx, threadId, valueIds);
    return null;
  },
});

export const removeThread = internalMutation({
  args: { threadId: v.string() },
  returns: v.boolean(),
  handler: async (ctx, { threadId }) =>
    await removing.removeThread(ctx, threadId),
});

export const removeRuns = internalMutation({
  args: { runIds: v.array(v.string()) },
  returns: v.object({ threadIds: v.array(v.string()), isDone: v.boolean() }),
  handler: async (ctx, { runIds }) => await removing.removeRuns(ctx, runIds),
});

export const removeCheckpoints = internalMutation({
  args: {
    threadId: v.string(),
    names: v.array(schema.langGraphCheckpointNameValidator),
  },
  returns: v.array(schema.langGraphCheckpointNameValidator),
  handler: async (ctx, { threadId, names }) =>
    await removing.removeCheckpoints(ctx, threadId, names),
});

export const removeValues = internalMutation({
  args: { docIds: v.array(v.id("langGraphChannelValues")) },
  returns: v.array(v.id("langGraphChannelValues")),
  handler: async (ctx, { docIds }) => await removing.removeValues(ctx, docIds),
});

export const detach = internalMutation({
  args: {
    threadId: v.string(),
    names: v.array(schema.langGraphCheckpointNameValidator),
  },
  returns: v.null(),
  handler: async (ctx, { threadId, names }) => {
    await removing.detach(ctx, threadId, names);
    return null;
  },
});

export const outline = internalQuery({
  args: { threadId: v.string(), cursor: v.optional(v.string()) },
  returns: schema.langGraphThreadOutlineValidator,
  handler: async (ctx, args) => await outlines.outline(ctx, args),
});

export const copyPart = internalMutation({
  args: {
    sourceThreadId: v.string(),
    targetThreadId: v.string(),
    cursor: v.optional(v.string()),
  },
  returns: v.object({ cursor: v.optional(v.string()) }),
  handler: async (ctx, args) => await copying.copyPart(ctx, args),
});
