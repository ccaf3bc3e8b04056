/**
 * Random sequences of operations for `project/convex/engine.ts`, from a seed.
 *
 * Nothing here steps on a known fault of convex-test: `known_faults.json` says
 * for each by what it is kept out.
 */

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
const chance = (probability) => random() < probability;
const times = (count, make) => Array.from({ length: count }, make);

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
/** None is the beginning of another. */
const WORDS = ["fox", "owl", "bear", "wolf"];
const TAGS = ["red", "blue"];
const NUMBERS = 8;

const INDEXES = {
  by_value: ["value"],
  by_member: ["value.a"],
  by_n_and_value: ["n", "value"],
  by_creation_time: [],
};

/** Nothing or one value, as the engine's functions take what may be undefined. */
const maybe = (field) => {
  if (field === "n") return [below(NUMBERS)];
  return chance(0.1) ? [] : [pick(VALUES)];
};

/** Equality on the first fields, then at most two bounds on the next one. */
function randomRange(fields) {
  const range = [];
  for (const field of fields) {
    const choice = random();
    if (choice < 0.4) {
      range.push(["eq", field, maybe(field)]);
      continue;
    }
    if (choice < 0.7) range.push([pick(["gt", "gte"]), field, maybe(field)]);
    if (choice > 0.55) range.push([pick(["lt", "lte"]), field, maybe(field)]);
    break;
  }
  return range;
}

const N = ["field", "n"];

/** An expression that gives true or false. */
function randomCondition(depth = 2) {
  const choice = random();
  const inner = () => randomCondition(depth - 1);
  if (depth > 0 && choice < 0.12)
    return [pick(["and", "or"]), ...times(1 + below(3), inner)];
  if (depth > 0 && choice < 0.2) return ["not", inner()];
  if (choice < 0.4)
    return [pick(["lt", "lte", "gt", "gte"]), N, ["value", below(NUMBERS)]];
  if (choice < 0.55) {
    const operator = pick(["add", "sub", "mul", "div", "mod"]);
    const result = [operator, N, ["value", 1 + below(3)]];
    return [pick(["eq", "lt", "gte"]), result, ["value", below(NUMBERS)]];
  }
  const field = pick(["value", "value.a", "tag"]);
  return [
    pick(["eq", "neq"]),
    ["field", field],
    ["value", ...(field === "tag" ? [pick(TAGS)] : maybe(field))],
  ];
}

/** Rows of a table or of an index, in an order, filtered; without its end. */
export function randomScan() {
  const index = chance(0.3) ? null : pick(Object.keys(INDEXES));
  return {
    index,
    range: randomRange(INDEXES[index] ?? []),
    order: pick([null, "asc", "desc"]),
    filters: times(pick([0, 0, 1, 1, 2]), () => randomCondition()),
  };
}

export function randomRead() {
  const end = pick(["collect", "collect", "take", "first", "unique", "walk"]);
  return { ...randomScan(), end, until: below(5) };
}

export const randomSearch = () => ({
  search: { text: pick(WORDS), equal: times(below(2), () => pick(TAGS)) },
  filters: chance(0.3) ? [randomCondition(0)] : [],
  end: "collect",
});

const randomFields = () => ({
  n: below(NUMBERS),
  ...(chance(0.9)
    ? { text: times(1 + below(3), () => pick(WORDS)).join(" ") }
    : {}),
  ...(chance(0.85) ? { value: pick(VALUES) } : {}),
  ...(chance(0.7) ? { tag: pick(TAGS) } : {}),
});

/** Some of the fields, and some that go. */
function randomChanges() {
  const { n, ...rest } = randomFields();
  const fields = { ...pick([{}, { n }]), ...rest };
  const removed = ["text", "value", "tag"].filter(() => chance(0.2));
  for (const field of removed) delete fields[field];
  return { fields, removed };
}

/** Labels of the rows that a sequence has inserted. */
export class Labels {
  count = 0;
  next = () => `row ${this.count++}`;
  any = () => `row ${below(this.count)}`;
}

const KINDS = [
  ...["insert", "insert", "insert", "patch", "patch", "replace", "delete"],
  ...["get", "read", "read", "rewriteWalked"],
];

function randomOperation(labels, depth) {
  if (depth > 0 && chance(0.1)) {
    const operations = randomOperations(labels, depth - 1);
    return { kind: "nested", operations, fails: chance(0.3) };
  }
  const kind = labels.count === 0 ? "insert" : pick(KINDS);
  switch (kind) {
    case "insert":
      return { kind, label: labels.next(), fields: randomFields() };
    case "patch":
      return { kind, label: labels.any(), ...randomChanges() };
    case "replace":
      return { kind, label: labels.any(), fields: randomFields() };
    case "read":
      return { kind, plan: randomRead() };
    case "rewriteWalked": {
      const plan = { ...randomScan(), until: below(4) };
      return { kind, plan, fields: { value: pick(VALUES) } };
    }
    default:
      return { kind, label: labels.any() };
  }
}

export const randomOperations = (labels, depth = 1) =>
  times(1 + below(6), () => randomOperation(labels, depth));

/** @returns {object} a page of a walk over a scan, in so far as it is not its cursor */
const randomPage = () => ({
  numItems: 1 + below(4),
  ...(chance(0.2) ? { maximumRowsRead: 1 + below(4) } : {}),
});

const WALKS = 2;

/**
 * Steps: `mutate` with operations, `read` or `search` by a plan, `page` goes on
 * with a walk over the pages of one scan, `refresh` reads its last page again
 * up to where that ended.
 */
export function randomSequence() {
  const labels = new Labels();
  const walks = times(WALKS, randomScan);
  const steps = [
    { kind: "mutate", operations: times(6, () => insertion(labels)) },
  ];
  for (let length = 6 + below(6); length > 0; length--) {
    const walk = below(WALKS);
    const choice = random();
    if (choice < 0.35) {
      const operations = randomOperations(labels);
      steps.push({ kind: "mutate", operations, fails: chance(0.2) });
    } else if (choice < 0.55) steps.push({ kind: "read", plan: randomRead() });
    else if (choice < 0.65)
      steps.push({ kind: "search", plan: randomSearch() });
    else if (choice < 0.9)
      steps.push({
        kind: "page",
        walk,
        scan: walks[walk],
        options: randomPage(),
      });
    else steps.push({ kind: "refresh", walk, scan: walks[walk] });
  }
  const everything = { index: null, range: [], order: null, filters: [] };
  steps.push({ kind: "read", plan: { ...everything, end: "collect" } });
  return steps;
}

const insertion = (labels) => ({
  kind: "insert",
  label: labels.next(),
  fields: randomFields(),
});
