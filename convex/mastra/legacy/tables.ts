/*
 * Copied by convexgen from schema/mastra/legacy/tables.ts. Do not edit.
 *
 * @noformat
 */
// biome-ignore-all lint format assist: generated

import { type ObjectType, v } from "convex/values";

import type { Doc, TableNames } from "../../_generated/dataModel.js";
import { internal } from "../../_generated/api.js";
import {
  internalQuery,
  type MutationCtx,
  type QueryCtx,
} from "../../_generated/server.js";
import { DeletionBudget } from "../../lib/budget.js";
import { internalMutation } from "../../lib/counts/functions.js";
import { clearTable as clearAll, deleteFound } from "../../lib/deletion.js";
import { limitExceeded } from "../../lib/errors.js";
import { decodeExactly, encodeJson, type Exact } from "../../lib/json.js";
import { whole, wholeSize } from "../../lib/large.js";
import * as Evals from "../../model/evals.js";
import * as Messages from "../../model/messages.js";
import * as Resources from "../../model/resources.js";
import * as Threads from "../../model/threads.js";
import * as Traces from "../../model/traces.js";
import { invalid } from "../failures.js";
import { requireReachable } from "../memory/finding.js";
import { OBJECTS, typeOfSource } from "../scoreFields.js";
import { tried } from "../trials.js";
import { asRun, persist } from "../workflows/runs.js";
import { isEval, typeOf } from "./evals.js";
import { upgraded } from "./formats.js";
import { given, loaded, Row } from "./rows.js";
import { asTrace } from "./traces.js";
import { isSame } from "./values.js";

// The tables of Mastra 0.10 to 0.13 by their names and columns: what telemetry and
// evaluations write without any other method. Their documents are those of the
// tables of this spec.

/** How many documents `load` reads where no index leads to what it looks for. */
const MAX_READ = 4000;

/** What a row is looked for by. */
type Keys = Map<string, string>;

/** Documents, and whether they are in the order of their creation, the newest first. */
interface Found<Name extends TableNames> {
  documents: AsyncIterable<Doc<Name>>;
  isNewestFirst: boolean;
}

/** What an index has in the order of creation. */
function newestFirst<Name extends TableNames>(found: {
  order(order: "desc"): AsyncIterable<Doc<Name>>;
}): Found<Name> {
  return { documents: found.order("desc"), isNewestFirst: true };
}

/** What is in another order. */
function unordered<Name extends TableNames>(
  documents: AsyncIterable<Doc<Name>>,
): Found<Name> {
  return { documents, isNewestFirst: false };
}

/** A table of Mastra's. */
interface Table<Name extends TableNames> {
  name: Name;
  columns: readonly string[];
  /** Throws for a wrong row. */
  insertionOf: (row: Row) => Insertion;
  /** The documents that may have some values, of which it is not asked yet. */
  find: (ctx: QueryCtx, keys: Keys) => Found<Name>;
  /** The columns of a document, where it is of this table. */
  columnsOf: (ctx: QueryCtx, document: Doc<Name>) => Promise<Columns | null>;
  /** Deletes some of the rows, and says whether these were all. */
  clear: (ctx: MutationCtx) => Promise<boolean>;
}

/** Inserts a row, or replaces the one of the same key. */
type Insertion = (ctx: MutationCtx) => Promise<unknown>;

/** JSON as it is stored, by columns. */
type Columns = Record<string, Parameters<typeof decodeExactly>[0] | undefined>;

