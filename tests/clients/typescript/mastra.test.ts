// Mastra's storage in a deployment, beside Mastra's own in memory: the same calls
// give the same. CONVEX_URL and CONVEX_DEPLOY_KEY name the deployment.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { InMemoryStore } from "@mastra/core/storage";
import { LimitExceeded, NotFound } from "client";
import { MastraConvexStore } from "client/mastra";

const url = process.env.CONVEX_URL ?? "";
const deployKey = process.env.CONVEX_DEPLOY_KEY;

const ours = new MastraConvexStore({ url, deployKey });
const theirs = new InMemoryStore();

/** The methods of a domain, by their names. */
type Methods = Record<string, (...args: unknown[]) => unknown>;

const at = (second: number) =>
  new Date(Date.UTC(2024, 0, 1, 0, 0, second, 250));
const thread = (id: string, second: number) => ({
  id,
  resourceId: "user-7",
  title: `About ${id}`,
  metadata: { $seat: 12, nested: { at: at(0).toISOString() } },
  createdAt: at(second),
  updatedAt: at(second),
});
const message = (id: string, second: number, threadId = "t1") => ({
  id,
  threadId,
  resourceId: "user-7",
  role: "user",
  type: "text",
  createdAt: at(second),
  content: {
    format: 2,
    parts: [{ type: "text", text: `Text of ${id} 😀` }],
    metadata: { unread: true },
  },
});
const snapshot = (status: string) => ({
  runId: "run-1",
  status,
  value: {},
  context: { input: { city: "Oslo" } },
  activePaths: [],
  activeStepsPath: {},
  serializedStepGraph: [],
  suspendedPaths: {},
  resumeLabels: {},
  waitingPaths: {},
  timestamp: 1,
});
const run = { workflowName: "booking", runId: "run-1" };
const score = {
  scorerId: "helpful",
  entityId: "agent-1",
  entityType: "AGENT",
  runId: "run-1",
  output: [{ text: "At nine" }],
  score: 0.9,
  scorer: { name: "Helpful" },
  source: "TEST",
  entity: { id: "agent-1" },
  traceId: "trace-1",
  spanId: "span-1",
};
const span = (spanId: string, second: number, parent: string | null) => ({
  traceId: "trace-1",
  spanId,
  parentSpanId: parent,
  name: `Name of ${spanId}`,
  spanType: parent === null ? "agent_run" : "tool_call",
  isEvent: false,
  startedAt: at(second),
  endedAt: at(second + 1),
  input: { $question: ["Where?"] },
  metadata: { tenant: "a" },
  tags: ["travel"],
});
const firstPage = { pagination: { page: 0, perPage: 10 } };
const trace = { traceId: "trace-1" };
/** More than one call writes. */
const MANY = Array.from({ length: 300 }, (_, index) => index / 10);

const CALLS: Record<
  "memory" | "observability" | "scores" | "workflows",
  [string, ...unknown[]][]
