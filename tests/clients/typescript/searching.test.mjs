// Searches by text and by vector, through the client of the spec that has them.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { ConvexStorage, InvalidArgument, Shelf } from "client";

const storage = new ConvexStorage(process.env.CONVEX_URL, {
  deployKey: process.env.CONVEX_DEPLOY_KEY,
});
const { books } = storage;

after(() => storage.close());

test("by text and by vector, with filters and a limit", async () => {
  const book = (bookId, title, shelf, embedding) => ({
    ...{ bookId, title, shelf, embedding, volume: null },
    notes: { $title: title },
  });
  await books.saveMany([
    book("a", "the train to Oslo", Shelf.FICTION, [1, 0, 0]),
    book("b", "the train home", Shelf.SCIENCE, [0, 1, 0]),
  ]);
  const ids = (found) => found.map((one) => one.bookId).sort();
  assert.deepEqual(ids(await books.searchTitle("train").all()), ["a", "b"]);
  const shelf = Shelf.SCIENCE;
  const some = books.searchTitle("train", { shelf, limit: 1 });
  const [found] = await some.all();
  assert.deepEqual(await some.first(), found);
  for await (const one of some) assert.deepEqual(one, found);
  assert.equal(await books.searchTitle("nowhere").first(), null);
  assert.equal(
    `${some}`,
    'SearchQuery books:searchTitle({ search: "train", shelf: "science", limit: 1 })',
  );
  assert.deepEqual(found.notes, { $title: "the train home" });
  const near = await books.nearestByEmbedding([1, 0.1, 0], { limit: 2 });
  assert.deepEqual(
    near.map(({ item }) => item.bookId),
    ["a", "b"],
  );
  assert.ok(near[0].score > near[1].score);
  assert.deepEqual(near[0].item.notes, { $title: "the train to Oslo" });
  assert.throws(() => books.searchTitle("x", { limit: 0 }), InvalidArgument);
  await assert.rejects(
    books.searchTitle("x", { limit: 5000 }).all(),
    InvalidArgument,
  );
  assert.throws(() => books.searchTitle("\ud800"), /`search` has a lone/);
  for await (const snapshot of books.searchTitle("Oslo").watch()) {
    assert.deepEqual(ids(snapshot), ["a"]);
    break;
  }
});
