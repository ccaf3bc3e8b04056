// Text and lists larger than a document, through the client of the spec that has them.

import { ConvexStorage } from "client";

const storage = new ConvexStorage(process.env.CONVEX_URL ?? "", {
  deployKey: process.env.CONVEX_DEPLOY_KEY ?? "",
});
const { papers } = storage;

const text = "x".repeat(3 * 1024 * 1024);
const row = { number: 7n, data: { $x: "y".repeat(1000) } };
await papers.save({ paperId: "t1", text, rows: Array(2000).fill(row) });
const found = await papers.get("t1");
console.log(found?.text.length, found?.rows?.length, found?.rows?.[0]?.number);
console.log((await papers.update("t1", { text: "short" })).text === "short");
await storage.close();
