/**
 * Ranges of an index, as `withIndex` describes them: equality on a prefix of the
 * fields, in whatever order, then at most two bounds on the next field.
 * Source: the backend's `common/src/query.rs`.
 */

import { decodeQueryValue } from "./filters.mjs";
import { display } from "../values/validator.mjs";

/**
 * @typedef {import("./indexes.mjs").Cut} Cut
 * @typedef {import("./indexes.mjs").Index} Index
 * @typedef {import("../values/json.mjs").JsonValue} JsonValue
 * @typedef {import("../values/values.mjs").IndexedValue} IndexedValue
 *
 * @typedef {{ type: "Eq" | "Gt" | "Gte" | "Lt" | "Lte", fieldPath: string, value: JsonValue }} RangeExpression
 */

/** @typedef {{ value: IndexedValue, isAfter: boolean }} Bound */

const COMPARATORS = { Eq: "==", Gt: ">", Gte: ">=", Lt: "<", Lte: "<=" };
const HELP = "See https://docs.convex.dev/using/indexes for more info.";

/**
 * @param {Index} index
 * @param {string} tableName
 * @param {RangeExpression[]} range
 * @returns {{ lower: Cut, upper: Cut }}
 */
export function boundsOf(index, tableName, range) {
  const name = `${tableName}.${index.name}`;
  const { equalities, bounded, lower, upper } = split(name, range);
  const compared = inOrder(index, name, [...equalities.keys()], bounded);
  const prefix = compared.map((field) => equalities.get(field));
  return {
    lower: {
      values: lower === null ? prefix : [...prefix, lower.value],
      isAfter: lower?.isAfter ?? false,
    },
    upper: {
      values: upper === null ? prefix : [...prefix, upper.value],
      isAfter: upper?.isAfter ?? true,
    },
  };
}

/**
 * @param {string} name of the index
 * @param {RangeExpression[]} range
 */
function split(name, range) {
  /** @type {Map<string, IndexedValue>} */
  const equalities = new Map();
  /** @type {string | null} */
  let bounded = null;
  /** @type {Bound | null} */
  let lower = null;
  /** @type {Bound | null} */
  let upper = null;
  for (const expression of range) {
    const { type, fieldPath } = expression;
    const value = decodeQueryValue(expression.value);
    if (type === "Eq") {
      if (equalities.has(fieldPath)) throw alreadyBound("equality", expression);
      equalities.set(fieldPath, value);
      continue;
    }
    const isUpper = type === "Lt" || type === "Lte";
    if ((isUpper ? upper : lower) !== null)
      throw alreadyBound(isUpper ? "upper" : "lower", expression);
    if (bounded !== null && bounded !== fieldPath) {
      throw new Error(
        "Upper and lower bounds in `range` can only be applied to a single index field. This " +
          `query against index ${name} attempted to set a range bound on both "${bounded}" and ` +
          `"${fieldPath}". Consider using \`filter\` instead. ${HELP}`,
      );
    }
    bounded = fieldPath;
    if (isUpper) upper = { value, isAfter: type === "Lte" };
    else lower = { value, isAfter: type === "Gt" };
  }
  const both = range.find(
    ({ type, fieldPath }) => type === "Eq" && fieldPath === bounded,
  );
  if (both !== undefined) throw alreadyBound("inequality", both);
  return { equalities, bounded, lower, upper };
}

/**
 * @param {string} kind
 * @param {RangeExpression} expression
 */
function alreadyBound(kind, { type, fieldPath, value: json }) {
  const value = decodeQueryValue(json);
  return new Error(
    `Already defined ${kind} bound in index range. Can't add "${fieldPath}" ` +
      `${COMPARATORS[type]} ${value === undefined ? "undefined" : display(value)}.`,
  );
}

/**
 * @param {Index} index
 * @param {string} name
 * @param {string[]} equal the fields that are compared for equality
 * @param {string | null} bounded the field that has a bound
 * @returns {string[]} those compared for equality, in the order of the index
 */
function inOrder(index, name, equal, bounded) {
  const { fields } = index;
  const declared = `[${fields.slice(0, -1).map(quoted).join(", ")}]`;
  const used = bounded === null ? equal : [...equal, bounded];
  const unknown = used.find((field) => !fields.includes(field));
  if (unknown !== undefined) {
    throw new Error(
      `The index range included a comparison with "${unknown}", but ${name} with fields ` +
        `${declared} doesn't index this field. For more information see ` +
        "https://docs.convex.dev/using/indexes.",
    );
  }
  const sorted = [...equal].sort(
    (left, right) => fields.indexOf(left) - fields.indexOf(right),
  );
  const compared = bounded === null ? sorted : [...sorted, bounded];
  const wrong = compared.find((field, position) => field !== fields[position]);
  if (wrong !== undefined) {
    throw new Error(
      `Tried to query index ${name} but the query didn't use the index fields in order.\n` +
        `Index fields: ${declared}\nQuery fields: [${compared.map(quoted).join(", ")}]\n` +
        `First incorrect field: "${wrong}"\n` +
        "For more information see https://docs.convex.dev/using/indexes.",
    );
  }
  return sorted;
}

/** @param {string} field */
const quoted = (field) => `"${field}"`;
