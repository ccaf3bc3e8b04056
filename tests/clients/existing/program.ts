// What the client does with values of every kind in indexes, filters and searches.
import { strict as assert } from "node:assert";
import { ConvexStorage, InvalidArgument, UNSET } from "client";

const storage = ConvexStorage.fromEnv();
const { commits, embeddings, notes, runs, shifts, stamps, words } = storage;
const [first, second] = await embeddings.list().all();
assert(first !== undefined && second !== undefined);
const { args = null, counts, owner, place, state } = second;
assert.deepEqual(await embeddings.byOwner(owner).all(), [second]);
assert.deepEqual(await embeddings.byArgs(args, second.embeddingId).all(), [
  second,
]);
assert.deepEqual(await embeddings.byArgs(UNSET, "e1").all(), []);
assert.deepEqual(await embeddings.byStateAndCounts(state, counts).all(), [
  second,
]);
assert.deepEqual(await embeddings.byPlace(place).all(), [second]);
assert.deepEqual(await embeddings.byNothing({}).all(), [first, second]);
assert.deepEqual(await embeddings.byOrder(UNSET).all(), [first, second]);
assert.deepEqual(
  await embeddings.searchSize("m", { limit_: UNSET, owner }).all(),
  [second],
);
assert.deepEqual(await embeddings.searchSize("m", { limit_: [1] }).all(), []);
const [nearest] = await embeddings.nearestNear([1, 1], { place });
assert.deepEqual(nearest?.item, second);
assert.equal(await words.byKey("2", "2", "2").count(), 1);
assert.deepEqual(
  (await words.byOrder("1", { order_: { gt: 1 } }).all()).length,
  0,
);
const rest = await runs.list().all();
assert.deepEqual(
  rest.map((run) => run.runId),
  ["r1", "r2", "r3"],
);
const [failed, bergen, oslo] = rest;
assert.deepEqual(await runs.latest("done").all(), [oslo, bergen]);
assert.deepEqual(await runs.latest("done", { stateAt: { lt: 3 } }).all(), [
  bergen,
]);
assert.deepEqual(await runs.byTypes("s", "failed").all(), [failed]);
assert.deepEqual(await runs.byHome(UNSET, UNSET).all(), [bergen]);
assert.deepEqual(await runs.byHome("a", 5n).all(), [failed]);
assert.deepEqual(await runs.byMore([1, "x"]).all(), [failed]);
assert.deepEqual(
  await runs
    .inCity("Oslo", { where: { stateType_: "done", homeGrade: "" } })
    .all(),
  [oslo],
);
assert.deepEqual(
  await runs.inCity("Oslo", { where: { homeTags: { contains: ["x"] } } }).all(),
  [failed],
);
assert.deepEqual(
  await runs.inCity("Bergen", { where: { homeInnerCode: UNSET } }).all(),
  [bergen],
);
assert.deepEqual(
  await runs.searchFull("street", { homeGrade: "a", placeCity: "Oslo" }).all(),
  [failed],
);
const [home] = await runs.nearestNearHome([1, 0], { homeGrade: "" });
assert.deepEqual(home?.item, oslo);
const stamp = await stamps.byFoo(UNSET, "a").all();
assert.deepEqual(
  stamp.map((one) => [one.creationTime, one.docId, one.foo_bar]),
  [[2, "second one", undefined]],
);
assert.deepEqual(await stamps.getByDocId_("second one"), stamp[0]);
assert.equal((await stamps.textsOf("second").all()).length, 1);
assert.ok(Object.is(first.zero, -0));
const [night] = await shifts.byBoth("night", { foo_bar: 4 }).all();
assert.ok(night?.docId === "night" && night.creationTime === 2);
const [commit] = await commits.findCommits({ where: { before: null } }).all();
assert.equal(typeof commit?.at, "bigint");
const kinds = (await notes.list().all()).map((note) =>
  "text" in note ? "text" : "x" in note ? "spot" : typeof note.image,
);
assert.deepEqual(kinds, ["text", "object", "string", "text"]);
const changed = await notes.update("n1", { at: 9 });
assert.ok("text" in changed && changed.at === 9);
await assert.rejects(notes.update("n1", { x: 1 }), InvalidArgument);
const [session, empty] = await storage.sessions.list().all();
assert.ok(session?.["user"] === "u" && empty?.["user"] === undefined);
assert.deepEqual(await storage.sessions.byUser("u").all(), [session]);
assert.deepEqual(await storage.sessions.byUser(UNSET).all(), [empty]);
assert.deepEqual(await storage.sessions.get(session._id), session);
const [visit] = await storage.visits.list({ include: ["session"] }).all();
assert.deepEqual(visit?.session, session);
await storage.close();
console.log("done");
