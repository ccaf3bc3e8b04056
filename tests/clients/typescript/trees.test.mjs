// Shapes that refer to themselves, through the client of the spec that has them.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { ConvexStorage } from "client";

const storage = new ConvexStorage(process.env.CONVEX_URL, {
  deployKey: process.env.CONVEX_DEPLOY_KEY,
});

after(() => storage.close());

test("documents refer to documents of their entity", async () => {
  const leaf = await storage.nodes.get("aa");
  const root = await storage.nodes.get("root");
  assert.deepEqual([leaf.root, leaf.links[0].to], [root._id, root._id]);
  const path = await storage.functions.trees.path({ node: leaf._id });
  assert.deepEqual(
    path.map((node) => node.nodeId),
    ["aa", "a", "root"],
  );
  const written = await storage.nodes.save({
    nodeId: "aaa",
    parentId: "aa",
    root: root._id,
    links: [{ to: leaf._id }],
    byName: { [root._id]: leaf._id },
    outline: leaf.outline,
  });
  assert.deepEqual(written.outline, leaf.outline);
  assert.equal(
    written.outline.parts[0].parts[0].parts[0].body[1][0],
    "b",
    "three levels down",
  );
});

test("deletion takes what is below", async () => {
  const other = { root: null, links: [] };
  await storage.nodes.saveMany([
    { nodeId: "x", parentId: "y", ...other },
    { nodeId: "y", parentId: "x", ...other },
    { nodeId: "z", parentId: "y", ...other },
  ]);
  assert.equal(await storage.nodes.delete("x"), true);
  assert.deepEqual(await storage.nodes.getMany(["x", "y", "z"]), [
    null,
    null,
    null,
  ]);
});
