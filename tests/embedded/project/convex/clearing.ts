import { internalMutationGeneric as internalMutation } from "convex/server";
import { getDocumentSize } from "convex/values";

const TABLES = [
  "commits",
  "messages",
  "rows",
  "strict",
  "undeclared",
  "values",
];
/** Well within the limits of a transaction. */
const MAX_DOCUMENTS = 2_000;
const MAX_BYTES = 4 * 1024 * 1024;

/** Deletes some documents of this project; gives how many. */
export const clear = internalMutation({
  args: {},
  handler: async (ctx) => {
    let count = 0;
    let bytes = 0;
    for (const table of TABLES) {
      for await (const document of ctx.db.query(table)) {
        await ctx.db.delete(document._id);
        count += 1;
        bytes += getDocumentSize(document);
        if (count === MAX_DOCUMENTS || bytes > MAX_BYTES) return count;
      }
    }
    return count;
  },
});
