import type { IndexRange } from "convex/server";
import type { Infer } from "convex/values";

import type { QueryCtx } from "../../_generated/server.js";
import type {
  langGraphMatchValidator,
  langGraphReadsValidator,
  langGraphReadValidator,
} from "../../schema.js";
import { Budget } from "../checkpoints/budget.js";
import { cursorOf, stateOf } from "../checkpoints/cursors.js";
import { bytesOf } from "../checkpoints/pieces.js";
import { filterOf } from "./filtering.js";
import { findItem, type Item, type Namespace } from "./items.js";

type Read = Infer<typeof langGraphReadValidator>;

type Reads = Infer<typeof langGraphReadsValidator>;

type Match = Infer<typeof langGraphMatchValidator>;

/** More than a namespace and all that begin with it: in Convex's order lists are after texts. */
type Bound = (string | [])[];

/** How far a read is. */
interface Progress {
  /** How many it has found, with those that are left out as an offset. */
  found: number;
  /** The last item that was looked at. */
  item: [namespace: Namespace, creationTime: number] | null;
  /** The value of which a piece is next: of the item that was asked for, or the one that follows. */
  begun: { valueId: string; piece: number } | null;
  /** What the namespaces that are next are greater than. */
  namespace: Bound | null;
}

interface State extends Progress {
  read: number;
}

const START: Progress = {
  found: 0,
  item: null,
  begun: null,
  namespace: null,
};

/** What reads find, one after another, as much as one call reads. */
export async function read(
  ctx: QueryCtx,
  reads: readonly Read[],
  cursor: string | undefined,
): Promise<Reads> {
  const state =
    cursor === undefined ? { ...START, read: 0 } : stateOf<State>(cursor);
  const found: Reads = { items: [], namespaces: [] };
  const budget = new Budget();
  let progress: Progress = state;
  for (const [index, one] of [...reads.entries()].slice(state.read)) {
    if (budget.isSpent) {
      return { ...found, cursor: cursorOf({ ...progress, read: index }) };
    }
    const reading = new Reading(ctx, one, index, budget, found);
    const next = await reading.goOn(progress);
    if (next !== null) {
      return { ...found, cursor: cursorOf({ ...next, read: index }) };
    }
    progress = START;
  }
  return found;
}

class Reading {
  private readonly ctx: QueryCtx;
  private readonly read: Read;
  private readonly index: number;
  private readonly budget: Budget;
  private readonly into: Reads;

  constructor(
    ctx: QueryCtx,
    read: Read,
    index: number,
    budget: Budget,
    into: Reads,
  ) {
    this.ctx = ctx;
    this.read = read;
    this.index = index;
    this.budget = budget;
    this.into = into;
  }

  /** How far it is now; null where it is done. */
  async goOn(from: Progress): Promise<Progress | null> {
    const { kind, offset, limit } = this.read;
    if (kind === "get") return await this.get(from);
    if (from.found >= offset + limit) return null;
    return await (kind === "search" ? this.search(from) : this.list(from));
  }

  private async get({ begun }: Progress): Promise<Progress | null> {
    const { namespace, key = "" } = this.read;
    this.budget.spendRange();
    const item = await findItem(this.ctx, namespace, key);
    if (item === null) return null;
    this.budget.spend(item);
    const next = await this.tell(item, begun);
    return next && { ...START, begun: next };
  }

  private async search(from: Progress): Promise<Progress | null> {
    const { offset, limit, filter } = this.read;
    const isWanted = filterOf(filter);
    let { found, item: last, begun } = from;
    for await (const item of this.itemsBehind(last)) {
      this.budget.spend(item);
      if (isWanted(item)) {
        if (found >= offset) {
          const next = await this.tell(item, begun);
          if (next !== null)
            return { ...START, found, item: last, begun: next };
        }
        found += 1;
        if (found >= offset + limit) return null;
      }
      last = [item.namespace, item._creationTime];
      begun = null;
      if (this.budget.isSpent) return { ...START, found, item: last };
    }
    return null;
  }

