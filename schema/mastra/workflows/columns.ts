import type { Exact } from "../../lib/json.js";
import { isObject } from "../../lib/values.js";
import type { EntryTexts } from "../jsonTexts.js";
import { parsed } from "./snapshots.js";

// What runs are compared by, as their snapshots say it.

/** The statuses of runs that have ended. */
const ENDED = new Set([
  "success",
  "failed",
  "canceled",
  "bailed",
  "tripwire",
  "skipped",
]);

interface Columns {
  stateType?: string;
  threadId?: string;
  completedAt?: number;
}

/** What the columns of a run say of its snapshot. */
export function columnsOf(
  state: EntryTexts,
  steps: EntryTexts,
  now: number = Date.now(),
): Columns {
  const status = parsed(state.get("status"));
  const threadId = threadOf(steps);
  return {
    ...(typeof status === "string" && { stateType: status }),
    ...(threadId !== undefined && { threadId }),
    ...(ENDED.has(`${status}`) && { completedAt: now }),
  };
}

/**
 * The thread of the agent that a run is of: `getSnapshotMemoryInfo` of
 * @mastra/core looks for it in these places.
 */
function threadOf(steps: EntryTexts): string | undefined {
  for (const result of steps.values()) {
    if (!result.includes('"__streamState"')) continue;
    const step = parsed(result);
    const state = valueAt(step, "suspendPayload", "__streamState");
    if (valueAt(step, "status") === "suspended" && state) {
      return textAt(state, "messageList", "memoryInfo", "threadId");
    }
  }
  const input = steps.get("input");
  return input?.includes('"messageListState"') === true
    ? textAt(parsed(input), "messageListState", "memoryInfo", "threadId")
    : undefined;
}

function valueAt(
  value: Exact | undefined,
  ...path: string[]
): Exact | undefined {
  return path.reduce(
    (inner, name) => (isObject(inner) ? inner[name] : undefined),
    value,
  );
}

function textAt(value: Exact | undefined, ...path: string[]) {
  const found = valueAt(value, ...path);
  return typeof found === "string" ? found : undefined;
}
