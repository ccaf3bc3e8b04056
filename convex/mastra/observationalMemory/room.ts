/*
 * Copied by convexgen from schema/mastra/observationalMemory/room.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import type { QueryCtx } from "../../_generated/server.js";
import type { Fields } from "../../lib/documents.js";
import { limitExceeded, mebibytes } from "../../lib/errors.js";
import { wholeIn, wholeSize } from "../../lib/large.js";
import { type Generation, waitingFor } from "./records.js";

// How large a record may become, so that one call reads it, swaps it and begins the
// next one. A call reads 16 MiB, https://docs.convex.dev/production/state/limits, of which
// each look at a document takes up to 1 MiB.

const MEBIBYTE = 1024 * 1024;

/** What a record takes at most, with all that waits. */
const MAX_RECORD = 13 * MEBIBYTE;

/** What of it waits at most: a swap reads it, and reads it again to delete it. */
const MAX_WAITING = 7 * MEBIBYTE;

/** How many chunks wait at most, each of which a swap deletes by itself. */
const MAX_CHUNKS = 1000;

/** How many messages a swap tells of: what Convex takes of a list. */
const MAX_MESSAGES = 8192;

/** What is read to be changed, and read again to be replaced. */
const CHANGED = ["config", "bufferedReflection"] as const;

/** Throws `LimitExceeded` where a record that has been written has more than one call reads and swaps. */
export async function requireRoom(
  ctx: QueryCtx,
  record: Fields & Pick<Generation, "recordId">,
): Promise<void> {
  const { recordId } = record;
  let chunks = 0;
  let bytes = 0;
  let messages = 0;
  for await (const row of waitingFor(ctx, recordId)) {
    chunks += 1;
    bytes += wholeSize("observationChunks", row);
    const names = ["messageIds"];
    const { messageIds } = await wholeIn(
      ctx,
      "observationChunks",
      row,
      names,
      [],
    );
    messages += (messageIds as string[]).length;
    const problem =
      bytes > MAX_WAITING
        ? `what waits takes ${mebibytes(bytes)} or more, and 7 MiB may wait`
        : chunks > MAX_CHUNKS
          ? `${chunks} chunks wait, and ${MAX_CHUNKS} may`
          : messages > MAX_MESSAGES
            ? `what waits is of ${messages} messages or more, and ${MAX_MESSAGES} may be`
            : undefined;
    if (problem !== undefined) {
      throw limitExceeded(
        `${problem}: make what waits active first, by swapBufferedToActive, and note less at once`,
        { path: "chunk", bytes, chunks, messages },
      );
    }
  }
  bytes += wholeSize("observationalMemory", record);
  for (const name of CHANGED) {
    const value = { [name]: record[name] };
    bytes += wholeSize("observationalMemory", value);
  }
  if (bytes > MAX_RECORD) {
    throw limitExceeded(
      `the record takes ${mebibytes(bytes)} with all that waits, its configuration and its ` +
        "waiting reflection twice, and may take 13 MiB: let shorter observations or a " +
        "reflection take the place of what is active",
      { path: "record", bytes },
    );
  }
}