> = {
  memory: [
    ["saveThread", { thread: thread("t1", 0) }],
    ["saveThread", { thread: thread("t2", 10) }],
    ["getThreadById", { threadId: "t1" }],
    ["getThreadById", { threadId: "t1", resourceId: "user-8" }],
    ["getThreadById", { threadId: "none" }],
    ["updateThread", { id: "t1", metadata: { $seat: 13 } }],
    ["patchThread", { id: "t1", title: "Oslo" }],
    ["listThreads", { filter: { resourceId: "user-7" } }],
    [
      "listThreads",
      { perPage: 1, orderBy: { field: "createdAt", direction: "ASC" } },
    ],
    ["listThreads", { filter: { metadata: { $seat: 13 } } }],
    ["listThreads", { perPage: -1 }],
    [
      "saveMessages",
      { messages: [1, 2, 3].map((second) => message(`m${second}`, second)) },
    ],
    ["listMessages", { threadId: "t1" }],
    ["listMessages", { threadId: "t1", perPage: 2, page: 1 }],
    ["listMessages", { threadId: "t1", perPage: 1, page: -1 }],
    [
      "listMessages",
      {
        threadId: "t1",
        filter: { dateRange: { start: at(2), startExclusive: true } },
      },
    ],
    [
      "listMessages",
      { threadId: "t1", filter: { metadata: { unread: false } } },
    ],
    [
      "listMessages",
      {
        threadId: "t1",
        perPage: 0,
        include: [{ id: "m2", withPreviousMessages: 1 }],
      },
    ],
    ["listMessagesByResourceId", { resourceId: "user-7", perPage: false }],
    ["listMessagesById", { messageIds: ["m3", "none", "m1"] }],
    [
      "updateMessages",
      { messages: [{ id: "m1", content: { metadata: { unread: false } } }] },
    ],
    ["deleteMessages", ["m2"]],
    [
      "listMessages",
      { threadId: "t1", orderBy: { field: "createdAt", direction: "DESC" } },
    ],
    ["saveMessages", { messages: MANY.map((one) => message(`n${one}`, one)) }],
    ["listMessages", { threadId: "t1", perPage: false }],
    ["updateThreadResourceId", { threadId: "t1", resourceId: "user-9" }],
    ["listMessages", { threadId: "t1", resourceId: "user-9" }],
    ["deleteThread", { threadId: "t1" }],
    ["listMessagesById", { messageIds: ["m1", "m3"] }],
    [
      "saveResource",
      {
        resource: {
          id: "user-7",
          workingMemory: "Likes trains",
          metadata: { a: 1 },
          createdAt: at(0),
          updatedAt: at(0),
        },
      },
    ],
    ["updateResource", { resourceId: "user-7", metadata: { b: [2] } }],
    ["getResourceById", { resourceId: "user-7" }],
    ["getResourceById", { resourceId: "none" }],
  ],
  observability: [
    ["createSpan", { span: span("span-1", 0, null) }],
    [
      "batchCreateSpans",
      { records: [span("span-2", 1, "span-1"), span("span-3", 2, "span-2")] },
    ],
    [
      "updateSpan",
      { ...trace, spanId: "span-1", updates: { output: { text: "There" } } },
    ],
    [
      "batchUpdateSpans",
      {
        records: [{ ...trace, spanId: "span-3", updates: { endedAt: at(9) } }],
      },
    ],
    ["getSpan", { ...trace, spanId: "span-2" }],
    ["getSpan", { ...trace, spanId: "none" }],
    ["getRootSpan", trace],
    ["getTrace", trace],
    ["getTrace", { traceId: "none" }],
    ["getStructure", trace],
    ["getTraceLight", trace],
    ["getSpans", { ...trace, spanIds: ["span-3", "none"] }],
    ["getBranch", { ...trace, spanId: "span-2" }],
    ["getBranch", { ...trace, spanId: "span-1", depth: 1 }],
    ["listTraces", {}],
    ["listTraces", { filters: { startedAt: { start: at(5) } } }],
    [
      "listTraces",
      {
        filters: { spanType: "agent_run", tags: ["travel"] },
        pagination: { page: 0, perPage: 1 },
      },
    ],
    ["listTracesLight", { orderBy: { field: "endedAt", direction: "ASC" } }],
    [
      "batchCreateSpans",
      { records: MANY.map((one) => span(`n${one}`, one, "span-1")) },
    ],
    ["getStructure", trace],
    [
      "batchUpdateSpans",
      {
        records: MANY.map((one) => ({
          ...trace,
          spanId: `n${one}`,
          updates: { endedAt: at(9) },
        })),
      },
    ],
    ["getSpan", { ...trace, spanId: "n1" }],
    ["batchDeleteTraces", { traceIds: ["trace-1"] }],
    ["getTrace", trace],
  ],
  scores: [
    ["saveScore", score],
    ["listScoresByScorerId", { scorerId: "helpful", ...firstPage }],
    [
      "listScoresByScorerId",
      { scorerId: "helpful", source: "LIVE", ...firstPage },
    ],
    [
      "listScoresByRunId",
      { runId: "run-1", pagination: { page: 0, perPage: false } },
    ],
    [
      "listScoresByEntityId",
      { entityId: "agent-1", entityType: "AGENT", ...firstPage },
    ],
    ["listScoresBySpan", { ...trace, spanId: "span-1", ...firstPage }],
    ["getScoreById", { id: "none" }],
  ],
  workflows: [
    ["supportsConcurrentUpdates"],
    [
      "persistWorkflowSnapshot",
      {
        ...run,
        resourceId: "user-7",
        snapshot: snapshot("running"),
        createdAt: at(0),
        updatedAt: at(0),
      },
    ],
    ["loadWorkflowSnapshot", run],
    ["loadWorkflowSnapshot", { ...run, runId: "none" }],
    [
      "updateWorkflowResults",
      {
        ...run,
        stepId: "find",
        result: { status: "success", output: [1] },
        requestContext: { locale: "nb" },
      },
    ],
    ["updateWorkflowState", { ...run, opts: { status: "suspended" } }],
    [
      "updateWorkflowState",
      { ...run, opts: { status: "running", expectedStatus: "failed" } },
    ],
    ["getWorkflowRunById", run],
    ["getWorkflowRunById", { runId: "none" }],
    ["listWorkflowRuns"],
    [
      "listWorkflowRuns",
      { workflowName: "booking", status: "suspended", page: 0, perPage: 1 },
    ],
    ["listWorkflowRuns", { fromDate: at(1) }],
    ["deleteWorkflowRunById", run],
    ["listWorkflowRuns", {}],
  ],
};

