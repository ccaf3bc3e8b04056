import { v } from "convex/values";

import { internalMutation, internalQuery } from "../_generated/server.js";
import * as schema from "../schema.js";
import * as reading from "./conversations/history.js";
import * as releasing from "./conversations/releasing.js";
import * as writing from "./conversations/writing.js";

// What a ConversationStore of PydanticAI calls.

const newEntries = v.array(schema.pydanticAiNewEntryValidator);

export const write = internalMutation({
  args: {
    conversationId: v.string(),
    scope: v.optional(v.string()),
    revision: v.string(),
    updatedAt: v.number(),
    headId: v.optional(v.string()),
    branches: v.array(v.string()),
    record: v.string(),
    newEntries,
    expectedRevision: v.optional(v.string()),
  },
  returns: v.boolean(),
  handler: async (ctx, args) => await writing.write(ctx, args),
});

export const putEntries = internalMutation({
  args: { newEntries },
  returns: v.boolean(),
  handler: async (ctx, args) => await writing.putEntries(ctx, args.newEntries),
});

export const remove = internalMutation({
  args: { conversationId: v.string(), revision: v.string() },
  returns: v.boolean(),
  handler: async (ctx, args) => await releasing.remove(ctx, args),
});

export const release = internalMutation({
  args: { entryIds: v.array(v.string()) },
  returns: v.null(),
  handler: async (ctx, { entryIds }) => {
    await releasing.release(ctx, entryIds);
    return null;
  },
});

export const discard = internalMutation({
  args: { entryIds: v.array(v.string()) },
  returns: v.null(),
  handler: async (ctx, { entryIds }) => {
    await releasing.discard(ctx, entryIds);
    return null;
  },
});

export const history = internalQuery({
  args: { headId: v.string(), limit: v.optional(v.number()) },
  returns: schema.pydanticAiHistoryValidator,
  handler: async (ctx, args) => await reading.history(ctx, args),
});
