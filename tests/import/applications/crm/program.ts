import { strict as assert } from "node:assert";
import { ConvexStorage, UNSET } from "./generated/typescript/index.js";

const { companies, contacts, deals, drafts } = ConvexStorage.fromEnv();
const [tea] = await companies.byCity(UNSET).all();
assert.equal(tea?.name, "Tea");
const [cups] = await companies.byParent(tea._id).all();
assert.deepEqual(cups?.address, { city: "Oslo", lines: ["Way 1"] });
const [contact] = await contacts.byCompany(cups._id, "Ann").all();
assert.deepEqual(contact?.phones, [{ kind: "work", number: "1" }]);
const [draft] = await drafts.byOwner("Ann").all();
assert.deepEqual(draft?.contact, { phones: [] });
const [won] = await deals.byStage("won").all();
assert.deepEqual(won?.value, { min: 10, max: 20 });
console.log("done");
