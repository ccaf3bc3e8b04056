import type { Value } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import { decodeExactly, encodeJson, type Exact } from "../../lib/json.js";
import { isGivenTwice } from "../memory/records.js";

// The two formats of messages that Mastra had before core 1.0, each made of the
// other as its `MessageList` does it for messages from memory.

export type Format = "v1" | "v2";

/** An object of JSON. */
interface Json {
  [key: string]: Exact;
}

/** A message of the second format, in which all are stored. */
export interface MessageV2 {
  id: string;
  role: string;
  createdAt: number;
  threadId: string;
  resourceId?: string;
  type?: string;
  content: Json;
}

/** A message of the first format. */
export interface MessageV1 extends Omit<MessageV2, "content" | "type"> {
  type: "text" | "tool-call" | "tool-result";
  content: string | Json[];
}

/** A message as clients give it, in either format. */
export interface Given {
  id: string;
  role: string;
  createdAt: number;
  threadId?: string;
  resourceId?: string;
  type?: string;
  content: Value;
}

/** What sets working memory is no part of a conversation. */
const HIDDEN_TOOL = "updateWorkingMemory";

/** An ID that stands for a part of a message. */
const SPLIT = /__split-\d+$/;

/** A stored message in the second format. */
export function read(document: Doc<"messages">): MessageV2 {
  const {
    messageId: id,
    threadId,
    role,
    createdAt,
    resourceId,
    type,
  } = document;
  return {
    id,
    threadId,
    role,
    createdAt,
    ...(resourceId !== undefined && { resourceId }),
    // Every message of the second format has this one.
    ...(type !== undefined && type !== "v2" && { type }),
    content: contentOf(decodeExactly(document.content), []),
  };
}

/** Messages in the second format, whichever they are in, after others in their thread. */
export function upgraded(
  given: readonly Given[],
  before: readonly MessageV2[] = [],
): MessageV2[] {
  const messages: MessageV2[] = [];
  for (const { content, role, threadId = "", type, ...others } of given) {
    const decoded = decodeExactly(content);
    const isNew = isObject(decoded);
    messages.push({
      ...others,
      threadId,
      role: role === "tool" ? "assistant" : role,
      ...(isNew && type !== undefined && { type }),
      content: contentOf(decoded, [...before, ...messages]),
    });
  }
  return messages;
}

/** Whether a message of the first format has the result of a tool. */
export function hasResults({ content }: Given): boolean {
  const decoded = decodeExactly(content);
  return (
    Array.isArray(decoded) &&
    decoded.some((part) => isObject(part) && part["type"] === "tool-result")
  );
}

/** Messages as a caller wants them, with JSON as it is sent, after others in their thread. */
export function inFormat(
  messages: readonly MessageV2[],
  format: Format,
  before: readonly MessageV2[] = [],
): (Omit<MessageV1 | MessageV2, "content"> & { content: Value })[] {
  const given =
    format === "v2" ? messages.map(fitting) : downgraded(messages, before);
  return given.map(({ content, ...others }) => ({
    ...others,
    content: encodeJson(content),
  }));
}

/** A message without the text that is one of its parts, where no function gives that twice. */
function fitting(message: MessageV2): MessageV2 {
  const { content: text, ...others } = message.content;
  if (typeof text !== "string" || isGivenTwice(text)) return message;
  const isPart = partsOf(others).some((part) => part["text"] === text);
  return isPart ? { ...message, content: others } : message;
}

/** The earliest first, and of each ID the last that is given. */
export function inOrder(messages: readonly MessageV2[]): MessageV2[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  return [...byId.values()].sort(
    (one, other) => one.createdAt - other.createdAt,
  );
}

/** The content of a message in the second format. */
export function contentOf(content: Exact, before: readonly MessageV2[]): Json {
  if (isObject(content)) return content;
  if (!Array.isArray(content)) {
    const text =
      typeof content === "string" ? content : JSON.stringify(content);
    return {
      format: 2,
      parts: [{ type: "step-start" }, { type: "text", text }],
      content: text,
    };
  }
  const given = content.filter(isObject);
  const parts = given.flatMap((part) => upgradedPart(part, given, before));
  const results = parts.flatMap((part) => {
    const invocation = part["toolInvocation"];
    return isObject(invocation) && invocation["state"] === "result"
      ? [invocation]
      : [];
  });
  return {
    format: 2,
    parts,
    ...(results.length > 0 && { toolInvocations: results }),
  };
}

