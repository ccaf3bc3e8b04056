import type { Value } from "convex/values";

import { type Arguments, type Call, given, type PagedCall } from "./calls.js";
import { InvalidArgument } from "./errors.js";

// Writes of all that a query finds, as calls: each does a part.

/** How far such a write is: repeated until it is done, with what is unfinished. */
export interface Step {
  /** How many documents, in all steps. */
  done: number;
  isDone: boolean;
  unfinished?: Value;
  steps?: number;
}

/** The call for the step after another one, or for the first one. */
export type Steps = (before: Step | undefined) => Call<Step>;

/** The calls that delete what a query finds. */
export function removal(query: PagedCall<unknown>): Steps {
  return stepsOf(query, "removeFound", "delete", () => ({}));
}

/** The calls that change what a query finds. */
export function update(query: PagedCall<unknown>, changes: object): Steps {
  return stepsOf(query, "updateFound", "update", () => {
    if (query.changes !== undefined) return { changes: query.changes(changes) };
    throw new InvalidArgument("its fields are those of the key, which stay");
  });
}

/** The calls that copy what a query finds. */
export function copying(
  query: PagedCall<unknown>,
  key: object,
  changes: object,
): Steps {
  return stepsOf(query, "copyFound", "copy", () => {
    if (query.copiedKey === undefined) {
      throw new InvalidArgument("what it finds is not to be copied");
    }
    const copied = { key: query.copiedKey(key) };
    const isChanged = Object.keys(changes).length > 0;
    const changed = isChanged ? (query.changes?.(changes) ?? {}) : {};
    const { set, unset, ...others } = given(changed);
    if (Object.keys(others).length > 0) {
      throw new InvalidArgument(
        "`set` of copies has whole values: neither increments nor entries to remove",
      );
    }
    return { copying: given({ ...copied, set, unset }) };
  });
}

function stepsOf(
  { path, args, operation }: PagedCall<unknown>,
  name: string,
  verb: string,
  more: () => Arguments,
): Steps {
  const [module, query = ""] = path.split(":");
  const compared = Object.entries(args).filter(
    ([field, value]) => field !== "order" && value !== undefined,
  );
  const values = Object.fromEntries(compared) as Record<string, Value>;
  return (before) => ({
    kind: "mutation",
    path: `${module}:${name}`,
    encode: () => ({
      query,
      values,
      ...more(),
      unfinished: before?.unfinished,
      steps: before?.steps,
    }),
    decode: (value) => value as unknown as Step,
    operation: operation.replace("list", verb),
    // A step that is repeated is known by its number. The first one has none: to
    // repeat it would lose what it has counted.
    idempotent: before !== undefined,
  });
}
