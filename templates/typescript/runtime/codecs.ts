import type { Value } from "convex/values";

import { at, type InvalidArgument, invalidArgument } from "./errors.js";
import { decodeExactly, encodeJson, type Exact, textOf } from "./json.js";

/** Turns values into the form in which Convex holds them, and back. */
export interface Codec {
  /** Throws `InvalidArgument` with the path of the first value that has no such form. */
  encode: (value: unknown, path: string) => unknown;
  decode: (value: unknown) => unknown;
}

/** How deep a JSON value may be, for every client to be able to read it. */
const MAX_DEPTH = 200;

const LONE_SURROGATE = /\p{Surrogate}/u;

/** JSON that Convex does not hold as it is, in a form that it does. */
export const json: Codec = {
  encode: (value, path) => encodeJson(jsonOf(value, path, 0)),
  decode: (value) => decodeExactly(value as Value),
};

/** How large a value of a large field is to travel as text, in bytes of UTF-8. */
const LARGE_BYTES = 896 * 1024;

/** JSON that may be larger than a document. */
export const largeJson: Codec = {
  encode: (value, path) => {
    const stored = json.encode(value, path) as Value;
    const jsonText = textOf(stored);
    const size = new TextEncoder().encode(jsonText).length;
    return size > LARGE_BYTES ? { jsonText } : stored;
  },
  decode: json.decode,
};

/**
 * The fields of a document that a caller writes: none of Convex's own, none that
 * the backend sets. Throws where a caller gives one of these, except in a
 * document that was read.
 */
export function writtenOf(
  document: Record<string, unknown>,
  setByBackend: readonly string[],
  path: string,
): Record<string, unknown> {
  const set = setByBackend.find((name) => document[name] !== undefined);
  if (set !== undefined && document["_id"] === undefined) {
    throw setByTheBackend(at(path, set));
  }
  const written = Object.entries(document).filter(
    ([name, value]) =>
      value !== undefined &&
      !name.startsWith("_") &&
      !setByBackend.includes(name),
  );
  return Object.fromEntries(written);
}

export function setByTheBackend(path: string): InvalidArgument {
  return invalidArgument(path, "is set by the backend: leave it out");
}

/** What is written of an entity. */
export function asInput(setByBackend: readonly string[], codec?: Codec): Codec {
  return {
    encode: (value, path) => {
      if (!isPlainObject(value)) return value;
      const written = writtenOf(value, setByBackend, path);
      return codec?.encode(written, path) ?? written;
    },
    decode: (value) => value,
  };
}

/** A document, without what it has for indexes alone. */
export function withoutColumns(
  columns: readonly string[],
  codec?: Codec,
): Codec {
  return {
    encode: (value, path) => codec?.encode(value, path) ?? value,
    decode: (value) => {
      const decoded = codec?.decode(value) ?? value;
      if (!isPlainObject(decoded)) return decoded;
      const fields = Object.entries(decoded);
      return Object.fromEntries(
        fields.filter(([name]) => !columns.includes(name)),
      );
    },
  };
}

/** Some fields of an object. */
export function inFields(codecs: Record<string, Codec>): Codec {
  const each =
    (change: (codec: Codec, value: unknown, name: string) => unknown) =>
    (value: unknown) => {
      if (!isPlainObject(value)) return value;
      const changed = { ...value };
      for (const [name, codec] of Object.entries(codecs)) {
        const inner = value[name];
        if (inner !== undefined) changed[name] = change(codec, inner, name);
      }
      return changed;
    };
  return {
    encode: (value, path) =>
      each((codec, inner, name) => codec.encode(inner, at(path, name)))(value),
    decode: each((codec, inner) => codec.decode(inner)),
  };
}

/** Each element of an array. */
export function inElements(codec: Codec): Codec {
  return {
    encode: (value, path) =>
      Array.isArray(value)
        ? value.map((one, index) => codec.encode(one, `${path}[${index}]`))
        : value,
    decode: (value) =>
      Array.isArray(value) ? value.map((one) => codec.decode(one)) : value,
  };
}

/** Each value of a record. */
export function inEntries(codec: Codec): Codec {
  return {
    encode: (value, path) =>
      mapEntries(value, (key, inner) => codec.encode(inner, entry(path, key))),
    decode: (value) => mapEntries(value, (_, inner) => codec.decode(inner)),
  };
}

/** The object of a union whose tag has one of these values. */
export function inVariant(
  tag: string,
  values: readonly unknown[],
  codec: Codec,
): Codec {
  const fits = (value: unknown) =>
    isPlainObject(value) && values.includes(value[tag]);
  return {
    encode: (value, path) => (fits(value) ? codec.encode(value, path) : value),
    decode: (value) => (fits(value) ? codec.decode(value) : value),
  };
}

/** An object of a union: the names of its fields, and how they are changed. */
export interface Shape {
  required: readonly string[];
  optional: readonly string[];
  codec: Codec | undefined;
}

