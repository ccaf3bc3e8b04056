import { strict as assert } from "node:assert";
import { ConvexStorage } from "./generated/typescript/index.js";

const { functions, members, messages, rooms } = ConvexStorage.fromEnv();
const [room] = await rooms.bySlug("plans").all();
assert(room !== undefined);
assert.deepEqual(await functions.rooms.bySlug({ slug: "plans" }), {
  _id: room._id,
  _creationTime: room._creationTime,
  slug: "plans",
  topic: null,
  lastMessage: room.lastMessage,
});
const [ann] = await members.byRoomAndName(room._id, "ann").all();
const [bob] = await members.byRoomAndName(room._id, "bob").all();
assert(ann !== undefined && bob !== undefined);
const [first, second] = await messages.byRoom(room._id).all();
assert(first !== undefined && second !== undefined);
assert.deepEqual(first.body, { kind: "text", text: "hello bob" });
assert.deepEqual(first.reactions, { "+1": [bob._id] });
assert(second.body.kind === "image");
assert.deepEqual(second.body.size, { width: 640, height: 480 });
assert.deepEqual(await messages.words("hello", { room: room._id }).all(), [
  first,
]);
console.log("done");