const threads: Table<"threads"> = {
  name: "threads",
  columns: ["id", "resourceId", "title", "metadata", "createdAt", "updatedAt"],
  insertionOf: (row) => {
    const thread = {
      threadId: row.key("id"),
      resourceId: row.key("resourceId"),
      ...given({
        title: row.text("title"),
        metadata: row.object("metadata"),
        createdAt: row.time("createdAt"),
        updatedAt: row.time("updatedAt"),
      }),
    };
    return async (ctx) => await Threads.save(ctx, thread);
  },
  find: (ctx, keys) => {
    const [id, resourceId] = [keys.get("id"), keys.get("resourceId")];
    const all = ctx.db.query("threads");
    if (id !== undefined) {
      return unordered(
        all.withIndex("by_threadId", (q) => q.eq("threadId", id)),
      );
    }
    return newestFirst(
      resourceId === undefined
        ? all.withIndex("by_createdAt")
        : all.withIndex("by_resourceId_and_createdAt", (q) =>
            q.eq("resourceId", resourceId),
          ),
    );
  },
  columnsOf: async (ctx, document) => {
    const found = await whole(ctx, "threads", document);
    const { threadId: id, resourceId, title, metadata } = found;
    return { id, resourceId, title, metadata, ...timesOf(document) };
  },
  clear: async (ctx) => (await clearAll(ctx, "threads")).isDone,
};

const messages: Table<"messages"> = {
  name: "messages",
  columns: [
    "id",
    "thread_id",
    "content",
    "role",
    "type",
    "createdAt",
    "resourceId",
  ],
  insertionOf: (row) => {
    const role = row.key("role");
    if (!isRole(role))
      throw invalid(`mastra_messages.role is no role: ${role}`);
    const id = row.key("id");
    const type = row.text("type") ?? "v2";
    const content = row.json("content") ?? "";
    const createdAt = row.time("createdAt");
    // The parts of the first format are those of the second one, as all are stored.
    const [message] = upgraded([
      { id, role, type, content, createdAt: createdAt ?? 0 },
    ]);
    const isOld = Array.isArray(content) && message !== undefined;
    const saved = {
      messageId: id,
      threadId: row.key("thread_id"),
      role: isOld && isRole(message.role) ? message.role : role,
      type: isOld ? "v2" : type,
      content: isOld ? encodeJson(message.content) : content,
      ...given({ createdAt, resourceId: row.text("resourceId") }),
    };
    requireReachable(saved);
    return async (ctx) => await Messages.save(ctx, saved);
  },
  find: (ctx, keys) => {
    const [id, threadId] = [keys.get("id"), keys.get("thread_id")];
    const resourceId = keys.get("resourceId");
    const all = ctx.db.query("messages");
    if (id !== undefined) {
      return unordered(
        all.withIndex("by_messageId", (q) => q.eq("messageId", id)),
      );
    }
    if (threadId !== undefined) {
      return newestFirst(
        all.withIndex("by_threadId_and_createdAt", (q) =>
          q.eq("threadId", threadId),
        ),
      );
    }
    if (resourceId === undefined) return unordered(all);
    return newestFirst(
      all.withIndex("by_resourceId_and_createdAt", (q) =>
        q.eq("resourceId", resourceId),
      ),
    );
  },
  columnsOf: async (ctx, found) => {
    const document = await whole(ctx, "messages", found);
    const { messageId: id, threadId, content, role, type = "v2" } = document;
    const { resourceId, createdAt } = document;
    return {
      id,
      thread_id: threadId,
      content,
      role,
      type,
      createdAt: iso(createdAt),
      resourceId,
    };
  },
  clear: async (ctx) => (await clearAll(ctx, "messages")).isDone,
};

const resources: Table<"resources"> = {
  name: "resources",
  columns: ["id", "workingMemory", "metadata", "createdAt", "updatedAt"],
  insertionOf: (row) => {
    const resource = {
      resourceId: row.key("id"),
      ...given({
        workingMemory: row.text("workingMemory"),
        metadata: row.object("metadata"),
        createdAt: row.time("createdAt"),
        updatedAt: row.time("updatedAt"),
      }),
    };
    return async (ctx) => await Resources.save(ctx, resource);
  },
  find: (ctx, keys) => {
    const id = keys.get("id");
    const all = ctx.db.query("resources");
    return unordered(
      id === undefined
        ? all
        : all.withIndex("by_resourceId", (q) => q.eq("resourceId", id)),
    );
  },
  columnsOf: async (ctx, document) => {
    const {
      resourceId: id,
      workingMemory,
      metadata,
    } = await whole(ctx, "resources", document);
    return { id, workingMemory, metadata, ...timesOf(document) };
  },
  clear: async (ctx) => (await clearAll(ctx, "resources")).isDone,
};

