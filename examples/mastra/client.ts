// Asks a service in a thread, and reads what it answers as soon as it does.

import { randomUUID } from "node:crypto";

import type { MastraDBMessage } from "@mastra/core/agent";

import {
  ConvexStorage,
  type MastraDBMessage as StoredMessage,
} from "../../generated/typescript/index.js";

const threadId = "thread_123";
const resourceId = "user-7";

const storage = ConvexStorage.fromEnv();
const memory = storage.functions.mastraMemory;

/** A message of Mastra's as it is stored: its date is milliseconds, and it is JSON. */
function stored(message: MastraDBMessage): StoredMessage {
  return JSON.parse(
    JSON.stringify({ ...message, createdAt: message.createdAt.getTime() }),
  ) as StoredMessage;
}

/** One that was stored, as Mastra has it. */
function messageOf({ content, ...one }: StoredMessage): MastraDBMessage {
  return {
    ...one,
    role: one.role as MastraDBMessage["role"],
    createdAt: new Date(one.createdAt),
    content: content as unknown as MastraDBMessage["content"],
  };
}

async function say(text: string): Promise<void> {
  const message: MastraDBMessage = {
    id: randomUUID(),
    threadId,
    resourceId,
    role: "user",
    createdAt: new Date(),
    content: { format: 2, parts: [{ type: "text", text }] },
  };
  await memory.storeMessages({ messages: [stored(message)] });
}

function textOf({ content }: MastraDBMessage): string {
  return content.parts
    .map((part) => (part.type === "text" ? part.text : ""))
    .join("");
}

const questions = [
  "When does the train to Oslo leave?",
  "And to Rome?",
  "Goodbye",
];
let asked = 0;
for await (const snapshot of memory.watchLatestMessages({ threadId })) {
  const last = snapshot.map(messageOf).at(-1);
  if (last?.role === "assistant") console.log(`answered: ${textOf(last)}`);
  if (last?.role === "user") continue;
  const question = questions[asked];
  if (question === undefined) break;
  asked += 1;
  await say(question);
  if (asked === questions.length) break;
}
await storage.close();
