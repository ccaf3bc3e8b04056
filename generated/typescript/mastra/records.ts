/*
 * Copied by convexgen from schema/mastra/typescript/records.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import type { JsonValue } from "../runtime/index.js";

/** How a value of Mastra's is sent to Convex, and read from it. */
export interface Conversion {
  toConvex(value: unknown): unknown;
  toMastra(value: unknown): unknown;
}

/** A date, which Convex has as milliseconds. Null is null. */
export const time: Conversion = {
  toConvex: (value) => (value === null ? null : timeOf(value as Date)),
  toMastra: (value) => (typeof value === "number" ? new Date(value) : value),
};

/** JSON, as Mastra's other stores write it: dates are text, functions are none. */
export const json: Conversion = {
  toConvex: jsonOf,
  toMastra: (value) => withNumbers(value as JsonValue),
};

/** A value of a narrower type than Convex gives it. */
export const same: Conversion = {
  toConvex: (value) => value,
  toMastra: (value) => value,
};

/** Several of them. */
export function each(conversion: Conversion): Conversion {
  const inEach = (value: unknown, change: (one: unknown) => unknown) =>
    Array.isArray(value) ? value.map(change) : value;
  return {
    toConvex: (value) => inEach(value, (one) => conversion.toConvex(one)),
    toMastra: (value) => inEach(value, (one) => conversion.toMastra(one)),
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

/** A record of Mastra's and that of Convex, by the fields in which they differ. */
export class RecordForm<
  Mastra extends object,
  Convex extends object,
> implements Conversion {
  readonly #fields: ReadonlyMap<string, Conversion>;

  constructor(fields: Differing<Mastra, Convex>) {
    this.#fields = new Map(
      Object.entries(fields as Record<string, Conversion>),
    );
  }

  toConvex(record: Mastra): Convex {
    return this.#changed(record, (conversion, value) =>
      conversion.toConvex(value),
    ) as Convex;
  }

  toMastra(record: Convex): Mastra {
    return this.#changed(record, (conversion, value) =>
      conversion.toMastra(value),
    ) as Mastra;
  }

  /** What is undefined is left out, as Mastra's types have it. */
  #changed(
    record: object,
    change: (conversion: Conversion, value: unknown) => unknown,
  ): object {
    const changed: [string, unknown][] = [];
    for (const [name, value] of Object.entries<unknown>({ ...record })) {
      if (value === undefined) continue;
      const conversion = this.#fields.get(name);
      changed.push([
        name,
        conversion === undefined ? value : change(conversion, value),
      ]);
    }
    return Object.fromEntries(changed);
  }
}

/** The milliseconds of a date, which was text before Mastra's servers read it. */
export function timeOf(date: Date): number;
export function timeOf(date: Date | undefined): number | undefined;
export function timeOf(date: Date | undefined): number | undefined {
  return date === undefined ? undefined : new Date(date).getTime();
}

/** The JSON of a value; null where it has none. */
export function jsonOf(value: unknown): JsonValue {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? null : (JSON.parse(text) as JsonValue);
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
