import { convexToJson, type Value } from "convex/values";

import { type Call, encoded } from "../runtime/calls.js";
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
export interface Written<Sent> {
  records: readonly Sent[];
  /** The argument that they are. */
  argument: string;
  /** What a record is called, for errors. */
  name: (record: Sent) => string;
  capacity: Capacity;
  call: (functions: Functions, records: Sent[]) => Promise<unknown>;
}

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

/**
 * Records in batches that a transaction can write. Throws `InvalidArgument` or
 * `LimitExceeded` for one that a call does not take, before any is written.
 */
export async function batches<Sent>({
  records,
  argument,
  name,
  capacity,
  call,
}: Written<Sent>): Promise<Sent[][]> {
  const { [argument]: sent } = await argumentsOf((functions) =>
    call(functions, [...records]),
  );
  const values = sent as Value[];
  const found: Sent[][] = [];
  let batch: Sent[] = [];
  let taken = 0;
  for (const [index, record] of records.entries()) {
    const size = sizeOf(values[index] ?? null);
    if (size > MAX_BYTES) {
      const mebibytes = (size / 1024 / 1024).toFixed(2);
      throw new LimitExceeded(
        `${name(record)} takes ${mebibytes} MiB as JSON, and Convex takes 16 MiB of arguments`,
      );
    }
    const isFull =
      batch.length === capacity.records || taken + size > capacity.bytes;
    if (isFull && batch.length > 0) {
      found.push(batch);
      [batch, taken] = [[], 0];
    }
    batch.push(record);
    taken += size;
  }
  return batch.length > 0 ? [...found, batch] : found;
}

/** How much JSON a value is, in bytes. */
function sizeOf(value: Value): number {
  const text = JSON.stringify(convexToJson(value));
  return new TextEncoder().encode(text).length;
}

/**
 * Writes records in batches, each all or none. How much a transaction writes
 * does not follow from them alone, since it reads what they replace, too: what
 * is too much is halved. Before the first of several, `look` may throw.
 */
export async function inBatches<Sent>(
  functions: Functions,
  written: Written<Sent>,
  look?: (records: readonly Sent[]) => Promise<void>,
): Promise<void> {
  const found = await batches(written);
  if (found.length > 1) await look?.(written.records);
  const write = async (batch: Sent[]) => await written.call(functions, batch);
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
