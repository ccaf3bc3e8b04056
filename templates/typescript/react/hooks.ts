import {
  type ConvexReactClient,
  useConvex,
  usePaginatedQuery,
  type UsePaginatedQueryResult,
  useQuery,
} from "convex/react";
import {
  makeFunctionReference,
  type PaginationOptions,
  type PaginationResult,
} from "convex/server";
import { convexToJson, type Value } from "convex/values";
import { useMemo } from "react";

import {
  encoded,
  fieldsOf,
  given,
  requireObject,
  requireOptions,
} from "../runtime/calls.js";
import type { ClientOptions } from "../runtime/client.js";
import { ConvexgenError, InvalidArgument } from "../runtime/errors.js";
import { functionFailure } from "../runtime/failures.js";
import type { ReadQuery } from "../runtime/queries.js";
import type { Subscription } from "../runtime/subscriptions.js";
import { ConvexStorage } from "../storage.js";
import { ReactClient } from "./client.js";

/** In place of what is not known yet: nothing is asked for, and a hook has no result. */
export const SKIP: unique symbol = Symbol("SKIP");

export type Skip = typeof SKIP;

/** The items so far, and `loadMore`, as `usePaginatedQuery` of Convex has them. */
export type Pages<Item> = UsePaginatedQueryResult<Item>;

export interface PagesOptions {
  /** How many to begin with; 100 by default. */
  initialNumItems?: number | undefined;
}

const DEFAULT_ITEMS = 100;

/** Of the options of a hook, those of its pages. */
export function ofPages(options: PagesOptions): PagesOptions {
  const { initialNumItems } = requireObject(options, "options");
  return { initialNumItems };
}

/** Of the options of a hook, those of its query. */
export function ofQuery<Options extends PagesOptions>(
  options: Options,
): Omit<Options, "initialNumItems"> {
  const fields = fieldsOf(options, "options");
  return { ...options, ...fields, initialNumItems: undefined };
}

const storages = new WeakMap<ConvexReactClient, ConvexStorage>();

/**
 * The storage over the connection of the `ConvexProvider` above, with the identity
 * that it has.
 */
export function useStorage(): ConvexStorage {
  const convex: ConvexReactClient | undefined = useConvex();
  if (convex === undefined) {
    throw new InvalidArgument("there is no `ConvexProvider` above it");
  }
  return storageOver(convex);
}

/**
 * The storage over a connection, which `useStorage` gives below its
 * `ConvexProvider`: to be made before, where `onCall` is to be told of its calls.
 */
export function storageOver(
  convex: ConvexReactClient,
  options: Pick<ClientOptions, "onCall"> = {},
): ConvexStorage {
  const { onCall } = requireOptions(options, "onCall");
  const there = storages.get(convex);
  if (there !== undefined && onCall === undefined) return there;
  if (there !== undefined) {
    throw new InvalidArgument(
      "there is a storage over this connection already",
    );
  }
  const storage = new ConvexStorage(new ReactClient(convex, onCall));
  storages.set(convex, storage);
  return storage;
}

/**
 * What a subscription gives, now and whenever it changes; undefined until it is
 * there. An error is thrown.
 *
 *     const storage = useStorage();
 *     const books = useResult(storage.books.searchTitle("train").watch());
 */
export function useResult<Result>(
  subscription: Skip | Subscription<Result>,
): Result | undefined {
  const isSkipped = subscription === SKIP;
  const call = isSkipped ? undefined : subscription._call;
  const args = call === undefined ? undefined : encoded(call);
  if (args?.["paginationOpts"] !== undefined) {
    throw new InvalidArgument(
      "a page changes its size as documents come and go: show queries with `usePages`",
      { operation: call?.operation },
    );
  }
  const query = queryOf<Value>(call?.path);
  let found: Value | undefined;
  try {
    found = useQuery(query, args ?? "skip");
  } catch (error) {
    throw failureOf(error, call?.operation);
  }
  if (isSkipped || found === undefined) return undefined;
  const asked = `${call?.path} ${JSON.stringify(convexToJson(args ?? {}))}`;
  return once(found, asked, () => subscription._decode(found));
}

/**
 * What a query finds: first so many, and more by `loadMore`. An error is thrown.
 *
 *     const storage = useStorage();
 *     const { results, loadMore } = usePages(storage.threads.byResourceId("u7"));
 */
export function usePages<Entity>(
  query: ReadQuery<Entity> | Skip,
  options: PagesOptions = {},
): Pages<Entity> {
  const { initialNumItems = DEFAULT_ITEMS } = requireOptions(
    options,
    "initialNumItems",
  );
  const call = query === SKIP ? undefined : query._call;
  if (call?.including !== undefined) {
    const { operation } = call;
    const reason = "pages come without others: leave `include` out";
    throw new InvalidArgument(reason, { operation });
  }
  const reference = queryOf<PaginationResult<Value>, PagedArguments>(
    call?.path,
  );
  const args = call === undefined ? "skip" : given(call.args);
  let found: UsePaginatedQueryResult<Value>;
  try {
    found = usePaginatedQuery(reference, args, { initialNumItems });
  } catch (error) {
    throw failureOf(error, call?.operation);
  }
  const { results: items, ...others } = found;
  const decode = call?.decode;
  const results = useMemo(
    () =>
      decode === undefined
        ? []
        : items.map((one) => once(one, decode, () => decode(one))),
    [items, decode],
  );
  return { ...others, results };
}

type PagedArguments = Record<string, Value> & {
  paginationOpts: PaginationOptions;
};

function queryOf<Result, Args extends object = Record<string, Value>>(
  path: string | undefined,
) {
  // Of one that is skipped, the name is not used.
  const name = path ?? "none:none";
  return makeFunctionReference<"query", Args & Record<string, Value>, Result>(
    name,
  );
}

/** How failures of queries begin; others are of React, or of how it is used. */
const OF_A_QUERY = /^\[CONVEX /;

function failureOf(error: unknown, operation: string = "query"): unknown {
  if (error instanceof ConvexgenError || !(error instanceof Error))
    return error;
  return OF_A_QUERY.test(error.message) || "data" in error
    ? functionFailure(error, operation)
    : error;
}

/** Results by the values that they were read from, which stay while they are the same. */
const read = new WeakMap<object, { by: unknown; result: unknown }>();

/** The same result for the same value, so that what shows it need not be rendered anew. */
function once<Result>(value: Value, by: unknown, decode: () => Result): Result {
  if (typeof value !== "object" || value === null) return decode();
  const before = read.get(value);
  if (before !== undefined && before.by === by) return before.result as Result;
  const result = decode();
  read.set(value, { by, result });
  return result;
}
