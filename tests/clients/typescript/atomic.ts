// What type checkers say of atomic blocks.

import {
  type AtomicStorage,
  type ConvexStorage,
  type Outcome,
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
}
