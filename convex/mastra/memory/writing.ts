/*
 * Copied by convexgen from schema/mastra/memory/writing.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { type Infer, v, type Value } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import type { MutationCtx, QueryCtx } from "../../_generated/server.js";
import { limitExceeded } from "../../lib/errors.js";
import { isTextForm, mergeJson } from "../../lib/json.js";
import { wholeIn, wholeSize } from "../../lib/large.js";
import * as Messages from "../../model/messages.js";
import { pathOf, requireObject } from "../failures.js";
import { messageById, requireReachable } from "./finding.js";
import {
  contentIn,
  messageOf,
  messageRecord,
  type MessageRecord,
} from "./records.js";

// Messages that are stored and changed, as many as one transaction takes.

/** How much of what is stored one transaction changes, which reads it up to six times. */
const MAX_CHANGED_BYTES = 1.5 * 1024 * 1024;

/** Saves messages, each of which keeps the time of its creation. Throws `InvalidArgument`. */
export async function store(
  ctx: MutationCtx,
  messages: MessageRecord[],
): Promise<void> {
  const inputs: Messages.Input[] = [];
  const created = new Map<string, number>();
  for (const message of messages) {
    const { id } = message;
    const createdAt =
      created.get(id) ??
      (await messageById(ctx, id))?.createdAt ??
      message.createdAt;
    created.set(id, createdAt);
    inputs.push({ ...inputOf(message), createdAt });
  }
  await Messages.saveMany(ctx, inputs);
}

function inputOf({
  id,
  threadId = "",
  resourceId = "",
  ...message
}: MessageRecord): Messages.Input {
  requireReachable({ threadId, resourceId });
  if (!isText(message.content as Value))
    requireObject(`${pathOf("messages", id)}.content`, message.content);
  return { ...message, messageId: id, threadId, resourceId };
}

/** Text alone is the content of messages as stores before formats had them. */
function isText(content: Value): boolean {
  return (
    typeof content === "string" ||
    (isTextForm(content) && content.jsonText.startsWith('"'))
  );
}

export const messageChanges = v.array(
  messageRecord.partial().omit("id").extend({ id: v.string() }),
);

type MessageChanges = Infer<typeof messageChanges>;

/** Changes messages. Throws `LimitExceeded` where one transaction does not change all. */
export async function change(
  ctx: MutationCtx,
  messages: MessageChanges,
): Promise<MessageRecord[]> {
  const count = await countOfChanges(ctx, messages);
  if (count < messages.length) {
    throw limitExceeded(
      `a transaction changes ${count} of these ${messages.length} messages`,
      { fits: count },
    );
  }
  const updates = await updatesOf(ctx, messages);
  const found = new Map<string, Doc<"messages">>();
  for (const one of await patchedMessages(ctx, updates)) {
    if (one !== null) found.set(one.messageId, one);
  }
  const results: Doc<"messages">[] = [];
  for (const messageId of new Set(messages.map(({ id }) => id))) {
    const one =
      found.get(messageId) ?? (await Messages.find(ctx, { messageId }));
    if (one !== null) results.push(one);
  }
  return results.map(messageOf);
}

/** What changes make of the messages that are there, each changed once. */
async function updatesOf(
  ctx: QueryCtx,
  changes: MessageChanges,
): Promise<Messages.Patch[]> {
  const sets = new Map<string, Messages.Patch["set"]>();
  for (const { id, content, ...given } of changes) {
    requireReachable(given);
    const set = { ...sets.get(id), ...given };
    if (content !== undefined) {
      requireObject(`${pathOf("messages", id)}.content`, content);
      const stored = set.content ?? (await contentOf(ctx, id));
      set.content = mergeJson(stored as Value | undefined, content as Value, {
        how: "shallow",
        within: [["metadata", "shallow"]],
      });
    }
    sets.set(id, set);
  }
  return [...sets]
    .filter(([, set]) => Object.keys(set).length > 0)
    .map(([messageId, set]) => ({ messageId, set }));
}

/** Changes messages. One alone is not read again, which may be too large for that. */
async function patchedMessages(
  ctx: MutationCtx,
  updates: Messages.Patch[],
): Promise<(Doc<"messages"> | null)[]> {
  const [first] = updates;
  if (first === undefined || updates.length > 1) {
    return await Messages.patchMany(ctx, { updates, missing: "skip" });
  }
  const stored = await messageById(ctx, first.messageId);
  return stored === null ? [] : [await Messages.patch(ctx, first)];
}

/**
 * Of changes to messages, how many one transaction makes, whatever is stored: at
 * least those of one message, where they follow each other.
 */
async function countOfChanges(
  ctx: QueryCtx,
  changes: MessageChanges,
): Promise<number> {
  const seen = new Set<string>();
  let bytes = 0;
  for (const [index, { id }] of changes.entries()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const stored = await messageById(ctx, id);
    if (stored !== null) bytes += wholeSize("messages", stored);
    if (bytes > MAX_CHANGED_BYTES && index > 0) return index;
  }
  return changes.length;
}

/** The content of a message, which is to be replaced. Throws `LimitExceeded`. */
async function contentOf(
  ctx: QueryCtx,
  messageId: string,
): Promise<Value | undefined> {
  const stored = await messageById(ctx, messageId);
  if (stored === null) return undefined;
  const names = ["content"];
  const { content } = await wholeIn(ctx, "messages", stored, names, names);
  return contentIn(content as Value);
}
