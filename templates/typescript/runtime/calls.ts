import { getConvexSize, type Value } from "convex/values";

import {
  at,
  InvalidArgument,
  invalidArgument,
  LimitExceeded,
} from "./errors.js";
import type { CallOptions } from "./types.js";
import { isObject } from "./values.js";

/** The arguments of a call by name; those that are undefined are not sent. */
export type Arguments = Record<string, Value | undefined>;

/**
 * The fields of an object that a program gives, also those of a class's getters.
 * Throws `InvalidArgument` for what is none.
 */
export function fieldsOf(given: object, path: string): Arguments {
  requireObject(given, path);
  const fields: Arguments = {};
  let prototype: unknown = Object.getPrototypeOf(given);
  while (isObject(prototype) && prototype !== Object.prototype) {
    const properties: Record<string, PropertyDescriptor> =
      Object.getOwnPropertyDescriptors(prototype);
    for (const [name, property] of Object.entries(properties)) {
      const isGiven = property.get !== undefined;
      if (isGiven) fields[name] = (given as Arguments)[name];
    }
    prototype = Object.getPrototypeOf(prototype);
  }
  return { ...fields, ...given };
}

/** Throws `InvalidArgument` for what is no object with names, as null is none. */
export function requireObject<Given extends object>(
  given: Given,
  path: string,
): Given {
  if (isObject<unknown>(given)) return given;
  throw invalidArgument(path, `is ${kindOf(given)}, not an object`);
}

/**
 * The fields of an object that a program gives. Throws `InvalidArgument` for what
 * is none, and for other names, which would say nothing.
 */
export function requireFields<Given extends object>(
  given: Given,
  names: readonly PropertyKey[],
  path: string,
): Given {
  const fields = fieldsOf(given, path);
  requireKnown(fields, names, path);
  return fields as Given;
}

/**
 * What is given to a call besides its arguments. Throws `InvalidArgument` for what
 * is no object, and for other names, which would say nothing.
 */
export function requireOptions<Options extends object>(
  options: Options,
  ...names: readonly (keyof Options)[]
): Options {
  return requireFields(options, names, "options");
}

/** The same, of what asks the deployment. */
export function requireCallOptions<Options extends CallOptions>(
  options: Options,
  ...names: readonly (keyof Options)[]
): Options {
  return requireOptions(options, ...names, "signal", "timeout");
}

/** Throws `InvalidArgument` for the first name that is given and not known. */
export function requireKnown(
  given: object,
  known: readonly PropertyKey[],
  path: string,
): void {
  const other = Object.entries(given).find(
    ([name, value]) => value !== undefined && !known.includes(name),
  );
  if (other === undefined) return;
  const names = known.length === 0 ? "there are none" : known.join(", ");
  throw invalidArgument(at(path, other[0]), `is not known here: ${names}`);
}

/**
 * Throws `InvalidArgument` for what is given by these names and undefined: without
 * it, a query finds more than was meant.
 */
export function requireDefined(
  options: object,
  ...names: readonly string[]
): void {
  refuseUndefined(fieldsOf(options, "options"), "", names);
}

/** The same, of what is compared with the fields of these names; by default, of all. */
export function refuseUndefined(
  given: Readonly<Record<string, unknown>>,
  path: string,
  names: readonly string[] = Object.keys(given),
): void {
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined || !names.includes(name)) continue;
    throw invalidArgument(
      at(path, name),
      "is undefined: leave it out to compare nothing, or find those without a field by `UNSET`",
    );
  }
}

/** Throws `InvalidArgument` for the first name of which nothing is given. */
export function requireGiven(
  given: Readonly<Record<string, unknown>>,
  required: readonly string[],
  path: string,
): void {
  const absent = required.find((name) => given[name] === undefined);
  if (absent === undefined) return;
  throw invalidArgument(at(path, absent), "is left out, and is not optional");
}

/** Throws `InvalidArgument` for what is no function, where there is one. */
export function requireFunction(given: unknown, path: string): void {
  if (given === undefined || typeof given === "function") return;
  throw invalidArgument(path, `is ${kindOf(given)}, not a function`);
}

/** What kind of value it is, in words. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  return /^[aeiou]/.test(typeof value)
    ? `an ${typeof value}`
    : `a ${typeof value}`;
}

/** Throws `InvalidArgument` for what is no whole number from `least` on. */
export function requireWhole(
  count: number,
  least: number,
  path: string,
): number {
  if (Number.isInteger(count) && count >= least) return count;
  const found = typeof count === "string" ? JSON.stringify(count) : count;
  const problem = `is ${found}, not a whole number from ${least} on`;
  throw new InvalidArgument(`\`${path}\` ${problem}`);
}

