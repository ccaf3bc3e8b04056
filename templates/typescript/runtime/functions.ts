import type { Value } from "convex/values";

import { type Call, fieldsOf, requireKnown } from "./calls.js";
import type { Check } from "./checks.js";
import type { Client } from "./client.js";
import { type Codec, requireStorable } from "./codecs.js";
import { type Nulls, requireNullable } from "./nulls.js";

/** What a namespace knows of a function that was written by hand. */
export interface FunctionDescription {
  kind: "query" | "mutation" | "action";
  path: string;
  idempotent: boolean;
  /** The names of the arguments; of another type than an object of them, undefined. */
  arguments?: readonly string[] | undefined;
  /** Where null is a value in them, and what is not left out; undefined where that is nothing. */
  nulls?: Nulls | undefined;
  check: Check | undefined;
  codec: Codec | undefined;
  /** Of the result. */
  result: Codec | undefined;
}

/** Calls the functions of a module. */
export class Functions {
  protected readonly _client: Client;

  constructor(client: Client) {
    this._client = client;
  }
}

/** The call of a function with these arguments. */
export function functionCall<Result>(
  {
    kind,
    path,
    idempotent,
    arguments: names,
    nulls,
    check,
    codec,
    result,
  }: FunctionDescription,
  args: object,
): Call<Result> {
  return {
    kind,
    path,
    encode: () => {
      const given = fieldsOf(args, "args") as Record<string, Value>;
      if (names !== undefined) requireKnown(given, names, "");
      requireNullable(given, "", nulls);
      check?.(given, "");
      const sent = (codec?.encode(given, "") ?? given) as typeof given;
      requireStorable(sent, "");
      return sent;
    },
    decode: (value) => (result?.decode(value) ?? value) as Result,
    operation: `run ${path}`,
    idempotent,
  };
}
