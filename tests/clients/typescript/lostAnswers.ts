// What deletions tell: with the argument "lost", the answers to all first
// attempts are lost.

import assert from "node:assert/strict";

import { ConvexStorage, Unavailable } from "client";

const areLost = process.argv[2] === "lost";
const url = process.env.CONVEX_URL ?? "";
const storage = new ConvexStorage(url, {
  deployKey: process.env.CONVEX_DEPLOY_KEY,
});
const { threads } = storage;
const save = async (...ids: string[]) => {
  await threads.saveMany(
    ids.map((threadId) => ({ threadId, resourceId: process.argv[2] ?? "" })),
  );
};

await save("a", "b", "c", "d");
assert.equal(await threads.delete("a"), areLost ? undefined : true);
assert.equal(await threads.get("a"), null);
assert.equal(await threads.delete("none"), areLost ? undefined : false);
assert.equal(await threads.deleteMany(["b", "n"]), areLost ? undefined : 1);
const created = await threads.create({ threadId: "e", resourceId: "r" });
assert.equal(await threads.clear(), areLost ? undefined : 3);
assert.equal((await threads.list().page()).items.length, 0);

await save("a");
const [only] = (await threads.list().page()).items;
assert.ok(only);
assert.equal(
  await storage.system.delete("threads", only._id),
  areLost ? undefined : true,
);
assert.equal(await threads.get("a"), null);
assert.equal(
  await storage.system.delete("threads", created._id),
  areLost ? undefined : false,
);

// A block tells what it deleted, so that it is not sent again.
await save("b");
const deleting = storage.atomic((tx) => tx.threads.delete("b"));
if (areLost) {
  await assert.rejects(deleting, (error) => {
    assert.ok(error instanceof Unavailable && error.mayHaveRun);
    return true;
  });
} else {
  assert.equal((await deleting).result, true);
}
assert.equal(await threads.get("b"), null);
await storage.close();
