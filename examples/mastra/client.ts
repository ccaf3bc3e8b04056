// Asks a service in a thread, and reads what it answers as soon as it does.

import { randomUUID } from "node:crypto";

import {
  ConvexStorage,
  type MastraMessage,
} from "../../generated/typescript/index.js";
import type { MastraMessageV2 } from "./mastraCore.js";

const threadId = "thread_123";
const resourceId = "user-7";

const storage = ConvexStorage.fromEnv();
const { mastraLegacyMessages: messages } = storage.functions;

/** A message of Mastra's as it is sent: a date is milliseconds. */
function sent({ createdAt, content, ...message }: MastraMessageV2): MastraMessage {
  const { parts, ...others } = content;
  const listed = parts.map((part) => ({ ...part }));
  return { ...message, createdAt: createdAt.getTime(), content: { ...others, parts: listed } };
}

/** One that has come, as Mastra has it. */
function received({ createdAt, ...message }: MastraMessage): MastraMessageV2 {
  return { ...message, createdAt: new Date(createdAt) } as unknown as MastraMessageV2;
}

async function say(text: string): Promise<void> {
  const message: MastraMessageV2 = {
    id: randomUUID(),
    threadId,
    resourceId,
    role: "user",
    createdAt: new Date(),
    content: { format: 2, parts: [{ type: "text", text }], content: text },
  };
  await messages.saveMessages({ messages: [sent(message)], format: "v2" });
}

const questions = ["When does the train to Oslo leave?", "And to Rome?", "Goodbye"];
let asked = 0;
for await (const snapshot of messages.watchGetMessages({ threadId, format: "v2" })) {
  const last = snapshot.map(received).at(-1);
  if (last?.role === "assistant") console.log(`answered: ${last.content.content ?? ""}`);
  if (last?.role === "user") continue;
  const question = questions[asked];
  if (question === undefined) break;
  asked += 1;
  await say(question);
  if (asked === questions.length) break;
}
await storage.close();
