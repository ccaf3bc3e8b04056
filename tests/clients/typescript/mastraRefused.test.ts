// What Mastra's storage in a deployment refuses, and that nothing is written then.
// CONVEX_URL and CONVEX_DEPLOY_KEY name the deployment.

import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";

import { InvalidArgument, LimitExceeded, NotFound } from "client";
import { MastraConvexStore } from "client/mastra";

const url = process.env.CONVEX_URL ?? "";
const deployKey = process.env.CONVEX_DEPLOY_KEY;

const store = new MastraConvexStore({ url, deployKey });

type Domain = keyof typeof store.stores;

/** What programs give that no type checker has seen. */
async function call(
  name: `${Domain}.${string}`,
  ...args: unknown[]
): Promise<unknown> {
  const [domain, method = ""] = name.split(".") as [Domain, string];
  const methods = store.stores[domain] as unknown as Record<
    string,
    (...args: unknown[]) => Promise<unknown>
  >;
  return await methods[method]?.(...args);
}

type Name = Parameters<typeof call>[0];

const NOW = new Date(Date.UTC(2026, 4, 1));

const THREAD = {
  id: "t",
  resourceId: "r",
  title: "A thread",
  createdAt: NOW,
  updatedAt: NOW,
};
const RESOURCE = { id: "r", createdAt: NOW, updatedAt: NOW };
const MESSAGE = {
  id: "m",
  threadId: "t",
  resourceId: "r",
  role: "user",
  content: { format: 2, parts: [{ type: "text", text: "Hello" }] },
  createdAt: NOW,
};
const SPAN = {
  traceId: "trace",
  spanId: "span",
  name: "s",
  spanType: "agent_run",
  isEvent: false,
  startedAt: NOW,
};
const UPDATE = { traceId: "trace", spanId: "span", updates: { name: "new" } };
const RUN = { workflowName: "w", runId: "run" };
const SCORE = {
  scorerId: "s",
  entityId: "e",
  runId: "r",
  output: {},
  score: 1,
  scorer: {},
  entity: {},
  source: "LIVE",
};
const PAGE = { page: 0, perPage: 10 };

const LONE = "\ud800";
const LARGE = "x".repeat(17 * 10 ** 6);
const LONG = "x".repeat(2 ** 20 + 1);
/** Text of which a document holds one, and not two. */
const HALF = "x".repeat(6 * 10 ** 5);
/** What is sent, but that no transaction writes, which takes 16 MiB in all. */
const ALMOST = "x".repeat(16_740_000);
/** What is stored, but not beside as much. */
const MOST = "x".repeat(9_000_000);
/** Of which JSON in JSON has four times as many. */
const QUOTES = '"'.repeat(6 * 10 ** 6);
const MANY = Array.from({ length: 8193 }, (_, index) => `${index}`);
const CYCLE: { self?: unknown } = {};
CYCLE.self = CYCLE;
const DEEP = Array.from({ length: 20_000 }).reduce((inner) => [inner], null);

/** More than a call writes. */
const SEVERAL = Array.from({ length: 260 }, (_, index) => `m${index}`);

/** What is refused of one record among others: by its fields, and the words for it. */
type Wrong = [fields: unknown, words: RegExp];

const TEXTS: Wrong[] = [
  [{ id: LONE }, /lone surrogate/],
  [{ type: `a${LONE}` }, /lone surrogate/],
  [{ content: { format: 2, parts: [{ text: LONE }] } }, /lone surrogate/],
  [{ id: null }, /`messages\[260\]\.id`/],
  [{ id: 5 }, /`messages\[260\]\.id` is no text/],
  [{ id: undefined }, /`messages\[260\]\.id` is left out/],
  [{ role: "nobody" }, /`messages\[260\]\.role` must be one of/],
  [{ type: null }, /`messages\[260\]\.type`/],
  [{ other: 1 }, /`messages\[260\]\.other`/],
  [{ createdAt: new Date(NaN) }, /`messages\[260\]\.createdAt` is no date/],
  [{ createdAt: true }, /`messages\[260\]\.createdAt` is no date/],
  [{ createdAt: "m1" }, /`messages\[260\]\.createdAt` is no date/],
  [{ content: { n: 1n } }, /`messages\[260\]\.content` is no JSON/],
  [{ content: CYCLE }, /`messages\[260\]\.content` is no JSON/],
  [{ content: DEEP }, /`messages\[260\]\.content` is no JSON/],
  [{ content: () => 1 }, /`messages\[260\]\.content` is no JSON/],
  [{ content: LARGE }, /takes 1[67]\..* MiB.* 16 MiB/],
  [{ content: { $text: QUOTES } }, /takes .* MiB as JSON, and Convex takes 16/],
];

