// Fields that follow from others, through the client of the spec that has them.
// Lines after `@ts-expect-error` are mistakes that tsc finds.

import { ConvexStorage, type RunInput, UNSET } from "client";

const storage = new ConvexStorage(process.env.CONVEX_URL ?? "", {
  deployKey: process.env.CONVEX_DEPLOY_KEY ?? "",
});
const { runs } = storage;
const input: RunInput = { runId: "r1", state: { status: "running" } };

const saved = await runs.save(input);
console.log(saved.stateType);
// What was read may be saved again.
console.log(
  (await runs.save({ ...saved, state: { status: "done" } })).stateType,
);
try {
  // @ts-expect-error
  await runs.update("r1", { stateType: "failed" });
} catch (error) {
  console.log((error as Error).message);
}
console.log(
  (await runs.update("r1", { state: { status: "failed" } })).stateType,
);
for await (const run of runs.byStateTypeAndDay("failed")) {
  console.log(run.runId);
}
await storage.spans.save({ spanId: "b", state: {} });
await storage.spans.save({ spanId: "a", state: {}, endedAt: 1 });
const spans = await storage.spans.byEndedAt().all();
const shown = spans.map((span) => {
  const own = Object.keys(span).filter((name) => name.startsWith("ended"));
  return `${span.spanId}: ${own.join(" ")}`;
});
console.log(shown.join(", "));
for (const span of spans) await storage.spans.save(span);
const running = await storage.spans.byEndedAt({ endedAt: UNSET }).all();
console.log(`${running.map((span) => span.spanId).join(" ")}: `);
await storage.close();

// @ts-expect-error
export const wrong: RunInput = { ...input, stateType: "failed" };
