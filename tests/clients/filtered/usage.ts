import process from "node:process";

import {
  ConvexStorage,
  InvalidArgument,
  LimitExceeded,
  type TraceInput,
  UNSET,
} from "client";

const { CONVEX_URL = "", CONVEX_DEPLOY_KEY } = process.env;
const storage = new ConvexStorage(CONVEX_URL, { deployKey: CONVEX_DEPLOY_KEY });
const { traces } = storage;

const trace = (number: number): TraceInput => ({
  traceId: `t${number}`,
  project: "p",
  status: number % 2 ? "ok" : "error",
  name: number % 3 ? `name ${number}` : null,
  level: number % 10,
  size: BigInt(number),
  isRoot: true,
  startedAt: 1000 + number,
  ...(number % 4 === 0 && { tags: ["a", `${number}`] }),
  ...(number % 5 === 0 && { endedAt: 2000 }),
  metadata: { user: { id: number % 7 }, $key: number, big: 2n ** 60n },
});
await traces.saveMany(
  Array.from({ length: 4300 }, (_, number) => trace(number)),
);

const ids = (found: { traceId: string }[]) =>
  found.map(({ traceId }) => traceId).join(" ");

const some = traces.listTraces({
  where: {
    status: "ok",
    level: { in: [1, 3] },
    startedAt: { gte: 1000, lt: 1100 },
    metadata: { "user.id": 3, $key: { lt: 90 } },
  },
  order: "asc",
});
console.log(ids(await some.all()), await some.count());
const tagged = traces.listTraces({ where: { tags: { contains: ["a", "8"] } } });
console.log(ids((await tagged.page({ limit: 1 })).items), await tagged.count());
const named = traces.listTraces({
  where: { name: { contains: ["name 42"] }, endedAt: UNSET },
  order: "asc",
});
console.log(ids((await named.page({ limit: 5 })).items));
console.log((await named.first())?.traceId);
const big = { where: { size: { gt: 4297n }, metadata: { big: 2n ** 60n } } };
console.log(ids(await traces.listTraces(big).all()));
const nothing = {
  where: { name: null, entityType: { in: ["agent"], absent: true } },
};
console.log(await traces.listTraces({ ...nothing, order: "asc" }).count());
const ofProject = traces.ofProject("p", {
  where: { metadata: { "user.id": { in: [1] } }, endedAt: { gt: 0 } },
});
console.log(
  await ofProject.count(),
  `${traces.ofProject("p", { where: { secret: "x" } })}`,
);
console.log(`${some}`);

for (const where of [
  { status: UNSET },
  { level: { above: 1 } },
  { level: { gt: null } },
  { metadata: 5 },
  { metadata: { a: { b: 1 } } },
  { tags: { contains: [] } },
  { tags: { contains: ["a"], gt: "a" } },
  { entityType: { in: [UNSET] } },
  { level: { in: [1], absent: true } },
]) {
  try {
    traces.listTraces({ where: where as object });
    console.log("not refused");
  } catch (error) {
    if (!(error instanceof InvalidArgument)) throw error;
    console.log(error.reason);
  }
}
for await (const found of traces
  .anyOf({ where: { level: 7 } })
  .watch({ limit: 2 })) {
  console.log(ids(found));
  break;
}
try {
  const rare = traces.listTraces({ where: { size: 1n } }).watch({ limit: 5 });
  for await (const found of rare) console.log(ids(found));
} catch (error) {
  console.log(error instanceof LimitExceeded);
}
await storage.close();