const TOO_LARGE: Wrong[] = [
  [{ type: LONG }, /`.*type` takes 1\.00 MiB .*1 MiB at most/],
  [{ type: HALF, resourceId: HALF }, /of a document of 1\.14 MiB/],
  [{ content: { content: ALMOST } }, /content` takes 15\.96 MiB as text/],
];

const SPANS: Wrong[] = [
  [{ name: LONE }, /lone surrogate/],
  [{ tags: ["a", LONE] }, /lone surrogate/],
  [{ input: { [LONE]: 1 } }, /lone surrogate/],
  [{ tags: MANY }, /tags` has 8193 elements, and Convex takes 8192/],
  [{ tags: "abc" }, /tags` is no list/],
  [{ tags: [5] }, /tags\[0\]` is no text/],
  [{ name: null }, /name`/],
  [{ isEvent: "yes" }, /isEvent` is neither true nor false/],
  [{ entityId: 5 }, /entityId` is no text/],
  [{ other: "x" }, /other`/],
  [{ startedAt: new Date(NaN) }, /startedAt` is no date/],
  [{ endedAt: new Date(9e15) }, /endedAt` is no date/],
  [{ attributes: CYCLE }, /attributes` is no JSON/],
  [{ input: LARGE }, /takes 1[67]\..* MiB.* 16 MiB/],
  [{ name: LONG }, /name` takes 1\.00 MiB .*1 MiB at most/],
  [{ name: HALF, entityName: HALF }, /of a document of 1\.14 MiB/],
  [{ tags: [HALF, HALF] }, /tags` takes 1\.14 MiB/],
  [{ input: ALMOST }, /input` takes 15\.96 MiB as text/],
];

interface Many {
  /** What is there before, of which nothing is to change. */
  prepare?: () => Promise<unknown>;
  /** The arguments, of some records. */
  given: (records: unknown[]) => unknown;
  make: (id: string) => unknown;
  wrong: [record: unknown, words: RegExp][];
}

/** One of them is half full, and one large. */
async function save(): Promise<void> {
  const content = { ...MESSAGE.content, content: MOST };
  const messages = [
    ...SEVERAL.map((id) => ({ ...MESSAGE, id })),
    { ...MESSAGE, id: "half", type: HALF },
    { ...MESSAGE, id: "large", threadId: "other", content },
  ];
  await call("memory.saveMessages", { messages });
}

async function create(): Promise<void> {
  const records = [
    ...SEVERAL.map((spanId) => ({ ...SPAN, spanId })),
    { ...SPAN, spanId: "half", name: HALF },
    { ...SPAN, spanId: "large", input: MOST },
  ];
  await call("observability.batchCreateSpans", { records });
}

