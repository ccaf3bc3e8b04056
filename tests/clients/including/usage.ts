import process from "node:process";

import { ConvexStorage, InvalidArgument } from "client";

const { CONVEX_URL = "", CONVEX_DEPLOY_KEY } = process.env;
const storage = new ConvexStorage(CONVEX_URL, { deployKey: CONVEX_DEPLOY_KEY });
const { messages, threads, users, events } = storage;
await users.save({ userId: "ada", name: "Ada" });
await users.save({ userId: "bob", name: "Bob", bossId: "ada" });
await storage.tags.save({ tagId: "a", color: "red" });
await threads.save({
  threadId: "t",
  title: "Talk",
  ownerId: "bob",
  tagIds: ["a", "gone"],
});
await messages.saveMany(
  [0, 1, 2, 3].map((number) => ({
    messageId: `m${number}`,
    threadId: "t",
    authorId: number % 2 ? "ada" : "bob",
    createdAt: number,
    state: "sent",
    parts: { number },
  })),
);
await events.save({ eventId: "e1", kind: "said", messageId: "m1" });
await events.save({
  eventId: "e2",
  kind: "renamed",
  threadId: "t",
  title: "New",
});

const thread = await threads.get("t", {
  include: ["owner", "tags", "messages", "events"],
});
const owner: string | undefined = thread?.owner?.name;
console.log(
  thread?.item.title,
  owner,
  thread?.tags.map((one) => one.color),
);
console.log(thread?.messages.map((one) => one.parts["number"]));
console.log(thread?.events.map((one) => one.kind).join());
// @ts-expect-error It is not asked for.
console.log(thread?.notes);
const alone = await threads.get("t", { include: [] });
console.log(alone?.title, await threads.get("none", { include: ["owner"] }));
const found = messages.inThread("t", { include: ["author"], order: "desc" });
for await (const { item, author } of found) {
  console.log(item.messageId, author?.name);
}
const page = await found.page({ offset: 1, limit: 2 });
console.log(page.total, page.items.map((one) => one.author?.name).join());
console.log(await found.count(), (await found.first())?.item.messageId);
const windows = messages.inThread("t");
console.log((await windows.around("m1", { after: 1 }))?.after.length);
const sent = messages.findMessages("t", {
  where: { state: "sent" },
  include: ["thread"],
});
console.log((await sent.page({ limit: 1 })).items[0]?.thread?.title);
const many = await users.getMany(["ada", "none"], {
  include: ["reports", "lastMessages"],
});
console.log(
  many.map((one) => one?.reports.length),
  many[0]?.lastMessages.length,
);
for (const one of await events.list({ include: ["message", "thread"] }).all()) {
  console.log(
    one.item.kind,
    one.message?.messageId ?? null,
    one.thread?.title ?? null,
  );
}
const name = await storage.snapshot(
  async (at) => (await at.users.get("bob", { include: ["boss"] }))?.boss?.name,
);
console.log(name);
for await (const one of users.watch("bob", { include: ["boss"] })) {
  console.log(one?.boss?.name);
  break;
}
try {
  await users.get("ada", { include: ["bos" as "boss"] });
} catch (error) {
  if (!(error instanceof InvalidArgument)) throw error;
  console.log(error.reason);
}
console.log(await found.delete());
await storage.close();
