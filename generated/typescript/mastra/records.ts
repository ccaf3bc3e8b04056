/*
 * Copied by convexgen from schema/mastra/typescript/records.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { fieldsOf, MAX_ELEMENTS } from "../runtime/calls.js";
import {
  at,
  InvalidArgument,
  invalidArgument,
  LimitExceeded,
} from "../runtime/errors.js";
import type { JsonValue } from "../runtime/index.js";

/** How a value of Mastra's is sent to Convex, and read from it. */
export interface Conversion {
  /** Throws `InvalidArgument`, which names the path, for what is no such value. */
  toConvex(value: unknown, path: string): unknown;
  toMastra(value: unknown): unknown;
}

/** A date, which Convex has as milliseconds. Null is null. */
export const time: Conversion = {
  toConvex: (value, path) =>
    value === null ? null : timeOf(value as Date, path),
  toMastra: (value) => (typeof value === "number" ? new Date(value) : value),
};

/** JSON, as Mastra's other stores write it: dates are text, functions are none. */
export const json: Conversion = {
  toConvex: jsonOf,
  toMastra: (value) => withNumbers(value as JsonValue),
};

/** An object of JSON. Null is looked at by the functions. */
export const object: Conversion = {
  toConvex: objectOf,
  toMastra: (value) => json.toMastra(value),
};

/**
 * Entries that what is found is to have. What is no object would have none, and
 * find all, and so would what has no JSON.
 */
export const entries: Conversion = {
  toConvex: (value, path) => {
    if (value === null) return null;
    // In the words of @mastra/core.
    if (!isRecord(value))
      throw new InvalidArgument("Metadata filter must be an object.");
    const given = withGetters(value, path);
    const sent = jsonOf(given, path) as object;
    finite(given, path);
    const lost = Object.keys(given).find((name) => !Object.hasOwn(sent, name));
    if (lost === undefined) return sent;
    throw new InvalidArgument(
      `Invalid metadata filter value for key "${lost}".`,
    );
  },
  toMastra: (value) => withNumbers(value as JsonValue),
};

/** A value of a narrower type than Convex gives it. */
export const same: Conversion = {
  toConvex: (value) => value,
  toMastra: (value) => value,
};

/** One of some texts. */
export function oneOf(values: Readonly<Record<string, string>>): Conversion {
  const known: unknown[] = Object.values(values);
  return {
    toConvex: (value, path) => {
      if (value === null || known.includes(value)) return value;
      throw invalidArgument(path, `must be one of ${known.join(", ")}`);
    },
    toMastra: (value) => value,
  };
}

/** Several of them. */
export function each(conversion: Conversion): Conversion {
  return {
    toConvex: (value, path) =>
      listOf(value, path).map((one, index) =>
        conversion.toConvex(one, `${path}[${index}]`),
      ),
    toMastra: (value) =>
      Array.isArray(value)
        ? value.map((one) => conversion.toMastra(one))
        : value,
  };
}

/** The fields of two records that are not of the same type. */
type Differing<Mastra, Convex> = {
  [
    Name in keyof Mastra & keyof Convex as Same<
      Mastra[Name],
      Convex[Name]
    > extends true
      ? never
      : Name
  ]-?: Conversion;
};

type Same<One, Other> = [Exclude<One, undefined>] extends [Other]
  ? [Exclude<Other, undefined>] extends [One]
    ? true
    : false
  : false;

/** What a field holds, where that is of the same type for both. */
type Kind<Value> = [Value] extends [boolean | null | undefined]
  ? "boolean"
  : [Value] extends [string | null | undefined]
    ? "text"
    : [Value] extends [string[] | null | undefined]
      ? "texts"
      : "converted";

/** What the fields of a record hold, each with a question mark where it may be left out. */
export type Shape<Convex> = {
  readonly [Name in keyof Convex]-?: undefined extends Convex[Name]
    ? `${Kind<Convex[Name]>}?`
    : Kind<Convex[Name]>;
};

