/*
 * Copied by convexgen from schema/mastra/workflows/snapshots.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { getConvexSize } from "convex/values";

import { limitExceeded, mebibytes } from "../../lib/errors.js";
import { decodeExactly, type Exact } from "../../lib/json.js";
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

/** What a transaction reads, and a function returns, less what is around the text. */
export const MAX_READ = (16 * 1024 - 128) * 1024;

/** What the document of a step and its chunks take besides their text, at most. */
const STEP_OVERHEAD = 512;

/** Replacing a step may take two index ranges, of the 4,096 of a transaction. */
const MAX_STEPS = 1800;

/** What a snapshot says beside the results of steps: its text, and the entries of that. */
export interface State {
  text: string;
  entries: EntryTexts;
}

export function stateWith(entries: EntryTexts): State {
  return { text: written(entries), entries };
}

/** The state of a run and the results of its steps, where the snapshot has a context. */
export function inParts(text: string): { state: State; steps: EntryTexts } {
  const entries = entryTextsOf(text);
  const context = entries.get("context");
  if (!isObjectText(context)) {
    return { state: { text, entries }, steps: new Map() };
  }
  entries.set("context", SEPARATE);
  return { state: stateWith(entries), steps: entryTextsOf(context) };
}

/** The error that a state tells of, if there is one. */
export function errorOf({ entries }: State): string | undefined {
  const error = entries.get("error");
  return error === "null" ? undefined : error;
}

/** Whether a state has the status, or one of those, that a caller expects. */
export function isExpected(
  state: EntryTexts,
  expected: string | undefined,
): boolean {
  if (expected === undefined) return true;
  const status = state.get("status");
  if (status === undefined) return false;
  const statuses = parsed(expected);
  const listed: unknown[] = Array.isArray(statuses) ? statuses : [statuses];
  return listed.includes(parsed(status));
}

export function whichHas(state: EntryTexts, steps: EntryTexts): string {
  return written([...state, ["context", written(steps)]]);
}

/**
 * Throws `LimitExceeded` where a snapshot is more than a function reads and returns.
 * Its error is stored twice, since runs have a column for it.
 */
export function requireReadable(state: State, steps: EntryTexts): void {
  if (steps.size > MAX_STEPS) {
    throw limitExceeded(
      `the snapshot has ${steps.size} steps, and ${MAX_STEPS} are stored`,
      { path: "snapshot.context", steps: steps.size },
    );
  }
  let bytes = getConvexSize(state.text) + getConvexSize(errorOf(state) ?? null);
  for (const result of steps.values()) {
    bytes += getConvexSize(result) + STEP_OVERHEAD;
  }
  if (bytes > MAX_READ) {
    throw limitExceeded(
      `the snapshot takes ${mebibytes(bytes)} as JSON, its error twice, and ` +
        `${mebibytes(MAX_READ)} is stored: keep large values elsewhere`,
      { path: "snapshot", bytes },
    );
  }
}

export function parsed(text: string | undefined): Exact | undefined {
  return text === undefined ? undefined : decodeExactly(asJson(text));
}

export function asJson(text: string): { jsonText: string } {
  return { jsonText: text };
}
