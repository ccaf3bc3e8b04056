import type { FunctionHandle_future, FunctionType } from "convex/server";
import type { GenericId, Value } from "convex/values";

import type { Increment } from "./increments.js";

/** The ID of a document of a table. */
export type Id<Table extends string> = GenericId<Table>;

/** What names a function in data: what `createFunctionHandle` gives. */
export type FunctionHandle<Type extends FunctionType = FunctionType> =
  FunctionHandle_future<Type>;

/** Any value that Convex holds. */
export type ConvexValue = Value;

/**
 * Any JSON value: it always comes back equal. A whole number beyond ±2^53 that
 * is to keep its digits is a bigint; a number never comes back as one.
 */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | JsonValue[]
  | { [key: string]: JsonValue };

/**
 * Removes a field in an update, expects that it is absent, and in a query finds
 * the documents where it is.
 */
export const UNSET: unique symbol = Symbol("UNSET");

export type Unset = typeof UNSET;

/** Some fields by name: `undefined` says nothing, `UNSET` that a field is absent. */
export type Partially<Fields> = {
  [Name in keyof Fields]?:
    | Fields[Name]
    | (object extends Pick<Fields, Name> ? Unset : never)
    | undefined;
};

/** What an update may change or expect: all but some fields; it may add to numbers. */
export type Changes<
  Fields,
  Fixed extends keyof Fields,
  Numbers extends keyof Fields = never,
> = Partially<Omit<Fields, Fixed | Numbers | "_id" | "_creationTime">> & {
  [Name in Numbers]?:
    | Partially<Fields>[Name]
    | Increment<Extract<Fields[Name], bigint | number>>;
};

/** What an upsert does: `create` is what a new one has besides the key and `set`. */
export interface Upsert<Changes, Input> {
  readonly set?: Changes | undefined;
  readonly create?: Creation<Input> | undefined;
}

/** Some fields of what is written; of variants, of one of them. */
export type Creation<Input> = Input extends unknown
  ? { readonly [Name in keyof Input]?: Input[Name] | undefined }
  : never;

/** Entries of some records: `undefined` says nothing, `UNSET` removes one. */
export type EntriesOf<Fields, Name extends keyof Fields> = {
  [Record in Name]?:
    | {
        readonly [Entry in keyof Fields[Record]]?:
          | Fields[Record][Entry]
          | Unset
          | undefined;
      }
    | undefined;
};

/** What a write expects of the one that is there: `UNSET` that a field is absent. */
export interface Expecting<Expected> {
  expected?: Expected | undefined;
}

/**
 * What copies have in a field of their keys: a value, text before that of the
 * document, or a UUID for each.
 */
export type CopiedValue =
  | bigint
  | boolean
  | number
  | string
  | { readonly prefix: string }
  | { readonly random: true };

/** How all that a query finds is copied. */
export interface FoundCopy<Changes> extends FoundUpdate<Changes> {
  /** By the fields of the key: those that copies have others of. */
  readonly key: Readonly<Record<string, CopiedValue>>;
}

/** What an update of many changes of the one with a key. */
export interface Update<Key, Changes, Expected> {
  readonly key: Key;
  readonly set?: Changes | undefined;
  /** The names of fields to remove, as `UNSET` in `set` does. */
  readonly unset?: readonly string[] | undefined;
  readonly expected?: Expected | undefined;
}

type NameIn<Union> = Union extends unknown ? keyof Union : never;

type OptionalIn<Union> = Union extends unknown
  ? {
      [Name in keyof Union]-?: object extends Pick<Union, Name> ? Name : never;
    }[keyof Union]
  : never;

type ValueIn<Union, Name extends PropertyKey> = Union extends unknown
  ? Name extends keyof Union
    ? Union[Name]
    : never
  : never;

/** The fields of all variants of an entity; one is optional where any of them has it so. */
export type Merged<Union> = {
  [Name in Exclude<NameIn<Union>, OptionalIn<Union>>]: ValueIn<Union, Name>;
} & {
  [Name in OptionalIn<Union>]?: ValueIn<Union, Name> | undefined;
};

/**
 * Whether a value that was read is one of an enum, or one of some strings, such
 * as the tags of a union, or other literals: a newer backend may have more.
 */
export function isKnown<Known extends Literal>(
  known: Readonly<Record<string, Known>> | readonly Known[],
  value: Literal,
): value is Known {
  return Object.values<Literal>(known).includes(value);
}

type Literal = string | number | bigint | boolean;

/**
 * The bounds of an index query: at most one on each side, none for any value. A
 * range is over values of the type of its bounds: documents where the field is
 * absent or null are never within it. Of what is compared, nothing is undefined:
 * it is refused, since without it more is found.
 */
export interface Range<Value> {
  gt?: Value;
  gte?: Value;
  lt?: Value;
  lte?: Value;
}

