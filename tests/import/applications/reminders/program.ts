import { strict as assert } from "node:assert";
import { ConvexStorage } from "./generated/typescript/index.js";

const { cronsTable, deliveries, reminders } = ConvexStorage.fromEnv();
const [done] = await reminders.byState("done").all();
assert(done?.state.is === "done");
assert.equal(done.state.by, "mail");
const [waiting] = await reminders.byState("waiting").all();
assert(waiting?.state.is === "waiting");
assert.equal(typeof waiting.job, "string");
const [delivery] = await deliveries.byReminder(done._id).all();
assert.deepEqual(delivery?.history, [
  { at: done.state.at, error: "busy" },
  { at: done.state.at },
]);
const [cron] = await cronsTable.byName("sweep").all();
assert.equal(cron?.runs, 2n);
console.log("done");
