import type { Value } from "convex/values";

import { encodeJson, type Exact } from "../../lib/json.js";
import { isObject } from "../../lib/values.js";
import { invalid, requireObject } from "../failures.js";
import { parsed, textOf } from "./values.js";

/** A row of a table of Mastra's, as it is given: of JSON. */
export class Row {
  readonly isEmpty: boolean;
  readonly hasNull: boolean;
  readonly #table: string;
  readonly #values: Map<string, Exact>;

  /** Throws for what is no row, and for columns that the table has not. */
  constructor(table: string, columns: readonly string[], record: Exact) {
    if (
      typeof record !== "object" ||
      record === null ||
      Array.isArray(record)
    ) {
      throw invalid(`a record of ${table} must be an object`);
    }
    const unknown = Object.keys(record).find((name) => !columns.includes(name));
    if (unknown !== undefined) {
      throw invalid(`table ${table} has no column named ${unknown}`);
    }
    this.isEmpty = Object.keys(record).length === 0;
    this.hasNull = Object.values(record).includes(null);
    this.#table = table;
    this.#values = new Map(
      Object.entries(record).filter(([, value]) => value !== null),
    );
  }

  /** The text of a column that must be there. */
  key(column: string): string {
    const value = this.text(column);
    if (value === undefined)
      throw invalid(`${this.#table}.${column} is required`);
    return value;
  }

  /** The columns as text. */
  texts(): Map<string, string> {
    return new Map(
      [...this.#values].map(([column, value]) => [column, textOf(value)]),
    );
  }

  text(column: string): string | undefined {
    const value = this.#values.get(column);
    return value === undefined ? undefined : textOf(value);
  }

  number(column: string): number | undefined {
    const value = this.#values.get(column);
    if (value === undefined) return undefined;
    const number =
      typeof value === "string" && value.trim() === "" ? NaN : Number(value);
    if (Number.isNaN(number)) throw this.#wrong(column, "number");
    return number;
  }

  /** A date, in ISO form or in milliseconds. */
  time(column: string): number | undefined {
    const value = this.#values.get(column);
    if (value === undefined) return undefined;
    const time = typeof value === "string" ? Date.parse(value) : Number(value);
    if (Number.isNaN(time)) throw this.#wrong(column, "date");
    return time;
  }

  /** JSON as it is stored, which may be given as text. */
  json(column: string): Value | undefined {
    const value = this.#values.get(column);
    if (value === undefined) return undefined;
    const json = parsed(value);
    requireJson(json, `${this.#table}.${column}`);
    return encodeJson(json);
  }

  /** The same of an object, in place of which null is nothing. */
  object(column: string): Value | undefined {
    const value = this.json(column);
    if (value === undefined || value === null) return undefined;
    requireObject(`${this.#table}.${column}`, value);
    return value;
  }

  #wrong(column: string, kind: string): Error {
    const value = this.#values.get(column) ?? null;
    return invalid(`${this.#table}.${column} is no ${kind}: ${textOf(value)}`);
  }
}

/** How deep clients read and write JSON. */
const MAX_NESTING = 200;

/** Throws `InvalidArgument` for what clients refuse of JSON, and text may say. */
function requireJson(value: Exact, path: string, depth = 0): void {
  if (depth > MAX_NESTING)
    throw invalid(`${path} is nested over ${MAX_NESTING} levels deep`);
  if (typeof value === "number" && !Number.isFinite(value))
    throw invalid(`${path} has a number that is not finite`);
  if (typeof value === "string") requireWellFormed(value, path);
  if (Array.isArray(value)) {
    for (const one of value) requireJson(one, path, depth + 1);
  } else if (isObject(value)) {
    for (const [key, one] of Object.entries(value)) {
      requireWellFormed(key, path);
      requireJson(one, path, depth + 1);
    }
  }
}

function requireWellFormed(text: string, path: string): void {
  if (/\p{Surrogate}/u.test(text))
    throw invalid(`${path} has a lone surrogate`);
}

/** What Mastra makes of a column that it loads: text that looks like an object or a list is one. */
export function loaded(value: Exact): Exact {
  return typeof value === "string" && /^[{[]/.test(value)
    ? parsed(value)
    : value;
}

/** An object without what is absent. */
export function given<Fields extends Record<string, unknown>>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  const entries = Object.entries(fields).filter(
    ([, value]) => value !== undefined,
  );
  return Object.fromEntries(entries) as ReturnType<typeof given<Fields>>;
}
