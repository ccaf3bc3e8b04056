import { strict as assert } from "node:assert";
import { ConvexStorage, UNSET } from "./generated/typescript/index.js";

const { boards, cards, columns } = ConvexStorage.fromEnv();
const [board] = await boards.archived({ archivedAt: UNSET }).all();
assert(board !== undefined);
assert.deepEqual(board.settings, { color: "teal", limits: { perColumn: 3 } });
const [toDo, done] = await columns.order(board._id).all();
assert(toDo !== undefined && done !== undefined);
const titles = (await cards.column(toDo._id).all()).map((card) => card.title);
assert.deepEqual(titles, ["roof", "tiles"]);
const [moved] = await cards.column(done._id, { order_: { lt: 1 } }).all();
assert.deepEqual(moved?.labels, [{ text: "in", hue: 0.25 }]);
const [someday] = await cards.byBoardAndPriority(board._id, "someday").all();
assert.equal(someday?.estimate, "unknown");
assert.equal((await cards.byParent(null).all()).length, 2);
console.log("done");
