import { strict as assert } from "node:assert";
import { ConvexStorage } from "./generated/typescript/index.js";

const { functions, orders, products } = ConvexStorage.fromEnv();
const [cup] = await products.bySku("cup").all();
assert.deepEqual(cup?.price, { amount: 2n ** 60n, currency: "EUR" });
assert.deepEqual(cup.stock, { oslo: 4, "sao paulo": 0.5 });
assert.deepEqual(
  new Uint8Array(cup.picture ?? new ArrayBuffer()),
  new Uint8Array([0, 255]),
);
const [paid] = await orders.byNumber({ number: 2n ** 53n + 1n }).all();
assert.deepEqual(paid?.payment, { method: "card", last4: "1111" });
assert.equal(paid.lines[0]?.product, cup._id);
const [unpaid] = await orders.byCountry("BR").all();
assert.equal(unpaid?.payment, null);
assert.equal(unpaid.state, "open");
// What was read of a document is what a function takes that shares its validator.
const { billing } = paid;
const number = await functions.orders.place({ sku: "cup", count: 1, billing });
const [copied] = await orders.byNumber({ number }).all();
assert.deepEqual(copied?.billing, billing);
console.log("done");
