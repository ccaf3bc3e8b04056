/*
 * Copied by convexgen from schema/mastra/reading.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import type { IndexRange } from "convex/server";
import { compareValues, type Value } from "convex/values";

import type { Doc } from "../_generated/dataModel.js";
import type { QueryCtx } from "../_generated/server.js";
import { countedIndexes } from "../lib/counts/indexes.js";
import type { OpenRange } from "../lib/counts/keys.js";
import { count, pageAt, rank } from "../lib/counts/reads.js";
import { type Fields, sizeOf } from "../lib/documents.js";
import { whole, wholeSize } from "../lib/large.js";
import { within } from "../lib/ranges.js";
import type { Bounds } from "./dates.js";
import { invalid } from "./failures.js";
import type { Window } from "./pagination.js";

// Documents in the order of their times, of which a call reads a part and says
// where the next one goes on.

/** What a call reads: a function reads 16 MiB, and has one second. */
const BUDGET = { documents: 4000, bytes: 6 * 1024 * 1024 };

type Table = "evals" | "messages" | "threads" | "traces" | "workflowRuns";

export type Counted = keyof typeof countedIndexes;

export type Order = "asc" | "desc";

/** The documents of an index that have some values, in the order of a time. */
export interface Row<Kind extends Table> {
  table: Kind;
  index: string;
  equal: readonly (readonly [field: string, value: string | undefined])[];
  time: "createdAt" | "updatedAt" | "startedAt";
  /** The counts of the index; null where it has none. */
  counted: (Counted & `${Kind}.${string}`) | null;
}

/** What documents of any row are in the order of: a time, then what tells equal times apart. */
type Rank = [time: number, creationTime: number, id: string];

/** Where to go on: behind a document, or with it where it is the next one. */
export type Place = [...Rank, isNext?: boolean];

/** What is left to be read, for the call that goes on. */
export interface Left {
  /** The place of the last document that was read, or of the next one. */
  place: Place | null;
  /** How many are to be passed over. */
  skip: number;
  /** How many the page is to have still; null for all. */
  limit: number | null;
  /** How many the page has, and how many were found that it may have. */
  taken: number;
  found: number;
  total: number;
}

/** Where nothing is read, and nothing is to be. */
export const NOTHING_LEFT: Left = {
  place: null,
  skip: 0,
  limit: 0,
  taken: 0,
  found: 0,
  total: 0,
};

/** A page of which nothing is read. */
export function unread({ offset, limit }: Window): Left {
  const most = Number.isFinite(limit) ? limit : null;
  return { ...NOTHING_LEFT, skip: offset, limit: most };
}

