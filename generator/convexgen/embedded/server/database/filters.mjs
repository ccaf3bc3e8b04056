/**
 * `.filter()` expressions, compiled to functions. Comparisons follow the total
 * order of Convex values, a missing field included; arithmetic is of two
 * numbers of one type; conditions are booleans and nothing else.
 * Source: the backend's `common/src/query.rs`.
 */

import { decodeValue } from "../values/json.mjs";
import { compareValues } from "../values/order.mjs";
import { display } from "../values/validator.mjs";
import { typeName, valueAtPath } from "../values/values.mjs";

/**
 * @typedef {import("../values/json.mjs").JsonValue} JsonValue
 * @typedef {import("../values/values.mjs").ConvexObject} ConvexObject
 * @typedef {import("../values/values.mjs").IndexedValue} IndexedValue
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

/** @type {{ [operator: string]: [verb: string, (left: any, right: any) => bigint | number] }} */
const ARITHMETIC = {
  $add: ["add", (left, right) => left + right],
  $sub: ["subtract", (left, right) => left - right],
  $mul: ["multiply", (left, right) => left * right],
  $div: ["divide", (left, right) => left / right],
  $mod: ["mod", (left, right) => left % right],
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
  return (document) => toBoolean(evaluate(document));
}

/** @param {IndexedValue} value */
function toBoolean(value) {
  if (typeof value === "boolean") return value;
  throw new Error(`Cannot use value ${described(value)} as a Boolean`);
}

/** @param {IndexedValue} value */
function described(value) {
  const shown = value === undefined ? "undefined" : display(value);
  return `${shown} (type ${typeName(value)})`;
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
    return (document) => !toBoolean(inner(document));
  }
  if (operator === "$neg") {
    const inner = compile(operand);
    return (document) => negated(inner(document));
  }
  if (!Array.isArray(operand))
    throw new Error(`Unknown filter operator: ${operator}`);
  const inner = operand.map(compile);
  if (operator === "$and")
    return (document) => inner.every((child) => toBoolean(child(document)));
  if (operator === "$or")
    return (document) => inner.some((child) => toBoolean(child(document)));
  const [left, right] = inner;
  const comparison = COMPARISONS[operator];
  const arithmetic = ARITHMETIC[operator];
  if (left !== undefined && right !== undefined && comparison !== undefined) {
    return (document) =>
      comparison(compareValues(left(document), right(document)));
  }
  if (left !== undefined && right !== undefined && arithmetic !== undefined) {
    const [verb, calculate] = arithmetic;
    return (document) =>
      calculated(verb, calculate, left(document), right(document));
  }
  throw new Error(`Unknown filter operator: ${operator}`);
}

/** @param {IndexedValue} value */
function negated(value) {
  if (typeof value === "bigint") return ofInt64(-value, `negate ${value}`);
  if (typeof value === "number") return -value;
  throw new Error(`Cannot negate ${described(value)}`);
}

/**
 * @param {string} verb
 * @param {(left: any, right: any) => bigint | number} calculate
 * @param {IndexedValue} left
 * @param {IndexedValue} right
 */
function calculated(verb, calculate, left, right) {
  if (typeof left === "bigint" && typeof right === "bigint")
    return calculatedInteger(verb, calculate, left, right);
  if (typeof left === "number" && typeof right === "number")
    return calculate(left, right);
  throw new Error(`Cannot ${verb} ${described(left)} and ${described(right)}`);
}

/**
 * @param {string} verb
 * @param {(left: any, right: any) => bigint | number} calculate
 * @param {bigint} left
 * @param {bigint} right
 */
function calculatedInteger(verb, calculate, left, right) {
  if (right === 0n && (verb === "divide" || verb === "mod"))
    throw new Error(`Cannot ${verb} ${left} by zero`);
  const result = /** @type {bigint} */ (calculate(left, right));
  // Where the quotient has no place, the remainder has none, as in Rust.
  const whole = verb === "mod" ? left / right : result;
  ofInt64(whole, `${verb} ${left} and ${right}`);
  return result;
}

/**
 * @param {bigint} value
 * @param {string} operation
 */
function ofInt64(value, operation) {
  if (BigInt.asIntN(64, value) === value) return value;
  throw new Error(`Cannot ${operation}: the result is out of range for Int64`);
}
