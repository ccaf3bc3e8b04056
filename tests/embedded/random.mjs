/** Random writes and reads for `project/convex/engine.ts`, from a seed. */

/** mulberry32 */
let state = 1;

/** @param {number} seed */
export function setSeed(seed) {
  state = seed >>> 0;
}

export function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
export const below = (limit) => Math.floor(random() * limit);
export const pick = (items) => items[below(items.length)];

const bytes = (...items) => new Uint8Array(items).buffer;
export const VALUES = [
  null,
  ...[-(2n ** 63n), -1n, 0n, 1n, 2n ** 63n - 1n],
  ...[-Infinity, -1.5, -0, 0, 5e-324, 1, 2 ** 53, Infinity, NaN],
  ...[false, true],
  ...["", "a", "aa", "b", "é", "\uffff", "\u{10000}", "\u{1f600}", "Z"],
  ...[bytes(), bytes(0), bytes(0, 1), bytes(255)],
  ...[[], [null], [1], [1, 2], ["a"], [[]]],
  ...[{}, { a: 1 }, { a: 2 }, { a: 1, b: null }, { b: 1 }],
];

function randomRange(fields) {
  const range = [];
  for (const field of fields) {
    const value =
      field === "n" ? [below(12)] : random() < 0.1 ? [] : [pick(VALUES)];
    const choice = random();
    if (choice < 0.4) {
      range.push(["eq", field, value]);
      continue;
    }
    if (choice < 0.7) range.push([pick(["gt", "gte"]), field, value]);
    if (choice > 0.55) {
      const upper = field === "n" ? [below(12)] : [pick(VALUES)];
      range.push([pick(["lt", "lte"]), field, upper]);
    }
    break;
  }
  return range;
}

export function randomRead() {
  const index = pick([null, "by_value", "by_n_value", "by_creation_time"]);
  const fields =
    { by_value: ["value"], by_n_value: ["n", "value"] }[index] ?? [];
  const filters = [
    null,
    null,
    ["eq", "value", pick(VALUES)],
    ["neq", "value", pick(VALUES)],
  ];
  return {
    index,
    range: randomRange(fields),
    order: pick([null, "asc", "desc"]),
    filter:
      random() < 0.2 ? [pick(["lt", "gte"]), "n", below(12)] : pick(filters),
    take: pick([null, null, 0, 1, 3]),
    pageSize: null,
    cursor: null,
  };
}

export function randomWrites() {
  return Array.from({ length: below(8) }, () => ({
    kind: pick(["insert", "insert", "insert", "replace", "delete"]),
    n: below(40),
    fields: random() < 0.1 ? {} : { value: pick(VALUES) },
  }));
}
