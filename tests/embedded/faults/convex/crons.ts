import { cronJobs, makeFunctionReference } from "convex/server";

const ticking = makeFunctionReference<"mutation">("jobs:tick");
const failing = makeFunctionReference<"mutation">("jobs:fail");

const crons = cronJobs();
crons.interval("every second", { seconds: 1 }, ticking, { name: "interval" });
crons.interval("fails every second", { seconds: 1 }, failing, {});
crons.interval("every hour", { hours: 1 }, ticking, { name: "hourly" });
crons.cron("new year", "0 0 1 1 *", ticking, { name: "new year" });
export default crons;
