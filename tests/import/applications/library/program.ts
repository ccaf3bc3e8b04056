import { strict as assert } from "node:assert";
import { ConvexStorage } from "./generated/typescript/index.js";

const { chunks, documents } = ConvexStorage.fromEnv();
const [found] = await documents
  .searchText("green", { sourceLicense: "open" })
  .all();
assert(found !== undefined);
assert.deepEqual(found.metadata, { pages: 2, authors: ["a", "b"] });
assert.deepEqual(await documents.byUrl("https://drinks.example").all(), [
  found,
]);
const [tea] = await chunks.byDocumentAndPosition(found._id).all();
const [nearest] = await chunks.nearestByEmbedding([1, 0.1, 0], {
  license: "open",
});
assert.deepEqual(nearest?.item, tea);
console.log("done");
