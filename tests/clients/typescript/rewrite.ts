// Reads every document of every table, and writes it again, as it came, under
// another key: the first field of the key has "again " in front. Without a key,
// it is the field that is called so.

import { ConvexStorage } from "client";

interface AnyStore {
  list(): AsyncIterable<Record<string, unknown>>;
  saveMany?(documents: Record<string, unknown>[]): Promise<number>;
  createMany?(documents: Record<string, unknown>[]): Promise<number>;
}

const storage = new ConvexStorage(process.env.CONVEX_URL ?? "", {
  deployKey: process.env.CONVEX_DEPLOY_KEY,
});
const stores = storage as unknown as Record<string, AnyStore>;

for (const { name, key } of await storage.system.tables()) {
  const store = stores[name];
  if (store === undefined) continue;
  const field = key[0] === undefined || key[0] === "_id" ? "key" : key[0];
  const documents: Record<string, unknown>[] = [];
  for await (const document of store.list()) {
    documents.push({
      ...document,
      [field]: `again ${String(document[field])}`,
    });
  }
  await (store.saveMany ?? store.createMany)?.call(store, documents);
}
await storage.close();
