import { getConvexSize, type Value } from "convex/values";

import { limitExceeded, mebibytes } from "../../lib/errors.js";
import { decodeExactly, encodeJson, type Exact } from "../../lib/json.js";
import {
  type EntryTexts,
  entryTextsOf,
  isObjectText,
  written,
} from "../jsonTexts.js";

// A snapshot is stored in parts: what its context says of each step is a document
// of `workflowSteps`, and the rest is in the run. Both are handled as text, of which
// only what is compared or merged is parsed, since a function has one second.

/** The context of a state whose entries are documents of `workflowSteps`. */
export const SEPARATE = '{"workflowSteps":true}';

/** The length of a text from which on it lies in chunks, which need not be read to be replaced. */
export const MAX_INLINE = 16 * 1024;

/** What a transaction reads, and a function returns, less what is around the text. */
export const MAX_READ = (16 * 1024 - 128) * 1024;

/** What the document of a step and its chunks take besides their text, at most. */
const STEP_OVERHEAD = 512;

/** Replacing a step may take two index ranges, of the 4,096 of a transaction. */
const MAX_STEPS = 1800;

/** The state of a run and the results of its steps, where the snapshot has a context. */
export function inParts(snapshot: string): {
  state: string;
  steps: EntryTexts;
} {
  const state = entryTextsOf(snapshot);
  const context = state.get("context");
  if (!isObjectText(context)) return { state: snapshot, steps: new Map() };
  state.set("context", SEPARATE);
  return { state: written(state), steps: entryTextsOf(context) };
}

/** Whether a state has the status, or one of those, that a caller expects. */
export function isExpected(
  state: string,
  expected: string | undefined,
): boolean {
  if (expected === undefined) return true;
  const status = entryTextsOf(state).get("status");
  if (status === undefined) return false;
  const statuses = parsed(expected);
  const listed: unknown[] = Array.isArray(statuses) ? statuses : [statuses];
  return listed.includes(parsed(status));
}

export function whichHas(state: EntryTexts, steps: EntryTexts): string {
  return written([...state, ["context", written(steps)]]);
}

/** Throws `LimitExceeded` where a snapshot is more than a function reads and returns. */
export function requireReadable(state: string, steps: EntryTexts): void {
  if (steps.size > MAX_STEPS) {
    throw limitExceeded(
      `the snapshot has ${steps.size} steps, and ${MAX_STEPS} are stored`,
      { path: "snapshot.context", steps: steps.size },
    );
  }
  let bytes = getConvexSize(state);
  for (const result of steps.values()) {
    bytes += getConvexSize(result) + STEP_OVERHEAD;
  }
  if (bytes > MAX_READ) {
    throw limitExceeded(
      `the snapshot takes ${mebibytes(bytes)}, and a function returns 16 MiB ` +
        "at most",
      { path: "snapshot", bytes },
    );
  }
}

export function parsed(text: string | undefined): Exact | undefined {
  return text === undefined ? undefined : decodeExactly(asJson(text));
}

/** The form in which a field holds the value of a text: readable, unless it is long. */
export function stored(text: string): Value {
  const json = asJson(text);
  return text.length > MAX_INLINE ? json : encodeJson(decodeExactly(json));
}

export function asJson(text: string): { jsonText: string } {
  return { jsonText: text };
}