const traces: Table<"traces"> = {
  name: "traces",
  columns: [
    "id",
    "parentSpanId",
    "name",
    "traceId",
    "scope",
    "kind",
    "attributes",
    "status",
    "events",
    "links",
    "other",
    "startTime",
    "endTime",
    "createdAt",
  ],
  insertionOf: (row) => {
    const [spanId, traceId] = [row.key("id"), row.key("traceId")];
    const startTime = row.number("startTime");
    const endTime = row.number("endTime");
    if (startTime === undefined)
      throw invalid("mastra_traces.startTime is required");
    const span = {
      spanId,
      traceId,
      name: row.key("name"),
      startedAt: startTime / 1000,
      ...given({
        endedAt: endTime === undefined ? undefined : endTime / 1000,
        parentSpanId: row.text("parentSpanId"),
        scope: row.text("scope"),
        kind: row.number("kind"),
        attributes: row.object("attributes"),
        status: row.json("status"),
        events: row.json("events"),
        links: row.json("links"),
        other: row.json("other"),
        createdAt: row.time("createdAt"),
      }),
    };
    return async (ctx) => {
      // The key of the table is the span alone.
      for await (const other of spansOf(ctx, spanId)) {
        if (other.traceId === traceId) continue;
        await Traces.remove(ctx, { traceId: other.traceId, spanId });
      }
      await Traces.save(ctx, span);
    };
  },
  find: (ctx, keys) => {
    const [id, traceId] = [keys.get("id"), keys.get("traceId")];
    if (id !== undefined) return unordered(spansOf(ctx, id));
    const all = ctx.db.query("traces");
    return unordered(
      traceId === undefined
        ? all.withIndex("by_spanType_and_startedAt", (q) =>
            q.eq("spanType", undefined),
          )
        : all.withIndex("by_traceId_and_startedAt", (q) =>
            q.eq("traceId", traceId),
          ),
    );
  },
  columnsOf: async (ctx, document) =>
    document.spanType === undefined
      ? { ...asTrace(await whole(ctx, "traces", document)) }
      : null,
  clear: async (ctx) => {
    const found = () =>
      ctx.db
        .query("traces")
        .withIndex("by_spanType_and_startedAt", (q) =>
          q.eq("spanType", undefined),
        );
    return await areDeleted(ctx, "traces", found);
  },
};