/** Exactly this value, or bounds. */
export type Bound<Value> = Value | Range<Exclude<Value, Unset | null>>;

/** One of some values; with `absent`, also no value at all. */
export interface In<Value> {
  in: readonly Exclude<Value, Unset>[];
  absent?: boolean;
}

/** All of some elements of an array, or of some parts of a text. */
export interface Contains<Part> {
  contains: readonly Part[];
}

/** What a condition says of a field: exactly a value, or one of some. */
export type Comparison<Value> = Value | In<Value>;

/** The same, or bounds. */
export type OrderedComparison<Value> =
  | Comparison<Value>
  | Range<Exclude<Value, Unset | null>>;

/** The same, or parts of the text. */
export type TextComparison<Value> = OrderedComparison<Value> | Contains<string>;

/** Exactly an array, one of some, or one with some elements. */
export type ListComparison<List, Element> =
  | Comparison<List>
  | Contains<Element>;

/**
 * What a condition says of what is at a path in JSON. To compare it with an
 * object, write `{ in: [{ … }] }`.
 */
export type JsonComparison =
  | Exclude<JsonValue, object>
  | JsonValue[]
  | In<JsonValue>
  | Contains<JsonValue>
  | Range<boolean | number | bigint | string>
  | Unset;

/** Ascending or descending, in the order of the index. */
export type Order = "asc" | "desc";

/** Some of the results of a query. */
export interface Page<Item> {
  items: Item[];
  /** Asks for the page after this one; null where there is no more. */
  cursor: string | null;
  /** Whether there is no more. A page may be empty without being the last one. */
  isDone: boolean;
}

/** A page of a counted query from an offset on, with the total of that moment. */
export interface OffsetPage<Item> {
  items: Item[];
  /** How many there are in all. */
  total: number;
}

export interface WindowSize {
  /** How many before it; none by default. */
  before?: number | undefined;
  /** How many after it; none by default. */
  after?: number | undefined;
}

export interface WindowOptions extends CallOptions, WindowSize {}

/** What a window is around: a key, and how many entities before and after it. */
export interface Around<Key> extends WindowSize {
  key: Key;
}

/** An entity with those before and after it, in the order of the query. */
export interface Window<Item> {
  before: Item[];
  item: Item;
  after: Item[];
}

/** A page with its total, and windows of the same moment; null for what is not there. */
export interface WindowedPage<Item> extends OffsetPage<Item> {
  windows: (Window<Item> | null)[];
}

/** Called after each batch with the number of entities done so far. */
export type Progress = (done: number) => void;

export interface QueryOptions {
  /** Ascending by default, if the query says nothing else. */
  order?: Order | undefined;
}

/** What holds for one call alone. */
export interface CallOptions {
  /**
   * Ends the call: with `Aborted`, or with `Timeout` where the signal is one of
   * `AbortSignal.timeout`.
   */
  signal?: AbortSignal | undefined;
  /**
   * In place of that of the client, in milliseconds: the deadline of each request,
   * its retries included. What takes several requests has it for each of them.
   */
  timeout?: number | undefined;
}

export interface IterateOptions extends CallOptions {
  /** How many to fetch at a time; 100 by default, 32,000 at most. */
  pageSize?: number | undefined;
}

export interface PageOptions extends CallOptions {
  /** Of the page before; the first page without it. */
  cursor?: string | null | undefined;
  /** About how many; 100 by default, 32,000 at most. */
  limit?: number | undefined;
}

export interface OffsetPageOptions extends CallOptions {
  /** How many are before the page. */
  offset: number;
  /** How many at most; 100 by default. */
  limit?: number | undefined;
}

/** `signal` ends the subscription, and `timeout` is for its first result. */
export interface WatchOptions extends CallOptions {
  /** How many at most; 100 by default. */
  limit?: number | undefined;
}

export interface SearchOptions {
  /** How many at most; 100 by default, and 10 of the nearest. */
  limit?: number | undefined;
}

/** Of a search that is a call: one of vectors. */
export interface NearestOptions extends CallOptions, SearchOptions {}

/** What a search of vectors found; `score` is the similarity, from -1 to 1. */
export interface Scored<Item> {
  item: Item;
  score: number;
}

export interface BulkOptions extends CallOptions {
  progress?: Progress | undefined;
}

export interface SaveManyOptions extends BulkOptions {
  /**
   * How many batches are saved at the same time, 16 at most; 1 by default. An
   * error is that of the first batch that fails: those beside it, which end before
   * it is thrown, may have been saved. Batches with a key in common are never side
   * by side: of two entities with one key the later one stays.
   */
  concurrency?: number | undefined;
}

/** What an update of all that a query finds changes. */
export interface FoundUpdate<Changes> extends BulkOptions {
  readonly set?: Changes | undefined;
  /** The names of fields to remove, as `UNSET` in `set` does. */
  readonly unset?: readonly string[] | undefined;
}
