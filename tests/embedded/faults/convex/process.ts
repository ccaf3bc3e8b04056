"use node";

import { actionGeneric as action } from "convex/server";
import { v } from "convex/values";

declare const process: {
  pid: number;
  exit: (code: number) => void;
  abort: () => void;
  kill: (pid: number) => void;
};

export const endProcess = action({
  args: {
    how: v.union(v.literal("exit"), v.literal("abort"), v.literal("kill")),
  },
  handler: async (_ctx, { how }) => {
    if (how === "exit") process.exit(1);
    else if (how === "abort") process.abort();
    else process.kill(process.pid);
  },
});

export const endProcessInTimer = action({
  args: {},
  handler: async () => {
    setTimeout(() => process.exit(1), 5);
    await new Promise(() => {});
  },
});
