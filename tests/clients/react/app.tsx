// A page that goes through what the hooks of React do, and tells what it saw.

import { ConvexProvider, ConvexReactClient } from "convex/react";
import {
  Component,
  createElement,
  type ReactNode,
  StrictMode,
  useEffect,
} from "react";
import { createRoot } from "react-dom/client";

import {
  Aborted,
  AccessDenied,
  type CallEvent,
  type ConvexStorage,
  InvalidArgument,
  NotFound,
} from "./generated/typescript/index.js";
import {
  type Pages,
  SKIP,
  type Skip,
  storageOver,
  useAllMessages,
  useMessage,
  usePages,
  useResult,
  useStorage,
  useThread,
  useThreadsByOwnerIdAndUpdatedAt,
  useThreadsListThreads,
  useThreadsSearchTitle,
} from "./generated/typescript/react/index.js";

type Thread = NonNullable<ReturnType<typeof useThread>>;

interface Asked {
  threadId: string | Skip;
  ownerId: string | Skip;
  words: string | Skip;
  text: string | Skip;
}

interface Seen {
  storage: ConvexStorage;
  thread: Thread | null | undefined;
  withThread: { title: string; text: string } | null | undefined;
  owned: Pages<Thread>;
  all: string[];
  titled: string[];
  found: string[] | undefined;
  shouted: Record<string, bigint> | undefined;
  tables: number;
}

let seen: Seen | undefined;
let failure: unknown;
const watching = new Set<() => void>();

function Page({ threadId, ownerId, words, text }: Asked) {
  const storage = useStorage();
  const thread = useThread(threadId);
  const withThread = useMessage(
    threadId === SKIP ? SKIP : { threadId, number: 1n },
    { include: ["thread"] },
  );
  const owned = useThreadsByOwnerIdAndUpdatedAt(ownerId, {
    order: "desc",
    updatedAt: { gte: 0 },
    initialNumItems: 2,
  });
  const all = useAllMessages(ownerId === SKIP ? SKIP : {});
  const titled = useThreadsListThreads({ where: { title: "b" } });
  const found = useThreadsSearchTitle(words, { ownerId: "u" });
  const shouted = useResult(
    text === SKIP ? SKIP : storage.functions.own.watchShout({ text }),
  );
  const tables = usePages(storage.threads.list(), { initialNumItems: 3 });
  useEffect(() => {
    seen = {
      storage,
      thread,
      withThread: withThread && {
        title: withThread.thread?.title ?? "",
        text: withThread.item.text,
      },
      owned,
      all: all.results.map((one) => `${one.threadId} ${one.number}`),
      titled: titled.results.map((one) => one.threadId),
      found: found?.map((one) => one.threadId),
      shouted,
      tables: tables.results.length,
    };
    for (const look of watching) look();
  });
  return null;
}

class Boundary extends Component<{ children: ReactNode }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override componentDidCatch(error: unknown) {
    failure = error;
    for (const look of watching) look();
  }

  override render() {
    return this.state.hasFailed ? null : this.props.children;
  }
}

/** What is there at last: told by the page, in its own time. */
function eventually<Found>(look: () => Found | undefined): Promise<Found> {
  return new Promise((resolve) => {
    const again = () => {
      const found = look();
      if (found === undefined) return;
      watching.delete(again);
      resolve(found);
    };
    watching.add(again);
    again();
  });
}

function when(condition: (of: Seen) => boolean): Promise<Seen> {
  return eventually(() => (seen && condition(seen) ? seen : undefined));
}

function ids(of: Pages<Thread>): string[] {
  return of.results.map((one) => one.threadId);
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => "it has succeeded",
    (error: unknown) => error,
  );
}

function named(error: unknown): string {
  for (const kind of [AccessDenied, Aborted, InvalidArgument, NotFound]) {
    if (error instanceof kind) return `${kind.name}: ${error.message}`;
  }
  return String(error);
}

