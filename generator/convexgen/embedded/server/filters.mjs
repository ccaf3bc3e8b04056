/**
 * `.filter()` expressions, compiled to functions. Comparisons follow the total
 * order of Convex values, a missing field included.
 */

import { decodeValue } from "./json.mjs";
import { compareValues } from "./order.mjs";
import { valueAtPath } from "./values.mjs";

/**
 * @typedef {import("./json.mjs").JsonValue} JsonValue
 * @typedef {import("./values.mjs").ConvexObject} ConvexObject
 * @typedef {import("./values.mjs").IndexedValue} IndexedValue
 * @typedef {(document: ConvexObject) => IndexedValue} Expression
 */

/** @type {{ [operator: string]: (order: number) => boolean }} */
const COMPARISONS = {
  $eq: (order) => order === 0,
  $neq: (order) => order !== 0,
  $lt: (order) => order < 0,
  $lte: (order) => order <= 0,
  $gt: (order) => order > 0,
  $gte: (order) => order >= 0,
};

/** @type {{ [operator: string]: (left: any, right: any) => IndexedValue }} */
const ARITHMETIC = {
  $add: (left, right) => left + right,
  $sub: (left, right) => left - right,
  $mul: (left, right) => left * right,
  $div: (left, right) => left / right,
  $mod: (left, right) => left % right,
};

/**
 * A value in a query: a literal of a filter or a bound of an index range.
 *
 * @param {JsonValue | undefined} json
 * @returns {IndexedValue} undefined stands for a missing field
 */
export function decodeQueryValue(json) {
  if (json === undefined) return undefined;
  if (typeof json === "object" && json !== null && "$undefined" in json)
    return undefined;
  return decodeValue(json);
}

/**
 * @param {JsonValue} expression as `convex/server` serialises it
 * @returns {(document: ConvexObject) => boolean}
 */
export function compilePredicate(expression) {
  const evaluate = compile(expression);
  return (document) => Boolean(evaluate(document));
}

/**
 * @param {JsonValue | undefined} expression
 * @returns {Expression}
 */
function compile(expression) {
  if (
    typeof expression !== "object" ||
    expression === null ||
    Array.isArray(expression)
  ) {
    throw new Error(`Unknown filter expression: ${JSON.stringify(expression)}`);
  }
  const [operator, operand] = Object.entries(expression)[0] ?? ["", null];
  if (operator === "$field") {
    const path = String(operand).split(".");
    return (document) => valueAtPath(document, path);
  }
  if (operator === "$literal") {
    const value = decodeQueryValue(operand);
    return () => value;
  }
  if (operator === "$not") {
    const inner = compile(operand);
    return (document) => !inner(document);
  }
  if (operator === "$neg") {
    const inner = compile(operand);
    return (document) => -(/** @type {number} */ (inner(document)));
  }
  if (!Array.isArray(operand))
    throw new Error(`Unknown filter operator: ${operator}`);
  const inner = operand.map(compile);
  if (operator === "$and")
    return (document) => inner.every((child) => child(document));
  if (operator === "$or")
    return (document) => inner.some((child) => child(document));
  const [left, right] = inner;
  const comparison = COMPARISONS[operator];
  const arithmetic = ARITHMETIC[operator];
  if (left !== undefined && right !== undefined && comparison !== undefined) {
    return (document) =>
      comparison(compareValues(left(document), right(document)));
  }
  if (left !== undefined && right !== undefined && arithmetic !== undefined) {
    return (document) => arithmetic(left(document), right(document));
  }
  throw new Error(`Unknown filter operator: ${operator}`);
}