/**
 * What a call gives, but for the times and the IDs that the store makes up. What
 * is not there may be null, and a snapshot may be text.
 */
async function outcome(
  methods: Methods,
  name: string,
  args: unknown[],
): Promise<unknown> {
  try {
    return told(await methods[name]?.(...structuredClone(args)));
  } catch (error) {
    return `throws: ${/(page|perPage) must be .*/.exec((error as Error).message)?.[0] ?? "another"}`;
  }
}

/** What the store in memory has besides, and when a store has written. */
const OWN = ["deltaCursor", "run_id", "workflow_name", "updatedAt"];

function told(value: unknown): unknown {
  if (value instanceof Date)
    return value > at(60) ? "now" : value.toISOString();
  if (typeof value === "string") {
    if (value.startsWith("{")) return told(JSON.parse(value));
    return value.replace(/^[0-9a-f]{8}-[0-9a-f-]{27}$/, "made up");
  }
  if (Array.isArray(value)) return value.map(told);
  if (typeof value !== "object" || value === null) return value;
  const given = Object.entries(value).filter(
    ([name, one]) => !OWN.includes(name) && one !== undefined && one !== null,
  );
  return Object.fromEntries(given.map(([key, one]) => [key, told(one)]));
}

before(async () => {
  for (const domain of Object.values(ours.stores))
    await domain.dangerouslyClearAll();
});
after(() => ours.close());

for (const [domain, calls] of Object.entries(CALLS)) {
  test(`${domain} gives what Mastra's store in memory gives`, async () => {
    const key = domain as keyof typeof CALLS;
    const mine = (await ours.getStore(key)) as unknown as Methods;
    const other = (await theirs.getStore(key)) as unknown as Methods;
    for (const [name, ...args] of calls) {
      const expected = await outcome(other, name, args);
      assert.deepEqual(
        await outcome(mine, name, args),
        expected,
        `${name} ${JSON.stringify(args)}`,
      );
    }
  });
}

