import type { QueryCtx } from "../../_generated/server.js";
import { encodeJson, type Exact, textOf } from "../../lib/json.js";
import { isObject } from "../../lib/values.js";
import { entryTextsOf } from "../jsonTexts.js";
import { parsed } from "./snapshots.js";
import { resultOf, type Step } from "./steps.js";

// The results of the parts of a loop, which come one by one.

/** The result of a step, with that of the parts of a loop that are there already. */
export async function merged(
  ctx: QueryCtx,
  existing: Step | undefined,
  given: string,
): Promise<string> {
  if (existing === undefined || !entryTextsOf(given).has("output"))
    return given;
  const result = parsed(given);
  if (!hasOutputs(result)) return given;
  const before = parsed(await resultOf(ctx, existing));
  if (!hasOutputs(before)) return given;
  const isReset = result.output.some(isPending);
  const output = [...before.output];
  for (const [index, one] of result.output.entries()) {
    const there = before.output[index];
    const isNew = there === undefined;
    if (isPending(one)) {
      if (isNew || isResettable(there)) output[index] = null;
    } else if (one !== null && !isReset) {
      output[index] = one;
    } else if (isNew) {
      output[index] = null;
    }
  }
  return textOf(encodeJson({ ...before, ...(isReset ? {} : result), output }));
}

function hasOutputs(
  result: Exact | undefined,
): result is { [key: string]: Exact; output: Exact[] } {
  return isObject(result) && Array.isArray(result["output"]);
}

/** Says that a part of a loop runs again. */
function isPending(value: Exact): boolean {
  return (
    isObject(value) &&
    value["__mastra_pending__"] === true &&
    Object.keys(value).length === 1
  );
}

function isResettable(value: Exact): boolean {
  if (value === null || isPending(value)) return true;
  return (
    isObject(value) &&
    value["status"] === "suspended" &&
    ("suspendPayload" in value || "suspendedAt" in value)
  );
}
