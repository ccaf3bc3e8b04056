/*
 * Copied by convexgen from schema/mastra/typescript/batches.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { convexToJson, type Value } from "convex/values";

import { type Call, encoded, MAX_ELEMENTS } from "../runtime/calls.js";
import { fitting } from "../runtime/client.js";
import { doubted } from "../runtime/errors.js";
import { Client, ConvexgenError, LimitExceeded } from "../runtime/index.js";
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
  /** Throws as `write` does, and writes nothing. */
  attempt: (functions: Functions, records: Sent[]) => Promise<unknown>;
  /**
   * Which document a record changes. Those of one are never in two batches: what
   * they make of it is seen at once.
   */
  documentOf?: (record: Sent) => string;
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

/** A record, or those of one document. */
interface Sized<Sent> {
  records: Sent[];
  /** Of their JSON, in bytes. */
  size: number;
}

/**
 * Writes records in batches, each all or none, and gives what each call gave.
 * Throws `InvalidArgument` or `LimitExceeded` for one that Convex does not take,
 * and what the function throws, before any is written.
 */
export async function inBatches<Sent, Result>(
  functions: Functions,
  written: Written<Sent, Result>,
): Promise<Result[]> {
  const { capacity, write, attempt } = written;
  const batches = cut(grouped(await measured(written), written), capacity);
  const results: Result[] = [];
  const store = async (records: Sent[]) => {
    try {
      results.push(await write(functions, records));
    } catch (error) {
      const isPart = results.length > 0 && error instanceof ConvexgenError;
      throw isPart ? doubted(error, "a part of the call has run") : error;
    }
  };
  const [first] = batches;
  // Of one, a transaction writes none where one of its records is refused.
  if (first === undefined) return results;
  const parts = batches.length > 1 ? batches : await split(first, store);
  if (parts === null) return results;
  const tried = await eachOf(parts, (some) => attempt(functions, some));
  await eachOf(tried, store);
  return results;
}

/**
 * Has all batches done, in parts where one was too much for a transaction, and
 * gives them as they were done. How much that is does not follow from the records
 * alone: what they replace is read, too.
 */
async function eachOf<Sent>(
  batches: readonly Sized<Sent>[][],
  call: (records: Sent[]) => Promise<unknown>,
): Promise<Sized<Sent>[][]> {
  const done: Sized<Sent>[][] = [];
  const waiting = [...batches].reverse();
  let batch: Sized<Sent>[] | undefined;
  while ((batch = waiting.pop()) !== undefined) {
    const parts = await split(batch, call);
    if (parts === null) done.push(batch);
    else waiting.push(...parts.reverse());
  }
  return done;
}

/** Has a batch done; the parts of it where it was too much. */
async function split<Sent>(
  batch: Sized<Sent>[],
  call: (records: Sent[]) => Promise<unknown>,
): Promise<Sized<Sent>[][] | null> {
  try {
    await call(recordsOf(batch));
    return null;
  } catch (error) {
    if (batch.length === 1 || !isOfMany(error)) throw error;
    const first = fittingIn(error, batch) || Math.floor(batch.length / 2);
    return [batch.slice(0, first), batch.slice(first)];
  }
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
  for (const { records } of found.values()) {
    const [first] = records;
    if (first === undefined || records.length <= MAX_ELEMENTS) continue;
    throw new LimitExceeded(
      `${name(first)} is changed ${records.length} times, and Convex takes ${MAX_ELEMENTS}`,
    );
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

/** Records in batches that a transaction can write, of documents no more than `capacity` has. */
function cut<Sent>(
  groups: readonly Sized<Sent>[],
  capacity: Capacity,
): Sized<Sent>[][] {
  const found: Sized<Sent>[][] = [];
  let batch: Sized<Sent>[] = [];
  let taken = 0;
  let count = 0;
  for (const group of groups) {
    taken += group.size;
    count += group.records.length;
    const isFull =
      batch.length === capacity.records ||
      taken > capacity.bytes ||
      count > MAX_ELEMENTS;
    if (isFull || found.length === 0) {
      batch = [];
      found.push(batch);
      [taken, count] = [group.size, group.records.length];
    }
    batch.push(group);
  }
  return found;
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