  /** Gives an item, as far as the budget allows, and says which piece is next. */
  private async tell(
    { namespace, key, value, createdAt, updatedAt }: Item,
    begun: Progress["begun"],
  ): Promise<Progress["begun"]> {
    const { valueId } = value;
    // Another value may have taken its place since.
    const piece = begun?.valueId === valueId ? (begun?.piece ?? 0) : 0;
    const { data, next } = await bytesOf(
      this.ctx,
      undefined,
      value,
      piece,
      this.budget,
    );
    this.into.items.push({
      read: this.index,
      namespace,
      key,
      createdAt,
      updatedAt,
      piece,
      data,
      isWhole: next === null,
    });
    return valueId === undefined || next === null
      ? null
      : { valueId, piece: next };
  }

  /** Items in the order of their namespaces, then of their creation. */
  private async *itemsBehind(
    last: Progress["item"],
  ): AsyncGenerator<Item, void> {
    if (last !== null) {
      const [namespace, creationTime] = last;
      yield* this.itemsIn((range) =>
        range.eq("namespace", namespace).gt("_creationTime", creationTime),
      );
    }
    yield* this.itemsIn((range) => this.narrow(range, last?.[0] ?? null));
  }

  private itemsIn(
    narrow: (range: OpenRange) => IndexRange,
  ): AsyncIterable<Item> {
    this.budget.spendRange();
    const reader = this.ctx.db as unknown as Reader;
    return reader
      .query("langGraphStoreItems")
      .withIndex("by_namespace", narrow);
  }

  /** The namespaces that begin as the read says, behind one or all of them. */
  private narrow(range: OpenRange, behind: Bound | null): IndexRange {
    const { namespace } = this.read;
    const from =
      behind === null
        ? range.gte("namespace", namespace)
        : range.gt("namespace", behind);
    return from.lt("namespace", [...namespace, []]);
  }

  private async list(from: Progress): Promise<Progress | null> {
    const { offset, limit, maxDepth = Infinity, matches = [] } = this.read;
    let { found, namespace: behind } = from;
    for (;;) {
      const item = await this.firstBehind(behind);
      if (item === null) return null;
      this.budget.spend(item);
      const { namespace } = item;
      behind = namespace;
      if (matches.every((one) => isMatch(namespace, one))) {
        const told = namespace.slice(0, maxDepth);
        if (found >= offset) {
          this.into.namespaces.push({ read: this.index, namespace: told });
        }
        found += 1;
        if (found >= offset + limit) return null;
        if (namespace.length >= maxDepth) behind = [...told, []];
      }
      if (this.budget.isSpent) return { ...START, found, namespace: behind };
    }
  }

  private async firstBehind(behind: Bound | null): Promise<Item | null> {
    for await (const item of this.itemsIn((range) =>
      this.narrow(range, behind),
    )) {
      return item;
    }
    return null;
  }
}

function isMatch(namespace: Namespace, { end, path }: Match): boolean {
  if (namespace.length < path.length) return false;
  const start = end === "prefix" ? 0 : namespace.length - path.length;
  return path.every(
    (label, index) => label === "*" || label === namespace[start + index],
  );
}

interface LowerRange extends IndexRange {
  lt(field: string, value: Bound): IndexRange;
}

interface OpenRange {
  eq(
    field: string,
    value: Namespace,
  ): { gt(field: string, value: number): IndexRange };
  gt(field: string, value: Bound): LowerRange;
  gte(field: string, value: Bound): LowerRange;
}

/** Convex's reader, whose types know no bounds but those that documents can have. */
interface Reader {
  query(table: "langGraphStoreItems"): {
    withIndex(
      index: "by_namespace",
      narrow: (range: OpenRange) => IndexRange,
    ): AsyncIterable<Item>;
  };
}
