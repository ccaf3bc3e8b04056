// Merges of parts of values, through the client of the spec that has them.

import { ConvexStorage } from "client";

const storage = new ConvexStorage(process.env.CONVEX_URL ?? "", {
  deployKey: process.env.CONVEX_DEPLOY_KEY ?? "",
});
const { messages } = storage;

await messages.save({
  messageId: "t1",
  content: { a: 1, metadata: { p: 1 } },
  snapshot: { context: { text: "x".repeat(2 * 1024 * 1024) } },
  whole: null,
});
const updated = await messages.update("t1", {
  content: { metadata: { q: 2 } },
  snapshot: { status: "done", context: { n: 2 } },
});
console.log(JSON.stringify(updated.content));
const { context } = updated.snapshot as {
  context: { text: string; n: number };
};
console.log(context.text.length, context.n, updated.status);
await storage.close();