const evals: Table<"evals"> = {
  name: "evals",
  columns: [
    "input",
    "output",
    "result",
    "agent_name",
    "metric_name",
    "instructions",
    "test_info",
    "global_run_id",
    "run_id",
    "created_at",
    "createdAt",
  ],
  insertionOf: (row) => {
    const testInfo = row.object("test_info");
    const evaluation = {
      // Rows of the table have no key.
      evalId: crypto.randomUUID(),
      agentName: row.key("agent_name"),
      metricName: row.key("metric_name"),
      type: typeOf({ testInfo }),
      ...given({
        input: row.text("input"),
        output: row.text("output"),
        result: row.object("result"),
        instructions: row.text("instructions"),
        testInfo,
        globalRunId: row.text("global_run_id"),
        runId: row.text("run_id"),
        createdAt: row.time("created_at") ?? row.time("createdAt"),
      }),
    };
    return async (ctx) => await Evals.save(ctx, evaluation);
  },
  find: (ctx, keys) => {
    const [agentName, runId] = [keys.get("agent_name"), keys.get("run_id")];
    const all = ctx.db.query("evals");
    if (agentName !== undefined) {
      return newestFirst(
        all.withIndex("by_agentName_and_createdAt", (q) =>
          q.eq("agentName", agentName),
        ),
      );
    }
    return newestFirst(
      runId === undefined
        ? all.withIndex("by_scorerId_and_createdAt", (q) =>
            q.eq("scorerId", undefined),
          )
        : all.withIndex("by_runId_and_createdAt", (q) => q.eq("runId", runId)),
    );
  },
  columnsOf: async (ctx, found) => {
    if (!isEval(found)) return null;
    const document = await whole(ctx, "evals", found);
    return {
      input: document.input,
      output: document.output,
      result: document.result,
      agent_name: document.agentName,
      metric_name: document.metricName,
      instructions: document.instructions,
      test_info: document.testInfo,
      global_run_id: document.globalRunId,
      run_id: document.runId,
      created_at: iso(document.createdAt),
      createdAt: iso(document.createdAt),
    };
  },
  clear: async (ctx) => {
    const found = () =>
      ctx.db
        .query("evals")
        .withIndex("by_scorerId_and_createdAt", (q) =>
          q.eq("scorerId", undefined),
        );
    return await areDeleted(ctx, "evals", found);
  },
};

const snapshots: Table<"workflowRuns"> = {
  name: "workflowRuns",
  columns: [
    "workflow_name",
    "run_id",
    "resourceId",
    "snapshot",
    "createdAt",
    "updatedAt",
  ],
  insertionOf: (row) => {
    const snapshot = row.object("snapshot");
    if (snapshot === undefined)
      throw invalid("mastra_workflow_snapshot.snapshot is required");
    const run = {
      workflowName: row.key("workflow_name"),
      runId: row.key("run_id"),
      snapshot,
      ...given({
        resourceId: row.text("resourceId"),
        createdAt: row.time("createdAt"),
        updatedAt: row.time("updatedAt"),
      }),
    };
    return async (ctx) => {
      await persist(ctx, run);
    };
  },
  find: (ctx, keys) => {
    const [workflowName, runId] = [
      keys.get("workflow_name"),
      keys.get("run_id"),
    ];
    const resourceId = keys.get("resourceId");
    const all = ctx.db.query("workflowRuns");
    if (runId !== undefined) {
      return unordered(all.withIndex("by_runId", (q) => q.eq("runId", runId)));
    }
    if (workflowName !== undefined) {
      return newestFirst(
        all.withIndex("by_workflowName_and_createdAt", (q) =>
          q.eq("workflowName", workflowName),
        ),
      );
    }
    return newestFirst(
      resourceId === undefined
        ? all.withIndex("by_createdAt")
        : all.withIndex("by_resourceId_and_createdAt", (q) =>
            q.eq("resourceId", resourceId),
          ),
    );
  },
  columnsOf: async (ctx, document) => {
    const { snapshot, workflowName, runId, resourceId } = await asRun(
      ctx,
      document,
    );
    return {
      workflow_name: workflowName,
      run_id: runId,
      resourceId,
      snapshot,
      ...timesOf(document),
    };
  },
  clear: async (ctx) =>
    (await clearAll(ctx, "workflowSteps")).isDone &&
    (await clearAll(ctx, "workflowRuns")).isDone,
};

/** The columns of `mastra_scorers`, which are fields of the same names. */
const scoreColumns = {
  text: [
    "traceId",
    "reason",
    "preprocessPrompt",
    "extractPrompt",
    "generateScorePrompt",
    "generateReasonPrompt",
    "analyzePrompt",
    "reasonPrompt",
    "entityType",
    "entityId",
    "resourceId",
    "threadId",
    "runId",
    "source",
  ],
  json: [
    "scorer",
    "preprocessStepResult",
    "extractStepResult",
    "analyzeStepResult",
    "metadata",
    "input",
    "output",
    "additionalContext",
    "runtimeContext",
    "entity",
  ],
} as const;

