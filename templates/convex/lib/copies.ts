import { v, type Value } from "convex/values";

import type { Fields } from "./documents.js";
import { invalidArgument } from "./errors.js";
import { isObject } from "./values.js";

/**
 * What copies have in their keys, by the fields: values, or what makes one for
 * each, `{ prefix }` for text before that of the document, `{ random: true }` for
 * a UUID.
 */
export const copiedKey = v.record(v.string(), v.any());

/** What copies have in place of what the documents have. */
export interface Copying {
  key: Fields;
  set?: Fields;
  unset?: string[];
}

/** A copy of a document, without some fields that each write sets. */
export function copyOf<Input extends Fields>(
  document: Fields,
  { key, set = {}, unset = [] }: Copying,
  without: readonly string[],
): Input {
  const copy: Fields = { ...document };
  for (const name of ["_id", "_creationTime", ...without, ...unset]) {
    Reflect.deleteProperty(copy, name);
  }
  for (const [name, made] of Object.entries(key)) {
    copy[name] = valueIn(name, made, document[name]);
  }
  return { ...copy, ...set } as Input;
}

/** Throws `InvalidArgument` where the fields are not of the key, or none is given. */
export function requireKey(key: Fields, names: readonly string[]): void {
  const given = Object.keys(key);
  const other = given.find((name) => !names.includes(name));
  if (other !== undefined) {
    throw invalidArgument(
      `key.${other}`,
      `is not of the key: ${names.join(", ")}`,
    );
  }
  if (given.length === 0) {
    throw invalidArgument("key", "says nothing of the keys of the copies");
  }
}

function valueIn(
  name: string,
  made: Value | undefined,
  before: Value | undefined,
): Value | undefined {
  if (!isObject(made)) return made;
  if (typeof before !== "string") {
    const problem = "is no text: copies have a value that is given";
    throw invalidArgument(`key.${name}`, problem);
  }
  if (typeof made["prefix"] === "string") return `${made["prefix"]}${before}`;
  if (made["random"] === true) return crypto.randomUUID();
  throw invalidArgument(`key.${name}`, "makes no key");
}
