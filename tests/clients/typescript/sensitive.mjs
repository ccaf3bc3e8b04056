// Errors of writes of sensitive fields, which tell no value of them.

import assert from "node:assert/strict";
import { inspect } from "node:util";

import { ConvexgenError, ConvexStorage } from "client";

const SECRET = "hunter-2";
const storage = new ConvexStorage(process.env.CONVEX_URL ?? "", {
  deployKey: process.env.CONVEX_DEPLOY_KEY,
});
const { people } = storage;
const person = { personId: "other", email: SECRET };

const writes = [
  ["AlreadyExists", () => people.create(person)],
  ["AlreadyExists", () => people.saveMany([person])],
  ["AlreadyExists", () => people.create({ ...person, personId: "holder" })],
  ["NotFound", () => people.save({ ...person, email: "x", bossId: SECRET })],
  ["InvalidArgument", () => people.save({ ...person, token: [SECRET] })],
  ["InvalidArgument", () => people.save({ ...person, more: 1 })],
  ["InvalidArgument", () => people.update("holder", { more: SECRET })],
];
for (const [name, write] of writes) {
  await assert.rejects(write(), (error) => {
    assert.ok(error instanceof ConvexgenError);
    assert.equal(error.name, name);
    const told = inspect(error, { depth: 20, showHidden: true });
    assert.ok(!told.includes(SECRET), told);
    return true;
  });
}
// Nor do texts of queries, whatever functions call the field.
const queries = [
  people.byOrder(SECRET),
  people.byStreet(SECRET),
  people.searchStreet(SECRET, { homeStreet: SECRET, order: SECRET }),
  people.findPeople({ where: { homeStreet: SECRET } }),
];
for (const query of queries) {
  assert.ok(!`${query}`.includes(SECRET), `${query}`);
}
await storage.close();

// Nor what is given for a URL.
for (const url of [
  "prod:a|hunter-2",
  "prod%3Aa%7Chunter-2",
  "http://u:hunter-2@a:b",
  "http://u:hunter-2%40a",
  "hunter-2@a",
  " eyJhbGciOi.hunter-2.a",
]) {
  assert.throws(
    () => new ConvexStorage(url),
    (error) =>
      error.name === "InvalidArgument" &&
      !inspect(error, { depth: 20, showHidden: true }).includes(SECRET),
  );
}

// The function takes the value of `order` by another name.
const query = `${people.byOrder(SECRET)}`;
assert.ok(!query.includes(SECRET), query);
