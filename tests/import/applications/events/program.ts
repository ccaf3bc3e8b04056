import { strict as assert } from "node:assert";
import { ConvexStorage } from "./generated/typescript/index.js";

const { empty, events, metrics, raw } = ConvexStorage.fromEnv();
const [page, click] = await events.bySession("s").all();
assert(page?.type === "page");
assert.equal(page.path, "/");
assert(click?.type === "click");
assert.deepEqual(click.target, { x: 1.5, y: -0.5 });
const [custom] = await events.byType("custom").all();
assert(custom?.type === "custom");
assert.deepEqual(custom.data, {
  seen: [null, 1.5, new Uint8Array([1]).buffer, "ü"],
});
const [size] = await metrics.byName("size").all();
assert(size !== undefined && "count" in size);
assert.equal(size.count, 3);
const [document] = await raw.list().all();
assert.deepEqual(document?.["a"], { b: [true] });
assert.equal((await empty.list().all()).length, 1);
console.log("done");