/** Reads what `cursorOf` wrote. Throws `InvalidArgument`. */
export function leftOf(cursor: string): Left {
  try {
    const given = JSON.parse(cursor) as Partial<Left> | null;
    if (typeof given?.taken === "number") return given as Left;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw invalid("cursor is not one of this list");
}

export function cursorOf(state: Left): string {
  return JSON.stringify(state);
}

/** How many documents rows have, in all. */
export async function totalOf<Kind extends Table>(
  ctx: QueryCtx,
  rows: readonly Row<Kind>[],
  bounds: Bounds,
): Promise<number> {
  let total = 0;
  for (const row of rows) {
    const index = countedOf(row);
    total += await count(ctx, index, (range) => narrowed(range, row, bounds));
  }
  return total;
}

function countedOf<Kind extends Table>({ counted, index }: Row<Kind>) {
  if (counted === null) throw new Error(`${index} is not counted`);
  return countedIndexes[counted] as {
    name: string;
    table: Kind;
    fields: string[];
  };
}

/** How many documents of a row are before one; null where it is not among them. */
export async function rankIn(
  ctx: QueryCtx,
  row: Row<Table>,
  bounds: Bounds,
  order: Order,
  document: Doc<Table>,
): Promise<number | null> {
  const index = countedOf(row);
  const narrow = (range: OpenRange) => narrowed(range, row, bounds);
  return await rank(ctx, index, narrow, document, order);
}

/**
 * What is left of the documents of a row from an offset on: from the one that the
 * counts say is there, where there are any, else to be passed over.
 */
export async function leftFrom<Kind extends Table>(
  ctx: QueryCtx,
  rows: readonly Row<Kind>[],
  bounds: Bounds,
  order: Order,
  { total, ...window }: Window & { total: number },
): Promise<Left> {
  const { offset } = window;
  const state: Left = { ...unread(window), total };
  const [row, ...others] = rows;
  if (row === undefined || row.counted === null || others.length > 0)
    return state;
  if (offset === 0) return state;
  if (offset >= total) return { ...state, skip: 0, limit: 0 };
  const index = countedOf(row);
  const narrow = (range: OpenRange) => narrowed(range, row, bounds);
  const at = { offset, limit: 1, order };
  const { page } = await pageAt(ctx, index, narrow, at);
  const [first] = page;
  if (first === undefined) return { ...state, skip: 0, limit: 0 };
  return { ...state, skip: 0, place: placeOfNext(row, first) };
}

/** What a call has read. */
export interface Part<Kind extends Table> {
  documents: Doc<Kind>[];
  /** What is left; null where nothing is. */
  left: Left | null;
  /** How many the page has with those of the calls before, and how many were found. */
  taken: number;
  found: number;
  bytes: number;
}

/** Which documents count, and what is read to say so. */
export interface Filter<Kind extends Table> {
  matches: (document: Doc<Kind>) => boolean;
  readsWhole: boolean;
  findAll: boolean;
}

/**
 * The next documents of rows, merged. `matches` says which count, and is given them
 * whole where it reads them so: they are read once, for they may be as large as a
 * query reads. Where all of these are to be found, reads on to the end, else to the
 * first one after the page.
 *
 * Beside one that is as large as that, no other is read, not to know that it does
 * not fit: it is the next one, or where that is not known, the large one the last.
 */
export async function readPart<Kind extends Table>(
  ctx: QueryCtx,
  rows: readonly Row<Kind>[],
  bounds: Bounds,
  order: Order,
  state: Left,
  filter: Filter<Kind> | null,
  budget: { documents: number; bytes: number } = BUDGET,
): Promise<Part<Kind>> {
  const documents: Doc<Kind>[] = [];
  let { place, skip, taken, found } = state;
  let limit = state.limit ?? Infinity;
  let read = 0;
  let bytes = 0;
  const part = (isDone: boolean): Part<Kind> => ({
    documents,
    left: isDone
      ? null
      : {
          place,
          skip,
          limit: state.limit === null ? null : limit,
          taken,
          found,
          total: state.total,
        },
    taken,
    found,
    bytes,
  });
  if (limit === 0 && filter === null) return part(true);
  for await (const stored of merged(ctx, rows, bounds, order, place)) {
    const [row] = rows;
    if (row === undefined) break;
    const isWhole = filter?.readsWhole === true || (skip === 0 && limit > 0);
    const size = isWhole ? wholeSize(row.table, stored) : sizeOf(stored);
    if (
      read > 0 &&
      (read === budget.documents || bytes + size > budget.bytes)
    ) {
      place = placeOfNext(row, stored);
      return part(false);
    }
    read += 1;
    bytes += size;
    const document =
      filter?.readsWhole === true
        ? await whole(ctx, row.table, stored)
        : stored;
    if (filter === null || filter.matches(document)) {
      found += 1;
      if (skip > 0) {
        skip -= 1;
      } else if (limit > 0) {
        documents.push(document);
        taken += 1;
        limit -= 1;
      } else if (filter?.findAll !== true) {
        return part(true);
      }
    }
    place = placeOf(row, document);
    if (limit === 0 && filter === null) return part(true);
    if (bytes > budget.bytes) return part(false);
  }
  return part(true);
}

/** Puts documents in an order, each of them once. */
export function inOrder<Kind extends Table>(
  row: Pick<Row<Kind>, "table" | "time">,
  documents: readonly Doc<Kind>[],
  order: Order,
): Doc<Kind>[] {
  const each = new Map(documents.map((one) => [one._id as string, one]));
  return [...each.values()].sort((left, right) =>
    compared(placeOf(row, left), placeOf(row, right), order),
  );
}

/** The documents of some rows from a place on, in one order. */
async function* merged<Kind extends Table>(
  ctx: QueryCtx,
  rows: readonly Row<Kind>[],
  bounds: Bounds,
  order: Order,
  place: Place | null,
): AsyncGenerator<Doc<Kind>, void> {
  const [only, ...others] = rows;
  if (only !== undefined && others.length === 0) {
    yield* documentsIn(ctx, only, bounds, order, place);
    return;
  }
  const readers = rows.map((row) =>
    documentsIn(ctx, row, bounds, order, place),
  );
  const heads = await Promise.all(readers.map((reader) => reader.next()));
  for (;;) {
    let first = -1;
    let nearest: Rank | null = null;
    for (const [index, head] of heads.entries()) {
      const row = rows[index];
      if (head.done === true || row === undefined) continue;
      const candidate = placeOf(row, head.value);
      if (nearest !== null && compared(candidate, nearest, order) >= 0)
        continue;
      [first, nearest] = [index, candidate];
    }
    const head = heads[first];
    const reader = readers[first];
    if (head === undefined || reader === undefined || head.done === true)
      return;
    yield head.value;
    heads[first] = await reader.next();
  }
}

/** Convex's reader, whose types know no index by a name that is a value. */
interface Reader<Kind extends Table> {
  query(table: Kind): {
    withIndex(
      index: string,
      narrow: (range: OpenRange) => IndexRange,
    ): { order(order: Order): AsyncIterable<Doc<Kind>> };
  };
}

/** The documents of a row from a place on, or all of them. */
export async function* documentsIn<Kind extends Table>(
  ctx: QueryCtx,
  row: Row<Kind>,
  bounds: Bounds,
  order: Order,
  place: Place | null = null,
): AsyncGenerator<Doc<Kind>, void> {
  const reader = ctx.db as unknown as Reader<Kind>;
  const found = (narrow: (range: OpenRange) => IndexRange) =>
    reader.query(row.table).withIndex(row.index, narrow).order(order);
  if (place === null) {
    yield* found((range) => narrowed(range, row, bounds));
    return;
  }
  const [time, creationTime, id, isNext = false] = place;
  // Of those of the same time, the ones that were there before are read again.
  const same = found((range) => {
    const ofTime = equalIn(range, row).eq(row.time, time);
    return order === "asc"
      ? ofTime.gte("_creationTime", creationTime)
      : ofTime.lte("_creationTime", creationTime);
  });
  for await (const document of same) {
    const rank = [time, creationTime, id];
    const distance = compared(placeOf(row, document), rank, order);
    if (distance > 0 || (isNext && distance === 0)) yield document;
  }
  yield* found((range) => narrowed(range, row, behind(bounds, order, time)));
}

function behind(
  { gt, gte, lt, lte }: Bounds,
  order: Order,
  time: number,
): Bounds {
  if (order === "asc") {
    return {
      gt: time,
      ...(lt !== undefined && { lt }),
      ...(lte !== undefined && { lte }),
    };
  }
  return {
    lt: time,
    ...(gt !== undefined && { gt }),
    ...(gte !== undefined && { gte }),
  };
}

function equalIn<Kind extends Table>(
  range: OpenRange,
  { equal }: Row<Kind>,
): OpenRange {
  return equal.reduce((one, [field, value]) => one.eq(field, value), range);
}

function narrowed<Kind extends Table>(
  range: OpenRange,
  row: Row<Kind>,
  bounds: Bounds,
): IndexRange {
  const found = equalIn(range, row);
  return Object.keys(bounds).length === 0
    ? found
    : within(found, row.time, { ...bounds });
}

/** Where a document lies in a row. */
export function placeOf<Kind extends Table>(
  row: Pick<Row<Kind>, "table" | "time">,
  document: Doc<Kind>,
): Rank {
  const fields: Fields = document;
  return [
    Number(fields[row.time]),
    Number(fields["_creationTime"]),
    document._id,
  ];
}

/** Where a document lies that is the next one to be read. */
export function placeOfNext<Kind extends Table>(
  row: Pick<Row<Kind>, "table" | "time">,
  document: Doc<Kind>,
): Place {
  return [...placeOf(row, document), true];
}

function compared(left: Value, right: Value, order: Order): number {
  const difference = compareValues(left, right);
  return order === "asc" ? difference : -difference;
}
