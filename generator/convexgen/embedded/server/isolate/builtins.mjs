/**
 * JavaScript's own functions, such as `Array.prototype.map`. Convex runs each function in a context
 * of its own, where one that replaces them harms nobody else; here, all share one context, and
 * the server with them.
 */

const NAMES = [
  "Array",
  "ArrayBuffer",
  "BigInt",
  "Boolean",
  "DataView",
  "Date",
  "Error",
  "Function",
  "JSON",
  "Map",
  "Math",
  "Number",
  "Object",
  "Promise",
  "Proxy",
  "Reflect",
  "RegExp",
  "Set",
  "String",
  "Symbol",
  "Uint8Array",
  "WeakMap",
  "WeakRef",
  "WeakSet",
];

/** @typedef {{ holder: any, name: string | symbol, descriptor: PropertyDescriptor }} Builtin */

/** @type {Builtin[]} */
let kept = [];

const { defineProperty } = Reflect;

/** Takes them as they are when modules are loaded, which may have put better ones in place. */
export function keepBuiltins() {
  kept = holders().flatMap((holder) => methodsOf(holder));
}

/** Puts them back in place; what somebody has added stays. */
export function restoreBuiltins() {
  // Nothing here may use any of them.
  for (let at = 0; at < kept.length; at++) {
    const { holder, name, descriptor } = /** @type {Builtin} */ (kept[at]);
    if (holder[name] !== descriptor.value)
      defineProperty(holder, name, descriptor);
  }
}

function holders() {
  /** @type {any} */
  const globals = globalThis;
  const own = NAMES.map((name) => globals[name]);
  const prototypes = own.map((one) => one.prototype).filter(Boolean);
  const above = [[].values(), new Map().values(), new Set().values(), ""]
    .map((one) => Object.getPrototypeOf(one))
    .concat([
      Object.getPrototypeOf(Uint8Array),
      Object.getPrototypeOf(Uint8Array.prototype),
    ]);
  return [...new Set([...own, ...prototypes, ...above])];
}

/**
 * @param {any} holder
 * @returns {Builtin[]}
 */
function methodsOf(holder) {
  return Reflect.ownKeys(holder).flatMap((name) => {
    const descriptor = Reflect.getOwnPropertyDescriptor(holder, name);
    return typeof descriptor?.value === "function" && descriptor.configurable
      ? [{ holder, name, descriptor }]
      : [];
  });
}
