/**
 * What the documents of tables have, as the dashboard shows it of tables without a schema.
 * Source: the backend's `common/src/shapes/{dashboard,reduced}.rs` and `shape_inference`.
 */

import { isPlainObject, typeName } from "../values/values.mjs";

/**
 * @typedef {import("./tableSet.mjs").TableSet} TableSet
 * @typedef {import("../values/values.mjs").ConvexValue} ConvexValue
 * @typedef {import("../values/values.mjs").ConvexObject} ConvexObject
 * @typedef {{ type: string, [key: string]: unknown }} Shape in JSON
 */

const MOST_FIELDS = 64;
const MOST_MEMBERS = 16;
const IDENTIFIER = /^[A-Za-z_]\w*$/;

/**
 * @param {TableSet} tables
 * @returns {{ [table: string]: Shape }} of those that users have
 */
export function shapesOf(tables) {
  return Object.fromEntries(
    tables.userNames().map((name) => {
      const documents = [...tables.get(name).documents.values()];
      return [
        name,
        shapeOf(
          documents.map(({ document }) => document),
          tables,
        ),
      ];
    }),
  );
}

/**
 * @param {ConvexValue[]} values
 * @param {TableSet} tables
 * @returns {Shape} of all of them
 */
function shapeOf(values, tables) {
  /** @type {Map<string, ConvexValue[]>} */
  const kinds = new Map();
  for (const value of values) {
    const table = typeof value === "string" ? tables.nameOfId(value) : null;
    const kind = table === null ? typeName(value) : `Id ${table}`;
    const known = kinds.get(kind);
    if (known === undefined) kinds.set(kind, [value]);
    else known.push(value);
  }
  const shapes = [...kinds]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([kind, found]) => shapeOfKind(kind, found, tables));
  const [only] = shapes;
  if (only === undefined) return { type: "Never" };
  if (shapes.length > MOST_MEMBERS) return { type: "Unknown" };
  return shapes.length === 1 ? only : { type: "Union", shapes };
}

/**
 * @param {string} kind
 * @param {ConvexValue[]} values of that kind
 * @param {TableSet} tables
 * @returns {Shape}
 */
function shapeOfKind(kind, values, tables) {
  if (kind.startsWith("Id ")) return { type: "Id", tableName: kind.slice(3) };
  if (kind === "Array") {
    const elements = /** @type {ConvexValue[][]} */ (values).flat();
    return { type: "Array", shape: shapeOf(elements, tables) };
  }
  if (kind === "Object")
    return shapeOfObjects(values.filter(isPlainObject), tables);
  if (kind !== "Float64") return { type: kind };
  const hasSpecialValues = values.some(
    (value) => !Number.isFinite(value) || Object.is(value, -0),
  );
  return { type: "Float64", float64Range: { hasSpecialValues } };
}

/**
 * @param {ConvexObject[]} objects
 * @param {TableSet} tables
 * @returns {Shape}
 */
function shapeOfObjects(objects, tables) {
  const names = [...new Set(objects.flatMap((one) => Object.keys(one)))].sort();
  const isRecord =
    names.length > MOST_FIELDS || names.some((name) => !IDENTIFIER.test(name));
  if (isRecord) {
    const values = objects.flatMap((one) => Object.values(one));
    return {
      type: "Record",
      keyShape: shapeOf(names, tables),
      valueShape: { optional: false, shape: shapeOf(values, tables) },
    };
  }
  const fields = names.map((fieldName) => {
    const found = objects.filter((one) => one[fieldName] !== undefined);
    const values = found.map(
      (one) => /** @type {ConvexValue} */ (one[fieldName]),
    );
    return {
      fieldName,
      optional: found.length < objects.length,
      shape: shapeOf(values, tables),
    };
  });
  return { type: "Object", fields };
}
