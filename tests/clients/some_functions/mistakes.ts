import {
  type Account,
  ConvexStorage,
  type Id,
  type ReadQuery,
} from "./client/index.js";

export async function use(
  storage: ConvexStorage,
  account: Id<"accounts">,
  id: Id<"postings">,
): Promise<void> {
  const query: ReadQuery<Account> = storage.accounts.list();
  for await (const one of query) console.log(one.owner);
  await storage.accounts.byNumber("a").first();
  await storage.postings.create({ account, cents: 1n });
  await storage.notes.save(
    { noteId: "a", text: "b" },
    { expected: { text: "b" } },
  );
  await storage.atomic((tx) => tx.notes.create({ noteId: "a", text: "b" }));
  await storage.snapshot((at) => at.accounts.list().all());
  await storage.drafts.clear();
  // @ts-expect-error
  await storage.accounts.get("a");
  // @ts-expect-error
  await storage.accounts.list().delete();
  // @ts-expect-error
  await storage.accounts.byNumber("a").update({ set: {} });
  // @ts-expect-error
  await storage.postings.delete(id);
  // @ts-expect-error
  await storage.notes.delete("a");
  // @ts-expect-error
  await storage.atomic((tx) => tx.notes.delete("a"));
  // @ts-expect-error
  await storage.atomic((tx) => tx.accounts.expect("a"));
  // @ts-expect-error
  await storage.snapshot((at) => at.drafts);
  // @ts-expect-error
  await storage.drafts.list();
  // @ts-expect-error
  await storage.trails.list();
}
