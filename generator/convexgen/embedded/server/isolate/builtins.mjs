/**
 * What JavaScript brings, such as `Array.prototype.map`. Convex runs each function in a context of its
 * own, where one that replaces it harms nobody else; here, all share one context, and the server
 * with them.
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
/** Of what every object has. @type {Set<string | symbol>} */
let everywhere = new Set();

const { defineProperty, deleteProperty, getOwnPropertyDescriptor, ownKeys } =
  Reflect;
const isKnown = Function.prototype.call.bind(Set.prototype.has);
const endThread = process.exit.bind(process);

/** Takes it as it is when modules are loaded, which may have put something better in its place. */
export function keepBuiltins() {
  kept = [
    ...NAMES.map((name) => builtin(globalThis, name)),
    ...holders().flatMap((holder) =>
      ownKeys(holder).map((name) => builtin(holder, name)),
    ),
  ].filter(({ descriptor }) => descriptor.configurable);
  everywhere = new Set(ownKeys(Object.prototype));
}

/**
 * Puts it back in its place; what somebody has added stays, but not to all objects. Where that
 * cannot be done, the thread ends, and another one is started.
 */
export function restoreBuiltins() {
  // Nothing here may use what it restores.
  const names = ownKeys(Object.prototype);
  for (let at = 0; at < names.length; at++) {
    const name = /** @type {string | symbol} */ (names[at]);
    if (isKnown(everywhere, name)) continue;
    if (!deleteProperty(Object.prototype, name)) endThread(1);
  }
  for (let at = 0; at < kept.length; at++) {
    const one = /** @type {Builtin} */ (kept[at]);
    if (isInPlace(one)) continue;
    if (!defineProperty(one.holder, one.name, one.descriptor)) endThread(1);
  }
}

/** @param {Builtin} builtin */
function isInPlace({ holder, name, descriptor }) {
  if (descriptor.get !== undefined)
    return getOwnPropertyDescriptor(holder, name)?.get === descriptor.get;
  try {
    return holder[name] === descriptor.value;
  } catch {
    return false; // of what somebody has put there
  }
}

/**
 * @param {any} holder
 * @param {string | symbol} name
 * @returns {Builtin}
 */
function builtin(holder, name) {
  // What somebody adds to all objects is nothing of a descriptor.
  const descriptor = Object.assign(
    Object.create(null),
    getOwnPropertyDescriptor(holder, name),
  );
  return { holder, name, descriptor };
}

function holders() {
  /** @type {any} */
  const globals = globalThis;
  const own = NAMES.map((name) => globals[name]);
  const prototypes = own.map((one) => one.prototype).filter(Boolean);
  const iterators = [[].values(), new Map().values(), new Set().values()];
  const above = [...iterators, Uint8Array, Uint8Array.prototype].map((one) =>
    Object.getPrototypeOf(one),
  );
  const ofIterators = Object.getPrototypeOf(above[0]);
  return [...new Set([...own, ...prototypes, ...above, ofIterators])];
}
