import { defineSchema, defineTable } from "convex/server";
import { messageFields, threadFields } from "./fields";

export default defineSchema({
  threads: defineTable(threadFields).index("by_threadId", ["threadId"]),
  messages: defineTable(messageFields)
    .index("by_messageId", ["messageId"])
    .index("by_threadId_and_createdAt", ["threadId", "createdAt"]),
});