async function main(url: string): Promise<Record<string, unknown>> {
  const convex = new ConvexReactClient(url);
  const calls: CallEvent[] = [];
  const over = storageOver(convex, { onCall: (call) => calls.push(call) });
  const told: Record<string, unknown> = {};
  const root = createRoot(
    document.body.appendChild(document.createElement("p")),
  );
  const nothing = {
    threadId: SKIP,
    ownerId: SKIP,
    words: SKIP,
    text: SKIP,
  } as const;
  let number = 0;
  const show = (asked: Partial<Asked>) => {
    const page = createElement(Page, { ...nothing, ...asked });
    const bounded = createElement(Boundary, { key: number, children: page });
    const provider = createElement(ConvexProvider, {
      client: convex,
      children: bounded,
    });
    root.render(createElement(StrictMode, null, provider));
  };

  show({});
  const { storage, ...skipped } = await when(
    (of) => of.tables === 0 && of.titled.length === 0,
  );
  told["over"] =
    over === storage &&
    storageOver(convex) === storage &&
    named(
      await failureOf(
        Promise.resolve().then(() => storageOver(convex, { onCall: () => {} })),
      ),
    );
  told["skipped"] = [
    skipped.thread,
    skipped.withThread,
    skipped.found,
    skipped.shouted,
  ].every((one) => one === undefined);
  told["loading"] = skipped.owned.status;

  const asked = { threadId: "a", ownerId: "u", words: "a", text: "Hello" };
  show(asked);
  const none = await when(
    (of) =>
      of.thread === null &&
      of.withThread === null &&
      of.owned.status === "Exhausted",
  );
  told["none"] = [none.thread, ids(none.owned), none.found ?? []];

  const meta = { $seat: 12, big: 2n ** 60n };
  await storage.threads.save({ threadId: "a", ownerId: "u", title: "a", meta });
  const first = await when(
    (of) => of.thread?.title === "a" && of.found?.length === 1,
  );
  told["first"] = [first.thread?.meta, first.found, ids(first.owned)].map(
    (one) =>
      JSON.stringify(one, (_, value: unknown) =>
        typeof value === "bigint" ? `${value}n` : value,
      ),
  );
  told["shouted"] = String(
    (await when((of) => of.shouted !== undefined)).shouted?.["HELLO"],
  );

  // The same result is the same object, also where something else has changed.
  const before = first.thread;
  await storage.threads.save({ threadId: "b", ownerId: "v", title: "b" });
  const other = await when((of) => of.titled.length === 1 && of.tables === 2);
  told["same"] = other.thread === before && other.storage === storage;

  for (const threadId of ["c", "d", "e"]) {
    await storage.threads.save({ threadId, ownerId: "u", title: threadId });
  }
  // A page keeps its range and grows, so that one that is shown anew is smaller.
  number += 1;
  show(asked);
  const some = await when((of) => of.owned.status === "CanLoadMore");
  some.owned.loadMore(10);
  const more = await when(
    (of) => of.owned.status === "Exhausted" && of.owned.results.length === 4,
  );
  told["pages"] = ids(more.owned);

  await storage.messages.save({ threadId: "a", number: 1n, text: "x" });
  const related = await when(
    (of) => of.withThread?.text === "x" && of.all.length === 1,
  );
  told["related"] = [related.withThread, related.all];

  // Writes go over the same connection, with their errors.
  told["updated"] = (
    await storage.threads.update(
      "a",
      { title: "t" },
      { expected: { title: "a" } },
    )
  ).title;
  told["errors"] = [
    named(await failureOf(storage.threads.update("gone", { title: "t" }))),
    named(await failureOf(storage.secrets.get("s"))),
    named(
      await failureOf(
        storage.threads.get("a", { signal: AbortSignal.abort() }),
      ),
    ),
    named(await failureOf(storage.snapshot((at) => at.threads.get("a")))),
  ];
  const kinds = [AccessDenied, Aborted, InvalidArgument, NotFound];
  told["calls"] = calls
    .slice(-6)
    .map((call) => [
      `${call.kind} ${call.path} ${call.attempts}`,
      call.bytesSent > 0,
      call.bytesReceived > 0,
      kinds.findIndex((kind) => kind === call.error),
      call.requestId !== undefined,
    ]);
  told["deleted"] = [
    await storage.threads.delete("e"),
    await storage.threads.delete("e"),
  ];
  for await (const one of storage.threads.watch("a")) {
    told["watched"] = one?.title;
    break;
  }

  // What a query throws is thrown where it is shown.
  show({ ...asked, text: "" });
  const error = await eventually(() => failure);
  told["thrown"] = named(error);
  number += 1;
  show(asked);
  told["again"] = (await when((of) => of.thread?.title === "t")).thread?.title;
  root.unmount();
  await convex.close();
  return told;
}

const url = `http://127.0.0.1:${location.hash.slice(1)}`;
const report = (told: unknown) =>
  fetch("/", { method: "POST", body: JSON.stringify(told) });
addEventListener("error", ({ message }) => void report({ error: message }));
main(url).then(report, (error: unknown) => report({ error: String(error) }));