/** One call of a function. */
export interface Call<Result> {
  kind: "query" | "mutation" | "action";
  /** The module and the function, such as "threads:getById". */
  path: string;
  /** Throws `InvalidArgument` for what cannot be sent. */
  encode: () => Arguments;
  decode: (value: Value) => Result;
  /** Completes "Failed to …". */
  operation: string;
  /** Whether running it twice is as good as once, so that it may be repeated. */
  idempotent: boolean;
  /** Whether it changes nothing, though it is no query. */
  onlyReads?: boolean;
}

/** Whether a call changes something, however it ends. */
export function mayChange({
  kind,
  onlyReads = false,
}: Pick<Call<unknown>, "kind" | "onlyReads">): boolean {
  return kind !== "query" && !onlyReads;
}

/** A paginated query, of which pages are asked for. */
export interface PagedCall<Item> {
  path: string;
  /** All but those of the page. */
  args: Arguments;
  decode: (item: Value) => Item;
  operation: string;
  /** The function and its arguments, as somebody may read them. */
  shown: string;
  /** What items come with, and how they are read with it, where they do. */
  including?: {
    include: readonly string[];
    decode: (page: Value[], included: Value) => Item[];
  };
  /** The arguments of changes of what it finds. */
  changes?: (changes: object) => Arguments;
  /** What the keys of copies of what it finds have. */
  copiedKey?: (key: object) => Record<string, Value>;
}

/** The arguments that are given. Throws `InvalidArgument`. */
export function encoded(call: Call<unknown>): Record<string, Value> {
  try {
    return given(call.encode());
  } catch (error) {
    const { operation } = call;
    if (!(error instanceof InvalidArgument)) throw error;
    const { reason, data } = error;
    throw new InvalidArgument(reason, { operation, data, cause: error });
  }
}

/** The arguments that are not undefined. */
export function given(args: Arguments): Record<string, Value> {
  const sent: Record<string, Value> = {};
  for (const [name, value] of Object.entries(args)) {
    if (value !== undefined) sent[name] = value;
  }
  return sent;
}

/** Of arguments as JSON: https://docs.convex.dev/production/state/limits */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;

/** Of a list: https://docs.convex.dev/production/state/limits */
export const MAX_ELEMENTS = 8192;

/**
 * Throws `LimitExceeded`, which names the largest argument, or the list, for what
 * is too large.
 */
export function requireFitting(
  body: unknown,
  args: Record<string, Value>,
  operation: string,
): void {
  if (typeof body !== "string") return;
  // In a list of more elements, each is a character and a comma at least.
  if (body.length > 2 * MAX_ELEMENTS) refuseLongLists("", args, operation);
  if (3 * body.length <= MAX_REQUEST_BYTES) return;
  if (new TextEncoder().encode(body).length <= MAX_REQUEST_BYTES) return;
  const { path, size } = largest(args);
  const mebibytes = (size / 1024 / 1024).toFixed(2);
  throw new LimitExceeded(
    `\`${path}\` takes ${mebibytes} MiB, and Convex takes 16 MiB of arguments`,
    { operation },
  );
}

/** Throws `LimitExceeded`: of such a list, a production deployment says only "Server Error". */
function refuseLongLists(path: string, value: Value, operation: string): void {
  if (Array.isArray(value)) {
    if (value.length > MAX_ELEMENTS) {
      throw new LimitExceeded(
        `\`${path}\` has ${value.length} elements, and Convex takes ${MAX_ELEMENTS} of a list`,
        { operation },
      );
    }
    for (const [index, one] of value.entries()) {
      if (typeof one === "object")
        refuseLongLists(`${path}[${index}]`, one, operation);
    }
  } else if (isObject(value)) {
    for (const [name, one] of Object.entries(value)) {
      if (typeof one === "object")
        refuseLongLists(at(path, name), one, operation);
    }
  }
}

/** The largest field or item of the largest argument. */
function largest(args: Record<string, Value>): { path: string; size: number } {
  let path = "";
  let size = 0;
  let value: Value = args;
  for (let depth = 0; depth < 2; depth += 1) {
    let first: { path: string; value: Value; size: number } | undefined;
    for (const [inner, one] of within(path, value)) {
      const bytes = getConvexSize(one);
      if (first !== undefined && bytes <= first.size) continue;
      first = { path: inner, value: one, size: bytes };
    }
    if (first === undefined) break;
    ({ path, value, size } = first);
  }
  return { path, size };
}

/** What is in an object or an array, by path. */
function within(path: string, value: Value): [string, Value][] {
  if (Array.isArray(value)) {
    return value.map((one, index) => [`${path}[${index}]`, one]);
  }
  if (!isObject(value)) return [];
  return Object.entries(value)
    .filter((entry): entry is [string, Value] => entry[1] !== undefined)
    .map(([name, one]) => [at(path, name), one]);
}
