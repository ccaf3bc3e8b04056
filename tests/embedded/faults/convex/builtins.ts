/** Replace JavaScript's own functions, one after the other. */

import {
  actionGeneric as action,
  mutationGeneric as mutation,
  queryGeneric as query,
} from "convex/server";
import { v } from "convex/values";

const HOLDERS: { [name: string]: any } = {
  Array,
  ArrayPrototype: Array.prototype,
  Function: Function.prototype,
  JSON,
  Map: Map.prototype,
  Number,
  Object,
  ObjectPrototype: Object.prototype,
  Promise,
  PromisePrototype: Promise.prototype,
  Reflect,
  RegExp: RegExp.prototype,
  Set: Set.prototype,
  String: String.prototype,
};

function names() {
  return Object.entries(HOLDERS).flatMap(([holder, object]) =>
    Object.entries(Object.getOwnPropertyDescriptors(object))
      .filter(([, { value }]) => typeof value === "function")
      .filter(([name]) => name !== "constructor")
      .map(([name]) => `${holder}.${name}`),
  );
}

function replace(path: string) {
  const [holder = "", name = ""] = path.split(".");
  HOLDERS[holder][name] = () => {
    throw new Error(`${path} was replaced`);
  };
}

export const all = query({ args: {}, handler: async () => names() });

const args = { path: v.string() };

export const inQuery = query({
  args,
  handler: async (ctx, { path }) => {
    await ctx.db.query("ticks").take(1);
    replace(path);
    await ctx.db.query("ticks").collect();
  },
});

export const inMutation = mutation({
  args,
  handler: async (ctx, { path }) => {
    await ctx.db.insert("ticks", { name: "before" });
    replace(path);
    await ctx.db.insert("ticks", { name: "after" });
  },
});

export const atFirst = mutation({
  args,
  handler: async (ctx, { path }) => {
    replace(path);
    await ctx.db.insert("ticks", { name: "after" });
  },
});

export const inAction = action({
  args,
  handler: async (_ctx, { path }) => replace(path),
});
