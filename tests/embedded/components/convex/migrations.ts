import { Migrations } from "@convex-dev/migrations";
import { componentsGeneric, makeFunctionReference } from "convex/server";

const components: any = componentsGeneric();
const migrations: any = new Migrations(components.migrations);

export const setLevel = migrations.define({
  table: "scores",
  batchSize: 2,
  migrateOne: (_ctx: any, score: any) => ({
    level: score.points > 10 ? "high" : "low",
  }),
});

export const breaks = migrations.define({
  table: "scores",
  migrateOne: () => {
    throw new Error("broken migration");
  },
});

export const run = migrations.runner();
export const runLevels = migrations.runner([
  makeFunctionReference<"mutation">("migrations:setLevel"),
]);
