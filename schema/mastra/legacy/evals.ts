import { type Infer, v } from "convex/values";

import type { Doc } from "../../_generated/dataModel.js";
import { internalQuery } from "../../_generated/server.js";
import { decodeExactly } from "../../lib/json.js";
import { whole } from "../../lib/large.js";
import { within } from "../../lib/ranges.js";
import { invalid } from "../failures.js";
import { windowOf } from "../pagination.js";
import { pageFields, PER_PAGE, textOf } from "./values.js";

// Evaluations as Mastra had them before its scores. Both lie in one table, where
// those here have a metric, and scores a scorer.

/** What a call reads: it goes on from there. */
const MAX_ROWS = 2000;
const MAX_BYTES = 5 * 1024 * 1024;

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
    before: v.number(),
    cursor: v.nullable(v.string()),
  },
  returns: v.object({
    page: v.object({ evals: v.array(evalRow), ...pageFields }),
    cursor: v.nullable(v.string()),
  }),
  handler: async (
    ctx,
    { agentName, type, start, end, before, cursor, ...given },
  ) => {
    const { page = 0, perPage = PER_PAGE } = given;
    const { offset } = windowOf(page, perPage);
    const dates =
      start === undefined && end === undefined
        ? undefined
        : {
            ...(start !== undefined && { gte: start }),
            ...(end !== undefined && { lte: end }),
          };
    const all = ctx.db.query("evals");
    const query = agentName
      ? all.withIndex("by_agentName_and_createdAt", (q) =>
          within(q.eq("agentName", agentName), "createdAt", dates),
        )
      : all.withIndex("by_scorerId_and_createdAt", (q) =>
          within(q.eq("scorerId", undefined), "createdAt", dates),
        );
    const {
      page: documents,
      isDone,
      continueCursor,
    } = await query
      .order("desc")
      .paginate({ numItems: MAX_ROWS, cursor, maximumBytesRead: MAX_BYTES });
    const evals: EvalRow[] = [];
    let total = before;
    for (const document of documents) {
      if (
        !isEval(document) ||
        (type !== undefined && typeOf(document) !== type)
      )
        continue;
      if (total >= offset && total < offset + perPage)
        evals.push(asEvalRow(await whole(ctx, "evals", document)));
      total += 1;
    }
    const hasMore = offset + perPage < total;
    return {
      page: { evals, total, page, perPage, hasMore },
      cursor: isDone ? null : continueCursor,
    };
  },
});

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