function upgradedPart(
  part: Json,
  siblings: Json[],
  before: readonly MessageV2[],
): Json[] {
  const { toolCallId = null, toolName = null } = part;
  switch (part["type"]) {
    case "text":
      return [{ type: "text", text: part["text"] ?? "" }];
    case "tool-call": {
      const args = part["args"] ?? {};
      return [
        {
          type: "tool-invocation",
          toolInvocation: { state: "call", toolCallId, toolName, args },
        },
      ];
    }
    case "tool-result": {
      const args = argumentsOf(toolCallId, siblings, before);
      const result = part["result"] ?? "";
      return [
        {
          type: "tool-invocation",
          toolInvocation: {
            state: "result",
            toolCallId,
            toolName,
            result,
            args,
          },
        },
      ];
    }
    case "reasoning": {
      const detail = defined({
        type: "text",
        text: part["text"],
        signature: part["signature"],
      });
      return [{ type: "reasoning", reasoning: "", details: [detail] }];
    }
    case "redacted-reasoning": {
      const detail = defined({ type: "redacted", data: part["data"] });
      return [{ type: "reasoning", reasoning: "", details: [detail] }];
    }
    case "image":
      return [
        defined({
          type: "file",
          data: part["image"],
          mimeType: part["mimeType"],
        }),
      ];
    case "file":
      return [
        defined({
          type: "file",
          data: part["data"],
          mimeType: part["mimeType"],
        }),
      ];
    default:
      return [];
  }
}

/** What a tool was called with, as its call says, in the same message or in one before. */
function argumentsOf(
  id: Exact,
  siblings: Json[],
  before: readonly MessageV2[],
): Exact {
  const call = siblings.find(
    (part) => part["type"] === "tool-call" && part["toolCallId"] === id,
  );
  if (call !== undefined && isFilled(call["args"])) return call["args"];
  for (const { role, content } of [...before].reverse()) {
    if (role !== "assistant") continue;
    const found = invocationsOf(partsOf(content)).find(
      (one) => one["toolCallId"] === id && one["state"] === "call",
    );
    if (found?.["args"] !== undefined) return found["args"];
  }
  return {};
}

/** Messages in the first format, which has several for one that calls tools. */
function downgraded(
  messages: readonly MessageV2[],
  before: readonly MessageV2[],
): MessageV1[] {
  const earlier = new ListV1();
  downgrade(earlier, before);
  const list = new ListV1(earlier.open);
  downgrade(list, messages);
  return list.messages;
}

/** What messages in the first format go on from. */
export interface BeforeV1 {
  role: string;
  isList: boolean;
  calls: string[];
}

/** How many calls without a result are remembered, the last ones: Convex takes 8,192 elements of a list. */
const MAX_CALLS = 4096;

/**
 * A part of some messages in the first format, as it is where they are converted
 * at once: what belongs to the last message before them comes by itself.
 */
export function continuedInV1(
  messages: readonly MessageV2[],
  before: BeforeV1 | undefined,
): {
  messages: (Omit<MessageV1, "content"> & { content: Value })[];
  continued: Value[];
  before?: BeforeV1;
} {
  const list = new ListV1(before?.calls);
  const continued: Json[] = [];
  if (before !== undefined) {
    const { role, isList } = before;
    const content = isList ? continued : "";
    const others = {
      id: "",
      threadId: "",
      createdAt: 0,
      type: "text",
    } as const;
    list.messages.push({ ...others, role, content });
  }
  downgrade(list, messages);
  const made = list.messages.slice(before === undefined ? 0 : 1);
  const last = list.messages.at(-1);
  const calls = [...list.open].filter((id) => typeof id === "string");
  return {
    messages: made.map((one) => ({
      ...one,
      content: encodeJson(one.content),
    })),
    continued: continued.map(encodeJson),
    ...(last !== undefined && {
      before: {
        role: last.role,
        isList: Array.isArray(last.content),
        calls: calls.slice(-MAX_CALLS),
      },
    }),
  };
}