/** The objects of a union without a tag, which their fields tell apart. */
export function inShapes(shapes: readonly Shape[]): Codec {
  const codecOf = (value: unknown) => {
    if (!isPlainObject(value)) return undefined;
    const names = Object.keys(value).filter(
      (name) => value[name] !== undefined,
    );
    const fits = ({ required, optional }: Shape) =>
      required.every((name) => names.includes(name)) &&
      names.every((name) => required.includes(name) || optional.includes(name));
    return shapes.find(fits)?.codec;
  };
  return {
    encode: (value, path) => codecOf(value)?.encode(value, path) ?? value,
    decode: (value) => codecOf(value)?.decode(value) ?? value,
  };
}

/** The codecs of a union, each for values of a kind of its own. */
export function inEither(...codecs: Codec[]): Codec {
  return {
    encode: (value, path) =>
      codecs.reduce((changed, codec) => codec.encode(changed, path), value),
    decode: (value) =>
      codecs.reduce((changed, codec) => codec.decode(changed), value),
  };
}

/** Throws `InvalidArgument` for text that is not valid Unicode, and keys that Convex does not keep. */
export function requireStorable(value: unknown, path: string): void {
  if (typeof value === "string") requireText(value, path);
  else if (Array.isArray(value)) {
    // Unlike forEach, this visits holes, which JSON has as null.
    for (const [index, one] of value.entries()) {
      const place = `${path}[${index}]`;
      if (one === undefined) {
        throw invalidArgument(place, "is undefined, which no list holds");
      }
      requireStorable(one, place);
    }
  } else if (isPlainObject(value)) {
    for (const [key, inner] of Object.entries(value)) {
      // A property that is undefined is none.
      if (inner === undefined) continue;
      requireKey(key, path);
      requireStorable(inner, entry(path, key));
    }
  } else if (isForeign(value)) {
    throw invalidArgument(path, "is of a type that Convex does not have");
  }
}

const MAX_KEY_LENGTH = 1024;
const KEY = /^[ -#%-~][ -~]*$/;

/** Throws for the key of an object that Convex refuses, or loses. */
function requireKey(key: string, path: string): void {
  // Convex's decoder assigns to that name: `jsonToConvex` of the package `convex`.
  if (KEY.test(key) && key.length <= MAX_KEY_LENGTH && key !== "__proto__") {
    return;
  }
  throw invalidArgument(
    path,
    `cannot hold the key ${JSON.stringify(key)}: Convex takes keys of printable ASCII that do ` +
      'not start with "$", are not empty and are not "__proto__"',
  );
}

/** Whether a value is of no type of Convex: a date, a map, a function, a symbol. */
function isForeign(value: unknown): boolean {
  if (typeof value === "function" || typeof value === "symbol") return true;
  return (
    typeof value === "object" &&
    value !== null &&
    !(value instanceof ArrayBuffer)
  );
}

function requireText(text: string, path: string): void {
  const found = LONE_SURROGATE.exec(text);
  if (found === null) return;
  const code = text.charCodeAt(found.index).toString(16).toUpperCase();
  throw invalidArgument(
    path,
    `has a lone surrogate (U+${code} at index ${found.index}), which is not valid Unicode`,
  );
}

/** The JSON that a value is: a property that is undefined is none. */
function jsonOf(value: unknown, path: string, depth: number): Exact {
  if (depth > MAX_DEPTH) {
    throw invalidArgument(
      path,
      `is nested over ${MAX_DEPTH} levels deep, or inside itself`,
    );
  }
  if (value === null) return value;
  switch (typeof value) {
    case "string":
      requireText(value, path);
      return value;
    case "boolean":
    case "bigint":
      return value;
    case "number":
      if (Number.isFinite(value)) return value;
      throw invalidArgument(path, `is ${value}, which is no number of JSON`);
    case "object":
      if (Array.isArray(value)) {
        // Unlike map, this visits holes.
        return Array.from(value, (one, index) =>
          jsonOf(one, `${path}[${index}]`, depth + 1),
        );
      }
      if (isPlainObject(value)) {
        const properties = Object.entries(value).filter(
          ([, inner]) => inner !== undefined,
        );
        return Object.fromEntries(
          properties.map(([key, inner]) => {
            requireText(key, path);
            return [key, jsonOf(inner, entry(path, key), depth + 1)];
          }),
        );
      }
  }
  const kind =
    typeof value === "object" ? value.constructor.name : typeof value;
  throw invalidArgument(path, `is of type ${kind}, which JSON does not have`);
}

function mapEntries(
  value: unknown,
  change: (key: string, inner: unknown) => unknown,
): unknown {
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, change(key, inner)]),
  );
}

function entry(path: string, key: string): string {
  return /^[A-Za-z_]\w*$/.test(key)
    ? at(path, key)
    : `${path}[${JSON.stringify(key)}]`;
}

/** Whether it is neither of a class nor an array. */
export function isPlainObject(
  value: unknown,
): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
