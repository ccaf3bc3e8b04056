// The operations of ../mastra.py, by @mastra/convex: their requests, and how long they take.
// Prints { name: { calls, seconds: [...] } | { error } }.

import { ConvexStore } from "@mastra/convex";

const [rounds, long, many] = process.argv.slice(2).map(Number);
const store = new ConvexStore({
  id: "peer",
  deploymentUrl: process.env.CONVEX_URL,
  adminAuthToken: process.env.CONVEX_DEPLOY_KEY,
});
await store.init();
const memory = await store.getStore("memory");
const workflows = await store.getStore("workflows");
const scores = await store.getStore("scores");

const now = new Date("2026-01-01T00:00:00Z");
const range = (count) => Array.from({ length: count }, (_, index) => index);
const thread = (id) => ({
  id,
  resourceId: "r",
  title: "Trip",
  createdAt: now,
  updatedAt: now,
  metadata: { topic: "travel" },
});
const messages = (threadId, count) =>
  range(count).map((index) => ({
    id: `${threadId}-${index}`,
    threadId,
    resourceId: "r",
    role: "user",
    type: "v2",
    createdAt: new Date(now.getTime() + index * 1000),
    content: {
      format: 2,
      parts: [{ type: "text", text: "When does it leave?" }],
    },
  }));
const ids = (threadId) => range(many).map((index) => `${threadId}-${index}`);
const snapshot = (runId) => ({
  runId,
  status: "suspended",
  value: {},
  context: Object.fromEntries(
    range(10).map((index) => [
      `s${index}`,
      { status: "success", output: "x".repeat(1000) },
    ]),
  ),
  serializedStepGraph: [],
  activePaths: [],
  suspendedPaths: {},
  timestamp: 1,
});
const score = () => ({
  scorerId: "s",
  entityId: "e",
  entityType: "AGENT",
  runId: "r",
  input: {},
  output: {},
  score: 0.5,
  scorer: { id: "s" },
  source: "LIVE",
  entity: { id: "e" },
});
const run = (round) => ({ workflowName: "w", runId: `run${round}` });

await memory.saveThread({ thread: thread("long") });
for (let start = 0; start < long; start += 100) {
  await memory.saveMessages({
    messages: messages("long", long).slice(start, start + 100),
  });
}
for (const index of range(20))
  await memory.saveThread({ thread: thread(`t${index}`) });
for (const index of range(20)) {
  const given = { workflowName: "other", runId: `r${index}` };
  await workflows.persistWorkflowSnapshot({
    ...given,
    snapshot: snapshot(given.runId),
  });
}

const operations = {
  saveThread: (round) => memory.saveThread({ thread: thread(`new${round}`) }),
  getThreadById: () => memory.getThreadById({ threadId: "t1" }),
  updateThread: (round) =>
    memory.updateThread({ id: "t1", title: "Trip", metadata: { round } }),
  listThreads: () =>
    memory.listThreads({ filter: { resourceId: "r" }, perPage: 10, page: 0 }),
  saveMessages: (round) =>
    memory.saveMessages({ messages: messages(`new${round}`, many) }),
  listMessages: () => memory.listMessages({ threadId: "long", page: 10 }),
  "listMessages, with include": () =>
    memory.listMessages({
      threadId: "long",
      perPage: 10,
      include: [
        { id: "long-500", withPreviousMessages: 5, withNextMessages: 5 },
      ],
    }),
  listMessagesById: () => memory.listMessagesById({ messageIds: ids("long") }),
  updateMessages: (round) =>
    memory.updateMessages({
      messages: ids(`new${round}`).map((id) => ({
        id,
        content: { metadata: { round } },
      })),
    }),
  cloneThread: (round) => memory.cloneThread({ sourceThreadId: `new${round}` }),
  deleteMessages: (round) =>
    memory.deleteMessages(ids(`new${round}`).slice(many / 2)),
  deleteThread: (round) => memory.deleteThread({ threadId: `new${round}` }),
  updateResource: (round) =>
    memory.updateResource({ resourceId: "r", metadata: { round } }),
  persistWorkflowSnapshot: (round) =>
    workflows.persistWorkflowSnapshot({
      ...run(round),
      snapshot: snapshot("run"),
    }),
  loadWorkflowSnapshot: (round) => workflows.loadWorkflowSnapshot(run(round)),
  updateWorkflowResults: (round) =>
    workflows.updateWorkflowResults({
      ...run(round),
      stepId: "s1",
      result: { status: "success" },
      requestContext: {},
    }),
  updateWorkflowState: (round) =>
    workflows.updateWorkflowState({
      ...run(round),
      opts: { status: "running", expectedStatus: "suspended" },
    }),
  listWorkflowRuns: () =>
    workflows.listWorkflowRuns({ status: "suspended", perPage: 10, page: 0 }),
  saveScore: () => scores.saveScore(score()),
  listScoresByScorerId: () =>
    scores.listScoresByScorerId({
      scorerId: "s",
      pagination: { page: 0, perPage: 10 },
    }),
};

let calls = 0;
const { fetch } = globalThis;
globalThis.fetch = (...request) => {
  calls += 1;
  return fetch(...request);
};

const results = {};
for (const round of range(rounds)) {
  for (const [name, operation] of Object.entries(operations)) {
    calls = 0;
    const start = performance.now();
    try {
      await operation(round);
    } catch (error) {
      results[name] = { error: String(error.message) };
      continue;
    }
    const seconds = (performance.now() - start) / 1000;
    const { seconds: before = [] } = results[name] ?? {};
    results[name] = { calls, seconds: [...before, seconds] };
  }
}
console.log(JSON.stringify(results));