function isObjectColumn(column: string): boolean {
  return OBJECTS.some((name) => name === column);
}

const scorers: Table<"evals"> = {
  name: "evals",
  columns: [
    "id",
    "scorerId",
    "score",
    ...scoreColumns.text,
    ...scoreColumns.json,
    "createdAt",
    "updatedAt",
  ],
  insertionOf: (row) => {
    const texts = scoreColumns.text.map((column) => [column, row.text(column)]);
    const jsons = scoreColumns.json.map((column) => [
      column,
      isObjectColumn(column) ? row.object(column) : row.json(column),
    ]);
    const source = row.text("source");
    const score = {
      evalId: row.key("id"),
      scorerId: row.key("scorerId"),
      ...given({
        score: row.number("score"),
        type: source === undefined ? undefined : typeOfSource(source),
        createdAt: row.time("createdAt"),
        updatedAt: row.time("updatedAt"),
        ...(Object.fromEntries([...texts, ...jsons]) as Partial<Evals.Input>),
      }),
    };
    return async (ctx) => await Evals.save(ctx, score);
  },
  find: (ctx, keys) => {
    const [id, scorerId, runId] = [
      keys.get("id"),
      keys.get("scorerId"),
      keys.get("runId"),
    ];
    const all = ctx.db.query("evals");
    if (id !== undefined)
      return unordered(all.withIndex("by_evalId", (q) => q.eq("evalId", id)));
    if (runId !== undefined) {
      return newestFirst(
        all.withIndex("by_runId_and_createdAt", (q) => q.eq("runId", runId)),
      );
    }
    return scorerId === undefined
      ? unordered(
          all.withIndex("by_scorerId_and_createdAt", (q) =>
            q.gte("scorerId", ""),
          ),
        )
      : newestFirst(
          all.withIndex("by_scorerId_and_createdAt", (q) =>
            q.eq("scorerId", scorerId),
          ),
        );
  },
  columnsOf: async (ctx, document) => {
    if (document.scorerId === undefined) return null;
    const {
      evalId: id,
      scorerId,
      score,
      ...fields
    } = await whole(ctx, "evals", document);
    const names = [...scoreColumns.text, ...scoreColumns.json];
    const columns = Object.fromEntries(
      names.map((name) => [name, fields[name]]),
    ) as Columns;
    return { id, scorerId, score, ...columns, ...timesOf(document) };
  },
  clear: async (ctx) => {
    const found = () =>
      ctx.db
        .query("evals")
        .withIndex("by_scorerId_and_createdAt", (q) => q.gte("scorerId", ""));
    return await areDeleted(ctx, "evals", found);
  },
};

const tables = {
  mastra_threads: threads,
  mastra_messages: messages,
  mastra_resources: resources,
  mastra_traces: traces,
  mastra_evals: evals,
  mastra_scorers: scorers,
  mastra_workflow_snapshot: snapshots,
};

type AnyTable = Table<TableNames>;

const rows = { tableName: v.string(), records: v.array(v.any()) };

export const insertRows = internalMutation({
  args: rows,
  returns: v.null(),
  handler: async (ctx, given) => {
    for (const insert of insertionsOf(given)) await insert(ctx);
    return null;
  },
});

/** Tries to insert rows, before the first of several transactions. */
export const checkRows = internalMutation({
  args: rows,
  returns: v.null(),
  handler: async (ctx, args): Promise<null> =>
    await tried(ctx, internal.mastra.legacy.tables.insertRows, args),
});

function insertionsOf({ tableName, records }: ObjectType<typeof rows>) {
  const table = tableOf(tableName);
  return records.map((record) => {
    const decoded = decodeExactly(
      record as Parameters<typeof decodeExactly>[0],
    );
    return table.insertionOf(new Row(tableName, table.columns, decoded));
  });
}

