import type { Value } from "convex/values";

import { isObject } from "./values.js";

// Convex refuses keys that are empty, not ASCII or start with `$`, objects of
// over 1,024 entries, arrays of over 8,192 and documents nested over 16 deep:
// https://docs.convex.dev/database/types. Decoding arguments, it loses entries
// whose key is `__proto__`. A JSON value with any of these is stored as
// `{ jsonText: "…" }`, and so is an object whose only key is one of the tags.
const MAX_ENTRIES = 1024;
const MAX_ELEMENTS = 8192;
const MAX_DEPTH = 10;
const NATIVE_KEY = /^(?!\$|__proto__$)[ -~]{1,1024}$/;

/** The keys of the stored forms of JSON; `lib/large.ts` has that of chunks. */
const TAGS = ["jsonText", "jsonChunks"];

/** The form in which a field holds a JSON value. */
export function encodeJson(value: Exact): Value {
  return isNative(value, MAX_DEPTH) && !isTagged(value)
    ? value
    : { jsonText: writeText(value) };
}

/** The text of a JSON value, in whichever form it is stored. */
export function textOf(stored: Value): string {
  return isTextForm(stored) ? stored.jsonText : writeText(stored as Exact);
}

/** A JSON value in which whole numbers beyond ±2^53 keep their digits. */
export type Exact =
  | null
  | boolean
  | number
  | bigint
  | string
  | Exact[]
  | { [key: string]: Exact };

// No valid text has a lone surrogate, so no other object has this key.
const INTEGER_KEY = "\ud800";
const INTEGER = /(?<![\d.])-?\d{16,}(?![\d.eE])/g;

/** The JSON value that a field holds, with all digits. */
export function decodeExactly(stored: Value): Exact {
  if (!isTextForm(stored)) return stored as Exact;
  const text = stored.jsonText;
  if (!/\d{16}/.test(text)) return JSON.parse(text) as Exact;
  return JSON.parse(withMarkedIntegers(text), (_, value: Exact) =>
    isObject(value) && INTEGER_KEY in value
      ? wholeNumber(value[INTEGER_KEY] as string)
      : value,
  ) as Exact;
}

/**
 * JSON text with its long integers as objects. One expression for strings and
 * integers would be shorter, and overflow the stack for a string of megabytes.
 */
function withMarkedIntegers(text: string): string {
  const parts: string[] = [];
  let start = 0;
  for (;;) {
    const quote = text.indexOf('"', start);
    const between = text.slice(start, quote === -1 ? undefined : quote);
    parts.push(between.replace(INTEGER, (digits) => `{"\\ud800":"${digits}"}`));
    if (quote === -1) return parts.join("");
    start = afterString(text, quote);
    parts.push(text.slice(quote, start));
  }
}

/** Where a string ends that begins at a quote. */
function afterString(text: string, quote: number): number {
  let end = quote;
  for (;;) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
    let backslashes = 0;
    while (text[end - 1 - backslashes] === "\\") backslashes += 1;
    if (backslashes % 2 === 0) return end + 1;
  }
}

function wholeNumber(digits: string): number | bigint {
  const exact = BigInt(digits);
  return exact >= -(2n ** 53n) && exact <= 2n ** 53n ? Number(exact) : exact;
}

/** JSON text in which a double beyond ±2^53 does not look like an integer. */
function writeText(value: Exact): string {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") {
    const isLarge = Number.isInteger(value) && Math.abs(value) > 2 ** 53;
    if (Object.is(value, -0)) return "-0.0";
    return isLarge ? value.toExponential() : JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(writeText).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value).map(
    ([key, inner]) => `${JSON.stringify(key)}:${writeText(inner)}`,
  );
  return `{${entries.join(",")}}`;
}

/** What a change does to the entries that are there. */
export type Policy = "replace" | "shallow" | "deep";

/** The same, with what it does to some entries, by their keys. */
export type Merge =
  | Policy
  | {
      how: Policy;
      /** Whether JSON begins here, in a value that is none. */
      isJson?: boolean;
      within?: readonly (readonly [key: string, merge: Merge])[];
    };

/** What a merge does to the entry of a key. */
export function mergeOf(merge: Merge, key: string): Merge {
  const { how, within = [] } = policyOf(merge);
  const own = within.find(([name]) => name === key);
  return own?.[1] ?? (how === "deep" ? how : "replace");
}

export function policyOf(merge: Merge): Exclude<Merge, Policy> {
  return typeof merge === "string" ? { how: merge } : merge;
}

/** An object with the entries of a change laid over those that are there. */
export function mergeJson(
  stored: Value | undefined,
  change: Value,
  merge: Merge,
): Value {
  const base = stored === undefined ? null : decodeExactly(stored);
  return encodeJson(mergeValues(base, decodeExactly(change), merge));
}

function mergeValues(base: Exact, change: Exact, merge: Merge): Exact {
  if (policyOf(merge).how === "replace") return change;
  if (!isObject(base) || !isObject(change)) return change;
  const entries = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(change)) {
    const inner = entries.get(key);
    entries.set(
      key,
      inner === undefined
        ? value
        : mergeValues(inner, value, mergeOf(merge, key)),
    );
  }
  // Unlike assignment, this makes an ordinary entry of the key `__proto__`.
  return Object.fromEntries(entries);
}

function isNative(value: Exact, depth: number): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value === "bigint") return false;
  if (typeof value !== "object" || value === null) return true;
  if (depth === 0) return false;
  if (Array.isArray(value)) {
    return (
      value.length <= MAX_ELEMENTS &&
      value.every((element) => isNative(element, depth - 1))
    );
  }
  const entries = Object.entries(value);
  return (
    entries.length <= MAX_ENTRIES &&
    entries.every(
      ([key, inner]) => NATIVE_KEY.test(key) && isNative(inner, depth - 1),
    )
  );
}

function isTagged(value: Exact): boolean {
  if (!isObject(value)) return false;
  const keys = Object.keys(value);
  return keys.length === 1 && TAGS.some((tag) => tag === keys[0]);
}

export function isTextForm(value: Value): value is { jsonText: string } {
  return (
    isObject(value) &&
    Object.keys(value).length === 1 &&
    typeof value["jsonText"] === "string"
  );
}
