import { convexToJson, type Value } from "convex/values";

import { type Call, encoded } from "../runtime/calls.js";
import { fitting } from "../runtime/client.js";
import { Client, LimitExceeded } from "../runtime/index.js";
import { ConvexStorage } from "../storage.js";
import type { Functions } from "./goingOn.js";

/** How much a call writes. */
export interface Capacity {
  records: number;
  /** Of their JSON. */
  bytes: number;
}

/** Records that a function writes. */
export interface Written<Sent, Result> {
  records: readonly Sent[];
  /** The argument that they are. */
  argument: string;
  /** What a record is called, for errors. */
  name: (record: Sent) => string;
  capacity: Capacity;
  write: (functions: Functions, records: Sent[]) => Promise<Result>;
  /** Throws as `write` does, before the first of several transactions. */
  look: (functions: Functions, records: Sent[]) => Promise<void>;
  /** How much JSON a record is at least that is looked at; all are, otherwise. */
  lookedAtFrom?: number;
  /**
   * Which document a record changes. Those of one are never in two batches: what
   * they make of it is seen at once.
   */
  documentOf?: (record: Sent) => string;
}

/**
 * How much JSON a record is at most that surely fits in a document, which takes
 * 1 MiB. Nothing in a document takes twice as much as in JSON, but for numbers, of
 * which a record has few outside of what lies as text where it is much.
 */
export const LARGE_BYTES: number = 512 * 1024;

/** What Convex takes of arguments, less what there is beside a record. */
const MAX_BYTES = 16 * 1024 * 1024 - 256;

/** Encodes calls, and sends none. */
class UnsentClient extends Client {
  /** Those of the last call. */
  arguments: Record<string, Value> = {};

  constructor() {
    super("https://nowhere.invalid");
  }

  override async run<Result>(call: Call<Result>): Promise<Result> {
    this.arguments = encoded(call);
    return await Promise.resolve(null as Result);
  }
}

/**
 * The arguments of a call, which is not sent. Throws `InvalidArgument` for what
 * the client refuses.
 */
export async function argumentsOf(
  call: (functions: Functions) => Promise<unknown>,
): Promise<Record<string, Value>> {
  const client = new UnsentClient();
  await call(new ConvexStorage(client).functions);
  return client.arguments;
}

/** A record, or those of one document. */
interface Sized<Sent> {
  records: Sent[];
  /** Of their JSON, in bytes. */
  size: number;
}

/**
 * Writes records in batches, each all or none, and gives what each call gave.
 * Throws `InvalidArgument` or `LimitExceeded` for one that Convex does not take,
 * before any is written.
 */
export async function inBatches<Sent, Result>(
  functions: Functions,
  written: Written<Sent, Result>,
): Promise<Result[]> {
  const { capacity, write, look, lookedAtFrom = 0 } = written;
  const groups = grouped(await measured(written), written);
  const waiting = batches(groups, capacity).reverse();
  let areLookedAt = false;
  const lookAt = async (ahead: Sized<Sent>[][]) => {
    if (areLookedAt) return;
    areLookedAt = true;
    for (const batch of ahead) {
      const some = batch.filter(({ size }) => size >= lookedAtFrom);
      if (some.length > 0) await look(functions, recordsOf(some));
    }
  };
  // Of one, a transaction writes none where one of its records is refused.
  if (waiting.length > 1) await lookAt([...waiting].reverse());
  const results: Result[] = [];
  let batch: Sized<Sent>[] | undefined;
  while ((batch = waiting.pop()) !== undefined) {
    try {
      results.push(await write(functions, recordsOf(batch)));
    } catch (error) {
      // How much a transaction writes does not follow from the records alone:
      // it reads what they replace, too.
      if (batch.length === 1 || !isOfMany(error)) throw error;
      await lookAt([batch]);
      const first = fittingIn(error, batch) || Math.floor(batch.length / 2);
      waiting.push(batch.slice(first), batch.slice(0, first));
    }
  }
  return results;
}

/** How many of the first in a batch fit; 0 where the error does not say that. */
function fittingIn(error: unknown, batch: readonly Sized<unknown>[]): number {
  let left: number;
  try {
    left = fitting(error, recordsOf(batch).length);
  } catch {
    return 0;
  }
  let first = 0;
  for (const { records } of batch) {
    left -= records.length;
    if (left < 0) break;
    first += 1;
  }
  return first;
}

/** The records with their sizes. Throws where a call does not take one. */
async function measured<Sent>({
  records,
  argument,
  name,
  write,
}: Written<Sent, unknown>): Promise<Sized<Sent>[]> {
  const { [argument]: sent } = await argumentsOf((functions) =>
    write(functions, [...records]),
  );
  return (sent as Value[]).map((value, index) => {
    const record = records[index] as Sent;
    const text = JSON.stringify(convexToJson(value));
    const size = new TextEncoder().encode(text).length;
    requireSent(size, name(record));
    return { records: [record], size };
  });
}

/** The records by the documents that they change. Throws where a call does not take those of one. */
function grouped<Sent>(
  sized: Sized<Sent>[],
  { documentOf, name }: Written<Sent, unknown>,
): Sized<Sent>[] {
  if (documentOf === undefined) return sized;
  const found = new Map<string, Sized<Sent>>();
  for (const { records, size } of sized) {
    for (const record of records) {
      const document = documentOf(record);
      const before = found.get(document);
      if (before === undefined) {
        found.set(document, { records: [record], size });
        continue;
      }
      before.records.push(record);
      before.size += size;
      requireSent(before.size, `what changes ${name(record)}`);
    }
  }
  return [...found.values()];
}

/** Throws `LimitExceeded`. */
function requireSent(size: number, name: string): void {
  if (size <= MAX_BYTES) return;
  const mebibytes = (size / 1024 / 1024).toFixed(2);
  throw new LimitExceeded(
    `${name} takes ${mebibytes} MiB as JSON, and Convex takes 16 MiB of arguments`,
  );
}

/** Records in batches that a transaction can write. */
function batches<Sent>(
  records: readonly Sized<Sent>[],
  capacity: Capacity,
): Sized<Sent>[][] {
  const found: Sized<Sent>[][] = [];
  let batch: Sized<Sent>[] = [];
  let taken = 0;
  for (const one of records) {
    const isFull =
      batch.length === capacity.records || taken + one.size > capacity.bytes;
    if (isFull && batch.length > 0) {
      found.push(batch);
      [batch, taken] = [[], 0];
    }
    batch.push(one);
    taken += one.size;
  }
  return batch.length > 0 ? [...found, batch] : found;
}

function recordsOf<Sent>(sized: readonly Sized<Sent>[]): Sent[] {
  return sized.flatMap(({ records }) => records);
}

/** Whether parts of what was too much would do: not where one record is too large for a document, without which the others would be written. */
function isOfMany(error: unknown): boolean {
  if (!(error instanceof LimitExceeded)) return false;
  const data: unknown = error.data;
  // The functions say so by the path of it.
  return !(typeof data === "object" && data !== null && "path" in data);
}
