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

function spoiled(): never {
  throw new Error("what JavaScript brings was spoiled");
}

const WAYS: { [way: string]: () => void } = {
  getter: () => Object.defineProperty(Array.prototype, "map", { get: spoiled }),
  configurableGetter: () =>
    Object.defineProperty(Promise.prototype, "then", {
      get: spoiled,
      configurable: true,
    }),
  fixed: () =>
    Object.defineProperty(Array.prototype, "map", {
      value: spoiled,
      configurable: false,
      writable: false,
    }),
  deleted: () => Reflect.deleteProperty(Array.prototype, "push"),
  iterators: () => {
    const iterators = Object.getPrototypeOf(
      Object.getPrototypeOf([][Symbol.iterator]()),
    );
    iterators[Symbol.iterator] = spoiled;
  },
  species: () => Object.defineProperty(Array, Symbol.species, { get: spoiled }),
  map: () => {
    (globalThis as any).Map = undefined;
  },
  json: () => {
    (globalThis as any).JSON = {};
  },
  setter: () =>
    Object.defineProperty(Object.prototype, "id", {
      set: spoiled,
      configurable: true,
    }),
  descriptors: () => {
    (Object.prototype as any).get = spoiled;
    (Array.prototype as any).map = null;
  },
  thenable: () => {
    (Object.prototype as any).then = () => {};
  },
  globalObject: () => {
    (globalThis as any).Object = undefined;
  },
  globalPromise: () => {
    (globalThis as any).Promise = class {};
  },
  fixedSetter: () =>
    Object.defineProperty(Object.prototype, "value", { set: spoiled }),
};

export const ways = query({
  args: {},
  handler: async () => Object.keys(WAYS),
});

export const spoil = query({
  args: { way: v.string() },
  handler: async (_ctx, { way }) => WAYS[way]?.(),
});

export const spoilInAction = action({
  args: { way: v.string() },
  handler: async (_ctx, { way }) => WAYS[way]?.(),
});
