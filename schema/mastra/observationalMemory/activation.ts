import { type Infer, type ObjectType, v } from "convex/values";

import type { MutationCtx } from "../../_generated/server.js";
import { fields, range, timestamp } from "../../lib/checks.js";
import { discard } from "../../lib/large.js";
import { timeAfter } from "../../lib/writes.js";
import { append } from "./appending.js";
import { generation } from "./generations.js";
import { chunk, type Waiting, waitingFor, wholeChunks } from "./records.js";

// How much of what waits becomes active, and what is told of it.

export const activationArgs = {
  id: v.string(),
  activationRatio: v.number(),
  messageTokensThreshold: v.number(),
  currentPendingTokens: v.number(),
  forceMaxActivation: v.optional(v.boolean()),
  lastObservedAt: v.optional(v.number()),
  bufferedChunks: v.optional(v.array(chunk)),
};

export const activation = v.object({
  chunksActivated: v.number(),
  messageTokensActivated: v.number(),
  observationTokensActivated: v.number(),
  messagesActivated: v.number(),
  activatedCycleIds: v.array(v.string()),
  activatedMessageIds: v.array(v.string()),
  observations: v.optional(v.string()),
  perChunk: v.optional(
    v.array(
      v.object({
        cycleId: v.string(),
        messageTokens: v.number(),
        observationTokens: v.number(),
        messageCount: v.number(),
        observations: v.string(),
      }),
    ),
  ),
  suggestedContinuation: v.optional(v.string()),
  currentTask: v.optional(v.string()),
});

const tokens = range({ min: 0 });

/** What is checked of a record, and of chunks that are weighed anew. */
const check = fields({
  observationTokenCount: tokens,
  pendingMessageTokens: tokens,
  tokenCount: tokens,
  messageTokens: tokens,
  lastObservedAt: timestamp,
});

/** A chunk as it is stored, with its tokens as they are now. */
type Weighed = Waiting & { isReweighed?: boolean };

/** Appends what waits to the active observations, as much as the threshold asks for. */
export async function activate(
  ctx: MutationCtx,
  { id, bufferedChunks, ...given }: ObjectType<typeof activationArgs>,
): Promise<Infer<typeof activation>> {
  const stored = await generation(ctx, id);
  const waiting = await weighed(ctx, id, bufferedChunks);
  const count = countToActivate(waiting, given);
  const taken = waiting.slice(0, count);
  const left = waiting.slice(count);
  for (const { _id, tokenCount, messageTokens } of left.filter(
    (one) => one.isReweighed,
  )) {
    const set = { tokenCount, messageTokens };
    await ctx.db.patch("observationChunks", _id, set);
  }
  const activated = await wholeChunks(ctx, taken);
  const perChunk = activated.map((one) => ({
    cycleId: one.cycleId,
    messageTokens: one.messageTokens,
    observationTokens: one.tokenCount,
    messageCount: one.messageIds.length,
    observations: one.observations,
  }));
  const result = {
    chunksActivated: activated.length,
    messageTokensActivated: sum(perChunk.map((one) => one.messageTokens)),
    observationTokensActivated: sum(
      perChunk.map((one) => one.observationTokens),
    ),
    messagesActivated: sum(perChunk.map((one) => one.messageCount)),
    activatedCycleIds: activated
      .map((one) => one.cycleId)
      .filter((cycleId) => cycleId !== ""),
    activatedMessageIds: activated.flatMap((one) => one.messageIds),
  };
  const latest = activated.at(-1);
  if (latest === undefined) return result;
  for (const row of taken) {
    await ctx.db.delete("observationChunks", row._id);
    await discard(ctx, "observationChunks", row);
  }
  const observations = perChunk.map((one) => one.observations).join("\n\n");
  const lastObservedAt = given.lastObservedAt ?? latest.lastObservedAt;
  const set = {
    observationTokenCount:
      stored.observationTokenCount + result.observationTokensActivated,
    pendingMessageTokens: Math.max(
      0,
      stored.pendingMessageTokens - result.messageTokensActivated,
    ),
    lastObservedAt,
  };
  check(set, "");
  const moment = new Date(lastObservedAt).toISOString();
  const boundary = `\n\n--- message boundary (${moment}) ---\n\n`;
  await append(ctx, stored, observations, boundary, {
    ...set,
    updatedAt: timeAfter(stored.updatedAt),
  });
  return {
    ...result,
    observations,
    perChunk,
    ...(latest.suggestedContinuation === undefined
      ? {}
      : { suggestedContinuation: latest.suggestedContinuation }),
    ...(latest.currentTask === undefined
      ? {}
      : { currentTask: latest.currentTask }),
  };
}

/**
 * What may become active: all that waits, or what the caller knows of it, with
 * its tokens as they are now. What came since, or is active by now, is left out.
 */
async function weighed(
  ctx: MutationCtx,
  id: string,
  known: Infer<typeof chunk>[] | undefined,
): Promise<Weighed[]> {
  const waiting = await waitingFor(ctx, id).collect();
  if (known === undefined) return waiting;
  const left = new Map(waiting.map((one) => [one.chunkId, one]));
  const found: Weighed[] = [];
  for (const { id: chunkId, tokenCount, messageTokens } of known) {
    const one = left.get(chunkId);
    if (one === undefined || !left.delete(chunkId)) continue;
    const weight = { tokenCount, messageTokens };
    check(weight, "");
    const isReweighed =
      one.tokenCount !== tokenCount || one.messageTokens !== messageTokens;
    found.push({ ...one, ...weight, isReweighed });
  }
  return found;
}

/**
 * How many chunks bring the pending tokens down to the part of the threshold
 * that is kept: the fewest that reach it, unless they go so far below it that
 * the most that do not reach it are better.
 */
function countToActivate(
  waiting: Weighed[],
  given: Omit<ObjectType<typeof activationArgs>, "id" | "bufferedChunks">,
): number {
  const kept = given.messageTokensThreshold * (1 - given.activationRatio);
  const target = Math.max(0, given.currentPendingTokens - kept);
  const over = { count: 0, tokens: 0 };
  const under = { count: 0, tokens: 0 };
  let tokens = 0;
  for (const [index, one] of waiting.entries()) {
    tokens += one.messageTokens;
    if (tokens < target) {
      if (tokens > under.tokens)
        Object.assign(under, { count: index + 1, tokens });
    } else if (over.count === 0 || tokens < over.tokens) {
      Object.assign(over, { count: index + 1, tokens });
    }
  }
  const least = Math.min(1000, kept);
  const leaves = (side: typeof over) =>
    side.count > 0 && given.currentPendingTokens - side.tokens >= least;
  const isClose = over.tokens - target <= kept * 0.95;
  if (leaves(over) && (given.forceMaxActivation || isClose)) return over.count;
  if (leaves(under)) return under.count;
  return over.count || 1;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
