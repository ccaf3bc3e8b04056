import { v } from "convex/values";
import { internal } from "./_generated/api";
import { action, internalMutation, internalQuery } from "./_generated/server";

export const insert = internalMutation({
  args: {
    title: v.string(),
    url: v.string(),
    chunks: v.array(
      v.object({ text: v.string(), embedding: v.array(v.float64()) }),
    ),
  },
  returns: v.id("documents"),
  handler: async (ctx, { title, url, chunks }) => {
    const document = await ctx.db.insert("documents", {
      title,
      text: chunks.map((one) => one.text).join("\n"),
      language: "en",
      source: { url, license: "open" },
      metadata: { pages: chunks.length, authors: ["a", "b"] },
    });
    for (const [position, chunk] of chunks.entries()) {
      const license = position === 0 ? "open" : "closed";
      await ctx.db.insert("chunks", { document, position, license, ...chunk });
    }
    return document;
  },
});

export const texts = internalQuery({
  args: { ids: v.array(v.id("chunks")) },
  returns: v.array(v.string()),
  handler: async (ctx, { ids }) => {
    const found = await Promise.all(ids.map((id) => ctx.db.get("chunks", id)));
    return found.flatMap((one) => (one === null ? [] : [one.text]));
  },
});

export const nearest = action({
  args: { vector: v.array(v.float64()) },
  returns: v.array(v.string()),
  handler: async (ctx, { vector }): Promise<string[]> => {
    const found = await ctx.vectorSearch("chunks", "by_embedding", {
      vector,
      limit: 2,
      filter: (q) => q.eq("license", "open"),
    });
    return await ctx.runQuery(internal.documents.texts, {
      ids: found.map((one) => one._id),
    });
  },
});
