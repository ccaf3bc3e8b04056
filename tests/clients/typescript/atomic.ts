// What type checkers say of atomic blocks and of snapshots.

import {
  type AtomicStorage,
  type ConvexStorage,
  type Outcome,
  type SnapshotStorage,
  type Thread,
  type ThreadInput,
  UNSET,
} from "client";

export async function fine(
  storage: ConvexStorage,
  thread: ThreadInput,
): Promise<Thread> {
  const [created, wasThere] = await storage.atomic((tx) => {
    tx.workflowRuns.expectAbsent({ workflowName: "w", runId: "r" });
    tx.threads.update("t", { title: UNSET }, { expected: { title: "x" } });
    return [tx.threads.create(thread), inBlock(tx)] as const;
  });
  const deleted: boolean = wasThere.result;
  return deleted ? created.result : await storage.atomic(() => created.result);
}

export async function read(storage: ConvexStorage): Promise<Thread | null> {
  return await storage.snapshot(async (at) => {
    for await (const { threadId } of at.messages.byThreadId("t")) {
      return await inSnapshot(at, threadId);
    }
    return null;
  });
}

async function inSnapshot(
  at: SnapshotStorage<ConvexStorage>,
  threadId: string,
): Promise<Thread | null> {
  return await at.threads.get(threadId);
}

function inBlock(tx: AtomicStorage<ConvexStorage>): Outcome<boolean> {
  return tx.threads.delete("t");
}

export async function mistakes(storage: ConvexStorage): Promise<void> {
  await storage.atomic((tx) => {
    // @ts-expect-error a message
    tx.threads.create({ messageId: "m" });
    // @ts-expect-error no field
    tx.threads.update("t", { titel: "x" });
    // @ts-expect-error a field of the key
    tx.threads.update("t", { threadId: "x" });
    // @ts-expect-error a number
    tx.threads.expect("t", { title: 1 });
    // @ts-expect-error half a key
    tx.workflowRuns.delete("w");
    // @ts-expect-error a read
    void tx.threads.get("t");
    // @ts-expect-error no store
    void tx.system;
    // @ts-expect-error another entity
    const created: Outcome<{ messageId: string }> = tx.threads.delete("t");
    return created;
  });
  await storage.snapshot(async (at) => {
    // @ts-expect-error a write
    void at.threads.save;
    // @ts-expect-error a write
    void at.threads.update;
    // @ts-expect-error what changes
    void at.threads.watch;
    // @ts-expect-error no store
    void at.system;
    await at.threads.get("t");
  });
}
