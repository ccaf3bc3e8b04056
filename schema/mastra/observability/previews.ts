import type { Value } from "convex/values";

import { isTextForm } from "../../lib/json.js";
import { isObject } from "../../lib/values.js";

// What a list shows of what a span was given.

const MAX_PREVIEW = 100;

/** The beginning of what a span was given, as text: of messages, what the user says. */
export function previewOf(stored: Value | undefined): string | undefined {
  if (stored === undefined) return undefined;
  const input = readable(typeof stored === "string" ? stored : plain(stored));
  const messages = isObject(input) ? input["messages"] : input;
  const text = Array.isArray(messages)
    ? messages.map(saidBy).filter(Boolean).join(" | ")
    : typeof input === "string"
      ? input
      : (JSON.stringify(input) ?? "");
  if (text.length <= MAX_PREVIEW) return text === "" ? undefined : text;
  // The first half of a surrogate pair is no text by itself.
  return `${text.slice(0, MAX_PREVIEW).replace(/[\ud800-\udbff]$/, "")}…`;
}

function plain(stored: Value): unknown {
  return isTextForm(stored) ? JSON.parse(stored.jsonText) : stored;
}

/** Text may be JSON itself. */
function readable(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const text = value.trim();
  if (!/^["[{]/.test(text)) return text === "" ? "" : value;
  try {
    return JSON.parse(text);
  } catch {
    return text.startsWith('"') ? value : "";
  }
}

function saidBy(message: unknown): string {
  if (!isRecord(message) || message["role"] !== "user") return "";
  const { content } = message;
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map(textOfPart).filter(Boolean).join(" ");
}

function textOfPart(part: unknown): string {
  if (typeof part === "string") return part;
  if (!isRecord(part) || part["type"] !== "text") return "";
  return typeof part["text"] === "string" ? part["text"] : "";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
