// JSON that JSON Schemas describe, through the client of the spec that names them.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import {
  ConvexStorage,
  InvalidArgument,
  type JsonValue,
  type jsonSchemas,
} from "client";

const storage = new ConvexStorage(process.env.CONVEX_URL ?? "", {
  deployKey: process.env.CONVEX_DEPLOY_KEY,
});

after(() => storage.close());

const nested: jsonSchemas.Message = {
  _id: "x",
  role: "user",
  content: "Hi",
  date: null,
  retries: 3,
  tags: ["x"],
};

const shapes: jsonSchemas.Shapes = {
  value: ["a", { b: [1.5, null, { $c: [] }] }],
  listOfItself: [[], [[]]],
  mapOfItself: { a: { b: {} } },
  listOfLists: [[[]]],
  any: [1],
  anyObject: { $ref: [2.5] },
  counts: { total: 1, name: "n", "x y": 1.5 },
  open: { a: "a", more: { b: 1 } },
  linked: { id: "1", next: { id: "2" } },
  extensions: { "x-a": "b" },
  byLetter: { a: 1 },
  pair: ["a", 1],
  mixed: 'a */ "b"',
  code: "abc",
  both: { total: 2, $id: "i", MISSING: "m" },
  closed: {},
  old: "o",
  union: { true: [{}] },
};

test("values come back as Python wrote them, and Python reads them", async () => {
  const read = await storage.messages.get("python");
  assert.deepEqual(read?.shapes, shapes);
  // Beyond ±2^53, whatever the type says.
  assert.equal(read.message.retries as unknown, 2n ** 60n);
  await storage.messages.save({
    messageId: "typescript",
    message: { ...read.message, parent: nested },
    shapes,
  });
});

test("a property that is undefined is none", async () => {
  // As a program has it that is not compiled with `exactOptionalPropertyTypes`.
  const message: unknown = {
    ...nested,
    args: { a: undefined },
    url: undefined,
  };
  const settings: unknown = { limits: undefined, theme: "dark" };
  await storage.messages.save({
    messageId: "undefined",
    message: message as jsonSchemas.Message,
    settings: settings as jsonSchemas.Chat,
  });
  const read = await storage.messages.get("undefined");
  assert.deepEqual(read?.message, { ...nested, args: {} });
  assert.deepEqual(read.settings, { theme: "dark" });
  await assert.rejects(
    storage.messages.update("undefined", {
      shapes: { any: [undefined] as unknown as JsonValue },
    }),
    InvalidArgument,
  );
});

/** What does not compile. */
export const refused: jsonSchemas.Shapes[] = [
  // @ts-expect-error a list of lists
  { listOfItself: [1] },
  // @ts-expect-error a map of maps
  { mapOfItself: { a: 1 } },
  // @ts-expect-error a list of lists
  { listOfLists: [[1]] },
  // @ts-expect-error an object
  { anyObject: 1 },
  // @ts-expect-error numbers beside the name
  { counts: { total: 1, more: true } },
  // @ts-expect-error a required property
  { counts: { name: "n" } },
  // @ts-expect-error a required property of one of both
  { both: { total: 1 } },
  // @ts-expect-error a value of the type itself
  { linked: { next: 1 } },
  // @ts-expect-error text
  { extensions: { "x-a": 1 } },
  // @ts-expect-error one of two keys
  { byLetter: { c: 1 } },
  // @ts-expect-error two
  { pair: ["a"] },
  // @ts-expect-error one of some values
  { mixed: 2 },
  // @ts-expect-error no property
  { closed: { a: 1 } },
  // @ts-expect-error not null
  { code: null },
];

/** What fits JSON of any type. */
export const json: JsonValue[] = [
  shapes.value ?? null,
  { ...shapes.anyObject },
  shapes.mapOfItself ?? null,
  nested.role,
];
