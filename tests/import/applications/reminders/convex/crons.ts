import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";

const crons = cronJobs();

crons.daily(
  "sweep",
  { hourUTC: 4, minuteUTC: 30 },
  internal.reminders.sweep,
  {},
);

export default crons;