export const load = internalQuery({
  args: { tableName: v.string(), keys: v.any() },
  returns: v.any(),
  handler: async (ctx, args) => {
    const table = tableOf(args.tableName);
    const decoded = decodeExactly(
      args.keys as Parameters<typeof decodeExactly>[0],
    );
    const keys = new Row(args.tableName, table.columns, decoded);
    if (keys.isEmpty) throw invalid("keys must name at least one column");
    // Nothing is equal to null.
    if (keys.hasNull) return null;
    let newest: Columns | null = null;
    let read = 0;
    const { documents, isNewestFirst } = table.find(ctx, keys.texts());
    for await (const document of documents) {
      read += 1;
      const { bytesRead } = await ctx.meta.getTransactionMetrics();
      const isFull = bytesRead.remaining < wholeSize(table.name, document);
      if (read > MAX_READ || (isFull && read > 1)) {
        const names = [...keys.texts().keys()].join(", ");
        const problem = `${args.tableName} has more rows than a query reads, and no index over ${names}`;
        throw limitExceeded(problem, { tableName: args.tableName });
      }
      const columns = await table.columnsOf(ctx, document);
      if (columns === null || !hasAll(columns, keys.texts())) continue;
      if (newest === null || timeOf(columns) >= timeOf(newest))
        newest = columns;
      if (isNewestFirst) break;
    }
    if (newest === null) return null;
    const row: Record<string, Exact> = {};
    for (const column of table.columns) {
      const value = newest[column];
      row[column] = value === undefined ? null : loaded(decodeExactly(value));
    }
    return encodeJson(row);
  },
});

export const clearSome = internalMutation({
  args: { tableName: v.string() },
  returns: v.boolean(),
  handler: async (ctx, { tableName }) =>
    // As `DROP TABLE IF EXISTS`: there is nothing in a table that is not there.
    isTable(tableName) ? await tables[tableName].clear(ctx) : true,
});

export const hasColumn = internalQuery({
  args: { table: v.string(), column: v.string() },
  returns: v.boolean(),
  handler: async (_, { table, column }) =>
    await Promise.resolve(
      isTable(table) && tableOf(table).columns.includes(column),
    ),
});

/** Deletes as many rows as a transaction can, and says whether these were all. */
async function areDeleted(
  ctx: MutationCtx,
  table: TableNames,
  found: Parameters<typeof deleteFound>[3],
): Promise<boolean> {
  const budget = new DeletionBudget();
  return (await deleteFound(ctx, table, table, found, budget)).isDone;
}

function isTable(name: string): name is keyof typeof tables {
  return Object.hasOwn(tables, name);
}

function tableOf(name: string): AnyTable {
  if (!isTable(name)) {
    const known = Object.keys(tables).join(", ");
    throw invalid(
      `no such table: ${name}; there are ${known}, and the schema has all tables`,
    );
  }
  return tables[name] as unknown as AnyTable;
}

function hasAll(columns: Columns, keys: Keys): boolean {
  return [...keys].every(([column, wanted]) => {
    const value = columns[column];
    return value !== undefined && isSame(decodeExactly(value), wanted);
  });
}

/** ISO dates are in the order of their texts. */
function timeOf(columns: Columns): string {
  return String(columns["createdAt"]);
}

function timesOf({
  createdAt,
  updatedAt,
}: {
  createdAt: number;
  updatedAt: number;
}) {
  return { createdAt: iso(createdAt), updatedAt: iso(updatedAt) };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

type Role = Doc<"messages">["role"];

const ROLES: readonly string[] = [
  "system",
  "user",
  "assistant",
  "tool",
  "signal",
];

function isRole(role: string): role is Role {
  return ROLES.includes(role);
}

/** The rows of an ID, of which there is one, unless other functions wrote more. */
function spansOf(ctx: QueryCtx, spanId: string) {
  return ctx.db
    .query("traces")
    .withIndex("by_spanId_and_spanType", (q) =>
      q.eq("spanId", spanId).eq("spanType", undefined),
    );
}
