import { type Infer, v, type Value } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import type { MutationCtx, QueryCtx } from "../../_generated/server.js";
import { mergeJson } from "../../lib/json.js";
import { wholeSize } from "../../lib/large.js";
import * as Messages from "../../model/messages.js";
import { invalid } from "../failures.js";
import { messageById } from "./finding.js";
import { messageOf, messageRecord, type MessageRecord } from "./records.js";

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
  for (const { id, threadId = "", resourceId = "", ...message } of messages) {
    if (threadId === "") throw lacking("threadId");
    if (resourceId === "") throw lacking("resourceId");
    const createdAt =
      created.get(id) ??
      (await messageById(ctx, id))?.createdAt ??
      message.createdAt;
    created.set(id, createdAt);
    inputs.push({
      ...message,
      messageId: id,
      threadId,
      resourceId,
      createdAt,
    });
  }
  await Messages.saveMany(ctx, inputs);
}

function lacking(field: string) {
  return invalid(
    `Expected to find a ${field} for message, but couldn't find one. ` +
      "An unexpected error has occurred.",
  );
}

export const messageChanges = v.array(
  messageRecord.partial().omit("id").extend({ id: v.string() }),
);

export async function changeSome(
  ctx: MutationCtx,
  messages: Infer<typeof messageChanges>,
): Promise<{ messages: MessageRecord[]; remaining: number }> {
  const count = await countOfChanges(
    ctx,
    messages.map(({ id }) => id),
  );
  const changes = messages.slice(0, count);
  const contents = new Map<string, Value>();
  const updates: Messages.Patch[] = [];
  for (const { id, content, ...given } of changes) {
    const set: Messages.Patch["set"] = given;
    if (content !== undefined) {
      const stored = contents.get(id) ?? (await contentOf(ctx, id));
      set.content = mergeJson(stored, content as Value, {
        how: "shallow",
        within: [["metadata", "shallow"]],
      });
      contents.set(id, set.content as Value);
    }
    if (Object.keys(set).length > 0) updates.push({ messageId: id, set });
  }
  const found = new Map<string, Doc<"messages">>();
  for (const one of await patchedMessages(ctx, updates)) {
    if (one !== null) found.set(one.messageId, one);
  }
  const results: Doc<"messages">[] = [];
  for (const messageId of new Set(changes.map(({ id }) => id))) {
    const one =
      found.get(messageId) ?? (await Messages.find(ctx, { messageId }));
    if (one !== null) results.push(one);
  }
  return {
    messages: results.map(messageOf),
    remaining: messages.length - count,
  };
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

/** Of changes to messages, how many one transaction makes, whatever is stored: at least one. */
async function countOfChanges(ctx: QueryCtx, ids: string[]): Promise<number> {
  let bytes = 0;
  for (const [index, id] of ids.entries()) {
    const stored = await messageById(ctx, id);
    if (stored !== null) bytes += wholeSize("messages", stored);
    if (bytes > MAX_CHANGED_BYTES && index > 0) return index;
  }
  return ids.length;
}

async function contentOf(
  ctx: QueryCtx,
  messageId: string,
): Promise<Value | undefined> {
  const message = await Messages.find(ctx, { messageId });
  return message === null ? undefined : (message.content as Value);
}
