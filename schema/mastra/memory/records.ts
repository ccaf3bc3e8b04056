import { getConvexSize, type Infer, v, type Value } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import { decodeExactly, isTextForm, textOf } from "../../lib/json.js";
import { isObject } from "../../lib/values.js";
import * as Messages from "../../model/messages.js";
import { requireObject } from "../failures.js";

// The records of @mastra/core's memory storage, and the documents that hold them.

export const threadRecord = v.object({
  id: v.string(),
  title: v.optional(v.string()),
  resourceId: v.string(),
  createdAt: v.number(),
  updatedAt: v.number(),
  metadata: v.optional(v.any()),
});

export const messageRecord = v.object({
  id: v.string(),
  role: Messages.document.fields.role,
  createdAt: v.number(),
  threadId: v.optional(v.string()),
  resourceId: v.optional(v.string()),
  type: v.optional(v.string()),
  content: v.any(),
});

/** What tells messages of one time apart, in the order in which they were inserted. */
export const messagePlace = v.object({
  insertedAt: v.number(),
  document: v.string(),
});

export const resourceRecord = v.object({
  id: v.string(),
  workingMemory: v.optional(v.string()),
  metadata: v.optional(v.any()),
  createdAt: v.number(),
  updatedAt: v.number(),
});

export type ThreadRecord = Infer<typeof threadRecord>;

export type MessageRecord = Infer<typeof messageRecord>;

export type ResourceRecord = Infer<typeof resourceRecord>;

export function threadOf(document: Doc<"threads">): ThreadRecord {
  const { threadId, resourceId, createdAt, updatedAt, title, metadata } =
    document;
  return {
    id: threadId,
    resourceId,
    createdAt,
    updatedAt,
    ...(title !== undefined && { title }),
    ...(metadata !== undefined && { metadata: metadata as Value }),
  };
}

/** All that a thread says, as text. Times alone tell no states apart: callers give them. */
export function stateOf(document: Doc<"threads">): string {
  return textOf(threadOf(document));
}

/** A message with its content whole. */
export function messageOf(document: Doc<"messages">): MessageRecord {
  const { messageId, role, createdAt, threadId, resourceId, type } = document;
  return {
    id: messageId,
    role,
    createdAt,
    threadId,
    ...(resourceId !== undefined && { resourceId }),
    ...(type !== undefined && { type }),
    content: contentIn(document.content as Value),
  };
}

export function placeOf({
  _id,
  _creationTime,
}: Doc<"messages">): Infer<typeof messagePlace> {
  return { insertedAt: _creationTime, document: _id };
}

/** A resource with its working memory whole. */
export function resourceOf(document: Doc<"resources">): ResourceRecord {
  const { resourceId, createdAt, updatedAt, workingMemory, metadata } =
    document;
  return {
    id: resourceId,
    createdAt,
    updatedAt,
    ...(typeof workingMemory === "string" && { workingMemory }),
    ...(metadata !== undefined && { metadata: metadata as Value }),
  };
}

/** What is text alone, as stores before formats had it, is a message of one part. */
export function contentIn(stored: Value): Value {
  const isText = isTextForm(stored) && stored.jsonText.startsWith('"');
  const text = isText ? (decodeExactly(stored) as Value) : stored;
  if (typeof text !== "string") return stored;
  return {
    format: 2,
    ...(isGivenTwice(text) && { content: text }),
    parts: [{ type: "text", text }],
  };
}

/** How large a text is that a function gives twice, of 16 MiB in all. */
const MAX_GIVEN_TWICE = (8 * 1024 - 64) * 1024;

/** Whether a text is given as the content of a message beside the part that it is. */
export function isGivenTwice(text: string): boolean {
  return getConvexSize(text) <= MAX_GIVEN_TWICE;
}

/** Metadata to store: Mastra has none in place of null. Throws `InvalidArgument`. */
export function metadataIn(given: Value | undefined): { metadata?: Value } {
  if (given === undefined || given === null) return {};
  requireObject("metadata", given);
  return { metadata: given };
}

/** The entries of a JSON object, in whichever form it is stored; none of what is no object. */
export function entriesOf(stored: Value | undefined): [string, Value][] {
  const value = stored === undefined ? null : (decodeExactly(stored) as Value);
  return isObject(value) ? (Object.entries(value) as [string, Value][]) : [];
}