const WRITTEN_IN_PARTS: Record<string, Many> = {
  "memory.saveMessages": {
    given: (messages) => ({ messages }),
    make: (id) => ({ ...MESSAGE, id }),
    wrong: [
      ...[...TEXTS, ...TOO_LARGE].map(([fields, words]): [unknown, RegExp] => [
        { ...MESSAGE, ...(fields as object) },
        words,
      ]),
      [null, /`messages\[260\]` is no object/],
      ["text", /`messages\[260\]` is no object/],
    ],
  },
  "memory.updateMessages": {
    prepare: save,
    given: (messages) => ({ messages }),
    make: (id) => ({ id, type: "changed" }),
    wrong: [
      ...[...TEXTS, ...TOO_LARGE].map(([fields, words]): [unknown, RegExp] => [
        { id: "m1", ...(fields as object) },
        words,
      ]),
      [{ id: "half", resourceId: HALF }, /of a document of 1\.14 MiB/],
      [
        { id: "large", content: { content: "a" } },
        /content` takes 8\.58 MiB as text/,
      ],
    ],
  },
  "memory.deleteMessages": {
    prepare: save,
    given: (ids) => ids,
    make: (id) => id,
    wrong: [
      [LONE, /lone surrogate/],
      [null, /`messageIds\[260\]` is no text/],
      [5, /`messageIds\[260\]` is no text/],
    ],
  },
  "observability.batchCreateSpans": {
    given: (records) => ({ records }),
    make: (spanId) => ({ ...SPAN, spanId }),
    wrong: [
      ...SPANS.map(([fields, words]): [unknown, RegExp] => [
        { ...SPAN, ...(fields as object) },
        words,
      ]),
      [{ ...SPAN, spanId: LONE }, /lone surrogate/],
      [{ ...SPAN, spanId: "" }, /Span ID is required/],
      [{ ...SPAN, traceId: undefined }, /traceId` is left out/],
      [null, /`records\[260\]` is no object/],
    ],
  },
  "observability.batchUpdateSpans": {
    prepare: create,
    given: (records) => ({ records }),
    make: (spanId) => ({ ...UPDATE, spanId }),
    wrong: [
      ...SPANS.map(([updates, words]): [unknown, RegExp] => [
        { ...UPDATE, spanId: "m1", updates },
        words,
      ]),
      [
        { ...UPDATE, spanId: "half", updates: { entityName: HALF } },
        /of a document of 1\.14 MiB/,
      ],
      [
        { ...UPDATE, spanId: "large", updates: { output: MOST } },
        /takes 8\.58 MiB as text/,
      ],
      [{ ...UPDATE, spanId: "none" }, /Span not found for update/],
      [{ ...UPDATE, updates: 5 }, /updates` is no object/],
      [{ ...UPDATE, updates: undefined }, /updates` is left out/],
      [{ ...UPDATE, spanId: null }, /spanId`/],
    ],
  },
};

/** All that these methods write. */
async function written(): Promise<unknown> {
  const { memory, observability } = store.stores;
  const { messages } = await memory.listMessages({
    threadId: "t",
    perPage: false,
  });
  const trace = await observability.getStructure({ traceId: "trace" });
  const spans = trace?.spans ?? [];
  return [
    messages.map(({ id, type }) => [id, type]),
    spans.map(({ spanId, name, endedAt }) => [spanId, name, endedAt]),
  ];
}

beforeEach(async () => {
  for (const domain of Object.values(store.stores))
    await domain.dangerouslyClearAll();
  await call("memory.saveThread", { thread: THREAD });
});
after(() => store.close());

for (const [name, many] of Object.entries(WRITTEN_IN_PARTS)) {
  const { prepare, given, make, wrong } = many;
  test(`${name} finds what it refuses before anything is written`, async () => {
    await prepare?.();
    const before = await written();
    for (const [record, words] of wrong) {
      const records = [...SEVERAL.map(make), record];
      await assert.rejects(call(name as Name, given(records)), (error) => {
        const isRefusal =
          error instanceof InvalidArgument ||
          error instanceof LimitExceeded ||
          error instanceof NotFound;
        assert.ok(isRefusal, `${String(error)} for ${String(words)}`);
        assert.match(error.message, words);
        return true;
      });
      assert.deepEqual(await written(), before, String(words));
    }
  });
}

/** Two changes of one document, which takes each of them, and not both. */
const TWICE: Record<string, [object, object, RegExp][]> = {
  "memory.updateMessages": [
    [
      { id: "m1", type: HALF },
      { id: "m1", resourceId: HALF },
      /of a document of 1\.14 MiB/,
    ],
    [
      { id: "m1", content: { a: MOST } },
      { id: "m1", content: { b: MOST } },
      /what changes message "m1" takes 17\.17 MiB as JSON/,
    ],
  ],
  "observability.batchUpdateSpans": [
    [
      { ...UPDATE, spanId: "m1", updates: { name: HALF } },
      { ...UPDATE, spanId: "m1", updates: { entityName: HALF } },
      /of a document of 1\.14 MiB/,
    ],
    [
      { ...UPDATE, spanId: "m1", updates: { input: MOST } },
      { ...UPDATE, spanId: "m1", updates: { output: MOST } },
      /what changes span "m1" takes 17\.17 MiB as JSON/,
    ],
  ],
};

for (const [name, changes] of Object.entries(TWICE)) {
  test(`${name} looks at what is changed twice as it becomes`, async () => {
    const { prepare, given, make } = WRITTEN_IN_PARTS[name] as Many;
    await prepare?.();
    const before = await written();
    for (const [first, second, words] of changes) {
      const others = SEVERAL.filter((id) => id !== "m1").map(make);
      const records = [first, ...others, second];
      for (const some of [records, [first, second]]) {
        await assert.rejects(call(name as Name, given(some)), words);
        assert.deepEqual(await written(), before, String(words));
      }
    }
  });
}

const LISTS: [Name, (list: unknown) => unknown][] = [
  ["memory.saveMessages", (messages) => ({ messages })],
  ["memory.updateMessages", (messages) => ({ messages })],
  ["memory.deleteMessages", (ids) => ids],
  ["memory.listMessagesById", (messageIds) => ({ messageIds })],
  ["observability.batchCreateSpans", (records) => ({ records })],
  ["observability.batchUpdateSpans", (records) => ({ records })],
  ["observability.getSpans", (spanIds) => ({ traceId: "trace", spanIds })],
  ["observability.batchDeleteTraces", (traceIds) => ({ traceIds })],
];

test("what is no list is refused, text too", async () => {
  await save();
  await create();
  const before = await written();
  for (const [name, given] of LISTS) {
    for (const wrong of ["m1", null, 5, { m1: 1 }, undefined]) {
      await assert.rejects(call(name, given(wrong)), InvalidArgument, name);
    }
  }
  assert.deepEqual(await written(), before);
});

const PAGED: [Name, object][] = [
  ["memory.listThreads", {}],
  ["memory.listMessages", { threadId: "t" }],
  ["memory.listMessagesByResourceId", { resourceId: "r" }],
];

const SCORES: [Name, object][] = [
  ["scores.listScoresByScorerId", { scorerId: "s" }],
  ["scores.listScoresByRunId", { runId: "s" }],
  ["scores.listScoresByEntityId", { entityId: "e", entityType: "AGENT" }],
  ["scores.listScoresBySpan", { traceId: "t", spanId: "p" }],
];

/** What is not stored where Mastra has an object. */
const NO_OBJECTS = ["x", [1, 2], 5, true, new Map([["a", 1]]), NOW];

const REFUSED: [Name, unknown[], RegExp][] = [
  ...PAGED.flatMap(([name, of]): [Name, unknown[], RegExp][] => [
    [name, [{ ...of, perPage: -1 }], /perPage must be >= 0/],
    [name, [{ ...of, perPage: 1.5 }], /perPage must be false or a safe/],
    [name, [{ ...of, perPage: 2 ** 53 }], /perPage must be false or a safe/],
    [name, [{ ...of, perPage: "3" }], /perPage must be false or a safe/],
    [name, [{ ...of, page: -1 }], /page must be >= 0/],
    [name, [{ ...of, page: 0.5 }], /page must be >= 0/],
    [name, [{ ...of, page: null }], /page must be >= 0/],
    [name, [{ ...of, page: 2 ** 52 }], /page value too large/],
    [name, [{ ...of, page: 1, perPage: false }], /page must be 0 when/],
    ...[5, false, 0, "", null].map((filter): [Name, unknown[], RegExp] => [
      name,
      [{ ...of, filter }],
      /`filter` is no object/,
    ]),
    [
      name,
      [{ ...of, filter: { resource: "r" } }],
      /`filter\.resource` is of no field that there is/,
    ],
    [name, [{ ...of, filter: { metadata: null } }], /must be an object/],
    [name, [{ ...of, filter: new Map() }], /`filter` is no object/],
    [name, [{ ...of, filter: { metadata: [1] } }], /must be an object/],
    [name, [{ ...of, filter: { metadata: "a" } }], /must be an object/],
    [name, [{ ...of, filter: { metadata: NaN } }], /must be an object/],
    [name, [{ ...of, filter: { metadata: new Map() } }], /must be an object/],
    [
      name,
      [{ ...of, filter: { metadata: { a: NaN } } }],
      /metadata\.a` is NaN/,
    ],
    [name, [{ ...of, filter: { metadata: CYCLE } }], /metadata` is no JSON/],
    [name, [{ ...of, filter: { metadata: { a: 1n } } }], /is no JSON/],
    ...[undefined, () => 1, Symbol("a")].map((a): [Name, unknown[], RegExp] => [
      name,
      [{ ...of, filter: { metadata: { a } } }],
      /Invalid metadata filter value for key "a"/,
    ]),
  ]),
  ...["listMessages", "listMessagesByResourceId"].map(
    (method): [Name, unknown[], RegExp] => [
      `memory.${method}`,
      [
        {
          threadId: "t",
          resourceId: "r",
          filter: { dateRange: { start: "x" } },
        },
      ],
      /`filter\.dateRange\.start` is no date/,
    ],
  ),
  [
    "memory.listMessages",
    [{ threadId: "t", filter: { dateRange: { from: NOW } } }],
    /`filter\.dateRange\.from` is of no field that there is/,
  ],
  ...NO_OBJECTS.flatMap((wrong): [Name, unknown[], RegExp][] => [
    [
      "memory.saveThread",
      [{ thread: { ...THREAD, metadata: wrong } }],
      /thread\.metadata must be an object/,
    ],
    [
      "memory.updateThread",
      [{ id: "t", metadata: wrong }],
      /metadata must be an object/,
    ],
    [
      "memory.updateThreadMetadata",
      [{ id: "t", update: () => wrong }],
      /metadata must be an object/,
    ],
    [
      "memory.saveResource",
      [{ resource: { ...RESOURCE, metadata: wrong } }],
      /resource\.metadata must be an object/,
    ],
    [
      "memory.updateResource",
      [{ resourceId: "r", metadata: wrong }],
      /metadata must be an object/,
    ],
    [
      "memory.copyThread",
      [{ sourceThreadId: "t", metadata: wrong }],
      /metadata must be an object/,
    ],
    [
      "memory.updateObservationalMemoryConfig",
      [{ id: "o", config: wrong }],
      /config must be an object/,
    ],
    [
      "observability.createSpan",
      [{ span: { ...SPAN, attributes: wrong } }],
      /span\.attributes must be an object/,
    ],
    [
      "workflows.updateWorkflowState",
      [{ ...RUN, opts: wrong }],
      /opts must be an object/,
    ],
    [
      "workflows.persistWorkflowSnapshot",
      [{ ...RUN, snapshot: wrong }],
      /snapshot must be an object/,
    ],
  ]),
  [
    "memory.saveThread",
    [{ thread: { ...THREAD, user: "u" } }],
    /`thread\.user` is of no field that there is/,
  ],
  ["memory.listThreads", [5], /is no object/],
  ["memory.saveThread", [{ thread: 5 }], /`thread` is no object/],
  ["memory.saveThread", [{ thread: { ...THREAD, id: null } }], /id`/],
  [
    "memory.saveThread",
    [{ thread: { ...THREAD, id: "" } }],
    /threadId must be a non-empty string/,
  ],
  [
    "memory.updateThreadResourceId",
    [{ threadId: "t", resourceId: "" }],
    /resourceId must be a non-empty string/,
  ],
  ...["threadId", "resourceId"].map((field): [Name, unknown[], RegExp] => [
    "memory.updateMessages",
    [{ messages: [{ id: "m", [field]: "" }] }],
    new RegExp(`Expected to find a ${field} for message`),
  ]),
  [
    "memory.saveThread",
    [{ thread: { ...THREAD, createdAt: null } }],
    /createdAt`/,
  ],
  [
    "memory.saveThread",
    [{ thread: { ...THREAD, metadata: CYCLE } }],
    /`thread\.metadata` is no JSON/,
  ],
  [
    "memory.updateThread",
    [{ id: "t", metadata: { n: 1n } }],
    /`metadata` is no JSON/,
  ],
  [
    "memory.updateThreadMetadata",
    [{ id: "t", update: () => ({ n: 1n }) }],
    /`metadata` is no JSON/,
  ],
  ["memory.saveResource", [{ resource: null }], /`resource` is no object/],
  [
    "memory.updateResource",
    [{ resourceId: "r", metadata: () => 1 }],
    /`metadata` is no JSON/,
  ],
  [
    "memory.copyThread",
    [{ sourceThreadId: "t", options: 5 }],
    /`options` is no object/,
  ],
  [
    "memory.copyThread",
    [{ sourceThreadId: "t", options: { messageFilter: new Map() } }],
    /`options\.messageFilter` is no object/,
  ],
  [
    "memory.copyThread",
    [{ sourceThreadId: "t", options: { messageFilter: { messageIds: "m" } } }],
    /messageIds` is no list/,
  ],
  [
    "memory.getObservationalMemoryHistory",
    ["t", "r", 1, 5],
    /`options` is no object/,
  ],
  [
    "memory.getObservationalMemoryHistory",
    ["t", "r", 1, { from: "x" }],
    /`from` is no date/,
  ],
  ["memory.setPendingMessageTokens", ["o", NaN], /`tokenCount` is NaN/],
  [
    "memory.setBufferingObservationFlag",
    ["o", true, Infinity],
    /`lastBufferedAtTokens` is Infinity/,
  ],
  [
    "memory.updateActiveObservations",
    [{ id: "o", observations: "", tokenCount: NaN, lastObservedAt: NOW }],
    /`tokenCount` is NaN/,
  ],
  [
    "memory.updateActiveObservations",
    [{ id: "o", observations: "", tokenCount: 1, lastObservedAt: null }],
    /`lastObservedAt` is no date/,
  ],
  [
    "memory.updateBufferedObservations",
    [
      {
        id: "o",
        chunk: {
          cycleId: "c",
          observations: "",
          tokenCount: 1,
          messageIds: [],
          messageTokens: NaN,
          lastObservedAt: NOW,
        },
      },
    ],
    /`chunk\.messageTokens` is NaN/,
  ],
  ["workflows.listWorkflowRuns", [5], /is no object/],
  ["workflows.listWorkflowRuns", [{ page: -1 }], /page must be >= 0/],
  [
    "workflows.listWorkflowRuns",
    [{ page: 0, perPage: -1 }],
    /perPage must be >= 0/,
  ],
  [
    "workflows.listWorkflowRuns",
    [{ page: 1, perPage: 2 ** 70 }],
    /page value too large/,
  ],
  [
    "workflows.listWorkflowRuns",
    [{ fromDate: () => 1 }],
    /`fromDate` is no date/,
  ],
  ["workflows.listWorkflowRuns", [{ toDate: null }], /`toDate` is no date/],
  [
    "workflows.persistWorkflowSnapshot",
    [{ ...RUN, snapshot: undefined }],
    /`snapshot` is no JSON/,
  ],
  [
    "workflows.persistWorkflowSnapshot",
    [{ ...RUN, snapshot: { n: 1n } }],
    /`snapshot` is no JSON/,
  ],
  [
    "workflows.persistWorkflowSnapshot",
    [{ ...RUN, snapshot: {}, createdAt: null }],
    /`createdAt` is no date/,
  ],
  [
    "workflows.updateWorkflowState",
    [{ ...RUN, opts: null }],
    /opts must be an object/,
  ],
  [
    "workflows.updateWorkflowResults",
    [{ ...RUN, stepId: "a", result: {}, requestContext: "x" }],
    /requestContext must be an object/,
  ],
  ["scores.saveScore", [{ ...SCORE, score: NaN }], /`score`/],
  ["scores.saveScore", [{ ...SCORE, score: -Infinity }], /`score`/],
  ["scores.saveScore", [{ ...SCORE, scorer: null }], /`scorer`/],
  ["scores.saveScore", [{ ...SCORE, metadata: "x" }], /`metadata`/],
  ["scores.saveScore", [{ ...SCORE, source: "NONE" }], /`source`/],
  ["scores.saveScore", [5], /expected object/],
  ...SCORES.flatMap(([name, of]): [Name, unknown[], RegExp][] => [
    [name, [of], /`pagination` is no object/],
    [name, [{ ...of, pagination: 5 }], /`pagination` is no object/],
    [
      name,
      [{ ...of, pagination: PAGE, filters: new Map() }],
      /`filters` is no object/,
    ],
    [name, [{ ...of, pagination: { page: 0 } }], /perPage/],
    [name, [{ ...of, pagination: { ...PAGE, page: -1 } }], /page must be >= 0/],
    [
      name,
      [{ ...of, pagination: { ...PAGE, perPage: 1.5 } }],
      /perPage must be >= 0/,
    ],
  ]),
  [
    "observability.getBranch",
    [{ traceId: "t", spanId: "s", depth: -1 }],
    /depth/,
  ],
  [
    "observability.getBranch",
    [{ traceId: "t", spanId: "s", depth: "x" }],
    /depth/,
  ],
  ...["listTraces", "listTracesLight"].flatMap(
    (method): [Name, unknown[], RegExp][] => [
      [`observability.${method}`, [{ mode: "all" }], /mode/],
      [`observability.${method}`, [{ mode: "delta" }], /mode 'delta' is not/],
      [`observability.${method}`, [{ limit: 1 }], /delta mode/],
      [
        `observability.${method}`,
        [{ pagination: { perPage: 101 } }],
        /`pagination\.perPage`/,
      ],
      [
        `observability.${method}`,
        [{ pagination: { page: -1 } }],
        /`pagination\.page`/,
      ],
      ...["filters", "pagination", "orderBy"].flatMap((one) =>
        [5, new Map(), NOW].map((given): [Name, unknown[], RegExp] => [
          `observability.${method}`,
          [{ [one]: given }],
          /is no object/,
        ]),
      ),
      [
        `observability.${method}`,
        [{ filters: { traceID: "none" } }],
        /`filters\.traceID` is not known here/,
      ],
      [
        `observability.${method}`,
        [{ filters: { metadata: { a: undefined } } }],
        /Invalid metadata filter value for key "a"/,
      ],
    ],
  ),
];

for (const [name, args, words] of REFUSED) {
  test(`${name} refuses ${shown(args)}`, async () => {
    await assert.rejects(call(name, ...args), (error) => {
      assert.ok(error instanceof InvalidArgument, String(error));
      assert.match(error.message, words);
      return true;
    });
  });
}

const TOO_LONG: [Name, object, path: string][] = [
  ["memory.listMessages", { threadId: MANY }, "threadId"],
  ["observability.createSpan", { span: { ...SPAN, tags: MANY } }, "span.tags"],
  ["observability.getSpans", { traceId: "t", spanIds: MANY }, "keys"],
  ["observability.batchDeleteTraces", { traceIds: MANY }, "traceIds"],
  ["observability.listTraces", { filters: { tags: MANY } }, "filters.tags"],
];

for (const [name, given, path] of TOO_LONG) {
  test(`${name} says which list has more elements than Convex takes`, async () => {
    await assert.rejects(call(name, given), (error) => {
      assert.ok(error instanceof LimitExceeded, String(error));
      const told = `\`${path}\` has 8193 elements, and Convex takes 8192`;
      assert.ok(error.message.includes(told), error.message);
      return true;
    });
  });
}

function shown(args: unknown): string {
  const seen = new Set<unknown>();
  return JSON.stringify(args, (_, value: unknown) => {
    if (seen.has(value)) return "…";
    if (typeof value === "object" && value !== null) seen.add(value);
    const isShown = ["string", "boolean", "object"].includes(typeof value);
    return isShown && !(value instanceof Map) ? value : String(value);
  });
}
