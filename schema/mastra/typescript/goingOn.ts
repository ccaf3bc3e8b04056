import { fitting } from "../runtime/client.js";
import type { ConvexStorage } from "../storage.js";

/** The functions of the deployment, now or as of a moment. */
export type Functions = ConvexStorage["functions"];

/** Items of a list, and how many there are in all. */
export interface Some<Item> {
  items: Item[];
  total: number;
}

/** A part of a list: from where, and how many; undefined for all. */
export interface Window {
  offset: number;
  limit: number | undefined;
}

/** How many items a query is asked for. */
const MOST = 1000;

/**
 * The parts of a list, each read after the one before: where there are several,
 * of one moment. What moves in the list between two calls would be in no part,
 * or in two.
 */
export async function parts<Part>(
  storage: ConvexStorage,
  read: (functions: Functions, before: Part | undefined) => Promise<Part>,
  isLast: (part: Part) => boolean,
): Promise<[Part, ...Part[]]> {
  const first = await read(storage.functions, undefined);
  if (isLast(first)) return [first];
  return await storage.snapshot(async ({ functions }) => {
    let part = await read(functions, undefined);
    const found: [Part, ...Part[]] = [part];
    while (!isLast(part)) {
      part = await read(functions, part);
      found.push(part);
    }
    return found;
  });
}

/** Whether a part with a cursor is the last one. */
export function hasNoCursor({
  cursor,
}: {
  cursor?: string | undefined;
}): boolean {
  return cursor === undefined;
}

/** Items of a list, the keys of those that go before the rest, and where this begins. */
export interface Listed<Item, Key, Page> {
  items: Item[];
  pending: Key[];
  cursor?: string | undefined;
  /** What is said of the list, as far as it is found. */
  page: Page;
}

/** A list whose keys are found first: what they find is read then, in parts. */
export async function listed<Item, Key, Page>(
  storage: ConvexStorage,
  find: (
    functions: Functions,
    cursor: string | undefined,
    page: Page | undefined,
  ) => Promise<Listed<Item, Key, Page>>,
  read: (
    functions: Functions,
    keys: Key[],
  ) => Promise<Pick<Listed<Item, Key, Page>, "items" | "pending">>,
): Promise<{ items: Item[]; page: Page }> {
  const found = await parts<Listed<Item, Key, Page>>(
    storage,
    async (functions, before) =>
      before !== undefined && before.pending.length > 0
        ? { ...before, ...(await read(functions, before.pending)) }
        : await find(functions, before?.cursor, before?.page),
    ({ pending, cursor }) => pending.length === 0 && cursor === undefined,
  );
  const { page } = found.at(-1) ?? found[0];
  return { items: found.flatMap(({ items }) => items), page };
}

/**
 * A list that one query cannot read, for which it threw this, all of one moment.
 * Throws it where it says not how much fits.
 */
export async function whole<Item>(
  storage: ConvexStorage,
  error: unknown,
  { offset, limit = Infinity }: Window,
  read: (
    functions: Functions,
    offset: number,
    limit: number,
  ) => Promise<Some<Item>>,
): Promise<Some<Item>> {
  let fits = fitting(error, MOST + 1);
  return await storage.snapshot(async ({ functions }) => {
    const items: Item[] = [];
    for (;;) {
      let some: Some<Item>;
      try {
        const asked = Math.min(fits, limit - items.length);
        some = await read(functions, offset + items.length, asked);
      } catch (failure) {
        fits = fitting(failure, fits + 1);
        continue;
      }
      items.push(...some.items);
      // What was too large may be read by now.
      fits = Math.min(2 * fits, MOST);
      if (offset + items.length >= some.total || items.length >= limit) {
        return { items, total: some.total };
      }
    }
  });
}

/** Calls until a function says that it has done all. */
export async function untilDone(call: () => Promise<boolean>): Promise<void> {
  let isDone = false;
  while (!isDone) isDone = await call();
}
