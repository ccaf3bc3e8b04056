/*
 * Copied by convexgen from schema/mastra/legacy/evals.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { type Infer, v } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import { internalQuery } from "../../_generated/server.js";
import { decodeExactly } from "../../lib/json.js";
import { allWhole } from "../../lib/large.js";
import { boundsOf } from "../dates.js";
import { invalid } from "../failures.js";
import { windowOf } from "../pagination.js";
import { cursorOf, leftOf, readPart, type Row, unread } from "../reading.js";
import { pageFields, PER_PAGE, textOf } from "./values.js";

// Evaluations as Mastra had them before its scores. Both lie in one table, where
// those here have a metric, and scores a scorer.

const evalRow = v.object({
  input: v.string(),
  output: v.string(),
  result: v.any(),
  agentName: v.string(),
  createdAt: v.string(),
  metricName: v.string(),
  instructions: v.string(),
  runId: v.string(),
  globalRunId: v.string(),
  testInfo: v.optional(v.any()),
});

type EvalRow = Infer<typeof evalRow>;

export const findEvals = internalQuery({
  args: {
    agentName: v.optional(v.string()),
    type: v.optional(v.union(v.literal("test"), v.literal("live"))),
    start: v.optional(v.number()),
    end: v.optional(v.number()),
    page: v.optional(v.number()),
    perPage: v.optional(v.number()),
    cursor: v.nullable(v.string()),
  },
  returns: v.object({
    page: v.object({ evals: v.array(evalRow), ...pageFields }),
    cursor: v.nullable(v.string()),
  }),
  handler: async (
    ctx,
    { agentName, type, cursor, page = 0, perPage = PER_PAGE, ...dates },
  ) => {
    const { offset } = windowOf(page, perPage);
    const { documents, found, left } = await readPart(
      ctx,
      [evalsOf(agentName)],
      boundsOf(dates),
      "desc",
      cursor === null ? unread({ offset, limit: perPage }) : leftOf(cursor),
      {
        matches: (document) =>
          isEval(document) && (type === undefined || typeOf(document) === type),
        readsWhole: false,
        findAll: true,
      },
    );
    const evals = (await allWhole(ctx, "evals", documents)).map(asEvalRow);
    const hasMore = offset + perPage < found;
    return {
      page: { evals, total: found, page, perPage, hasMore },
      cursor: left === null ? null : cursorOf(left),
    };
  },
});

/** Where the evaluations of an agent lie, or all. */
function evalsOf(agentName: string | undefined): Row<"evals"> {
  const [field, value] = agentName
    ? ["agentName", agentName]
    : ["scorerId", undefined];
  return {
    table: "evals",
    index: `by_${field}_and_createdAt`,
    equal: [[field, value]],
    time: "createdAt",
    counted: null,
  };
}

/** Whether a document is a row of `mastra_evals`. */
export function isEval(document: Doc<"evals">): boolean {
  return document.metricName !== undefined && document.scorerId === undefined;
}

/** Those with the path of a test ran in one. */
export function typeOf({ testInfo }: { testInfo?: unknown }): "test" | "live" {
  if (testInfo === undefined) return "live";
  const decoded = decodeExactly(
    testInfo as Parameters<typeof decodeExactly>[0],
  );
  const isObject =
    typeof decoded === "object" && decoded !== null && !Array.isArray(decoded);
  return isObject && (decoded["testPath"] ?? null) !== null ? "test" : "live";
}

function asEvalRow(document: Doc<"evals">): EvalRow {
  const {
    agentName = "",
    metricName = "",
    instructions = "",
    runId = "",
  } = document;
  const { testInfo, globalRunId = "", result = null } = document;
  const decoded = decodeExactly(result);
  const isScored =
    typeof decoded === "object" && decoded !== null && "score" in decoded;
  if (!isScored)
    throw invalid(`Invalid MetricResult format: ${textOf(decoded)}`);
  return {
    input: textIn(document.input),
    output: textIn(document.output),
    result,
    agentName,
    createdAt: new Date(document.createdAt).toISOString(),
    metricName,
    instructions,
    runId,
    globalRunId,
    ...(testInfo !== undefined && { testInfo }),
  };
}

function textIn(stored: Doc<"evals">["input"]): string {
  return stored === undefined ? "" : textOf(decodeExactly(stored));
}