function downgrade(list: ListV1, messages: readonly MessageV2[]): void {
  for (const message of messages) {
    const { content, role, type: _, ...fields } = message;
    if (role === "assistant") downgradeAssistant(list, fields, content);
    // Signals came after the first format.
    else if (role === "user" || role === "system") {
      list.add({
        ...fields,
        role,
        type: "text",
        content: userContent(content),
      });
    }
  }
}

type Common = Omit<MessageV1, "role" | "type" | "content">;

/** Adds messages, or what they hold to the last one of the same role. */
class ListV1 {
  messages: MessageV1[] = [];
  #uses = new Map<string, number>();
  #open: Set<Exact | undefined>;

  constructor(open: Iterable<Exact | undefined> = []) {
    this.#open = new Set(open);
  }

  /** Calls of tools that have no result so far. */
  get open(): ReadonlySet<Exact | undefined> {
    return new Set(this.#open);
  }

  add(message: MessageV1): void {
    const last = this.messages.at(-1);
    const { content, role, id } = message;
    for (const part of Array.isArray(content) ? content : []) {
      if (part["type"] === "tool-call") this.#open.add(part["toolCallId"]);
      if (part["type"] === "tool-result") this.#open.delete(part["toolCallId"]);
    }
    if (
      last?.role === role &&
      Array.isArray(last.content) &&
      Array.isArray(content)
    ) {
      const isCall =
        role === "assistant" && content.at(-1)?.["type"] === "tool-call";
      if (!isCall) {
        last.content.push(...content);
        return;
      }
    }
    if (SPLIT.test(id)) {
      this.messages.push(message);
      return;
    }
    const uses = this.#uses.get(id) ?? 0;
    this.#uses.set(id, uses + 1);
    this.messages.push(
      uses === 0 ? message : { ...message, id: `${id}__split-${uses}` },
    );
  }
}

function userContent(content: Json): string | Json[] {
  const parts = partsOf(content);
  const text = content["content"];
  const shown = parts
    .filter((part) => part["type"] === "text")
    .map((part): Json => ({ type: "text", text: part["text"] ?? "" }));
  const files = parts
    .filter((part) => part["type"] === "file")
    .map((part) => attachment(part["data"], part["mimeType"]));
  const given = content["experimental_attachments"];
  const attached = (Array.isArray(given) ? given.filter(isObject) : []).map(
    (one) => attachment(one["url"], one["contentType"]),
  );
  const all = [...shown, ...attached, ...files];
  const isText = all.length === 0 || (all.length === 1 && shown.length === 1);
  return isText && typeof text === "string" ? text : all;
}

function attachment(url: Exact | undefined, mimeType: Exact | undefined): Json {
  return typeof mimeType === "string" && mimeType.startsWith("image/")
    ? defined({ type: "image", image: url, mimeType })
    : defined({ type: "file", data: url, mimeType });
}

function downgradeAssistant(list: ListV1, fields: Common, content: Json): void {
  const text = content["content"];
  const parts = partsOf(content);
  const outside = unprocessed(content, parts);
  // Results that were saved in the first format stand for their calls as well.
  const { open } = list;
  const isCalled = (one: Json): boolean =>
    one["state"] === "result" && open.has(one["toolCallId"]);
  for (const block of blocksOf(parts)) {
    const shown = block
      .filter((part) => !invocationsOf([part]).some(isCalled))
      .flatMap(downgradedPart);
    const isText =
      shown.length === 0 ||
      (shown.length === 1 && shown[0]?.["type"] === "text");
    const results = invocationsOf(block);
    // Of a message that has nothing but calls beside its parts, there is no text.
    if (shown.length === 0 && !text && outside.length > 0) continue;
    if (shown.length > 0 || text || !results.some(isCalled)) {
      list.add({
        ...fields,
        role: "assistant",
        type: shown.some((part) => part["type"] === "tool-call")
          ? "tool-call"
          : "text",
        content:
          isText && typeof text === "string" && text !== "" ? text : shown,
      });
    }
    addResults(list, fields, results);
  }
  const steps = [...new Set(outside.map(stepOf))].sort(
    (one, other) => one - other,
  );
  for (const step of steps) {
    const invocations = outside.filter((one) => stepOf(one) === step);
    const calls = invocations.filter((one) => !isCalled(one));
    if (calls.length > 0) {
      list.add({
        ...fields,
        role: "assistant",
        type: "tool-call",
        content: calls.map(callOf),
      });
    }
    addResults(list, fields, invocations);
  }
}

function addResults(list: ListV1, fields: Common, invocations: Json[]): void {
  const results = invocations.filter(
    (one) => one["state"] === "result" && "result" in one,
  );
  if (results.length === 0) return;
  const content = results
    .filter((one) => one["toolName"] !== HIDDEN_TOOL)
    .map(({ toolCallId, toolName, result }) =>
      defined({ type: "tool-result", toolCallId, toolName, result }),
    );
  if (content.length > 0)
    list.add({ ...fields, role: "tool", type: "tool-result", content });
}

/** The parts of a message, of which each block is a message of the first format. */
function blocksOf(parts: Json[]): Json[][] {
  const blocks: Json[][] = [];
  let block: Json[] = [];
  const end = (): void => {
    blocks.push(block);
    block = [];
  };
  for (const part of parts) {
    const hasCalls = block.some((one) => one["type"] === "tool-invocation");
    switch (part["type"]) {
      case "text":
        if (hasCalls) end();
        break;
      case "file":
      case "reasoning":
        break;
      case "tool-invocation": {
        const hasOthers = block.some(
          (one) => one["type"] !== "tool-invocation",
        );
        const [invocation = {}] = invocationsOf([part]);
        if (hasOthers || stepOf(invocation) !== blocks.length) end();
        break;
      }
      default:
        continue;
    }
    block.push(part);
  }
  end();
  return blocks;
}

function downgradedPart(part: Json): Json[] {
  if (part["type"] === "reasoning") {
    const details = part["details"];
    return (Array.isArray(details) ? details.filter(isObject) : []).flatMap(
      (detail) => {
        const { text, signature, data } = detail;
        if (detail["type"] === "text")
          return [defined({ type: "reasoning", text, signature })];
        return detail["type"] === "redacted"
          ? [defined({ type: "redacted-reasoning", data })]
          : [];
      },
    );
  }
  if (part["type"] !== "tool-invocation") return [part];
  return invocationsOf([part])
    .filter((one) => one["toolName"] !== HIDDEN_TOOL)
    .map(callOf);
}

function callOf({ toolCallId, toolName, args }: Json): Json {
  return defined({ type: "tool-call", toolCallId, toolName, args });
}

/** Calls that the message has beside its parts. */
function unprocessed(content: Json, parts: Json[]): Json[] {
  const given = content["toolInvocations"];
  if (!Array.isArray(given)) return [];
  const processed = invocationsOf(parts).map((one) => one["toolCallId"]);
  return given
    .filter(isObject)
    .filter(
      (one) =>
        !processed.includes(one["toolCallId"]) &&
        one["toolName"] !== HIDDEN_TOOL,
    );
}

function invocationsOf(parts: Json[]): Json[] {
  return parts.flatMap((part) => {
    const invocation = part["toolInvocation"];
    return part["type"] === "tool-invocation" && isObject(invocation)
      ? [invocation]
      : [];
  });
}

function stepOf(invocation: Json): number {
  const step = invocation["step"];
  return typeof step === "number" ? step : 0;
}

function partsOf(content: Json): Json[] {
  const parts = content["parts"];
  return Array.isArray(parts) ? parts.filter(isObject) : [];
}

/** An object without what is not there. */
function defined(given: Record<string, Exact | undefined>): Json {
  const entries = Object.entries(given).filter(
    ([, value]) => value !== undefined,
  );
  return Object.fromEntries(entries) as Json;
}

function isFilled(value: Exact | undefined): value is Json {
  return isObject(value) && Object.keys(value).length > 0;
}

export function isObject(value: Exact | undefined): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
