/** A call of each member of `ctx`, with what it gives reduced to what is the same at each run. */

export type Given = { note: string; file: string };
export type Kind = "query" | "mutation" | "action";
type Calls = { [member: string]: (ctx: any, given: Given) => unknown };

const PATH = "members";
const LATER = 3_600_000;

const everywhere: Calls = {
  "auth.getUserIdentity": async ({ auth }) =>
    (await auth.getUserIdentity())?.subject ?? null,
  "meta.getFunctionMetadata": ({ meta }) => meta.getFunctionMetadata(),
  "meta.getDeploymentMetadata": ({ meta }) => meta.getDeploymentMetadata(),
  runQuery: (ctx) => ctx.runQuery(`${PATH}:echo`, { text: "query" }),
  "storage.getMetadata": async ({ storage }, { file }) =>
    (await storage.getMetadata(file)).size,
  "storage.getUrl": async ({ storage }, { file }) =>
    (await storage.getUrl(file)).startsWith(process.env.CONVEX_CLOUD_URL),
};

const inTransactions: Calls = {
  "db.get": async ({ db }, { note }) => (await db.get(note)).text,
  "db.normalizeId": ({ db }, { note }) =>
    db.normalizeId("notes", note) === note,
  "db.query": async ({ db }) => (await db.query("notes").first()).text,
  "db.system.get": async ({ db }, { file }) => (await db.system.get(file)).size,
  "db.system.normalizeId": ({ db }, { file }) =>
    db.system.normalizeId("_storage", file) === file,
  "db.system.query": async ({ db }) =>
    (await db.system.query("_storage").first()).size,
  "meta.getSnapshotTs": ({ meta }) => meta.getSnapshotTs() > 0n,
  "meta.getTransactionMetrics": async ({ meta }) =>
    Object.keys(await meta.getTransactionMetrics()).sort(),
};

const writing: Calls = {
  "meta.getRequestMetadata": async ({ meta }) =>
    Object.keys(await meta.getRequestMetadata()).sort(),
  runMutation: (ctx) =>
    ctx.runMutation(`${PATH}:echoToo`, { text: "mutation" }),
  "scheduler.runAfter": async ({ scheduler }) =>
    typeof (await scheduler.runAfter(LATER, `${PATH}:echo`, { text: "" })),
  "scheduler.runAt": async ({ scheduler }) =>
    typeof (await scheduler.runAt(Date.now() + LATER, `${PATH}:echo`, {
      text: "",
    })),
  "scheduler.cancel": async ({ scheduler }) =>
    await scheduler.cancel(
      await scheduler.runAfter(LATER, `${PATH}:echo`, { text: "" }),
    ),
  "storage.generateUploadUrl": async ({ storage }) =>
    (await storage.generateUploadUrl()).startsWith(
      process.env.CONVEX_CLOUD_URL,
    ),
  "storage.get": async ({ storage }, { file }) =>
    await (await storage.get(file)).text(),
  "storage.store": async ({ storage }) =>
    typeof (await storage.store(new Blob(["text"]))),
  "storage.delete": async ({ storage }) =>
    await storage.delete(await storage.store(new Blob(["text"]))),
};

const inMutations: Calls = {
  "auth.signJwt": async ({ auth }) =>
    (await auth.signJwt({ expiresInSeconds: 60 })).split(".").length,
  "db.insert": async ({ db }) =>
    typeof (await db.insert("notes", { text: "" })),
  "db.patch": async ({ db }, { note }) =>
    await db.patch(note, { text: "note" }),
  "db.replace": async ({ db }, { note }) =>
    await db.replace(note, { text: "note" }),
  "db.delete": async ({ db }) =>
    await db.delete(await db.insert("notes", { text: "" })),
  "db.vars.commitTs": async ({ db }) =>
    typeof (await db.insert("notes", { text: "", at: db.vars.commitTs })),
};

const inActions: Calls = {
  runAction: (ctx) => ctx.runAction(`${PATH}:echoAsWell`, { text: "action" }),
  vectorSearch: async (ctx) =>
    (
      await ctx.vectorSearch("notes", "by_embedding", {
        vector: [1, 0],
        limit: 1,
      })
    ).length,
};

export const CALLS: { [kind in Kind]: Calls } = {
  query: { ...everywhere, ...inTransactions },
  mutation: { ...everywhere, ...inTransactions, ...writing, ...inMutations },
  action: { ...everywhere, ...writing, ...inActions },
};

/** Makes the calls, with `ctx` as it is and with copies of what it has. */
export async function callAll(kind: Kind, ctx: object, given: Given) {
  const copied = Object.fromEntries(
    Object.entries(ctx).map(([name, value]) => [
      name,
      typeof value === "object" ? { ...value } : value,
    ]),
  );
  const found: { [member: string]: unknown[] } = {};
  for (const [member, call] of Object.entries(CALLS[kind])) {
    found[member] = [];
    for (const context of [ctx, copied]) {
      try {
        found[member].push((await call(context, given)) ?? null);
      } catch (error) {
        found[member].push(String(error));
      }
    }
  }
  return found;
}