/** A record of Mastra's and that of Convex, by the fields in which they differ. */
export class RecordForm<
  Mastra extends object,
  Convex extends object,
> implements Conversion {
  readonly #fields: ReadonlyMap<string, Conversion>;
  readonly #shape: ReadonlyMap<string, string> | undefined;

  /**
   * With a shape, records are looked at as the functions do, for those of which
   * a call takes some, and not all.
   */
  constructor(fields: Differing<Mastra, Convex>, shape?: Shape<Convex>) {
    this.#fields = new Map(
      Object.entries(fields as Record<string, Conversion>),
    );
    this.#shape = shape && new Map(Object.entries<string>(shape));
  }

  /** Throws `InvalidArgument` or `LimitExceeded`, which name the path. */
  toConvex(record: Mastra, path: string): Convex {
    const given = fieldsOf(recordOf(record, path), path);
    const sent = changed(given, (name, value) => {
      const conversion = this.#fields.get(name);
      return conversion === undefined
        ? value
        : conversion.toConvex(value, at(path, name));
    });
    if (this.#shape !== undefined) requireShape(sent, this.#shape, path);
    return sent as Convex;
  }

  toMastra(record: Convex): Mastra {
    return changed(record, (name, value) => {
      const conversion = this.#fields.get(name);
      return conversion === undefined ? value : conversion.toMastra(value);
    }) as Mastra;
  }

  /** Several records. */
  eachToConvex(records: readonly Mastra[], path: string): Convex[] {
    return listOf(records, path).map((one, index) =>
      this.toConvex(one, `${path}[${index}]`),
    );
  }
}

/** What is undefined is left out, as Mastra's types have it. */
function changed(
  record: object,
  change: (name: string, value: unknown) => unknown,
): object {
  const given = Object.entries<unknown>({ ...record })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, change(name, value)] as const);
  return Object.fromEntries(given);
}

function requireShape(
  record: object,
  shape: ReadonlyMap<string, string>,
  path: string,
): void {
  const given = new Map(Object.entries<unknown>({ ...record }));
  for (const name of given.keys()) {
    if (shape.has(name)) continue;
    throw invalidArgument(at(path, name), "is of no field that there is");
  }
  for (const [name, kind] of shape) {
    const value = given.get(name);
    if (value !== undefined) requireKind(value, kind, at(path, name));
    else if (!kind.endsWith("?")) {
      throw invalidArgument(at(path, name), "is left out, and is not optional");
    }
  }
}

/** Null is looked at by the client. */
function requireKind(value: unknown, kind: string, path: string): void {
  if (value === null) return;
  if (kind.startsWith("texts")) requireTexts(value, path);
  else if (kind.startsWith("text")) requireText(value, path);
  else if (kind.startsWith("boolean") && typeof value !== "boolean") {
    throw invalidArgument(path, "is neither true nor false");
  }
}

function requireText(value: unknown, path: string): void {
  if (typeof value === "string") return;
  throw invalidArgument(path, "is no text");
}

function requireTexts(value: unknown, path: string): void {
  const texts = listOf(value, path);
  if (texts.length > MAX_ELEMENTS) {
    throw new LimitExceeded(
      `\`${path}\` has ${texts.length} elements, and Convex takes ${MAX_ELEMENTS}`,
    );
  }
  texts.forEach((one, index) => requireText(one, `${path}[${index}]`));
}

/** Some IDs, each once. Throws `InvalidArgument` for what is no list of them. */
export function idsOf(given: readonly string[], path: string): string[] {
  const ids = listOf(given, path);
  ids.forEach((one, index) => requireText(one, `${path}[${index}]`));
  return [...new Set(ids)];
}

/** A list. Throws `InvalidArgument`, for text too, of which each character would be one. */
export function listOf<Item>(given: readonly Item[], path: string): Item[];
export function listOf(given: unknown, path: string): unknown[];
export function listOf(given: unknown, path: string): unknown[] {
  // Unlike others, this has no holes.
  if (Array.isArray(given)) return Array.from<unknown>(given);
  throw invalidArgument(path, "is no list");
}

