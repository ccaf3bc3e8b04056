import { strict as assert } from "node:assert";
import { ConvexStorage } from "./generated/typescript/index.js";

const storage = ConvexStorage.fromEnv();
const [found] = await storage.classTable.key("here").all();
assert(found !== undefined);
assert.equal(found.userId, "camel");
assert.equal(found.user_id, "snake");
assert.deepEqual(found.nested, { _hidden: true, async: { def: "d" } });
assert.deepEqual(await storage.classTable.null_(false).all(), [found]);
const [other] = await storage.userSettings_2.get_("q").all();
const [one] = await storage.userSettingsTable.list().all();
assert.equal(one?.self, other?._id);
console.log("done");
