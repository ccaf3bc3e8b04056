import process from "node:process";

import { ConvexStorage, InvalidArgument, LimitExceeded } from "client";

const { CONVEX_URL = "", CONVEX_DEPLOY_KEY } = process.env;
const storage = new ConvexStorage(CONVEX_URL, { deployKey: CONVEX_DEPLOY_KEY });
const { messages, notes } = storage;
await messages.saveMany(
  Array.from({ length: 30 }, (_, number) => ({
    messageId: `m${number}`,
    threadId: `t${number % 2}`,
    resourceId: `r${number % 3}`,
    createdAt: Math.floor(number / 4),
  })),
);
const ids = (found: { messageId: string }[]) =>
  found.map(({ messageId }) => messageId).join(" ");

const thread = messages.inThread("t0");
const page = await thread.page({
  offset: 4,
  limit: 3,
  around: [{ key: "m8", before: 1, after: 2 }, { key: "none" }, { key: "m9" }],
});
console.log(ids(page.items), page.total);
for (const one of page.windows) {
  console.log(
    one && [ids(one.before), one.item.messageId, ids(one.after)].join(" / "),
  );
}
const newest = await messages
  .inThread("t0", { order: "desc" })
  .around("m8", { before: 2, after: 1 });
console.log(newest && [ids(newest.before), ids(newest.after)].join(" / "));
const own = messages.ofResource("t0", "r0");
console.log(
  (await own.aroundMany([{ key: "m1" }, { key: "m6" }])).map(Boolean).join(),
);
console.log((await thread.page({ offset: 0, limit: 1 })).total);
console.log((await thread.page({ limit: 2 })).cursor !== null);
await notes.save({ book: "b", number: 1, text: "one" });
await notes.save({ book: "b", number: 2, text: "two" });
const note = await notes
  .inBook("b")
  .around({ book: "b", number: 1 }, { after: 5 });
console.log(note?.item.text, note?.after.map(({ text }) => text).join());
for (const around of [
  [{ key: "m1", before: 600 }],
  Array.from({ length: 101 }, () => ({ key: "m1" })),
  [{ key: "m1", before: -1 }],
]) {
  try {
    await thread.aroundMany(around);
  } catch (error) {
    if (error instanceof LimitExceeded || error instanceof InvalidArgument) {
      console.log(error.constructor.name, error.reason);
    } else throw error;
  }
}
await storage.close();
