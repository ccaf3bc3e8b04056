import { v } from "convex/values";

import { internalMutation } from "./_generated/server.js";
import * as Events from "./model/events.js";
import * as Messages from "./model/messages.js";
import * as Threads from "./model/threads.js";

export const append = internalMutation({
  args: {
    threadId: v.string(),
    messages: v.array(Messages.input),
    thread: v.optional(Threads.input),
  },
  returns: v.array(v.nullable(Messages.document)),
  handler: async (ctx, { threadId, messages, thread }) => {
    if (thread !== undefined) await Threads.save(ctx, thread);
    await Messages.saveMany(ctx, messages);
    const keys = messages.map(({ messageId }) => ({ messageId }));
    const found = await Messages.findMany(ctx, [...keys, { messageId: "?" }]);
    return found.filter((one) => one === null || one.threadId === threadId);
  },
});

export const start = internalMutation({
  args: Threads.input,
  returns: Threads.document,
  handler: async (ctx, args) => await Threads.insert(ctx, args),
});

export const rename = internalMutation({
  args: { threadId: v.string(), from: v.string(), to: v.optional(v.string()) },
  returns: Threads.document,
  handler: async (ctx, { threadId, from, to }) => {
    const change: Threads.Patch =
      to === undefined
        ? { threadId, set: {}, unset: ["slug"] }
        : { threadId, set: { title: to, settings: { renamed: true } } };
    return await Threads.patch(ctx, { ...change, expected: { title: from } });
  },
});

export const log = internalMutation({
  args: { events: v.record(v.string(), Events.input) },
  returns: v.array(Events.document),
  handler: async (ctx, { events }) => {
    const saved = [];
    for (const event of Object.values(events)) {
      saved.push(await Events.save(ctx, event));
    }
    return saved;
  },
});

export const end = internalMutation({
  args: { threadIds: v.array(v.string()) },
  returns: v.number(),
  handler: async (ctx, { threadIds }) => {
    const [first, ...others] = threadIds.map((threadId) => ({ threadId }));
    if (first === undefined) return 0;
    const { removed } = await Threads.remove(ctx, first);
    const { removed: more } = await Threads.removeMany(ctx, others);
    return Number(removed) + more;
  },
});
