// Fields that follow from others, through the client of the spec that has them.
// Lines after `@ts-expect-error` are mistakes that tsc finds.

import { ConvexStorage, type RunInput } from "client";

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
await storage.close();

// @ts-expect-error
export const wrong: RunInput = { ...input, stateType: "failed" };
