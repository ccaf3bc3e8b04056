import process from "node:process";

import { ConvexStorage, InvalidArgument } from "client";

const { CONVEX_URL = "", CONVEX_DEPLOY_KEY } = process.env;
const storage = new ConvexStorage(CONVEX_URL, {
  deployKey: CONVEX_DEPLOY_KEY,
});
const { conversations } = storage.functions;

const thread = await conversations.start({
  threadId: "ts",
  settings: { $ref: "#", big: 2n ** 60n },
});
// A document is what is written of it, with what the backend sets, which is not sent.
const [message, missing] = await conversations.append({
  threadId: "ts",
  thread,
  messages: [{ messageId: "ts1", threadId: "ts", content: { clé: 1 } }],
});
if (message === null || message === undefined) throw new Error("not saved");
await conversations.append({ threadId: "ts", messages: [message] });
const long = "x".repeat(2 * 1024 * 1024);
const [large] = await conversations.append({
  threadId: "ts",
  messages: [{ messageId: "ts2", threadId: "ts", content: long }],
});
const logged = await conversations.log({
  events: {
    made: { eventId: "e1", kind: "made", text: { $deep: [1] } },
    gone: { eventId: "e2", kind: "gone", count: 2n ** 60n },
  },
});
const given = { messageId: "m", threadId: "ts", content: 1, changedAt: 1 };
const refused: string[] = [];
for (const call of [
  () => conversations.start({ threadId: "long", title: "x".repeat(21) }),
  () => conversations.append({ threadId: "ts", messages: [given] }),
]) {
  try {
    await call();
  } catch (error) {
    if (error instanceof InvalidArgument) refused.push(error.message);
  }
}
const rest = logged.map((one) =>
  one.kind === "made" ? one.text : `${one.count}`,
);
console.log(
  JSON.stringify({
    title: thread.title,
    big: `${(thread.settings as { big: bigint }).big}`,
    content: message.content,
    missing,
    large: (large?.content as string).length,
    rest,
    refused,
  }),
);
await storage.close();