/** What has names, of a class of the program too; no date, map or promise, of which it would be none. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/** An object. Throws `InvalidArgument`, since of nothing that is asked all would be found. */
export function recordOf<Given extends object>(
  given: Given,
  path: string,
): Given {
  if (isRecord(given)) return given;
  throw invalidArgument(path, "is no object");
}

/** How dates begin that are text. Of others, engines make dates too. */
const YEAR = /^[+-]?\d{4}/;

/**
 * The milliseconds of a date, which was text before Mastra's servers read it.
 * Throws `InvalidArgument` for what is none.
 */
export function timeOf(date: Date, path: string): number;
export function timeOf(
  date: Date | undefined,
  path: string,
): number | undefined;
export function timeOf(date: unknown, path: string): number | undefined {
  if (date === undefined) return undefined;
  // Of whatever realm it is.
  const isDate = Object.prototype.toString.call(date) === "[object Date]";
  const isText = typeof date === "string" && YEAR.test(date);
  if (isDate || isText || typeof date === "number") {
    const milliseconds = new Date(date as Date).getTime();
    if (!Number.isNaN(milliseconds)) return milliseconds;
  }
  throw invalidArgument(path, "is no date");
}

/** The JSON of a value. Throws `InvalidArgument` where it has none. */
export function jsonOf(value: unknown, path: string): JsonValue {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    const [problem = ""] = (error as Error).message.split("\n");
    throw invalidArgument(path, `is no JSON: ${problem}`);
  }
  if (text !== undefined) return JSON.parse(text) as JsonValue;
  throw invalidArgument(path, `is no JSON: it is ${typeof value}`);
}

/**
 * The JSON of an object. Throws `InvalidArgument` for what is none, as a map, of
 * which JSON has nothing. Null is looked at by the functions.
 */
export function objectOf(value: unknown, path: string): JsonValue {
  const sent = jsonOf(isRecord(value) ? withGetters(value, path) : value, path);
  if (value === null || (isRecord(value) && isRecord(sent))) return sent;
  throw new InvalidArgument(`${path} must be an object`);
}

/** An object with what getters of its class give, which JSON has not, unless it says its JSON itself. */
function withGetters(
  value: Record<string, unknown>,
  path: string,
): Record<string, unknown> {
  return typeof value["toJSON"] === "function" ? value : fieldsOf(value, path);
}

/** What is to be sent. Throws `InvalidArgument` where a number in it is none, of which sums would be none. */
export function finite<Given>(given: Given, path: string): Given {
  if (typeof given === "number" && !Number.isFinite(given)) {
    throw invalidArgument(path, `is ${given}, and must be a finite number`);
  }
  if (Array.isArray(given)) {
    given.forEach((one, index) => finite<unknown>(one, `${path}[${index}]`));
  } else if (isRecord(given)) {
    for (const [name, one] of Object.entries<unknown>({ ...given })) {
      finite<unknown>(one, at(path, name));
    }
  }
  return given;
}

/** What a schema of Mastra's reads. Throws `InvalidArgument`, which says what is wrong. */
export function parsed<Read>(schema: Schema<Read>, given: unknown): Read {
  const { data, error } = schema.safeParse(given);
  const [issue] = error?.issues ?? [];
  if (issue === undefined) return data as Read;
  const path = issue.path.map(String).reduce(at, "");
  const message = path === "" ? issue.message : `\`${path}\`: ${issue.message}`;
  throw new InvalidArgument(message, { cause: error });
}

/** What this needs of a schema of whatever version of zod. */
interface Schema<Read> {
  safeParse: (given: unknown) => {
    data?: Read | undefined;
    error?: { issues: { path: PropertyKey[]; message: string }[] } | undefined;
  };
}

/** JSON as JavaScript has it: whole numbers of many digits, which Python may write, are numbers. */
export function withNumbers(value: JsonValue): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(withNumbers);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(
    ([key, one]) => [key, withNumbers(one)] as const,
  );
  return Object.fromEntries(entries);
}