test("no span is changed where one of more than a call writes is not there", async () => {
  const { observability } = ours.stores;
  const methods = observability as unknown as Methods;
  const made = MANY.map((one) => span(`n${one}`, one, null));
  await methods["batchCreateSpans"]?.({ records: made });
  const records = [...MANY, "none"].map((one) => ({
    ...trace,
    spanId: `n${one}`,
    updates: { endedAt: at(9) },
  }));
  await assert.rejects(observability.batchUpdateSpans({ records }), NotFound);
  const found = await observability.getSpan({ ...trace, spanId: "n1" });
  assert.deepEqual(found?.span.endedAt, at(2));
  await observability.batchDeleteTraces({ traceIds: ["trace-1"] });
});

test("no message is stored beside one that no document holds", async () => {
  const { memory } = ours.stores;
  const methods = memory as unknown as Methods;
  await methods["saveThread"]?.({ thread: thread("t3", 0) });
  const large = { ...message("large", 2, "t3"), type: "x".repeat(1_100_000) };
  const messages = [message("small", 1, "t3"), large];
  await assert.rejects(
    async () => await methods["saveMessages"]?.({ messages }),
    LimitExceeded,
  );
  const found = await memory.listMessages({ threadId: "t3" });
  assert.deepEqual(found.messages, []);
  await memory.deleteThread({ threadId: "t3" });
});

/** What programs have that keep what they ask for, or store, behind getters. */
const behindGetters = {
  filter: new (class {
    get metadata() {
      return { city: "none" };
    }
  })(),
  metadata: new (class {
    get city() {
      return "none";
    }
  })(),
  dateRange: new (class {
    get start() {
      return at(50);
    }
  })(),
};

test("what getters give is asked for, and stored", async () => {
  const { memory } = ours.stores;
  const methods = memory as unknown as Methods;
  await methods["saveThread"]?.({ thread: thread("t4", 0) });
  await methods["saveMessages"]?.({ messages: [message("g1", 1, "t4")] });
  const { filter, metadata, dateRange } = behindGetters;
  const asked = [
    ["listThreads", { filter }],
    ["listThreads", { filter: { metadata } }],
    ["listMessages", { threadId: "t4", filter }],
    ["listMessages", { threadId: "t4", filter: { metadata } }],
    ["listMessages", { threadId: "t4", filter: { dateRange } }],
  ] as const;
  for (const [name, given] of asked) {
    const { total } = (await methods[name]?.(given)) as { total: number };
    assert.equal(total, 0, `${name} ${Object.keys(given).join()}`);
  }
  class Kept {
    id = "t4";
    resourceId = "user-7";
    createdAt = at(0);
    updatedAt = at(0);
    get metadata() {
      return metadata;
    }
  }
  await methods["saveThread"]?.({ thread: new Kept() });
  const kept = await memory.getThreadById({ threadId: "t4" });
  assert.deepEqual(kept?.metadata, { city: "none" });
  await memory.deleteThread({ threadId: "t4" });
});

test("updateThreadMetadata gives a thread of Mastra's, and writes nothing where it is told nothing", async () => {
  const { memory } = ours.stores;
  const asked = thread("t5", 0);
  await memory.saveThread({ thread: asked });
  for (const nothing of [null, undefined, false, 0, ""]) {
    const update = () => nothing as unknown as Record<string, unknown>;
    assert.deepEqual(
      await memory.updateThreadMetadata({ id: "t5", update }),
      asked,
    );
    const stored = await memory.getThreadById({ threadId: "t5" });
    assert.deepEqual(stored, asked, String(nothing));
  }
  const changed = await memory.updateThreadMetadata({
    id: "t5",
    update: () => ({ seat: 1 }),
  });
  assert.deepEqual(
    Object.keys(changed ?? {}).sort(),
    Object.keys(asked).sort(),
  );
  assert.deepEqual(changed?.metadata, { ...asked.metadata, seat: 1 });
  await memory.deleteThread({ threadId: "t5" });
});
