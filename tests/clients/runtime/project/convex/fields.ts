import { v } from "convex/values";

/** The fields of a thread that its clients write. */
export const writtenThreadFields = {
  threadId: v.string(),
  resourceId: v.string(),
  title: v.optional(v.string()),
  closedBy: v.union(v.string(), v.null()),
  status: v.union(v.literal("open"), v.literal("closed")),
  kind: v.union(v.literal("chat"), v.literal("task")),
  metadata: v.optional(v.any()),
  URLFor: v.optional(v.string()),
  big: v.optional(v.int64()),
  score: v.optional(v.union(v.number(), v.null())),
  avatar: v.optional(v.bytes()),
  anything: v.optional(v.any()),
  labels: v.optional(v.record(v.string(), v.string())),
  usage: v.optional(
    v.object({
      promptTokens: v.number(),
      completionTokens: v.optional(v.number()),
    }),
  ),
  createdAt: v.optional(v.number()),
};

export const threadFields = {
  ...writtenThreadFields,
  createdAt: v.number(),
  updatedAt: v.number(),
};

export const writtenMessageFields = {
  messageId: v.string(),
  threadId: v.string(),
  content: v.any(),
  createdAt: v.optional(v.number()),
};

export const messageFields = { ...writtenMessageFields, createdAt: v.number() };
