import { actionGeneric as action, queryGeneric as query } from "convex/server";
import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";

function searching(db: any, text: string, kind: string | undefined) {
  return db
    .query("articles")
    .withSearchIndex("by_title", (q: any) =>
      kind === undefined
        ? q.search("title", text)
        : q.search("title", text).eq("kind", kind),
    );
}

const args = { text: v.string(), kind: v.optional(v.string()) };

export const titles = query({
  args,
  handler: async ({ db }, { text, kind }) =>
    (await searching(db, text, kind).collect()).map(({ title }: any) => title),
});

export const first = query({
  args: { ...args, count: v.number() },
  handler: async ({ db }, { text, kind, count }) =>
    (await searching(db, text, kind).take(count)).map(
      ({ title }: any) => title,
    ),
});

export const page = query({
  args: { ...args, paginationOpts: paginationOptsValidator },
  handler: async ({ db }, { text, kind, paginationOpts }) => {
    const { page, ...rest } = await searching(db, text, kind).paginate(
      paginationOpts,
    );
    return { ...rest, titles: page.map(({ title }: any) => title) };
  },
});

export const wrongField = query({
  args: {},
  handler: async ({ db }) =>
    await db
      .query("articles")
      .withSearchIndex("by_title", (q: any) => q.search("kind", "x"))
      .collect(),
});

export const wrongFilter = query({
  args: {},
  handler: async ({ db }) =>
    await db
      .query("articles")
      .withSearchIndex("by_title", (q: any) =>
        q.search("title", "x").eq("author", "x"),
      )
      .collect(),
});

export const manyFilters = query({
  args: { count: v.number() },
  handler: async ({ db }, { count }) =>
    await db
      .query("articles")
      .withSearchIndex("by_title", (q: any) => {
        let search = q.search("title", "x");
        for (let n = 0; n < count; n++) search = search.eq("kind", "x");
        return search;
      })
      .collect(),
});

export const nearest = action({
  args: {
    vector: v.array(v.number()),
    limit: v.optional(v.number()),
    kinds: v.optional(v.array(v.string())),
    field: v.optional(v.string()),
  },
  handler: async (ctx, { vector, limit, kinds, field = "kind" }) => {
    const filter =
      kinds === undefined
        ? undefined
        : (q: any) => q.or(...kinds.map((kind) => q.eq(field, kind)));
    return await (ctx as any).vectorSearch("points", "by_at", {
      vector,
      limit,
      filter,
    });
  },
});
