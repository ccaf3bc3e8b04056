import type { IndexRange } from "convex/server";

import type { Doc, TableNames } from "../../_generated/dataModel.js";
import type { QueryCtx } from "../../_generated/server.js";
import type { Budget } from "./budget.js";

type Scalar = string | number;

/** The documents of an index that have some values in its first fields. */
export interface Rows<Table extends TableNames> {
  table: Table;
  index: string;
  equal: readonly (readonly [field: string, value: Scalar])[];
  /** The fields that follow in the index, and tell the documents apart. */
  rest: readonly string[];
  order: "asc" | "desc";
  /** What the first of them is less than. */
  below?: Scalar | undefined;
}

/** Where a document lies among the rows: what it has in their fields. */
export type Place = readonly Scalar[];

interface OpenRange extends IndexRange {
  eq(field: string, value: Scalar): OpenRange;
  lt(field: string, value: Scalar): IndexRange;
  gt(field: string, value: Scalar): IndexRange;
}

/** Convex's reader, whose types know no index by a name that is a value. */
interface Reader<Table extends TableNames> {
  query(table: Table): {
    withIndex(
      index: string,
      narrow: (range: OpenRange) => IndexRange,
    ): { order(order: "asc" | "desc"): AsyncIterable<Doc<Table>> };
  };
}

/** The documents of rows in their order, behind a place or all of them. */
export async function* following<Table extends TableNames>(
  ctx: QueryCtx,
  rows: Rows<Table>,
  place: Place | null,
  budget: Budget,
): AsyncGenerator<Doc<Table>, void> {
  const reader = ctx.db as unknown as Reader<Table>;
  const { table, index, order } = rows;
  for (const narrow of rangesBehind(rows, place)) {
    budget.spendRange();
    yield* reader.query(table).withIndex(index, narrow).order(order);
  }
}

/**
 * The ranges behind a place, the nearest first: those that have all but the last
 * of its values, all but the last two, and so on.
 */
function rangesBehind<Table extends TableNames>(
  { equal, rest, order, below }: Rows<Table>,
  place: Place | null,
): ((range: OpenRange) => IndexRange)[] {
  const start = (range: OpenRange, count: number): OpenRange =>
    [...equal, ...pairs(rest, place ?? []).slice(0, count)].reduce(
      (one, [field, value]) => one.eq(field, value),
      range,
    );
  if (place === null) {
    const [first] = rest;
    if (below === undefined || first === undefined) {
      return [(range) => start(range, 0)];
    }
    return [(range) => start(range, 0).lt(first, below)];
  }
  return pairs(rest, place)
    .map(([field, value], count) => (range: OpenRange) => {
      const same = start(range, count);
      return order === "asc" ? same.gt(field, value) : same.lt(field, value);
    })
    .reverse();
}

function pairs(fields: readonly string[], place: Place): [string, Scalar][] {
  return place.flatMap((value, index): [string, Scalar][] => {
    const field = fields[index];
    return field === undefined ? [] : [[field, value]];
  });
}
