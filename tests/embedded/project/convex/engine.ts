import {
  makeFunctionReference,
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { ConvexError, convexToJson, jsonToConvex, v } from "convex/values";

/**
 * What `../../sequences.mjs` describes as values, run on the database: the same
 * functions in the embedded backend and in convex-test.
 */

/** A list of nothing or one value stands for a value that may be undefined. */
const unwrapped = (value: any[]) => (value.length === 0 ? undefined : value[0]);

function expression(q: any, [operator, ...operands]: any[]): any {
  if (operator === "field") return q.field(operands[0]);
  if (operator === "value") return unwrapped(operands);
  return q[operator](...operands.map((operand) => expression(q, operand)));
}

function planned(ctx: any, plan: any) {
  let found = ctx.db.query("rows");
  if (plan.search) {
    const { text, equal } = plan.search;
    found = found.withSearchIndex("by_text", (q: any) =>
      equal.reduce(
        (search: any, tag: string) => search.eq("tag", tag),
        q.search("text", text),
      ),
    );
  } else if (plan.index) {
    found = found.withIndex(plan.index, (q: any) =>
      plan.range.reduce(
        (range: any, [method, field, value]: any[]) =>
          range[method](field, unwrapped(value)),
        q,
      ),
    );
  }
  if (plan.order) found = found.order(plan.order);
  for (const filter of plan.filters)
    found = found.filter((q: any) => expression(q, filter));
  return found;
}

function shown(row: any) {
  if (row === null) return null;
  const { _id, _creationTime, ...fields } = row;
  return fields;
}

async function walked(ctx: any, plan: any, act: (row: any) => Promise<void>) {
  const rows = [];
  for await (const row of planned(ctx, plan)) {
    rows.push(shown(row));
    await act(row);
    if (rows.length === plan.until) break;
  }
  return rows;
}

async function readRows(ctx: any, plan: any) {
  const found = planned(ctx, plan);
  switch (plan.end) {
    case "collect":
      return (await found.collect()).map(shown);
    case "take":
      return (await found.take(plan.until)).map(shown);
    case "first":
      return shown(await found.first());
    case "unique":
      return shown(await found.unique());
    case "walk":
      return await walked(ctx, plan, async () => {});
    case "paginate": {
      const { page, ...rest } = await found.paginate(plan.options);
      return { ...rest, page: page.map(shown) };
    }
    default:
      throw new Error(`There is no end ${plan.end}`);
  }
}

/** A patch: undefined removes a field. */
const changes = ({ fields, removed }: any) => ({
  ...fields,
  ...Object.fromEntries(removed.map((field: string) => [field, undefined])),
});

const operateReference = makeFunctionReference<"mutation">("engine:operate");

async function perform(ctx: any, ids: any, operation: any): Promise<any> {
  const id = ids[operation.label] ?? operation.id;
  switch (operation.kind) {
    case "insert": {
      const { label, table = "rows", fields } = operation;
      ids[label] = await ctx.db.insert(table, fields);
      return null;
    }
    case "patch":
      return await ctx.db.patch("rows", id, changes(operation));
    case "replace":
      return await ctx.db.replace("rows", id, operation.fields);
    case "delete":
      return await ctx.db.delete("rows", id);
    case "get":
      return shown(await ctx.db.get(id));
    case "normalize":
      return ctx.db.normalizeId(operation.table, id) === id;
    case "read":
      return await readRows(ctx, operation.plan);
    case "rewriteWalked":
      return await walked(ctx, operation.plan, async ({ _id }) => {
        await ctx.db.patch("rows", _id, operation.fields);
      });
    case "nested": {
      const { operations, fails } = operation;
      const args = { operations, ids, fails };
      const inner = await ctx
        .runMutation(operateReference, args)
        .catch(({ data }: any) => jsonToConvex(JSON.parse(data)));
      Object.assign(ids, inner.ids);
      return inner.results;
    }
    default:
      throw new Error(`There is no operation ${operation.kind}`);
  }
}

export const read = query({
  args: { plan: v.any() },
  handler: async (ctx, { plan }) => await readRows(ctx, plan),
});

/**
 * Several operations in one transaction, which goes on after one that throws.
 * When it is told to fail it is rolled back, with its results as the error.
 */
export const operate = mutation({
  args: { operations: v.any(), ids: v.any(), fails: v.boolean() },
  handler: async (ctx, { operations, ids: given, fails }) => {
    const ids = { ...given };
    const results = [];
    for (const operation of operations) {
      try {
        results.push((await perform(ctx, ids, operation)) ?? null);
      } catch {
        results.push("refused");
      }
    }
    const outcome = { ids, results };
    if (fails) throw new ConvexError(JSON.stringify(convexToJson(outcome)));
    return outcome;
  },
});

/** Writes a row and then gives what its validator refuses. */
export const insertAndReturnWrong = mutation({
  args: { fields: v.any() },
  returns: v.string(),
  handler: async (ctx, { fields }): Promise<any> => {
    await ctx.db.insert("rows", fields);
    return 7;
  },
});

/** `count` index ranges, each another one. */
export const readRanges = query({
  args: { count: v.number() },
  handler: async (ctx, { count }) => {
    for (let n = 0; n < count; n++) {
      await ctx.db
        .query("rows")
        .withIndex("by_n_and_value", (q) => q.eq("n", n))
        .first();
    }
    return count;
  },
});
