import { LimitExceeded } from "../runtime/index.js";

/** How much a call writes. */
export interface Capacity {
  records: number;
  /** Of their JSON. */
  bytes: number;
}

/** What Convex takes of arguments. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Records in batches that a transaction can write. Throws for one that Convex
 * does not take, before any is written.
 */
export function batches<Sent>(
  records: readonly Sent[],
  { records: most, bytes }: Capacity,
): Sent[][] {
  const found: Sent[][] = [];
  let batch: Sent[] = [];
  let taken = 0;
  for (const record of records) {
    const size = new TextEncoder().encode(JSON.stringify(record)).length;
    if (size > MAX_BYTES) {
      const mebibytes = (size / 1024 / 1024).toFixed(2);
      throw new LimitExceeded(
        `a record takes ${mebibytes} MiB as JSON, and Convex takes 16 MiB of arguments`,
      );
    }
    if (batch.length === most || (batch.length > 0 && taken + size > bytes)) {
      found.push(batch);
      [batch, taken] = [[], 0];
    }
    batch.push(record);
    taken += size;
  }
  return batch.length > 0 ? [...found, batch] : found;
}

/**
 * Writes records in batches, each all or none. How much a transaction writes
 * does not follow from them alone, since it reads what they replace, too: what
 * is too much is halved. Before the first of several, `look` may throw.
 */
export async function inBatches<Sent>(
  records: readonly Sent[],
  capacity: Capacity,
  write: (batch: Sent[]) => Promise<unknown>,
  look?: (records: readonly Sent[]) => Promise<void>,
): Promise<void> {
  const found = batches(records, capacity);
  if (found.length > 1) await look?.(records);
  for (const batch of found) await halving(batch, write, look);
}

async function halving<Sent>(
  batch: Sent[],
  write: (batch: Sent[]) => Promise<unknown>,
  look?: (records: readonly Sent[]) => Promise<void>,
): Promise<void> {
  try {
    await write(batch);
  } catch (error) {
    if (!(error instanceof LimitExceeded) || batch.length === 1) throw error;
    // One record is too large for a document: the others would be written without it.
    if (hasPath(error.data)) throw error;
    await look?.(batch);
    const middle = Math.ceil(batch.length / 2);
    await halving(batch.slice(0, middle), write, look);
    await halving(batch.slice(middle), write, look);
  }
}

/** Whether the functions say what it is that is too large. */
function hasPath(data: unknown): boolean {
  return typeof data === "object" && data !== null && "path" in data;
}
