import type { IndexRange } from "convex/server";
import { compareValues, type Value } from "convex/values";

import type { Doc } from "../_generated/dataModel.js";
import type { QueryCtx } from "../_generated/server.js";
import { countedIndexes } from "../lib/counts/indexes.js";
import type { OpenRange } from "../lib/counts/keys.js";
import { count, pageAt, rank } from "../lib/counts/reads.js";
import { type Fields, MAX_DOCUMENT_SIZE, sizeOf } from "../lib/documents.js";
import { whole, wholeSize } from "../lib/large.js";
import { within } from "../lib/ranges.js";
import type { Bounds } from "./dates.js";
import { invalid } from "./failures.js";
import type { Window } from "./pagination.js";

// Documents in the order of their times, of which a call reads a part and says
// where the next one goes on.

/** What a call reads: a function reads 16 MiB, and has one second. */
const BUDGET = { documents: 4000, bytes: 6 * 1024 * 1024 };

/** What it reads with those of several rows that are the next ones there, in bytes. */
const MAX_READ = 15 * 1024 * 1024;

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
  /** Those of several rows; false where one has ended. */
  places?: (Place | null | false)[];
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
  /** How much was read in all, in bytes: of several rows, what is the next one there, too. */
  read: number;
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
  const merged = new Merged(ctx, rows, bounds, order, state);
  let { skip, taken, found } = state;
  let limit = state.limit ?? Infinity;
  let read = 0;
  let bytes = 0;
  let inChunks = 0;
  const part = (isDone: boolean): Part<Kind> => ({
    documents,
    left: isDone
      ? null
      : {
          ...(rows.length === 1
            ? { place: merged.places[0] || null }
            : { place: null, places: merged.places }),
          skip,
          limit: state.limit === null ? null : limit,
          taken,
          found,
          total: state.total,
        },
    taken,
    found,
    bytes,
    read: merged.bytes + inChunks,
  });
  if (limit === 0 && filter === null) return part(true);
  for (;;) {
    const stored = await merged.next(MAX_READ - inChunks);
    const [row] = rows;
    if (stored === undefined) return part(false);
    if (stored === null || row === undefined) return part(true);
    const isWhole = filter?.readsWhole === true || (skip === 0 && limit > 0);
    const own = sizeOf(stored);
    const size = isWhole ? wholeSize(row.table, stored) : own;
    const isFull = read === budget.documents || bytes + size > budget.bytes;
    if (read > 0 && isFull) return part(false);
    const isTooMuch = merged.bytes + inChunks + size - own > MAX_READ;
    if (merged.bytes > own && isTooMuch) return part(false);
    merged.take(stored);
    read += 1;
    bytes += size;
    inChunks += size - own;
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
    if (limit === 0 && filter === null) return part(true);
    if (bytes > budget.bytes) return part(false);
  }
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

/**
 * The documents of rows in one order. To know the first of several, one of each is
 * read, which may be more than a call reads: where the next one goes on, they are
 * known by their places.
 */
class Merged<Kind extends Table> {
  /** Where each row goes on; false where it has ended. */
  readonly places: (Place | null | false)[];
  /** How much was read of documents, without what they have in chunks, in bytes. */
  bytes = 0;
  readonly #order: Order;
  readonly #rows: readonly Row<Kind>[];
  readonly #readers: AsyncGenerator<Doc<Kind>, void>[];
  readonly #heads = new Map<number, Doc<Kind>>();

  constructor(
    ctx: QueryCtx,
    rows: readonly Row<Kind>[],
    bounds: Bounds,
    order: Order,
    { place, places }: Left,
  ) {
    this.places = places ?? rows.map(() => place);
    this.#order = order;
    this.#rows = rows;
    this.#readers = rows.map((row, index) =>
      documentsIn(ctx, row, bounds, order, this.places[index] || null),
    );
  }

  /** The next one, or null; undefined where more than so many bytes are read to know it. */
  async next(most: number): Promise<Doc<Kind> | null | undefined> {
    for (;;) {
      const unknown = this.#unknown();
      const index = unknown[0] ?? this.#first();
      if (index === undefined) return null;
      const head = this.#heads.get(index);
      if (head !== undefined) return head;
      const room = Math.floor((most - this.bytes) / MAX_DOCUMENT_SIZE);
      if (room < 1 && this.bytes > 0) return undefined;
      const some = unknown.length === 0 ? [index] : unknown;
      const read = some.slice(0, Math.max(room, 1));
      await Promise.all(read.map((one) => this.#read(one)));
    }
  }

  /** Goes on behind one that is given, which is the next one. */
  take(document: Doc<Kind>): void {
    for (const [index, row] of this.#rows.entries()) {
      if (this.#heads.get(index) !== document) continue;
      this.#heads.delete(index);
      this.places[index] = placeOf(row, document);
    }
  }

  async #read(index: number): Promise<void> {
    const row = this.#rows[index];
    const { done, value } = (await this.#readers[index]?.next()) ?? {};
    if (row === undefined || done === true || value === undefined) {
      this.places[index] = false;
      return;
    }
    this.bytes += sizeOf(value);
    this.#heads.set(index, value);
    this.places[index] = placeOfNext(row, value);
  }

  /** The rows of which it is not known what is next. */
  #unknown(): number[] {
    return this.places.flatMap((place, index) =>
      place === null || (place !== false && place[3] !== true) ? [index] : [],
    );
  }

  /** The row that has the next one, where all are known. */
  #first(): number | undefined {
    let first: number | undefined;
    let nearest: Value[] = [];
    for (const [index, place] of this.places.entries()) {
      if (place === null || place === false) continue;
      const rank = place.slice(0, 3) as Value[];
      if (first !== undefined && compared(rank, nearest, this.#order) >= 0)
        continue;
      [first, nearest] = [index, rank];
    }
    return first;
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
